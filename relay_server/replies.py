"""What senders were told, on its way to one listener: nobody waits for it, so many go in one message."""

import asyncio
from collections.abc import Callable, Sequence

from hookcli.wire.messages import Reply

_AFTER_S = 0.05
"""How long one waits for company."""
_MANY = 256
"""So many wait no longer."""


class Replies:
    """Those that one stream has still to send."""

    __slots__ = ("_are_due", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Reply] = []
        self._are_due = False

    def add(self, replies: Sequence[Reply], wake: Callable[[], None]) -> None:
        """Some more; `wake` is called when they are due."""
        if replies and not self._waiting:
            self._loop.call_later(_AFTER_S, self._ripen, wake)
        self._waiting += replies

    def _ripen(self, wake: Callable[[], None]) -> None:
        self._are_due = bool(self._waiting)
        wake()

    def due(self) -> tuple[Reply, ...]:
        """Take those that are to go now."""
        return self.all() if self._are_due or len(self._waiting) >= _MANY else ()

    def all(self) -> tuple[Reply, ...]:
        """Take them, however short they have waited."""
        taken, self._waiting, self._are_due = tuple(self._waiting), [], False
        return taken
