"""Every connection of a relay, with what they share: the budget of memory, the clock, the end."""

import asyncio
import contextlib

from relay_server.admission import Patience
from relay_server.connection import Connection
from relay_server.crowd import Crowd
from relay_server.exchange import Road
from relay_server.inbound import Limits
from relay_server.memory import Budgets, Untaken
from relay_server.metrics import Metrics

_SWEEP_S = 1.0


class Edge:
    """All connections of one relay."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        road: Road,
        *,
        limits: Limits,
        patience: Patience,
        budget: Budgets,
        untaken: Untaken,
        crowd: Crowd,
        metrics: Metrics,
    ) -> None:
        self.loop, self.road, self.metrics = loop, road, metrics
        self.limits, self.patience = limits, patience
        self.budget, self.untaken = budget, untaken
        """Of request bodies, and of answers that senders do not take."""
        self.stopping = False
        self._crowd = crowd
        self._connections: set[Connection] = set()
        self._empty: asyncio.Event = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    def __call__(self) -> Connection:
        """The protocol of a new connection."""
        return Connection(self)

    def entered(self, connection: Connection) -> bool:
        """A connection was made; False: there are too many, in all or from there."""
        if not self._crowd.came(connection.peer):
            return False
        self._connections.add(connection)
        return True

    def left(self, connection: Connection) -> None:
        """A connection is no longer the edge's."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._crowd.went(connection.peer)
        if not self._connections:
            self._empty.set()

    def change(self, limits: Limits, patience: Patience, connections: tuple[int, int]) -> None:
        """Other limits from now on, also for those who are connected."""
        self.limits, self.patience, self._crowd.limits = limits, patience, connections
        for connection in self._connections:
            connection.change(limits)

    def start(self) -> None:
        """Begin to look at the clock."""
        self._timer = self.loop.call_later(_SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        now = self.loop.time()
        for connection in tuple(self._connections):
            connection.sweep(now)
        self.start()

    async def stop(self, grace_s: float) -> None:
        """Close what is idle, and wait so long for the answers that are owed."""
        self.stopping = True
        for connection in tuple(self._connections):
            connection.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._connections:
                    self._empty.clear()
                    await self._empty.wait()

    def abort(self) -> None:
        """Drop every connection."""
        if self._timer is not None:
            self._timer.cancel()
        for connection in tuple(self._connections):
            connection.abort()
