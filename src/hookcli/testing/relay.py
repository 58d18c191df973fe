"""A relay of a test's own, with an endpoint and a listener, beside whatever loop the test has."""

import asyncio
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hookcli.captures.model import Capture
from hookcli.captures.store import Store
from hookcli.errors import UsageError, WaitError
from hookcli.library import Event, query

if TYPE_CHECKING:
    from hookcli.tunnel.listen import Listener, Plan
    from hookcli.tunnel.observe import Report

START_S = 15.0
_STOP_S = 1.0
_LOOK_S = 0.25
"""How often it is looked although nothing was told."""


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

        In a coroutine: `await asyncio.to_thread(relay.wait_for, "type:push")`.

        Raises:
            WaitError: nothing such came within `timeout` seconds; it says what came instead.
            UsageError: the filter is wrong.
        """
        end = time.monotonic() + timeout
        with Store.open(self.store) as store:
            while (found := self._look(store, filter)) is None:
                left = end - time.monotonic()
                if left <= 0:
                    raise WaitError(
                        f"waited {timeout:g} s for {filter or 'a webhook'}; {self._seen(store)}"
                    )
                with self._news:
                    _ = self._news.wait(min(left, _LOOK_S))
            self._told.add(found.id)
            return Event(found, store.body(found.id))

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

    def _seen(self, store: Store) -> str:
        kinds = Counter(
            " ".join(filter(None, (one.capture.source, one.capture.event_type)))
            or f"{one.capture.method} {one.capture.path}"
            for one in query(store)
        )
        if not kinds:
            return "nothing came"
        return "what came: " + ", ".join(f"{kind} ×{n}" for kind, n in kinds.most_common(5))

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
