"""Whose turn it is: one of each who wait, round and round, so that many of one delay nobody else."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """What waits, by whose it is; of one, in order."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[T]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, whose: str, it: T) -> None:
        """One more at the end of that line."""
        self._lines.setdefault(whose, deque()).append(it)

    def take(self) -> T:
        """The first of the line whose turn it is; there must be one."""
        whose, line = self._lines.popitem(last=False)
        it = line.popleft()
        if line:
            self._lines[whose] = line
        return it


class Patience:
    """Who took too long is not tried again for a while."""

    def __init__(self, pause_s: float, *, most: int = 1_000) -> None:
        self._pause_s, self._most = pause_s, most
        self._until: OrderedDict[object, float] = OrderedDict()

    def lost(self, who: object, now: float) -> None:
        """It took too long."""
        self._until.pop(who, None)
        self._until[who] = now + self._pause_s
        if len(self._until) > self._most:
            self._until.popitem(last=False)

    def may(self, who: object, now: float) -> bool:
        """Whether it may be tried now."""
        return self._until.get(who, 0.0) <= now
