"""A relay of a test's own, with an endpoint and a listener, beside whatever loop the test has."""

import asyncio
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hookcli.captures.display import display_text
from hookcli.captures.model import Capture, Summary
from hookcli.captures.store import Store
from hookcli.errors import UsageError, WaitError
from hookcli.library import Event, query
from hookcli.testing.answers import HIDDEN

if TYPE_CHECKING:
    from hookcli.tunnel.listen import Listener, Plan
    from hookcli.tunnel.observe import Report

START_S = 15.0
_STOP_S = 1.0
_LOOK_S = 0.25
"""How often it is looked although nothing was told."""
_SHOWN = 10
"""How much of what came a failure shows."""


class EmbeddedRelay:
    """A real relay on a port of the loopback, a real log, a real listener; a context manager.

    What is sent to `url` is captured; with `forward` it is delivered too, and the sender gets the
    program's answer.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = ""
        """What a provider would call."""
        self.store = folder / "captures.db"
        """The file of captures."""
        self._news = threading.Condition()
        self._ready = False
        self._error: BaseException | None = None
        """What it has ended with."""
        self._told: set[str] = set()
        """Captures that `wait_for` has given already."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Listener | None = None
        self._thread = threading.Thread(target=self._run, name="hookcli-test-relay", daemon=True)

    def __enter__(self) -> Self:
        """Start, and wait until webhooks can come."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        with self._news:
            started = self._news.wait_for(lambda: self._ready or self._error is not None, START_S)
        if self._error is not None:
            raise self._error
        if not started:
            raise WaitError(f"the relay did not start within {START_S:.0f} s")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; every capture is on disk."""
        if self._listener is not None:
            self._listener.stop(_STOP_S)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def __repr__(self) -> str:
        """Where it is."""
        return f"<EmbeddedRelay {self.url}>"

    # -- for tests ------------------------------------------------------------------------------

    def forward(self, target: str | int) -> None:
        """Deliver what comes from now on, and what waits, to `8000` or a URL."""
        from hookcli.config.values import target as read

        try:
            url = read(target)
        except ValueError as error:
            raise UsageError(f"{target}: {error}") from None
        listener, loop = self._listener, self._loop
        if listener is None or loop is None:
            raise UsageError("the relay does not run")
        done = threading.Event()

        def retarget() -> None:
            listener.retarget(url)
            done.set()

        _ = loop.call_soon_threadsafe(retarget)
        _ = done.wait(START_S)

    def wait_for(self, filter: str = "", timeout: float = 5.0) -> Event:  # noqa: A002 - its name
        """The first capture that passes a filter (`hookcli help filters`) and was not given before.

        In a coroutine: `await relay.await_for("type:push")`.

        Raises:
            WaitError: nothing such came within `timeout` seconds; it says what came instead.
            UsageError: the filter is wrong.
            HookcliError: the relay or its listener has ended.
        """
        __tracebackhide__ = HIDDEN
        end = time.monotonic() + timeout
        with Store.open(self.store) as store:
            while (found := self._look(store, filter)) is None:
                if self._error is not None:
                    raise self._error
                left = end - time.monotonic()
                if left <= 0:
                    raise self._in_vain(store, f"{timeout:g} s for {filter or 'a webhook'}")
                with self._news:
                    _ = self._news.wait(min(left, _LOOK_S))
            self._told.add(found.id)
            return Event(found, store.body(found.id))

    async def await_for(self, filter: str = "", timeout: float = 5.0) -> Event:  # noqa: A002, ASYNC109
        """The same in a coroutine, whose loop goes on meanwhile."""
        __tracebackhide__ = HIDDEN
        return await asyncio.to_thread(self.wait_for, filter, timeout)

    def captures(self, filter: str = "") -> list[Event]:  # noqa: A002 - its name
        """Everything that has come so far and passes a filter, in order."""
        with Store.open(self.store) as store:
            found = [one.capture for one in query(store, filter)]
            return [Event(one, store.body(one.id)) for one in found]

    # -- inside ---------------------------------------------------------------------------------

    def _look(self, store: Store, text: str) -> Capture | None:
        return next(
            (one.capture for one in query(store, text) if one.capture.id not in self._told), None
        )

    def _in_vain(self, store: Store, what: str) -> WaitError:
        """What is said of what came, the last of it one by one."""
        came = list(query(store, newest_first=True))
        if not came:
            return WaitError(f"waited {what}; nothing came")
        lines = tuple(_line(one) for one in reversed(came[:_SHOWN]))
        more = f", the last {_SHOWN} of which" if len(came) > _SHOWN else ""
        return WaitError(f"waited {what}; {len(came)} came{more}:", why=lines)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._error = error
        self._tell()

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    async def _main(self) -> None:
        from hookcli.tunnel.listen import Listener
        from relay_server.app import Relay
        from relay_server.settings import Settings

        self._loop = asyncio.get_running_loop()
        settings = Settings(
            listen="127.0.0.1:0",
            data=self._folder / "relay",
            open_registration=True,
            endpoint_rate=0,
            endpoint_byte_rate=0,
        )
        server = Relay(settings)
        started = await server.start()
        try:
            plan = await asyncio.to_thread(self._plan, started.url)
            self._listener = Listener(plan, self._observe)
            ending = await self._listener.run()
            if ending.error is not None:
                raise ending.error
        finally:
            await server.stop(_STOP_S)

    def _plan(self, origin: str) -> "Plan":
        from hookcli.cli.relay_api import RelayApi
        from hookcli.tunnel.listen import Plan

        made = RelayApi(origin=origin).create({"name": "test"})
        return Plan(
            relay=origin,
            endpoint=made["id"],
            token=made["token"],
            target=None,
            store=self.store,
            local=True,
        )

    def _observe(self, report: "Report") -> None:
        from hookcli.tunnel.observe import Ready

        if isinstance(report, Ready):
            self.url, self._ready = report.url, True
        self._tell()


def _line(one: Summary) -> str:
    """What came and what became of it: `POST /hooks · stripe invoice.paid · 500`."""
    capture, last = one.capture, one.last
    kind = " ".join(filter(None, (capture.source, capture.event_type)))
    outcome = "not sent" if last is None else str(last.status or last.outcome.value)
    called = f"{capture.method} {capture.path}"
    return display_text(" · ".join(filter(None, (called, kind, outcome))))
