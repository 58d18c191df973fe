"""What retention owes of endpoints that are quiet: they are looked at in turn, some every second.

An endpoint that gets events is seen to at once. But a limit that was lowered concerns all of them, and
a relay that had not heard of a deletion yet may store an event after the events were removed.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from itertools import islice

from relay_server.log.nats.block import Block
from relay_server.log.nats.documents import Documents
from relay_server.log.nats.reading import Reading
from relay_server.log.nats.retaining import Retaining

_log = logging.getLogger("relay")
_EVERY_S = 1.0
_AT_ONCE = 20
"""So many endpoints are looked at together."""
_REST_S = 3_600.0
"""After a round nothing is looked at for so long, unless the limit changes."""


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
        self._wanted = asyncio.Event()
        self._begun = False

    def again(self) -> None:
        """Begin a round as soon as there is none."""
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled; once."""
        if self._begun:
            return
        self._begun = True
        while True:
            self._wanted.clear()
            await self._round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_REST_S):
                    await self._wanted.wait()

    async def _round(self) -> None:
        left = iter(self._documents.all())
        while some := list(islice(left, _AT_ONCE)):
            await asyncio.sleep(_EVERY_S)
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
        except Exception as error:
            _log.info("endpoint %s could not be swept: %s", endpoint, error)
