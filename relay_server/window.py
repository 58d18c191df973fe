"""How much may be under way on one stream before the listener says that it has it."""

from collections import deque


class Window:
    """Events sent and not yet acknowledged, bounded in number and in bytes; one always may."""

    __slots__ = ("_bytes", "_events", "_size", "_under_way")

    def __init__(self, events: int, size: int) -> None:
        self._events, self._bytes = events, size
        self._under_way: deque[tuple[int, int, float]] | None = None
        """Made when something is sent: most streams of a relay are idle, and a deque is large."""
        self._size = 0

    def room(self) -> tuple[int, int]:
        """How many events and bytes may be sent now; (0, 0) when none may."""
        if not self._under_way:
            return self._events, self._bytes
        events, size = self._events - len(self._under_way), self._bytes - self._size
        return (events, size) if events > 0 and size > 0 else (0, 0)

    def fits(self, size: int) -> bool:
        """Whether one more event of that size may be sent now."""
        return not self._under_way or self._size + size <= self._bytes

    def sent(self, seq: int, size: int, now: float) -> None:
        """An event is under way."""
        if self._under_way is None:
            self._under_way = deque()
        self._under_way.append((seq, size, now))
        self._size += size

    def acked(self, seq: int, now: float) -> tuple[int, float]:
        """Everything up to `seq` has arrived: how many that are, and how long the first took."""
        count, first = 0, now
        while self._under_way and self._under_way[0][0] <= seq:
            _, size, sent = self._under_way.popleft()
            self._size -= size
            first = sent if not count else first
            count += 1
        return count, now - first
