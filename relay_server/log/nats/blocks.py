"""Writing blocks: what an endpoint's next one stands behind, and that it is stored once."""

import asyncio
import contextlib

from msgspec.structs import replace

from relay_server.log.nats.block import Block, DamagedError, block, cut, pack
from relay_server.log.nats.jetstream import JetStream, RacedError
from relay_server.log.nats.layout import Layout
from relay_server.log.nats.reading import newest

BLOCK_EVENTS = 256
_BLOCK_BYTES = 256 << 10
_PIECE = 512 << 10
_PIECES_AT_ONCE = 4
_SPARE = 16 << 10
"""Of the largest message, for what is not events."""
_RESERVED = 32
"""So many places are asked for at once; where all events of an endpoint have aged away, as many may
be skipped at most."""


class Blocks:
    """The blocks of one log."""

    def __init__(self, js: JetStream, layout: Layout) -> None:
        self._js, self._layout = js, layout

    @property
    def most(self) -> int:
        """Bytes of a block of several events; a reader takes it whole, even for one of them."""
        return min(_BLOCK_BYTES, self._js.max_payload // 2)

    async def last(self, endpoint: str) -> tuple[int, Block | None, int]:
        """Where the endpoint's last block stands, 0 when there is none; it; the reserved place.

        Where it cannot be decoded, what comes next goes behind all places that it may have given.

        Raises:
            StorageError: nobody can say.
        """
        found = await self._js.last(self._layout.stream_of(endpoint), self._layout.events(endpoint))
        if found is not None:
            with contextlib.suppress(DamagedError):
                last = block(found.data)
                return found.at, last, last.reserved
        place = await self._js.last(self._layout.places, self._layout.place(endpoint))
        reserved = int(place.data) if place is not None else 0
        if found is None:
            return 0, None, reserved
        good = await newest(self._js, self._layout, endpoint, found.at)
        return found.at, _behind(good[1] if good is not None else None, reserved), reserved

    async def reserve(self, endpoint: str, least: int) -> int:
        """Places from `least` on that all relays may give; it never becomes less.

        The first time no more than needed: what is given to nobody there would be told as gone.
        """
        stream, subject = self._layout.places, self._layout.place(endpoint)
        while True:
            found = await self._js.last(stream, subject)
            has = int(found.data) if found is not None else 0
            if has >= least:
                return has
            after, most = (found.at, least + _RESERVED) if found is not None else (0, least)
            try:
                await self._js.put(subject, b"%d" % most, after=after)
            except RacedError:
                continue
            return most

    async def put(
        self, endpoint: str, name: str, payload: bytes, after: int, *, tried: bool = True
    ) -> int:
        """Where the block is now, or is since a try whose answer got lost.

        Args:
            tried: There may have been one.
        """
        try:
            subject = self._layout.events(endpoint)
            return await self._js.put(subject, payload, name=name, after=after)
        except RacedError:
            found = await self._find(endpoint, name, after) if tried else None
            if found is None:
                raise
            return found

    async def payload(
        self, endpoint: str, it: Block, events: tuple[bytes, ...]
    ) -> tuple[Block, bytes]:
        """The block as it is stored, without its events, and the message that it becomes.

        One event that is too large for a message is stored before it, in pieces.
        """
        whole = pack(replace(it, events=events))
        if len(whole) <= self._js.max_payload - _SPARE:
            return it, whole
        it = replace(it, pieces=await self._pieces(endpoint, b"".join(events)))
        return it, pack(it)

    async def _pieces(self, endpoint: str, event: bytes) -> tuple[int, ...]:
        """Store an event that is too large for a message; nobody sees it before its block."""
        size = min(_PIECE, self._js.max_payload - _SPARE)
        subject = self._layout.pieces(endpoint)
        room = asyncio.Semaphore(_PIECES_AT_ONCE)

        async def store(piece: bytes) -> int:
            async with room:
                return await self._js.put(subject, piece)

        stored = await asyncio.gather(*map(store, cut(event, size)), return_exceptions=True)
        for one in stored:
            if isinstance(one, BaseException):
                raise one
        return tuple(one for one in stored if isinstance(one, int))

    async def _find(self, endpoint: str, name: str, after: int) -> int | None:
        """Where the block of that id is, if it is stored: directly behind the place it was to follow."""
        stream, subject = self._layout.stream_of(endpoint), self._layout.events(endpoint)
        found = await self._js.next(stream, subject, after + 1, sure=True)
        with contextlib.suppress(DamagedError):
            if found is not None and block(found.data).id == name:
                return found.at
        return None


def _behind(last: Block | None, reserved: int) -> Block:
    """A block of no events, behind which the places begin that none can have been given."""
    base, at = (last.end, last.at) if last is not None else (0, 0)
    return Block(
        seq=reserved + 1, count=0, base=base, size=0, at=at, reserved=reserved, id="", node=""
    )
