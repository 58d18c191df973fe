"""Connections that wait for another request: which to use, which to close. Plain decisions."""

from typing import Generic, Protocol, TypeVar

Key = tuple[bool, str, int]
"""Where a connection leads: TLS or not, host, port."""

IDLE_S = 4.0
"""How long a connection is kept unused, in seconds: shorter than common servers keep theirs (5 s),
so that they seldom close one while a request is on its way to it."""

PATIENCE_S = 0.5
"""How long a new connection may stand without a byte of an answer before idle ones give way."""


class Kept(Protocol):
    """A connection, as far as keeping it goes."""

    key: Key
    since: float
    """When it became idle, or its first request was written."""


_C = TypeVar("_C", bound=Kept)


class Pool(Generic[_C]):
    """Idle connections, the most recent first. `now` is any clock that only moves on, in seconds."""

    def __init__(self, max_idle: int) -> None:
        """`max_idle`: the most connections kept, whatever they lead to."""
        self._max = max_idle
        self._idle: dict[Key, list[_C]] = {}
        self._count = 0
        self._unproven: set[_C] = set()

    def __len__(self) -> int:
        return self._count

    def take(self, key: Key, now: float) -> _C | None:
        """The connection to use, if there is one.

        A machine that was asleep is told of no connection that ended meanwhile: the time decides.
        """
        idle = self._idle.get(key)
        if not idle or now - idle[-1].since >= IDLE_S:
            return None
        self._count -= 1
        return idle.pop()

    def opened(self, connection: _C, now: float) -> None:
        """A request is written on a new connection."""
        connection.since = now
        self._unproven.add(connection)

    def keep(self, connection: _C, now: float) -> bool:
        """Whether it is kept, now that its request is answered."""
        self._unproven.discard(connection)
        if self._count >= self._max:
            return False
        connection.since = now
        self._idle.setdefault(connection.key, []).append(connection)
        self._count += 1
        return True

    def drop(self, connection: _C) -> None:
        """It is gone."""
        self._unproven.discard(connection)
        idle = self._idle.get(connection.key)
        if idle is not None and connection in idle:
            idle.remove(connection)
            self._count -= 1
            if not idle:
                del self._idle[connection.key]

    def tired(self, now: float) -> list[_C]:
        """What is to be closed by now.

        A program that serves one connection at a time reads from an idle one for as long as that
        stands, while others wait in vain to be accepted: so where a new connection has had no
        answer for a while, the idle ones give way.
        """
        starved = {one.key for one in self._unproven if now - one.since >= PATIENCE_S}
        return [
            connection
            for key, idle in self._idle.items()
            for connection in idle
            if key in starved or now - connection.since >= IDLE_S
        ]

    def all(self) -> list[_C]:
        """Every idle connection."""
        return [connection for idle in self._idle.values() for connection in idle]
