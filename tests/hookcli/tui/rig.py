"""What the tests of the screen share: captures to look at, a clock to turn, an inspector to drive."""

import asyncio
import hashlib
import json
import threading
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual import events
from textual.keys import _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.screen import ModalScreen

from hookcli.captures.model import (
    Attempt,
    Capture,
    Outcome,
    Signature,
    SignatureState,
    Timing,
    Told,
    Why,
)
from hookcli.captures.store import Batch, NewCapture, Store
from hookcli.tui.bridge import Engine, Listen, Listening
from hookcli.tui.inspector import Inspector
from hookcli.tui.screens.replay_many import ManyScreen
from hookcli.tui.setup import Setup
from hookcli.tunnel.observe import Observer, Ready
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from hookcli.workbench import parcels
from hookcli.workbench.parcels import Forward, Parcel
from tests.support.processes import PATIENCE

NOW = 1_763_908_351_000_000
"""µs since the epoch: the time it is in these tests."""

KINDS = (
    ("stripe", "invoice.paid", 200),
    ("stripe", "invoice.payment_failed", 500),
    ("github", "push", 200),
    ("shopify", "orders/updated", 0),
    ("slack", "event_callback", 401),
    ("", "", 204),
)
"""Source, type, status of the answer; 0 was not forwarded."""

JSON: Headers = (
    (b"Host", b"hooks.example.com"),
    (b"Content-Type", b"application/json"),
    (b"Stripe-Signature", b"t=1763908351,v1=3a9bf41c"),
)


def identity(number: int) -> str:
    """An id that sorts by its number."""
    return f"01JA{number:08d}{number:014d}"


def capture(number: int, body: bytes | None = None, **values: Any) -> tuple[Capture, bytes]:
    """One capture with its body; `values` replace what it would have."""
    source, event, status = KINDS[number % len(KINDS)]
    if body is None:
        body = json.dumps({"id": f"evt_{number}", "data": {"object": {"amount": number}}}).encode()
    made = Capture(
        id=identity(number),
        endpoint="ep_test",
        seq=number + 1,
        received_at=NOW - (1000 - number) * 1_000_000,
        method="POST",
        url="https://hooks.example.com/ep_test",
        target=f"/webhooks/{source or 'internal'}?n={number}".encode(),
        http_version="1.1",
        peer="203.0.113.9:4433",
        headers=JSON,
        body_size=len(body),
        body_sha256=hashlib.sha256(body).digest(),
        source=source,
        event_type=event,
        scheme=source,
        signature=Signature(state=SignatureState.BAD if source == "slack" else SignatureState.OK),
        told=Told(status=status or 202, by="app" if status else "ack", ms=90.0),
    )
    return replace(made, **values), body


def attempt(of: str, status: int = 200, **values: Any) -> Attempt:
    """One attempt that was answered."""
    body = b'{"error":"unknown customer"}' if status >= 400 else b'{"received":true}'
    made = Attempt(
        capture=of,
        n=1,
        why=Why.LIVE,
        target="http://localhost:8000",
        started_at=NOW,
        ms=31.0,
        timing=Timing(connect=1.0, wait=29.0, read=1.0),
        outcome=Outcome.RESPONDED,
        status=status,
        reason=b"OK",
        headers=((b"content-type", b"application/json"),),
        body=body,
        body_size=len(body),
    )
    return replace(made, **values)


def fill(path: Path, count: int) -> None:
    """A store with so many captures, each with its answer."""
    store = Store.open(path)
    made = [capture(number) for number in range(count)]
    statuses = [KINDS[number % len(KINDS)][2] for number in range(count)]
    store.commit(
        Batch(
            captures=tuple(
                NewCapture(capture=one, body=body, skipped=not status)
                for (one, body), status in zip(made, statuses, strict=True)
            ),
            attempts=tuple(
                attempt(one.id, status)
                for (one, _), status in zip(made, statuses, strict=True)
                if status
            ),
        )
    )
    store.close()


def put(path: Path, one: Capture, body: bytes, *attempts: Attempt) -> None:
    """One more capture in a store."""
    store = Store.open(path)
    store.commit(Batch(captures=(NewCapture(capture=one, body=body),), attempts=attempts))
    store.close()


@dataclass
class Clock:
    """Time that stands still until it is told."""

    seconds: float = 0.0

    def wall(self) -> float:
        """Since the epoch."""
        return NOW / 1e6 + self.seconds

    def monotonic(self) -> float:
        """Forward only."""
        return 1000.0 + self.seconds


@dataclass
class App:
    """A program that answers what it is told to, and keeps what it was sent."""

    status: int = 200
    sent: list[tuple[Request, str, Why, str]] = field(default_factory=list)
    allowed: threading.Semaphore | None = None
    """How many more answers it may give; None for any number."""
    takes_s: float = 0.0

    async def __call__(self, parcel: Parcel, target: str) -> Attempt:
        """What a replay is sent with."""
        return await parcels.forward(parcel, target, self, 30.0)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Forward]:
        """The same as the command line gives it."""
        yield self.__call__

    async def posted(self, request: Request) -> Attempt:
        """What a sample is sent with."""
        return await self.send(request, request.url, why=Why.LIVE, capture="", timeout_s=30.0)

    async def send(self, request: Request, target: str, *, why: Why, capture: str,
                   timeout_s: float, peer: str = "") -> Attempt:  # fmt: skip
        """Answer."""
        del timeout_s, peer
        self.sent.append((request, target, why, capture))
        if self.allowed is not None:
            await asyncio.to_thread(self.allowed.acquire)
        await asyncio.sleep(self.takes_s)
        return attempt(capture, self.status, why=why, target=target, ms=16.0)


class Listener(Listening):
    """A listener that does nothing until it is stopped; what it was asked is kept."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def run(self) -> str:
        """Until stopped."""
        await self._stop.wait()
        return "stopped"

    def stop(self, grace_s: float = 3.0) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def pause(self) -> None:
        """Kept."""
        self.asked.append("pause")

    def resume(self) -> None:
        """Kept."""
        self.asked.append("resume")

    def deliver_one(self) -> None:
        """Kept."""
        self.asked.append("deliver_one")

    def try_now(self) -> None:
        """Kept."""
        self.asked.append("try_now")


def listening(*made: list[Listener]) -> Listen:
    """A `Listen` whose listeners can be looked at."""

    @asynccontextmanager
    async def listen(observer: Observer) -> AsyncIterator[Listener]:
        del observer
        listener = Listener()
        for each in made:
            each.append(listener)
        yield listener

    return listen


READY = Ready(
    endpoint="ep_test",
    url="https://hooks.example.com/ep_test",
    targets=("http://localhost:8000",),
    relay="https://hooks.example.com",
    local=False,
    resume_seq=0,
    backlog=0,
    retention_s=604800,
)


def pressed(key: str) -> events.Key:
    """The event of a key by its name or its character."""
    if len(key) == 1:
        return events.Key(_character_to_key(key), key)
    try:
        return events.Key(key, unicodedata.lookup(_get_unicode_name_from_key(key)))
    except KeyError:
        return events.Key(key, None)


@dataclass
class Drive:
    """An inspector under test."""

    app: Inspector
    pilot: Pilot[int]
    clock: Clock
    program: App
    store: Path
    state: Path

    async def press(self, *keys: str) -> None:
        """Press keys as fast as they can be written, and let what they started come to rest."""
        for key in keys:
            self.app.post_message(pressed(key))
        await self.settle()

    async def type(self, text: str) -> None:
        """Type text."""
        await self.press(*text)

    async def settle(self) -> None:
        """Until no key waits, no worker runs (or one waits for an answer in a box), all is drawn."""
        clock = asyncio.get_running_loop().time
        end = clock() + 5 * PATIENCE
        while clock() < end:
            if await self._at_rest():
                self.app.drain()
                await self.pilot.pause(0)
                if await self._at_rest():
                    break

    async def _at_rest(self) -> bool:
        """Whether nothing is to come; else wait a little."""
        if self._busy:
            await asyncio.sleep(0.001)
        elif self._talking:
            await asyncio.sleep(0)
        else:
            return True
        return False

    @property
    def _busy(self) -> bool:
        """Whether something is still to come of what was pressed."""
        if not self.app.is_running:
            return False
        if not self.app.keys_done or self.app.main._detail_wait is not None:
            return True
        if isinstance(self.app.screen, ModalScreen | ManyScreen):
            return False
        return any(not worker.is_finished for worker in self.app.workers)

    @property
    def _talking(self) -> bool:
        """Whether a widget still has a message to deal with; the pilot's own question costs more."""
        pumps = (self.app, *self.app.screen.walk_children(with_self=True))
        return any(pump.message_queue_size for pump in pumps)

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Until something holds; fails after five seconds, more on a machine that is busy."""
        for _ in range(round(500 * PATIENCE)):
            if true():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"never: {what}\n{self.screen}")

    def report(self, *reports: Any) -> None:
        """As if the engine had reported."""
        for each in reports:
            self.app.engine.observe(each)
        self.app.drain()

    @property
    def screen(self) -> str:
        """What is on the screen, as text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)


@asynccontextmanager
async def driven(
    folder: Path,
    count: int = 0,
    *,
    size: tuple[int, int] = (80, 24),
    listen: Listen | None = None,
    engine: Engine | None = None,
    send: Forward | None = None,
    **setup: Any,
) -> AsyncIterator[Drive]:
    """An inspector on a store with so many captures."""
    store, state, clock, program = folder / "captures.db", folder / "state", Clock(), App()
    if count:
        fill(store, count)
    made = engine or Engine(listen, grace_s=0.2)
    if engine is None:
        made.start()
    values: dict[str, Any] = {
        "store": store,
        "state": state,
        "sender": program.opened,
        "post": program.posted,
        "exports": folder,
        "wall": clock.wall,
        "clock": clock.monotonic,
        "target": "http://localhost:8000",
    }
    app = Inspector(Setup(**(values | setup)), made, send or program)
    try:
        async with app.run_test(size=size) as pilot:
            drive = Drive(app, pilot, clock, program, store, state)
            await drive.settle()
            yield drive
            await drive.settle()
        if app.crash is not None:
            raise app.crash
    finally:
        app.put_away()
        made.stop(now=True)
