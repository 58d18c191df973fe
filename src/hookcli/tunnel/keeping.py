"""The thread that writes to the capture store: whatever has gathered goes into one transaction.

The event loop never waits for the disk; a commit costs it two hops, however many events it holds.
An event is written as soon as the thread is free. Attempts and replies, which nobody waits for, may
wait a moment for company: alone they would only hold up the next event.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from msgspec import Struct

from hookcli.captures.model import Attempt, Capture, Delivery, Told
from hookcli.captures.store import Batch, NewCapture, Store
from hookcli.errors import StoreError
from hookcli.tunnel.intake import Moved
from hookcli.wire.messages import Event

T = TypeVar("T")

LINGER_S = 0.05
"""How long an attempt or a reply may wait for others to be written with."""
_MOST_LINGERING = 16
_MANY_LINGERING = 12
"""So many are worth no transaction of their own where events are written anyway."""
_MOST_BYTES = 16 << 20
"""Bytes after which a transaction takes no more, so that its end is heard of soon."""


class Kept(Struct, frozen=True, kw_only=True):
    """What is on disk now."""

    captures: tuple[NewCapture, ...] = ()
    """Those that were new, in the order of the log."""
    events: int = 0
    """How many came, those that were captured before included."""
    bytes: int = 0
    """Of their bodies."""
    seq: int = 0
    """The place of the newest event; 0 when there was none."""
    stream: int = 0
    """The number of the stream that it came on."""
    cursor: int | None = None
    """The new one; None where it was not touched."""
    attempts: tuple[Attempt, ...] = ()
    """Numbered."""
    told: tuple[tuple[str, Told], ...] = ()
    ended: int = 0
    """Attempts that were waiting to be written, and are written."""
    size: int = 0
    """Bytes of their answers."""


class _Events(Struct, frozen=True):
    events: Sequence[Event]
    stream: int


class _Ended(Struct, frozen=True):
    attempt: Attempt | None
    deliveries: Sequence[Delivery]


class _Told(Struct, frozen=True):
    told: Sequence[tuple[str, Told]]


class _Ask(Struct, frozen=True):
    ask: Callable[[Store], object]
    answer: Callable[[object], None]
    fail: Callable[[Exception], None]


_Work = _Events | _Ended | _Told | Moved | _Ask


class Keeper:
    """One listener's store, written by a thread of its own."""

    def __init__(
        self,
        path: Path,
        endpoint: str,
        *,
        make: Callable[[Event], NewCapture],
        kept: Callable[[Kept], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Take what to call.

        Args:
            make: Makes a capture of an event, on the thread.
            kept: Called on the loop after each transaction.
            failed: Called on the loop when the store cannot be written; nothing is any more.
        """
        self._path, self._endpoint = path, endpoint
        self._make, self._kept, self._failed = make, kept, failed
        self._loop = asyncio.get_running_loop()
        self._inbox: SimpleQueue[list[_Work] | None] = SimpleQueue()
        self._lingering: list[_Work] = []
        self._timer: asyncio.TimerHandle | None = None
        self._ended = self._loop.create_future()
        self.ended = 0
        """Attempts that wait to be written: a listener that is killed would make them again."""
        self.size = 0
        """Bytes of their answers."""

    # -- on the loop ----------------------------------------------------------------------------

    async def open(self) -> tuple[int | None, list[Delivery]]:
        """Open the store: the endpoint's cursor, and its deliveries that are not finished.

        Raises:
            StoreError: it cannot be used.
        """
        threading.Thread(target=self._run, name="hookcli-keeper", daemon=True).start()
        endpoint = self._endpoint
        return await self.ask(lambda store: (store.cursor(endpoint), store.pending(endpoint)))

    def events(self, events: Sequence[Event], stream: int) -> None:
        """Keep events, in the order of the log, and the cursor behind them."""
        work = _Events(events, stream)
        if len(self._lingering) < _MANY_LINGERING:
            self._inbox.put([work])
        else:
            self._give(work)

    def moved(self, moved: Moved) -> None:
        """Keep another cursor."""
        self._give(moved)

    def attempt(self, attempt: Attempt, deliveries: Sequence[Delivery]) -> None:
        """Keep an attempt, soon, and where its delivery stands."""
        self.ended += 1
        self.size += len(attempt.body)
        self._linger(_Ended(attempt, deliveries))

    def deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Keep, soon, where deliveries stand."""
        if deliveries:
            self._linger(_Ended(None, deliveries))

    def told(self, told: Sequence[tuple[str, Told]]) -> None:
        """Keep, soon, what senders were told."""
        if told:
            self._linger(_Told(told))

    async def load(self, capture: str) -> tuple[Capture, bytes] | None:
        """A capture with its body; None when somebody has deleted it."""

        def read(store: Store) -> tuple[Capture, bytes] | None:
            found = store.get(capture)
            return None if found is None else (found, store.body(capture))

        return await self.ask(read)

    async def ask(self, ask: Callable[[Store], T]) -> T:
        """Ask the store something, after all that was given to be kept before."""
        answer: asyncio.Future[T] = self._loop.create_future()

        def settle(value: object) -> None:
            if not answer.done():
                answer.set_result(value)  # type: ignore[arg-type]

        def fail(error: Exception) -> None:
            if not answer.done():
                answer.set_exception(error)

        self._give(_Ask(ask, settle, fail))
        return await answer

    async def close(self) -> None:
        """Keep what was given, and let go of the store."""
        self._flush()
        self._inbox.put(None)
        await self._ended

    def _linger(self, work: _Ended | _Told) -> None:
        self._lingering.append(work)
        if len(self._lingering) >= _MOST_LINGERING:
            self._flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(LINGER_S, self._flush)

    def _give(self, work: _Work) -> None:
        """This now, behind what has lingered."""
        self._lingering.append(work)
        self._flush()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lingering:
            self._inbox.put(self._lingering)
            self._lingering = []

    def _on_kept(self, kept: Kept) -> None:
        self.ended -= kept.ended
        self.size -= kept.size
        self._kept(kept)

    # -- on the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        call = self._loop.call_soon_threadsafe
        try:
            self._work()
        except Exception as error:
            call(self._failed, error)
            self._refuse(error)
        finally:
            call(self._ended.set_result, None)

    def _work(self) -> None:
        try:
            store = Store.open(self._path)
        except StoreError as error:  # raised where the opening is waited for
            self._refuse(error)
            return
        try:
            while self._turn(store):
                pass
        finally:
            store.close()

    def _turn(self, store: Store) -> bool:
        """Write what has gathered, then answer what was asked; False at the end."""
        gathered = _Gathered()
        work = self._inbox.get()
        while work is not None:
            for one in work:
                gathered.add(one, self._make)
            if gathered.size > _MOST_BYTES:
                break
            try:
                work = self._inbox.get_nowait()
            except Empty:
                break
        if gathered.anything:
            committed = store.commit(gathered.batch(self._endpoint))
            kept = gathered.kept(committed.captures, committed.attempts)
            self._loop.call_soon_threadsafe(self._on_kept, kept)
        for asked in gathered.asks:
            self._answer(asked, store)
        return work is not None

    def _answer(self, one: _Ask, store: Store) -> None:
        try:
            value = one.ask(store)
        except Exception as error:  # raised where it was asked
            self._loop.call_soon_threadsafe(one.fail, error)
        else:
            self._loop.call_soon_threadsafe(one.answer, value)

    def _refuse(self, error: Exception) -> None:
        """Nothing is written any more: whoever asks is told, until the end."""
        while (work := self._inbox.get()) is not None:
            for one in work:
                if isinstance(one, _Ask):
                    self._loop.call_soon_threadsafe(one.fail, error)


@dataclass(slots=True)
class _Gathered:
    """What goes into one transaction."""

    captures: list[NewCapture] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    told: list[tuple[str, Told]] = field(default_factory=list)
    asks: list[_Ask] = field(default_factory=list)
    cursor: int | None = None
    rewound: bool = False
    seq: int = 0
    stream: int = 0
    size: int = 0
    ended: int = 0
    answers: int = 0

    @property
    def anything(self) -> bool:
        """Whether there is something to write."""
        written = self.captures or self.attempts or self.deliveries or self.told
        return bool(written) or self.cursor is not None

    def add(self, work: _Work, make: Callable[[Event], NewCapture]) -> None:
        """One more thing."""
        match work:
            case _Events(events=events, stream=stream):
                made = [make(event) for event in events]
                self.captures += made
                self.size += sum(len(one.body) for one in made)
                self.cursor = self.seq = events[-1].seq
                self.stream = stream
            case _Ended(attempt=attempt, deliveries=deliveries):
                self.deliveries += deliveries
                if attempt is not None:
                    self.attempts.append(attempt)
                    self.ended += 1
                    self.answers += len(attempt.body)
                    self.size += len(attempt.body)
            case _Told(told=told):
                self.told += told
            case Moved(seq=seq, rewound=rewound):
                self.cursor = seq
                self.rewound |= rewound
            case _Ask():
                self.asks.append(work)

    def batch(self, endpoint: str) -> Batch:
        """As the store takes it. Of a delivery that changed twice, only how it stands in the end."""
        latest = {(one.capture, one.target): one for one in self.deliveries}
        return Batch(
            captures=tuple(self.captures),
            attempts=tuple(self.attempts),
            deliveries=tuple(latest.values()),
            told=tuple(self.told),
            cursor=None if self.cursor is None else (endpoint, self.cursor),
            rewound=self.rewound,
        )

    def kept(self, new: tuple[NewCapture, ...], attempts: tuple[Attempt, ...]) -> Kept:
        """What is to be told of it."""
        return Kept(
            captures=new,
            events=len(self.captures),
            bytes=sum(len(one.body) for one in self.captures),
            seq=self.seq,
            stream=self.stream,
            cursor=self.cursor,
            attempts=attempts,
            told=tuple(self.told),
            ended=self.ended,
            size=self.answers,
        )
