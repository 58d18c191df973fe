"""Bytes for each endpoint: JetStream counts for whole streams, so its oldest events are purged here.

Age and the bytes of all endpoints together JetStream sees to by itself.
"""

from relay_server.log.nats.block import Block, DamagedError, block
from relay_server.log.nats.jetstream import JetStream
from relay_server.log.nats.layout import Layout

_RUN = 64
_RUN_BYTES = 1 << 20
_SLACK = 64
"""A part of the limit that is freed beyond need, so that not every event has to purge."""


class Retaining:
    """Purges endpoints that hold too much."""

    def __init__(self, js: JetStream, layout: Layout, limit: int) -> None:
        self._js, self._layout = js, layout
        self.limit = limit
        self._bases: dict[str, int] = {}
        """Bytes that were in front of the oldest event when it was last looked up."""
        self._newest: dict[str, Block] = {}
        """The newest block of every endpoint that is being purged."""

    def stored(self, endpoint: str, last: Block) -> bool:
        """Whether to `purge`, now that this block is stored."""
        if endpoint in self._newest:
            self._newest[endpoint] = last
            return False
        return self._too_much(endpoint, last)

    def _too_much(self, endpoint: str, last: Block) -> bool:
        return last.end - self._bases.get(endpoint, 0) > self.limit

    def is_too_much(self, endpoint: str, first: Block, last: Block) -> bool:
        """Whether to `purge` an endpoint that holds these and what is between."""
        return endpoint not in self._newest and last.end - first.base > self.limit

    async def purge(self, endpoint: str, last: Block) -> None:
        """Remove the oldest blocks until it holds no more than it may; the newest always stays.

        Raises:
            StorageError: not now.
        """
        self._newest[endpoint] = last
        try:
            while await self._purge(endpoint, last):
                last = self._newest[endpoint]
                if not self._too_much(endpoint, last):
                    break
        finally:
            del self._newest[endpoint]

    async def _purge(self, endpoint: str, last: Block) -> bool:
        """Whether anything was removed."""
        stream, subject = self._layout.stream_of(endpoint), self._layout.events(endpoint)
        at, freed, gone = 1, False, 0
        while found := await self._js.run(stream, subject, at, count=_RUN, size=_RUN_BYTES):
            for message in found:
                try:
                    it = block(message.data)
                except DamagedError:
                    continue
                wanted = self.limit - (self.limit // _SLACK if freed else 0)
                if last.end - it.base <= wanted or it.last >= last.last:
                    self._bases[endpoint] = it.base
                    if freed:
                        await self._remove(endpoint, gone, min((message.at, *it.pieces)))
                    return freed
                freed, gone = True, it.last
            at = found[-1].at + 1
        return False

    async def _remove(self, endpoint: str, gone: int, before: int) -> None:
        """Say what is removed, then remove it: who finds it missing knows why."""
        await self._js.put(self._layout.floor(endpoint), b"%d" % gone)
        stream = self._layout.stream_of(endpoint)
        await self._js.purge(stream, self._layout.everything(endpoint), before)

    async def remove_all(self, endpoint: str) -> None:
        """The endpoint is no more: its events go, and what is known of its places."""
        self._bases.pop(endpoint, None)
        stream = self._layout.stream_of(endpoint)
        await self._js.purge(stream, self._layout.everything(endpoint))
        for subject in (self._layout.place(endpoint), self._layout.floor(endpoint)):
            await self._js.purge(self._layout.places, subject)
