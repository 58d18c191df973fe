"""Giving events the next places of their endpoint, whoever else is giving them at the same time.

One block of an endpoint is under way at a time, and what comes meanwhile goes into the next. It is
stored only if the block that this relay has seen last is still the last (JetStream's expected last
sequence of a subject); a relay that lost the race looks again. An answer that got lost is found out
by looking whether the block is there, so that nothing is stored twice.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from relay_server.log.base import Draft, StorageError, Told
from relay_server.log.coding import encode
from relay_server.log.nats.block import Block
from relay_server.log.nats.blocks import BLOCK_EVENTS, Blocks
from relay_server.log.nats.connection import UnsureError
from relay_server.log.nats.jetstream import RacedError

_log = logging.getLogger("relay")
_HEAD = 1 << 10
"""What an event has at most beside its body, its target and its fields."""
_TRIES_S = 5.0
"""For so long it is tried to store a block; then its senders hear that it is not."""
_AGAIN_S = 0.1
_LINES = 100_000
"""Of so many endpoints the last block is remembered."""

Start = Callable[[Coroutine[Any, Any, None]], None]
"""Begins what goes on by itself."""

Stored = Callable[[str, int, Block, tuple[bytes, ...]], None]
"""Hears of a stored block: endpoint, place in the stream, the block, its events as they go out."""


@dataclass(slots=True)
class _Sent:
    """A block under way."""

    block: Block
    events: tuple[bytes, ...]
    tolds: Sequence[Told]


@dataclass(slots=True)
class _Line:
    """One endpoint."""

    at: int | None = None
    """The place in the stream of its last block, 0: there is none; None: to be looked up."""
    last: Block | None = None
    before: int = 0
    """Where there is no block: the place up to which all may have been given."""
    reserved: int = 0
    waiting: deque[tuple[Draft, Told]] = field(default_factory=deque)
    sent: _Sent | None = None
    busy: bool = False


class Appending:
    """The lines of all endpoints that have got something lately."""

    def __init__(self, blocks: Blocks, *, node: str, start: Start, stored: Stored) -> None:
        self._blocks, self._node = blocks, node
        self._start, self._stored = start, stored
        self.raced = self.unsure = 0
        """How often another relay was first, and no answer came, since the start."""
        self._busy = 0
        self._idle = asyncio.Event()
        self._lines: OrderedDict[str, _Line] = OrderedDict()

    def append(self, draft: Draft, told: Told) -> None:
        """Give it the next place."""
        line = self._lines.get(draft.endpoint)
        if line is None:
            line = self._lines[draft.endpoint] = _Line()
            self._forget()
        line.waiting.append((draft, told))
        if not line.busy:
            line.busy = True
            self._busy += 1
            self._start(self._work(draft.endpoint, line))

    async def drained(self) -> None:
        """Wait until nothing is under way."""
        while self._busy:
            self._idle.clear()
            await self._idle.wait()

    def _forget(self) -> None:
        if len(self._lines) > _LINES:
            endpoint, line = next(iter(self._lines.items()))
            self._lines.move_to_end(endpoint)
            if not line.busy:
                del self._lines[endpoint]

    def drop(self, endpoint: str) -> None:
        """The endpoint is no more, or what is known of it is not sure."""
        line = self._lines.get(endpoint)
        if line is not None:
            line.at = None

    def heard(self, endpoint: str, at: int, name: str) -> None:
        """News of a stored block: perhaps of one under way, before its own answer."""
        line = self._lines.get(endpoint)
        if line is not None and line.sent is not None and line.sent.block.id == name:
            self._settled(endpoint, line, line.sent, at)

    async def _work(self, endpoint: str, line: _Line) -> None:
        """Until nothing waits; it begins in the next turn of the loop, with all that this one brings."""
        try:
            while line.waiting:
                taken = _take(line.waiting, self._blocks.most)
                try:
                    await self._append(endpoint, line, taken)
                except Exception as error:
                    # Whatever it was, it must not stop the others.
                    line.at = None
                    _refuse(taken, error)
                self._lines.move_to_end(endpoint)
        except asyncio.CancelledError:
            _refuse(line.waiting, StorageError("the log is closed"))
            raise
        finally:
            line.busy = False
            self._busy -= 1
            self._idle.set()

    async def _append(
        self, endpoint: str, line: _Line, taken: Sequence[tuple[Draft, Told]]
    ) -> None:
        until = asyncio.get_running_loop().time() + _TRIES_S
        while True:
            try:
                if line.at is None:
                    line.at, line.last, line.before = await self._blocks.last(endpoint)
                    line.reserved = line.before
                sent = await self._make(endpoint, line, taken)
                sent.block, payload = await self._blocks.payload(endpoint, sent.block, sent.events)
            except UnsureError as error:
                # Nobody could have seen any of it yet.
                await _pause(error, until)
                continue
            try:
                await self._store(endpoint, line, sent, payload, until)
            except RacedError:
                self.raced += 1
                line.at = None
                if asyncio.get_running_loop().time() > until:
                    raise StorageError("too many relays write to this endpoint") from None
            else:
                return

    async def _make(self, endpoint: str, line: _Line, taken: Sequence[tuple[Draft, Told]]) -> _Sent:
        last = line.last
        seq = (last.last if last is not None else line.before) + 1
        if seq + len(taken) - 1 > line.reserved:
            line.reserved = await self._blocks.reserve(endpoint, seq + len(taken) - 1)
        events = tuple(encode(draft, seq + n) for n, (draft, _) in enumerate(taken))
        at = max(draft.received_at for draft, _ in taken)
        made = Block(
            seq=seq,
            count=len(taken),
            base=last.end if last is not None else 0,
            size=sum(map(len, events)),
            at=max(at, last.at if last is not None else at),
            reserved=line.reserved,
            id=taken[0][0].id,
            node=self._node,
        )
        return _Sent(made, events, [told for _, told in taken])

    async def _store(
        self, endpoint: str, line: _Line, sent: _Sent, payload: bytes, until: float
    ) -> None:
        """Store the block, once.

        Raises:
            RacedError: another relay's was first.
            StorageError: it is not stored, or nobody can say.
        """
        after, tried = line.at or 0, False
        line.sent = sent
        try:
            while line.sent is sent:
                try:
                    at = await self._blocks.put(
                        endpoint, sent.block.id, payload, after, tried=tried
                    )
                    self._settled(endpoint, line, sent, at)
                except UnsureError as error:
                    tried = True
                    self.unsure += 1
                    await _pause(error, until)
                except RacedError:
                    if line.sent is sent:
                        raise  # else the news of it has come
        finally:
            if line.sent is sent:
                line.sent = None

    def _settled(self, endpoint: str, line: _Line, sent: _Sent, at: int) -> None:
        """It is stored: the senders are told, then those who wait for more."""
        if line.sent is not sent:
            return
        line.sent = None
        line.at, line.last = at, sent.block
        for n, told in enumerate(sent.tolds):
            told(sent.block.seq + n)
        self._stored(endpoint, at, sent.block, sent.events)


async def _pause(error: UnsureError, until: float) -> None:
    """Wait for the next try; when there is none, the error it is."""
    if asyncio.get_running_loop().time() > until:
        raise error
    await asyncio.sleep(_AGAIN_S)


def _take(waiting: deque[tuple[Draft, Told]], most: int) -> list[tuple[Draft, Told]]:
    """What goes into one block: a large event goes alone."""
    taken = [waiting.popleft()]
    size = _size(taken[0][0])
    while waiting and len(taken) < BLOCK_EVENTS:
        size += _size(waiting[0][0])
        if size > most:
            break
        taken.append(waiting.popleft())
    return taken


def _size(draft: Draft) -> int:
    """About the bytes of the encoded event, and not less."""
    fields = sum(len(name) + len(value) + 8 for name, value in draft.headers)
    return len(draft.body) + len(draft.target) + fields + _HEAD


def _refuse(taken: Iterable[tuple[Draft, Told]], error: Exception) -> None:
    if not isinstance(error, StorageError):
        _log.error("the log cannot be written: %s", error, exc_info=error)
        error = StorageError(str(error))
    for _, told in taken:
        told(error)
