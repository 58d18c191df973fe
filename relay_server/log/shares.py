"""Who gives way when the log is full: whoever holds more than an equal share of it. Decisions only.

So a flood on one endpoint removes its own oldest events. Another endpoint loses only what it holds
above its share, and only when the one that fills the log has not got its own share yet; up to its
share nobody is ever touched, whatever the others do.
"""

from relay_server.log.base import Retention
from relay_server.log.shelves import Shelf, Shelves

_SLACK = 16
"""A limit may be passed by one part in so many before senders wait for what is too much to go."""


class Shares:
    """The limits in bytes, of each endpoint and of all together."""

    def __init__(self, limits: Retention, shelves: Shelves) -> None:
        self.limits = limits
        self._shelves = shelves
        self._payer: tuple[int, int] | None = None
        """The number of an endpoint, and down to which size it is the one that gives way."""

    @property
    def share(self) -> int:
        """Bytes that everyone who holds anything may keep whatever others do."""
        return self.limits.total_bytes // max(1, self._shelves.holders)

    @property
    def full(self) -> bool:
        """Whether all together hold too much."""
        return 0 < self.limits.total_bytes < self._shelves.size

    @property
    def overfull(self) -> bool:
        """Whether they hold so much that removing it cannot wait."""
        total = self.limits.total_bytes
        return 0 < total + total // _SLACK < self._shelves.size

    def overflows(self, shelf: Shelf) -> bool:
        """The same of one endpoint."""
        own = self.limits.endpoint_bytes
        return shelf.size > own + own // _SLACK

    def excess(self, shelf: Shelf) -> int:
        """Bytes that the endpoint has to give up; none if not positive."""
        own = shelf.size - self.limits.endpoint_bytes
        if not self.full:
            return own
        common = self._shelves.size - self.limits.total_bytes
        return max(own, min(common, shelf.size - self.share))

    def payer(self) -> Shelf | None:
        """Who gives way although it has not grown: the one that holds the most.

        Looking for it takes a while where there are many endpoints, so it stays the same one until
        it has become a little smaller.
        """
        if not self.full:
            return None
        if self._payer is not None:
            no, until = self._payer
            shelf = self._shelves.by_no.get(no)
            if shelf is not None and shelf.size > max(until, self.share):
                return shelf
        largest = max(self._shelves.by_no.values(), key=lambda one: one.size)
        self._payer = largest.no, largest.size - largest.size // _SLACK
        return largest
