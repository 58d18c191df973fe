"""Bytes of bodies in memory: so many in all, and nobody gets more than a part. Decisions only."""

from collections import deque
from collections.abc import Callable


class Budget:
    """Bytes that may be in memory at once; who asks for much waits in line, who asks late is told.

    One request larger than the whole budget may still go, alone.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._line: deque[tuple[int, Callable[[], None]]] = deque()

    def take(self, size: int) -> bool:
        """Take so many bytes if they are to be had now, ahead of nobody."""
        if self._line or not self._fits(size):
            return False
        self.used += size
        return True

    def wait(self, size: int, granted: Callable[[], None]) -> Callable[[], None]:
        """Stand in line; `granted` is called when the bytes are taken. The result leaves the line."""
        entry = (size, granted)
        self._line.append(entry)

        def leave() -> None:
            if entry in self._line:
                self._line.remove(entry)

        return leave

    def give(self, size: int) -> None:
        """Give bytes back; those in front of the line get theirs."""
        self.used -= size
        while self._line and self._fits(self._line[0][0]):
            wanted, granted = self._line.popleft()
            self.used += wanted
            granted()

    @property
    def idle(self) -> bool:
        """Nothing is taken and nobody waits."""
        return not (self.used or self._line)

    def _fits(self, size: int) -> bool:
        return self.used == 0 or self.used + size <= self.limit


class _Waiting:
    """Somebody who waits, first for its own part, then for what is everybody's."""

    def __init__(self, all_: Budget, own: Budget, size: int, granted: Callable[[], None]) -> None:
        self.own = own
        self._all, self._size, self._granted = all_, size, granted
        self._has_own = False
        self._leave_line: Callable[[], None] = lambda: None
        if own.take(size):
            self._with_own()
        else:
            self._leave_line = own.wait(size, self._with_own)

    def _with_own(self) -> None:
        self._has_own = True
        if self._all.take(self._size):
            self._granted()
        else:
            self._leave_line = self._all.wait(self._size, self._granted)

    def leave(self) -> None:
        self._leave_line()
        if self._has_own:
            self.own.give(self._size)


class Budgets:
    """One budget for all, of which nobody gets more than a part: each first asks its own.

    Who waits for its own part stands in nobody else's way.
    """

    def __init__(self, limit: int, each: int) -> None:
        self._all = Budget(limit)
        self._each = each
        self._own: dict[str, Budget] = {}
        """Only of those who have or want something."""

    @property
    def used(self) -> int:
        """Bytes that are taken in all."""
        return self._all.used

    def __len__(self) -> int:
        return len(self._own)

    def limit(self, limit: int, each: int) -> None:
        """Other limits from now on; what is taken stays so."""
        self._all.limit, self._each = limit, each
        for own in self._own.values():
            own.limit = each

    def take(self, whose: str, size: int) -> bool:
        """Take so many bytes if they are to be had now, ahead of nobody."""
        own = self._of(whose)
        if own.take(size):
            if self._all.take(size):
                return True
            own.give(size)
        self._forget(whose, own)
        return False

    def wait(self, whose: str, size: int, granted: Callable[[], None]) -> Callable[[], None]:
        """What could not be taken: stand in one's own line, then in everybody's.

        `granted` is called when the bytes are taken; the result leaves either line.
        """
        waiting = _Waiting(self._all, self._of(whose), size, granted)

        def leave() -> None:
            waiting.leave()
            self._forget(whose, waiting.own)

        return leave

    def give(self, whose: str, size: int) -> None:
        """Give bytes back."""
        self._all.give(size)
        own = self._of(whose)
        own.give(size)
        self._forget(whose, own)

    def _of(self, whose: str) -> Budget:
        own = self._own.get(whose)
        if own is None:
            own = self._own[whose] = Budget(self._each)
        return own

    def _forget(self, whose: str, own: Budget) -> None:
        if own.idle:
            self._own.pop(whose, None)


class Place:
    """What one body takes of it."""

    __slots__ = ("_budgets", "size", "whose")

    def __init__(self, budgets: Budgets, whose: str) -> None:
        self._budgets, self.whose = budgets, whose
        self.size = 0

    def grow(self, size: int) -> bool:
        """Take what is missing to so many bytes, if it is to be had now."""
        more = size - self.size
        if more > 0:
            if not self._budgets.take(self.whose, more):
                return False
            self.size = size
        return True

    def wait(self, size: int, granted: Callable[[], None]) -> Callable[[], None]:
        """Wait for them; the result waits no longer."""

        def taken() -> None:
            self.size = size
            granted()

        return self._budgets.wait(self.whose, size - self.size, taken)

    def leave(self) -> None:
        """Give back what was taken."""
        size, self.size = self.size, 0
        if size:
            self._budgets.give(self.whose, size)


class Untaken:
    """Bytes of answers that senders do not take: of all together, and of each endpoint."""

    def __init__(self, limit: int, each: int) -> None:
        self.limits = limit, each
        self.size = 0
        self._of: dict[str, int] = {}

    def changed(self, whose: str, by: int) -> None:
        """Somebody takes so many bytes less than before, or more."""
        self.size += by
        left = self._of.pop(whose, 0) + by
        if left:
            self._of[whose] = left

    def has_room(self, whose: str, size: int) -> bool:
        """Whether another answer may be written; one always may, whatever its size."""
        used = self.size, self._of.get(whose, 0)
        return all(
            not now or now + size <= most for now, most in zip(used, self.limits, strict=True)
        )
