"""The short shell around `dispatch.py`: makes the attempts that it asks for, and hands on what came of them.

A task lives as long as there is something to attempt: a busy listener has as many as may run at once.
"""

import asyncio
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from hookcli.captures.model import Attempt, Capture, Delivery
from hookcli.captures.store import NewCapture
from hookcli.errors import StoreError
from hookcli.tunnel.dispatch import Dispatch, Probe, Start
from hookcli.tunnel.forward import Forwarder
from hookcli.tunnel.keeping import Keeper
from hookcli.tunnel.observe import AttemptStarted, Report, Retargeted

PROBE_S = 2.0
"""How long a probe waits for its connection."""
_MOST_S = 1.0
"""Timers stand still while the machine sleeps: none is set for longer."""
_PARCELS, _PARCEL_BYTES = 512, 16 << 20
"""Captures that wait in memory, and bytes of their bodies; the rest is read again when its turn comes."""
_UNSTORED = 32 << 20
"""Bytes of answers that wait to be written, above which no attempt starts."""
_AT_RISK = 64
"""Attempts that run or wait to be written, from which on none starts: so many deliveries at most come
twice when a listener is killed."""


class Deliverer:
    """Deliveries of one listener."""

    def __init__(
        self,
        dispatch: Dispatch,
        forwarder: Forwarder,
        keeper: Keeper,
        *,
        timeout_s: float,
        group: asyncio.TaskGroup,
        clock: Callable[[], float],
        wall: Callable[[], int],
        report: Callable[[Report], None],
        answered: Callable[[Attempt, Capture, bytes], Attempt | None],
        changed: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Take what to call.

        Args:
            answered: Told of each attempt as soon as it ends, with what was sent; what was answered
                in the program's place, if anything was.
            changed: Called after something ended, or stands otherwise.
            failed: Told of what ends the listener.
        """
        self._dispatch, self._forwarder, self._keeper = dispatch, forwarder, keeper
        self._timeout_s, self._group = timeout_s, group
        self._clock, self._wall = clock, wall
        self._report, self._answered = report, answered
        self._changed, self._failed = changed, failed
        self._loop = asyncio.get_running_loop()
        self._parcels: dict[str, tuple[Capture, bytes]] = {}
        self._parcel_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._pumping = False
        self._idle = asyncio.Event()
        self._idle.set()

    def adopt(self, deliveries: Iterable[Delivery]) -> int:
        """Take up what an earlier process left unfinished; how many were for another target."""
        changed = self._dispatch.adopt(deliveries, self._clock(), self._wall())
        self._keeper.deliveries(changed)
        return len(changed) // 2

    def captured(self, new: Iterable[NewCapture]) -> None:
        """Events are on disk: deliver them."""
        for one in new:
            if one.skipped:
                continue
            for target in one.targets:
                self._keeper.deliveries(self._dispatch.captured(one.capture.id, target))
            if one.targets:
                self._hold(one.capture, one.body)
        self.pump()

    def retarget(self, target: str) -> None:
        """Deliver to another target from now on."""
        self._keeper.deliveries(self._dispatch.retarget(target, self._clock()))
        self._report(Retargeted(targets=self._dispatch.targets))
        self.pump()

    def pump(self) -> None:
        """Start what may start."""
        while (start := self._next()) is not None:
            self._spawn(self._work(start))
        for news in self._dispatch.news(self._clock()):
            self._report(news)
        self._arm()
        self._changed()

    def _pump_soon(self) -> None:
        """Once for all attempts that end in this turn of the loop."""
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump_now)

    def _pump_now(self) -> None:
        self._pumping = False
        try:
            self.pump()
        except Exception as error:  # the loop would only log it
            self._failed(error)

    async def idle(self) -> None:
        """Wait until no attempt runs."""
        await self._idle.wait()

    def cut(self) -> None:
        """End everything now; what was under way is as if it had not begun."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()

    # -- attempts -------------------------------------------------------------------------------

    def _next(self) -> Start | None:
        at_risk = self._dispatch.running + self._keeper.ended
        if self._keeper.size > _UNSTORED or at_risk >= max(_AT_RISK, self._dispatch.concurrency):
            return None
        while (one := self._dispatch.take(self._clock())) is not None:
            if isinstance(one, Start):
                self._idle.clear()
                return one
            self._spawn(self._probe(one))
        return None

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, start: Start | None) -> None:
        """One attempt after the other, as long as there is one to make."""
        try:
            while start is not None:
                await self._settled(start)
                start = self._next()
                self._pump_soon()
        except Exception as error:  # in a task it would end the others, and what they have to say
            self._failed(error)

    async def _settled(self, start: Start) -> None:
        """Make an attempt; dispatch hears of its end, whatever that is."""
        try:
            await self._attempt(start)
        except (asyncio.CancelledError, StoreError):
            self._dispatch.interrupted(start.capture, start.target)
            raise
        except Exception:
            settled = self._dispatch.broken(start.capture, start.target)
            self._keeper.deliveries(settled.deliveries)
            raise
        finally:
            if not self._dispatch.running:
                self._idle.set()

    async def _attempt(self, start: Start) -> None:
        parcel = self._release(start.capture) or await self._keeper.load(start.capture)
        if parcel is None:
            self._dispatch.forgotten(start.capture, start.target)
            return
        capture, body = parcel
        self._report(AttemptStarted(capture=capture.id, target=start.target, n=start.n))
        attempt = await self._forwarder.send(
            capture.request(body),
            start.target,
            why=start.why,
            capture=capture.id,
            timeout_s=self._timeout_s,
            peer=capture.peer,
        )
        settled = self._dispatch.finished(
            start.capture, start.target, attempt, self._clock(), self._wall()
        )
        if settled.next_retry_at is not None:
            attempt = replace(attempt, next_retry_at=settled.next_retry_at)
        instead = self._answered(attempt, capture, body)
        self._keeper.attempt(attempt, settled.deliveries)
        if instead is not None:
            self._keeper.attempt(instead, ())

    async def _probe(self, probe: Probe) -> None:
        try:
            outcome = await self._forwarder.probe(probe.target, PROBE_S)
            self._dispatch.probed(probe.target, outcome, self._clock())
            self.pump()
        except Exception as error:
            self._failed(error)

    # -- captures in memory ---------------------------------------------------------------------

    def _hold(self, capture: Capture, body: bytes) -> None:
        fits = self._parcel_bytes + len(body) <= _PARCEL_BYTES or not self._parcels
        if fits and len(self._parcels) < _PARCELS:
            self._parcels[capture.id] = capture, body
            self._parcel_bytes += len(body)

    def _release(self, capture: str) -> tuple[Capture, bytes] | None:
        parcel = self._parcels.pop(capture, None)
        if parcel is not None:
            self._parcel_bytes -= len(parcel[1])
        return parcel

    # -- time -----------------------------------------------------------------------------------

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._dispatch.due) is not None:
            wait = min(max(due - self._clock(), 0.0), _MOST_S)
            self._timer = self._loop.call_later(wait, self._tick)

    def _tick(self) -> None:
        self._timer = None
        try:
            self.pump()
        except Exception as error:  # a timer's exceptions would only be logged
            self._failed(error)
