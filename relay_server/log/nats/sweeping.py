"""What retention owes of endpoints that are quiet: some are looked at every second, in turn.

An endpoint that gets events is seen to at once. But a limit that was lowered concerns all of them, and
a relay that had not heard of a deletion yet may store an event after the events were removed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice

from relay_server.log.base import StorageError
from relay_server.log.nats.block import Block
from relay_server.log.nats.documents import Documents
from relay_server.log.nats.reading import Reading
from relay_server.log.nats.retaining import Retaining

_log = logging.getLogger("relay")
_EVERY_S = 1.0
_AT_ONCE = 20
"""So many endpoints are looked at together."""


class Sweep:
    """Goes round all endpoints, those that were deleted first."""

    def __init__(
        self,
        documents: Documents,
        reading: Reading,
        retaining: Retaining,
        *,
        reachable: Callable[[str], bool],
        purge: Callable[[str, Block], Awaitable[None]],
    ) -> None:
        self._documents, self._reading, self._retaining = documents, reading, retaining
        self._reachable, self._purge = reachable, purge
        self._begun = False

    async def run(self) -> None:
        """Until cancelled; once."""
        if self._begun:
            return
        self._begun = True
        left: Iterator[str] = iter(())
        while True:
            await asyncio.sleep(_EVERY_S)
            some = list(islice(left, _AT_ONCE))
            if not some:
                left = iter(self._documents.all())
            await asyncio.gather(*map(self._look, filter(self._reachable, some)))

    async def _look(self, endpoint: str) -> None:
        try:
            if self._documents.removed(endpoint):
                if await self._reading.anything(endpoint):
                    await self._retaining.remove_all(endpoint)
                return
            first, last = await self._reading.first(endpoint), await self._reading.last(endpoint)
            if first is not None and last is not None:
                _, newest = last
                if self._retaining.is_too_much(endpoint, first[1], newest):
                    await self._purge(endpoint, newest)
        except StorageError as error:
            _log.info("endpoint %s could not be swept: %s", endpoint, error)
