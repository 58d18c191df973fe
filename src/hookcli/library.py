"""What scripts do with webhooks: read what was captured, send it again, receive what comes.

Settings, tokens and the store are those of the command line: what `hookcli listen` captures,
`open_store` opens. Every failure that somebody can do something about is a `HookcliError`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hookcli.captures.model import Attempt, Capture, Summary
from hookcli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.cli.here import Here
    from hookcli.config.load import Settings
    from hookcli.tunnel.listen import Listener
    from hookcli.tunnel.several import Several
    from hookcli.wire.http import Request
    from hookcli.workbench.parcels import Parcel

HELD = 16 << 20
"""Bytes of bodies that wait in memory while a script is slow."""
Change = Callable[["Request"], "Request"]


class Event(NamedTuple):
    """One webhook that has come, and is in the store."""

    capture: Capture
    body: bytes


def open_store(path: str | Path | None = None) -> "Store":
    """The captures of this user, or those in another file; a context manager closes it.

    Raises:
        StoreError: there is no such file, it is no store, or a newer hookcli has written it.
    """
    from hookcli.captures.store import Store

    return Store.open(Path(path) if path is not None else _here().store_path, create=False)


def query(store: "Store", text: str = "", *, newest_first: bool = False) -> Iterator[Summary]:
    """The captures that pass a filter (`hookcli help filters`), read as they are taken.

    Raises:
        UsageError: the filter is wrong; it says where.
    """
    from hookcli.captures import filters

    try:
        chosen = filters.parse(text, now=_now()) if text else None
    except filters.FilterError as error:
        raise UsageError(
            f"filter: {error.wanted}", why=(text, " " * error.position + "^")
        ) from None
    return store.summaries(chosen, newest_first=newest_first, now=_now())


def replay(
    store: "Store",
    capture: Capture | str,
    *,
    to: str | int | None = None,
    set: Mapping[str, object] | None = None,  # noqa: A002 - as the flag is called
    change: Change | None = None,
    resign: bool | None = None,
    timeout_s: float = 30.0,
) -> Attempt:
    """Send a capture again and keep the attempt; waits for the answer.

    A changed request is kept first, as a capture of its own that names its parent. In a coroutine:
    `await asyncio.to_thread(replay, store, …)`.

    Args:
        capture: The capture or its id.
        to: The target, `8000` or a URL; None: where it went before, or was to go.
        set: Values of the body by their path: `{"data.object.amount": 0}`.
        change: What else is done to the request.
        resign: Sign it again with the secret that is configured: always, never, or where it is
            needed (None).
        timeout_s: Of the attempt.

    Returns:
        The attempt, whatever the network or the program did.

    Raises:
        NotFoundError: there is no such capture.
        UsageError: it cannot be changed or signed so, or was never sent anywhere and `to` is missing;
            or a coroutine has called it.
    """
    _leave_the_loop()
    from hookcli.cli import jobs, making, replaying, signing
    from hookcli.workbench import parcels

    here = _here()
    found = store.get(capture) if isinstance(capture, str) else capture
    if found is None:
        raise NotFoundError(f"there is no capture {capture}")
    target = _target(to) or jobs.target_for(here, store, found)
    parcel = parcels.make(
        found,
        store.body(found.id),
        signing.wish(here, resign, None),
        now=_now(),
        new_id=making.new_id,
        change=_all(set or {}, change),
    )
    if parcel.is_copy:
        _ = making.keep_copy(store, found, parcel)
    return replaying.keep(store, asyncio.run(_send(here.settings, parcel, target, timeout_s)))


def _leave_the_loop() -> None:
    """UsageError in a coroutine, whose loop would stand still."""
    try:
        _ = asyncio.get_running_loop()
    except RuntimeError:
        return
    raise UsageError(
        "replay waits for the answer, and this is a coroutine",
        hint="await asyncio.to_thread(replay, store, capture)",
    )


async def _send(settings: "Settings", parcel: "Parcel", target: str, timeout_s: float) -> Attempt:
    from hookcli.cli import forwarding

    async with forwarding.sender(
        settings,
        timeout_ms=round(timeout_s * 1000),
        insecure=settings.flag("insecure"),
        mark=True,
    ) as send:
        return await send(parcel, target)


def _all(values: Mapping[str, object], change: Change | None) -> Change | None:
    """Both as one change; None when there is none."""
    if not values:
        return change
    import json

    from hookcli.workbench.edits import SetJson, SetText
    from hookcli.workbench.jsonpath import parse
    from hookcli.workbench.mutate import apply

    edits = [
        SetText(path=parse(path), text=value)
        if isinstance(value, str)
        else SetJson(path=parse(path), json=json.dumps(value))
        for path, value in values.items()
    ]

    def both(request: "Request") -> "Request":
        changed = apply(request, edits)
        return change(changed) if change is not None else changed

    return both


class Listening:
    """A listener at work: iterate over it for the webhooks that come, in order.

    All of them are on disk. For a script that is slow, a few megabytes of bodies wait in memory, and the
    rest is read from the store when its turn comes.
    """

    def __init__(self, store: Path) -> None:
        self.url = ""
        """What a provider is to call."""
        self._store = store
        self._waiting: asyncio.Queue[tuple[Capture, bytes | None] | None] = asyncio.Queue()
        self._held = 0

    def __aiter__(self) -> AsyncIterator[Event]:
        """The events; there are no more when the listener has ended."""
        return self

    async def __anext__(self) -> Event:
        """The next one; NotFoundError: it has been deleted before its turn came."""
        found = await self._waiting.get()
        if found is None:
            self._ended()
            raise StopAsyncIteration
        capture, body = found
        if body is None:
            return Event(capture, await asyncio.to_thread(self._read, capture.id))
        self._held -= len(body)
        return Event(capture, body)

    def _came(self, capture: Capture, body: bytes) -> None:
        is_held = self._held + len(body) <= HELD
        self._held += len(body) if is_held else 0
        self._waiting.put_nowait((capture, body if is_held else None))

    def _ended(self) -> None:
        self._waiting.put_nowait(None)

    def _read(self, id_: str) -> bytes:
        with open_store(self._store) as store:
            body = store.body(id_)
            if not body and store.get(id_) is None:
                raise NotFoundError(f"the capture {id_} has been deleted before its turn came")
            return body


@asynccontextmanager
async def listen(
    target: str | int | None = None,
    *,
    relay: str | None = None,
    endpoint: str | None = None,
    store: str | Path | None = None,
    count: int | None = None,
) -> AsyncIterator[Listening]:
    """Receive webhooks as `hookcli listen` does: each is on disk before it is forwarded or told.

        async with listen(8000) as listening:
            async for event in listening:
                print(event.capture.event_type)

    Args:
        target: Where they are forwarded to, `8000` or a URL; None: they are only captured.
        relay: Its URL; None: the configured one, or else one that runs inside this process.
        endpoint: Its name or id; None: the configured one.
        store: The file of captures; None: the configured one.
        count: End after so many.

    Raises:
        HookcliError: the relay cannot be reached or refuses, or the store cannot be used.
    """
    from hookcli.cli import road
    from hookcli.cli.listen_options import Options
    from hookcli.tunnel.observe import Captured, Ready, Report

    here = _here(relay, endpoint, store)
    here.overrides["forward"] = _target(target)
    ready = asyncio.Event()

    def observer(report: Report) -> None:
        if isinstance(report, Ready):
            listening.url = listening.url or report.url
            ready.set()
        elif isinstance(report, Captured):
            listening._came(report.capture, report.body)

    async with road.opened(here, lambda _: None) as found:
        plans = road.make_plans(here, Options(count=count), found)
        listener, listening = road.listener(plans, observer), Listening(plans[0].store)
        task = asyncio.ensure_future(_run(listener, listening, ready))
        try:
            _ = await ready.wait()
            if listening.url:
                yield listening
        finally:
            listener.stop()
            await task


async def _run(listener: "Listener | Several", listening: Listening, ready: asyncio.Event) -> None:
    """Until it ends; what it could not go on for is raised."""
    try:
        ending = await listener.run()
    finally:
        listening._ended()
        ready.set()
    if ending.error is not None:
        raise ending.error


def _here(
    relay: str | None = None, endpoint: str | None = None, store: str | Path | None = None
) -> "Here":
    """Settings, tokens and folders as a command finds them; nothing is printed."""
    from hookcli.cli.console import Console
    from hookcli.cli.here import Here, Shared

    shared = Shared(relay=relay, endpoint=endpoint, store=str(store) if store else None)
    return Here(console=Console(quiet=True), shared=shared)


def _target(given: str | int | None) -> str | None:
    if given is None:
        return None
    from hookcli.config.values import target

    try:
        return target(given)
    except ValueError as error:
        raise UsageError(f"{given}: {error}") from None


def _now() -> int:
    return time.time_ns() // 1000
