"""Every second, whether each stream has a leader that answers, and how full it is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from relay_server.log.base import StorageError
from relay_server.log.nats.jetstream import JetStream
from relay_server.log.nats.layout import Layout

_log = logging.getLogger("relay")
_EVERY_S = 1.0
_LEAVE_S = 10.0
"""A server through which no stream answers for so long is left for another one; a leader is found sooner."""


class Pulse:
    """Asks; tells when a stream goes away and when it is back."""

    def __init__(
        self,
        js: JetStream,
        layout: Layout,
        *,
        away: Callable[[int], None],
        back: Callable[[int], Awaitable[None]],
        docs: Callable[[int], Awaitable[None]],
        passed: Callable[[float], Awaitable[None]],
        leave: Callable[[], None],
    ) -> None:
        self._js, self._layout = js, layout
        self._away, self._back, self._docs, self._passed = away, back, docs, passed
        self._leave = leave
        self.sizes: dict[int, int] = {}
        """Bytes of each stream."""
        self._missing: set[int] = set()
        self._now = asyncio.Event()
        self._useful = 0.0
        """When a stream answered last, or the connection was made, by the loop's clock."""

    def lost(self) -> None:
        """The connection is gone, and with it what was told meanwhile."""
        for number in range(self._layout.streams):
            self._miss(number)

    def again(self) -> None:
        """It is back: do not wait for the next second."""
        self._useful = asyncio.get_running_loop().time()
        self._now.set()

    def _miss(self, number: int) -> None:
        self._missing.add(number)
        self._away(number)

    async def run(self) -> None:
        """Until cancelled."""
        self._useful = asyncio.get_running_loop().time()
        while True:
            try:
                await self._beat()
            except Exception as error:
                # Whatever it was, without a pulse nothing would ever be known to be back.
                _log.error("the log has failed: %s", error, exc_info=error)
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._now.wait()
                self._now.clear()
            except TimeoutError:
                pass

    async def _beat(self) -> None:
        await asyncio.gather(self._look_at_docs(), *map(self._look, range(self._layout.streams)))
        self._judge(asyncio.get_running_loop().time())
        await self._passed(_EVERY_S)

    def _judge(self, now: float) -> None:
        """A server that is frozen, or parted from the others, keeps its connections and is of no use."""
        if len(self._missing) < self._layout.streams:
            self._useful = now
        elif now - self._useful > _LEAVE_S:
            self._useful = now
            self._leave()

    async def _look(self, number: int) -> None:
        try:
            info = await self._js.info(self._layout.stream(number))
        except StorageError:
            self._miss(number)
            return
        self.sizes[number] = info.state.bytes
        if number in self._missing:
            self._missing.discard(number)
            await self._back(number)

    async def _look_at_docs(self) -> None:
        try:
            info = await self._js.info(self._layout.docs)
            await self._docs(info.state.last_seq)
        except StorageError:
            return  # endpoints stay as they were; who changes one is told
