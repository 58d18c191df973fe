"""The newest events in memory, so that a listener that keeps up costs no disk read."""

from collections import deque


class Tail:
    """Events of followed endpoints, bounded in bytes over all of them; the oldest leave first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._size = 0
        self._kept: dict[str, deque[tuple[int, bytes]]] = {}
        """Only of endpoints of which something is kept."""
        self._base: dict[str, int] = {}
        """The `seq` after which everything is here."""
        self._order: deque[str] = deque()
        """The endpoint of every kept event, oldest first."""

    def follow(self, endpoint: str, head: int) -> None:
        """Keep what is appended from now on; `head` is the newest event so far."""
        self._base.setdefault(endpoint, head)

    def forget(self, endpoint: str) -> None:
        """Keep nothing of that endpoint any more."""
        kept = self._kept.pop(endpoint, None)
        if kept:
            self._size -= sum(len(message) for _, message in kept)
            self._order = deque(name for name in self._order if name != endpoint)
        self._base.pop(endpoint, None)

    def restart(self, endpoint: str, head: int) -> None:
        """Begin anew after `head`, when it is unsure what the log holds up to there."""
        if endpoint in self._base:
            self.forget(endpoint)
            self.follow(endpoint, head)

    def add(self, endpoint: str, seq: int, message: bytes) -> None:
        """Note an appended event, if anybody follows its endpoint."""
        if endpoint not in self._base:
            return
        self._kept.setdefault(endpoint, deque()).append((seq, message))
        self._order.append(endpoint)
        self._size += len(message)
        while self._size > self.limit:
            oldest = self._order.popleft()
            kept = self._kept[oldest]
            self._base[oldest], removed = kept.popleft()
            self._size -= len(removed)
            if not kept:
                del self._kept[oldest]

    def after(
        self, endpoint: str, after: int, *, events: int, size: int
    ) -> tuple[tuple[int, bytes], ...] | None:
        """The next events, at most so many and bytes, but one always; None: they are not here."""
        base = self._base.get(endpoint)
        if base is None or after < base:
            return None
        kept = self._kept.get(endpoint)
        if not kept or kept[-1][0] <= after:
            return ()
        # Places may skip, so the event after `after` is at this index or before it.
        at = min(max(after + 1 - kept[0][0], 0), len(kept) - 1)
        while at > 0 and kept[at - 1][0] > after:
            at -= 1
        found: list[tuple[int, bytes]] = []
        # By index, not by iterating: the newest end of a long deque is near, its middle is not.
        for index in range(at, min(at + events, len(kept))):
            seq, message = kept[index]
            size -= len(message)
            if found and size < 0:
                break
            found.append((seq, message))
        return tuple(found)
