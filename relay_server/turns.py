"""Much that has come on one connection is taken in by turns. Decisions only."""

from collections import deque
from collections.abc import Callable


class Turns:
    """Who has more to take in than is done at once waits for one of its turns, among all of them.

    Between two turns, whosever they are, the loop does what else there is to do.
    """

    def __init__(self, later: Callable[[Callable[[], None]], object]) -> None:
        """`later` calls what it is given in the next turn of the loop."""
        self._later = later
        self._line: deque[Callable[[], bool]] = deque()

    def wait(self, take: Callable[[], bool]) -> None:
        """`take` is called until it returns False: there is no more."""
        self._line.append(take)
        if len(self._line) == 1:
            self._later(self._next)

    def _next(self) -> None:
        take = self._line[0]
        if take():
            self._line.append(take)
        self._line.popleft()
        if self._line:
            self._later(self._next)
