"""Pages of an endpoint's events, and where in its stream a place or a time is.

Nothing keeps the way from a place to the stream's own numbers: where a page has ended is remembered
for the next, and the first one is found by bisection, some twenty questions of a fraction of a
millisecond each.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence

from hookcli.wire import codec
from hookcli.wire.messages import Event, Gap, Reply
from relay_server.log.base import Page, StorageError
from relay_server.log.nats.block import Block, DamagedError, block, told
from relay_server.log.nats.jetstream import Found, JetStream
from relay_server.log.nats.layout import Layout

_log = logging.getLogger("relay")
_RUN_EVENTS = 64
_RUN_BYTES = 1 << 20
_AGAIN_S = 0.05
_BEHIND_S = 2.0
"""A copy of a stream may be behind its leader for a moment; for longer it cannot be read."""
_WAYS = 16_384
"""So many page ends are remembered."""


class Head:
    """Where an endpoint's log ends, as far as this relay knows."""

    __slots__ = ("at", "seq")

    def __init__(self, seq: int = 0, at: int = 0) -> None:
        self.seq = seq
        """The place of the newest event."""
        self.at = at
        """The place in the stream of its block."""


class Reading:
    """Reads the streams of one log."""

    def __init__(self, js: JetStream, layout: Layout) -> None:
        self._js, self._layout = js, layout
        self._ways: OrderedDict[tuple[str, int], int] = OrderedDict()
        """Endpoint and place to where in the stream what follows begins."""

    async def page(self, endpoint: str, after: int, head: Head, *, events: int, size: int) -> Page:
        """The next events after a place, up to the head, and the replies that stand among them.

        Raises:
            StorageError: the stream cannot be read now.
        """
        if after >= head.seq:
            return Page()
        made = _Page(after, head.seq, events, size)
        at = await self._way(endpoint, after, head)
        wanted = min(size * 2, _RUN_BYTES), min(events, _RUN_EVENTS)
        room = True
        while room and (found := await self._run(endpoint, at, head, *wanted)):
            for message in found:
                at = message.at
                room = await self._add(made, endpoint, message, head)
                if not room:
                    break
            else:
                at += 1
        await self._tell_gaps(endpoint, made, head)
        self._remember(endpoint, made.position, at)
        return Page(gaps=tuple(made.gaps), events=tuple(made.events), replies=made.replies)

    async def _run(
        self, endpoint: str, at: int, head: Head, size: int, count: int
    ) -> Sequence[Found]:
        """The messages from there on; none only where there really are none."""
        stream, subject = self._layout.stream_of(endpoint), self._layout.both(endpoint)
        async for _ in self._until_current(endpoint, at, head):
            found = await self._js.run(stream, subject, at, count=count, size=size)
            if found:
                return found
        return ()

    async def _next(self, endpoint: str, at: int, head: Head) -> tuple[int, Block] | None:
        """The first block from there on that can be decoded, and where it stands."""
        stream, subject = self._layout.stream_of(endpoint), self._layout.events(endpoint)
        async for _ in self._until_current(endpoint, at, head):
            while found := await self._js.next(stream, subject, at):
                with contextlib.suppress(DamagedError):
                    return found.at, block(found.data)
                at = found.at + 1
        return None

    async def _until_current(self, endpoint: str, at: int, head: Head) -> AsyncIterator[None]:
        """Turns to look for messages from there on: as long as there are any and no copy has them."""
        stream, subject = self._layout.stream_of(endpoint), self._layout.events(endpoint)
        until = asyncio.get_running_loop().time() + _BEHIND_S
        while True:
            yield
            if at > head.at:
                return
            last = await self._js.last(stream, subject)
            # A leader that was parted from the others goes on to answer with what it had: only one
            # that has come as far as the head is believed that there is nothing.
            if (last is None or last.at < at) and await self._is_current(stream, head):
                return
            if asyncio.get_running_loop().time() > until:
                raise StorageError(f"{stream}: a copy is behind by more than {_BEHIND_S:.0f} s")
            await asyncio.sleep(_AGAIN_S)

    async def _is_current(self, stream: str, head: Head) -> bool:
        """Whether who answers for the stream has all that this relay knows of."""
        return (await self._js.info(stream)).state.last_seq >= head.at

    async def _add(self, made: "_Page", endpoint: str, message: Found, head: Head) -> bool:
        """Whether there is room for more."""
        if message.subject.endswith(".r"):
            with contextlib.suppress(DamagedError):
                made.told(told(message.data).replies)
            return True
        try:
            it = block(message.data)
        except DamagedError as error:
            _log.error("%s, %s: damaged: %s", message.subject, message.at, error)
            made.damaged = True
            return True  # its places are missing, and told as a gap by what follows
        if it.last > made.position:
            made.add(it, await self._whole(endpoint, it, head))
        return not made.full

    async def _whole(self, endpoint: str, it: Block, head: Head) -> tuple[bytes, ...]:
        """Its events; none where retention was faster than we.

        Raises:
            StorageError: a piece is missing, and who says so may only be behind.
        """
        if not it.pieces:
            return it.events
        stream = self._layout.stream_of(endpoint)
        found = await asyncio.gather(*(self._js.get(stream, at) for at in it.pieces))
        pieces = [one.data for one in found if one is not None]
        if len(pieces) == len(it.pieces):
            return (b"".join(pieces),)
        if not await self._is_current(stream, head):
            raise StorageError(f"{stream}: a copy is behind")
        return ()

    async def _tell_gaps(self, endpoint: str, made: "_Page", head: Head) -> None:
        """Say of what is missing why it is."""
        if not made.events and not made.full and made.position < head.seq:
            made.missing.append((made.position + 1, head.seq, made.damaged))
            made.position = head.seq
        if not made.missing:
            return
        floor, oldest = await asyncio.gather(self.floor(endpoint), self.first(endpoint))
        for first, last, damaged in made.missing:
            if oldest is not None and oldest[1].seq < first:
                made.gaps.append(_gap(first, last, "damaged"))  # retention takes the oldest first
                continue
            if first <= floor:
                made.gaps.append(_gap(first, min(last, floor), "size"))
            if last > floor:
                reason = "damaged" if damaged else "age"
                made.gaps.append(_gap(max(first, floor + 1), last, reason))

    async def floor(self, endpoint: str) -> int:
        """The place up to which size has removed events; 0: none."""
        found = await self._js.last(self._layout.places, self._layout.floor(endpoint), sure=False)
        return int(found.data) if found is not None else 0

    async def last(self, endpoint: str) -> tuple[int, Block] | None:
        """The newest block that can be decoded; what is damaged behind it shows with the next one."""
        stream, subject = self._layout.stream_of(endpoint), self._layout.events(endpoint)
        found = await self._js.last(stream, subject)
        if found is None:
            return None
        try:
            return found.at, block(found.data)
        except DamagedError:
            return await newest(self._js, self._layout, endpoint, found.at)

    async def anything(self, endpoint: str) -> bool:
        """Whether there is anything of it at all."""
        stream, subject = self._layout.stream_of(endpoint), self._layout.everything(endpoint)
        return await self._js.next(stream, subject, 1, sure=True) is not None

    async def first(self, endpoint: str) -> tuple[int, Block] | None:
        """The oldest block, and where it stands."""
        return await self._next(endpoint, 1, Head())

    async def before(self, endpoint: str, since: int, head: Head) -> int:
        """The place in front of the first event received at or after a time (µs)."""
        found = await self._first_where(endpoint, head, lambda it: it.at >= since)
        if found is None:
            return head.seq
        it = found[1]
        for n, message in enumerate(await self._whole(endpoint, it, head)):
            event = codec.decode_relay(message)
            if isinstance(event, Event) and event.received_at >= since:
                return it.seq + n - 1
        return it.last

    # -- ways ---------------------------------------------------------------------------------

    async def _way(self, endpoint: str, after: int, head: Head) -> int:
        """Where in the stream the event after that place is, or is missing."""
        if after <= 0:
            return 1
        known = self._ways.get((endpoint, after))
        if known is not None:
            return known
        found = await self._first_where(endpoint, head, lambda it: it.last > after)
        return found[0] if found is not None else head.at + 1

    def _remember(self, endpoint: str, after: int, at: int) -> None:
        self._ways[endpoint, after] = at
        if len(self._ways) > _WAYS:
            self._ways.popitem(last=False)

    async def _first_where(
        self, endpoint: str, head: Head, fits: Callable[[Block], bool]
    ) -> tuple[int, Block] | None:
        """The first block that fits, where all behind one that fits do; None: none does."""
        low, high, best = 1, head.at, None
        while low <= high:
            middle = (low + high) // 2
            found = await self._next(endpoint, middle, head)
            if found is not None and found[0] > head.at:
                found = None
            if found is not None and not fits(found[1]):
                low = found[0] + 1
            else:
                best = found or best
                high = middle - 1
        return best


class _Page:
    """A page as it fills."""

    def __init__(self, after: int, head: int, count: int, size: int) -> None:
        self.position = after
        self.full = False
        self.damaged = False
        """Whether the last that was met with cannot be decoded."""
        self.events: list[tuple[int, bytes]] = []
        self.replies: dict[int, Reply] = {}
        self.missing: list[tuple[int, int, bool]] = []
        """The first and the last place of each part that is missing, and whether it is known to be
        damaged."""
        self.gaps: list[Gap] = []
        self._head, self._count, self._room = head, count, size

    def told(self, replies: Sequence[Reply]) -> None:
        """What senders of events were told."""
        self.replies.update((one.seq, one) for one in replies)

    def add(self, it: Block, events: tuple[bytes, ...]) -> None:
        """The events of a block, as far as they are wanted and there is room."""
        lost = it.count > 0 and not events
        there = it.last if lost else it.seq - 1 - it.skipped
        if there > self.position:
            if self.events:
                self.full = True  # what is missing is told in front of events
                return
            self.missing.append((self.position + 1, there, self.damaged or it.damaged))
        self.damaged = False
        self.position = max(self.position, there, it.seq - 1)
        for seq, message in enumerate(events, it.seq):
            if seq <= self.position:
                continue
            if seq > self._head or not self._fits(message):
                self.full = True
                return
            self.events.append((seq, message))
            self.position = seq

    def _fits(self, message: bytes) -> bool:
        self._room -= len(message)
        self._count -= 1
        return not self.events or (self._count >= 0 and self._room >= 0)


def _gap(first: int, last: int, reason: str) -> Gap:
    return Gap(from_seq=first, to_seq=last, count=last - first + 1, reason=reason)  # type: ignore[arg-type]


async def newest(
    js: JetStream, layout: Layout, endpoint: str, before: int
) -> tuple[int, Block] | None:
    """The newest block in front of a place in the stream that can be decoded, and where it stands."""
    stream, subject = layout.stream_of(endpoint), layout.events(endpoint)
    at, step = before, 8
    while at > 1:
        end, at, good = at, max(1, at - step), None
        start, step = at, step * 8
        while start < end and (
            found := await js.run(stream, subject, start, count=_RUN_EVENTS, size=_RUN_BYTES)
        ):
            for message in found:
                if message.at < end:
                    with contextlib.suppress(DamagedError):
                        good = message.at, block(message.data)
            start = found[-1].at + 1
        if good is not None:
            return good
    return None
