"""Everything from a log in a file to JetStream: endpoints, their events and replies, the key.

Places, ids and messages stay what they are, so a listener goes on where it was. Every step can be
done again: a block is stored only behind the block that was seen last, and what is already there
is known by its last event. An endpoint is there for relays once all its events are.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hookcli.wire import codec
from hookcli.wire.messages import Event, Gap, Reply
from relay_server.log.base import Page, StorageError
from relay_server.log.copying import FileLog, Kept, opened
from relay_server.log.nats.block import Block, Told, pack
from relay_server.log.nats.blocks import BLOCK_EVENTS, Blocks
from relay_server.log.nats.jetstream import RacedError
from relay_server.log.nats.log import NatsLog
from relay_server.log.nats.reading import Head

_PAGE_BYTES = 4 << 20
_NODE = "moved"
"""What took these events is gone: nobody is held there."""


@dataclass(slots=True)
class Moved:
    """How far it is."""

    endpoints: int = 0
    of_endpoints: int = 0
    events: int = 0
    of_events: int = 0
    bytes: int = 0
    key: bool = True
    """Whether the relay's key is the file's; False: the other log had one already."""


async def move(folder: Path, to: NatsLog, told: Callable[[Moved], None] = lambda _: None) -> Moved:
    """Move the log of a folder to another, not yet opened; `told` hears how far it is.

    Raises:
        StorageError: either log cannot be used, or one is not what it should be.
        SettingError: a file of credentials or certificates cannot be used.
    """
    with opened(folder) as source:
        await to.open()
        try:
            return await Moving(source, to, told).run()
        finally:
            await to.close()


class Moving:
    """Moves one log."""

    def __init__(self, source: FileLog, to: NatsLog, told: Callable[[Moved], None]) -> None:
        self._source, self._to, self._tell = source, to, told
        self._blocks = Blocks(to.js, to.layout)
        self._documents: dict[str, bytes] = {}
        self.moved = Moved()

    async def run(self) -> Moved:
        """Move all that is not there yet, then compare all.

        Raises:
            StorageError: something cannot be read or written, or is not what it should be.
        """
        kept = self._source.endpoints()
        self.moved.of_endpoints = len(kept)
        self.moved.of_events = sum(one.shelf.count for one in kept)
        self._documents = await self._to.documents.load()
        for one in kept:
            await self._check(one)
        await self._move_key()
        for one in kept:
            await self._move(one)
            self.moved.endpoints += 1
            self._tell(self.moved)
        return self.moved

    async def _move_key(self) -> None:
        key = self._source.fact("key_sha256")
        if key is not None:
            self.moved.key = await self._to.settle_meta("key_sha256", key) == key

    async def _check(self, kept: Kept) -> None:
        """Before anything is changed: what is there of the endpoint must come from this file."""
        shelf = kept.shelf
        if self._to.documents.removed(shelf.id):
            raise StorageError(f"{shelf.id} was deleted there")
        at, last, _ = await self._blocks.last(shelf.id)
        if last is None or not last.count or last.last > shelf.stored:
            return
        there = await self._to.reading.page(
            shelf.id, last.last - 1, Head(last.last, at), events=1, size=1
        )
        here = await self._page(kept, last.last - 1, events=1)
        if here.events[:1] and here.events[:1] != there.events[:1]:
            raise StorageError(f"{shelf.id} has events there that are not from this log")

    async def _page(self, kept: Kept, after: int, *, events: int = BLOCK_EVENTS) -> Page:
        return await asyncio.to_thread(
            self._source.page, kept.shelf, after, events=events, size=_PAGE_BYTES
        )

    # -- one endpoint -------------------------------------------------------------------------

    async def _move(self, kept: Kept) -> None:
        endpoint, head = kept.shelf.id, kept.shelf.stored
        reserved = await self._blocks.reserve(endpoint, head) if head else 0
        at, last, _ = await self._blocks.last(endpoint)
        await self._tell_floor(kept)
        if last is not None:
            await self._replies_again(kept, last)
        async for page in self._pages(kept, last.last if last is not None else 0):
            missing = gone(page.gaps)
            for some in runs(page.events, self._blocks.most):
                made = behind(last, some, reserved, page.gaps)
                at, last = await self._store(endpoint, made, some, at)
            await self._put_replies(endpoint, tuple(page.replies.values()))
            self._count(page)
            if missing > (last.last if last is not None else 0):
                # The newest are gone: without a block of none their places would be given again.
                made = behind(last, ((missing + 1, b""),), reserved, page.gaps)
                at, last = await self._store(endpoint, made, (), at)
        await self._compare(kept)
        if endpoint not in self._documents:
            await self._to.documents.put(endpoint, kept.document)

    async def _pages(self, kept: Kept, after: int) -> AsyncIterator[Page]:
        """What the file holds behind a place."""
        while after < kept.shelf.stored:
            page = await self._page(kept, after)
            if not page.events and not page.gaps:
                return
            yield page
            after = _end(page)

    def _count(self, page: Page) -> None:
        self.moved.events += len(page.events)
        self.moved.bytes += sum(len(message) for _, message in page.events)
        self._tell(self.moved)

    async def _store(
        self, endpoint: str, made: Block, events: Sequence[tuple[int, bytes]], at: int
    ) -> tuple[int, Block]:
        messages = tuple(message for _, message in events)
        made, payload = await self._blocks.payload(endpoint, made, messages)
        try:
            return await self._blocks.put(endpoint, made.id, payload, at), made
        except RacedError:
            raise StorageError(f"{endpoint} is written to by somebody else; run it again") from None

    async def _put_replies(self, endpoint: str, replies: tuple[Reply, ...]) -> None:
        if replies:
            subject = self._to.layout.replies(endpoint)
            await self._to.js.put(subject, pack(Told(_NODE, replies)))

    async def _replies_again(self, kept: Kept, last: Block) -> None:
        """Of the last block that is there: it may be there without what its senders were told."""
        if last.node == _NODE and last.count:
            page = await self._page(kept, last.seq - 1, events=last.count)
            await self._put_replies(kept.shelf.id, tuple(page.replies.values()))

    async def _tell_floor(self, kept: Kept) -> None:
        """Why what is missing at the beginning is."""
        gaps = (await self._page(kept, 0, events=1)).gaps
        floor = removed_by_size(gaps)
        if floor:
            await self._to.js.put(self._to.layout.floor(kept.shelf.id), b"%d" % floor)

    # -- comparing ----------------------------------------------------------------------------

    async def _compare(self, kept: Kept) -> None:
        """Every event of the file must be there, the same, and no other among them.

        Raises:
            StorageError: it is not so.
        """
        endpoint, stored = kept.shelf.id, kept.shelf.stored
        at, last, _ = await self._blocks.last(endpoint)
        head = Head(min(stored, last.last), at) if last is not None else Head()
        here = await _digest(lambda after: self._page(kept, after), stored)

        async def there_page(after: int) -> Page:
            return await self._to.reading.page(
                endpoint, after, head, events=BLOCK_EVENTS, size=_PAGE_BYTES
            )

        there = await _digest(there_page, stored)
        if here != there:
            raise StorageError(
                f"{endpoint}: {there[0]} events are there, and {here[0]} here, or they differ"
            )


def runs(events: Sequence[tuple[int, bytes]], most: int) -> Iterator[Sequence[tuple[int, bytes]]]:
    """Consecutive events that may be one block: no hole, at most so many bytes, or one event."""
    taken: list[tuple[int, bytes]] = []
    size = 0
    for seq, message in events:
        if taken and (seq != taken[-1][0] + 1 or size + len(message) > most):
            yield tuple(taken)
            taken, size = [], 0
        taken.append((seq, message))
        size += len(message)
    if taken:
        yield tuple(taken)


def behind(
    last: Block | None, events: Sequence[tuple[int, bytes]], reserved: int, gaps: Sequence[Gap]
) -> Block:
    """The block of these events behind the last one; of one event without bytes: of none.

    The block of none says that the places in front of it were given, whatever became of them.

    Args:
        gaps: What is known to be gone in front of them; other holes were never events.
    """
    known = max(gone(gaps), last.last if last is not None else 0)
    seq, size = events[0][0], sum(len(message) for _, message in events)
    decoded = [codec.decode_relay(message) for _, message in events if message]
    found = [one for one in decoded if isinstance(one, Event)]
    at = max([one.received_at for one in found] + [last.at if last is not None else 0])
    return Block(
        seq=seq,
        count=len(found),
        base=last.end if last is not None else 0,
        size=size,
        at=at,
        reserved=reserved,
        id=found[0].id if found else f"{_NODE} {seq}",
        node=_NODE,
        skipped=max(0, seq - 1 - known),
        damaged=any(gap.reason == "damaged" for gap in gaps),
    )


def gone(gaps: Sequence[Gap]) -> int:
    """Up to which place events are gone; 0: none is."""
    return max((gap.to_seq for gap in gaps), default=0)


def removed_by_size(gaps: Sequence[Gap]) -> int:
    """Up to which place size has removed events from the beginning on; 0: none."""
    floor = 0
    for gap in gaps:
        if gap.reason != "size" or gap.from_seq > floor + 1:
            break
        floor = gap.to_seq
    return floor


def _end(page: Page) -> int:
    """The place up to which a page tells all: gaps stand in front of events."""
    return page.events[-1][0] if page.events else gone(page.gaps)


async def _digest(page_after: Callable[[int], Awaitable[Page]], stored: int) -> tuple[int, bytes]:
    """How many events there are up to a place, and a digest over all of them."""
    count, digest, after = 0, hashlib.sha256(), 0
    while after < stored:
        page = await page_after(after)
        if not page.events and not page.gaps:
            break
        for seq, message in page.events:
            digest.update(b"%d:%d:" % (seq, len(message)))
            digest.update(message)
            count += 1
        after = _end(page)
    return count, digest.digest()
