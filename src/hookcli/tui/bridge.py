"""The engine beside the screen: a thread with its own event loop, and a deque between the two.

Measured: on a shared loop a busy screen delays a webhook by seconds, on its own thread by 7 ms.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from hookcli.tunnel.observe import Captured, Observer, Report

T = TypeVar("T")

KEPT = 200_000
"""Reports kept for a screen that has stopped draining; older ones are on disk anyway."""
START_S = 10.0


class Listening(Protocol):
    """A listener, as far as a screen steers it."""

    async def run(self) -> object:
        """Listen until it ends; the result says how."""
        ...

    def stop(self, grace_s: float = 3.0) -> None:
        """End, letting running attempts finish; may be called from any thread."""
        ...

    def pause(self) -> None:
        """Hold deliveries back."""
        ...

    def resume(self) -> None:
        """Let deliveries go on."""
        ...

    def deliver_one(self) -> None:
        """Let one go while paused."""
        ...


Listen = Callable[[Observer], AbstractAsyncContextManager[Listening]]
"""Makes a listener in the engine's loop, with whatever it needs around it (an embedded relay)."""


class Engine:
    """A loop in a thread. Reports gather in a deque that the screen drains; nothing waits for it."""

    def __init__(
        self,
        listen: Listen | None = None,
        *,
        also: Observer | None = None,
        grace_s: float = 3.0,
        runner: Callable[[], asyncio.Runner] = asyncio.Runner,
    ) -> None:
        self._listen = listen
        self._runner = runner
        self._also = also
        self._grace_s = grace_s
        self._reports: deque[Report] = deque(maxlen=KEPT)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Listening | None = None
        self._opening: asyncio.Task[None] | None = None
        """Where the listener is being made: a relay that does not answer must not hold up leaving."""
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._stopping = False
        self._begun = False
        self.paused = False
        self.ending: object | None = None
        """What `run` returned."""
        self.error: BaseException | None = None
        """Why listening ended, if by an error."""
        self.over = threading.Event()
        """Set when listening has ended, one way or the other; at once without a listener."""
        self.redirect: Observer | None = None
        """Where reports go instead of the deque, once there is no screen any more."""
        self._thread = threading.Thread(target=self._work, name="hookcli-engine", daemon=True)

    # The engine's thread

    def begin(self) -> None:
        """Start the thread, once; what is submitted meanwhile waits until its loop takes work."""
        if not self._begun:
            self._begun = True
            self._thread.start()

    def start(self) -> None:
        """Start the thread; returns when its loop takes work."""
        self.begin()
        self._started.wait(START_S)

    def _work(self) -> None:
        try:
            with self._runner() as made:
                made.run(self._main())
        except BaseException as error:  # the thread ends here: nobody else would see it
            self.error = self.error or error
        finally:
            self.over.set()
            self._started.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._started.set()
        try:
            if self._listen is not None:
                self._opening = asyncio.current_task()
                await self._run(self._listen)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self._opening = None
            self.over.set()
        # Replays go on working after the listener has ended.
        if not self._stopping:
            await self._stop.wait()

    async def _run(self, listen: Listen) -> None:
        try:
            async with listen(self.observe) as listener:
                self._listener = listener
                self._opening = None
                if self._stopping:
                    return
                if self.paused:
                    listener.pause()
                self.ending = await listener.run()
        except Exception as error:  # told on the screen and by the exit code
            self.error = error
        finally:
            self._listener = None

    def observe(self, report: Report) -> None:
        """Take a report; called on the engine's thread, returns at once."""
        if self._also is not None:
            self._also(report)
        if self.redirect is not None:
            self.redirect(report)
        else:
            if isinstance(report, Captured):
                # On disk already: a screen that stands still must not gather bodies in memory.
                report = replace(report, body=b"")
            self._reports.append(report)

    # The screen's thread

    def drain(self, limit: int = 5000) -> list[Report]:
        """What was reported since the last time, oldest first."""
        out: list[Report] = []
        while len(out) < limit:
            try:
                out.append(self._reports.popleft())
            except IndexError:
                break
        return out

    @property
    def backlog(self) -> int:
        """Reports not drained yet."""
        return len(self._reports)

    @property
    def listening(self) -> bool:
        """Whether there is a listener that has not ended."""
        return self._listen is not None and not self.over.is_set()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run a coroutine on the engine's loop."""
        if self._begun:
            self._started.wait(START_S)
        if self._loop is None or not self._thread.is_alive():
            work.close()
            failed: Future[T] = Future()
            failed.set_exception(CancelledError())
            return failed
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def steer(self, what: str) -> bool:
        """`pause`, `resume`, `deliver_one`, or what else the listener offers; False if it does not."""
        if what in ("pause", "resume"):
            self.paused = what == "pause"
        listener, loop = self._listener, self._loop
        method = getattr(listener, what, None)
        if method is None or loop is None:
            return False
        loop.call_soon_threadsafe(method)
        return True

    def steer_with(self, what: str, value: str) -> bool:
        """The same with a value; False when no listener takes it."""
        method, loop = getattr(self._listener, what, None), self._loop
        if method is None or loop is None:
            return False
        loop.call_soon_threadsafe(method, value)
        return True

    def stop(self, *, now: bool = False) -> None:
        """End listening and the thread; running attempts get the grace time unless `now`."""
        self._stopping = True
        grace = 0.0 if now else self._grace_s
        listener, loop = self._listener, self._loop
        if listener is not None:
            listener.stop(grace)
        if loop is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(self._end)
        if self._thread.is_alive():
            self._thread.join(grace + 5.0)

    def _end(self) -> None:
        """On the engine's thread: nothing more is waited for."""
        if self._opening is not None:
            _ = self._opening.cancel()
        if self._stop is not None:
            self._stop.set()
