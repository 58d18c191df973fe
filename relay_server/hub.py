"""Who listens, and which senders are held for whose answer. Told what happens; says what to do.

No clock, no socket: times are arguments (seconds on any steady clock), and every method returns
what the senders are to be told because of it.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from hookcli.wire.messages import Result

ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the sender of that event, and hold it no longer."""

    endpoint: str
    seq: int
    by: Literal["app", "ack", "deadline"]
    result: Result | None = None
    """The program's answer, for `app`."""


@dataclass(slots=True, kw_only=True)
class Listener:
    """One stream, as far as answers go."""

    id: int
    endpoint: str
    respond: Literal["app", "ack"] | None
    """Its own wish; None: as its endpoint says."""
    deadline_ms: int | None
    """Its own wish; None: as its endpoint says."""
    up: bool = True
    """Whether its program accepts connections."""
    may_answer: set[int] = field(default_factory=set)
    """The held events that it may still answer."""


@dataclass(slots=True)
class _Hold:
    id: str
    deadline: float
    hopes: set[int]
    """The listeners that may still answer."""


class Hub:
    """Listeners and held senders of every endpoint."""

    def __init__(self, *, max_held: int, endpoint_held: int) -> None:
        self.limits = max_held, endpoint_held
        """The most senders held in all, and of one endpoint."""
        self._listeners: dict[int, Listener] = {}
        self._of: dict[str, set[int]] = {}
        self._holds: dict[tuple[str, int], _Hold] = {}
        self._held_of: Counter[str] = Counter()
        self._deadlines: list[tuple[float, str, int]] = []

    @property
    def held(self) -> int:
        """How many senders are held."""
        return len(self._holds)

    def listeners(self, endpoint: str) -> int:
        """How many listeners the endpoint has."""
        return len(self._of.get(endpoint, ()))

    def attached(self, listener: Listener) -> None:
        """A listener has connected; it answers for events appended from now on."""
        self._listeners[listener.id] = listener
        self._of.setdefault(listener.endpoint, set()).add(listener.id)

    def detached(self, listener: int) -> list[Tell]:
        """A listener is gone."""
        gone = self._listeners.pop(listener, None)
        if gone is None:
            return []
        others = self._of[gone.endpoint]
        others.discard(listener)
        if not others:
            del self._of[gone.endpoint]
        return self._give_up(gone)

    def target(self, listener: int, up: bool) -> list[Tell]:
        """A listener's program accepts connections, or no longer."""
        it = self._listeners.get(listener)
        if it is None:
            return []
        it.up = up
        return [] if up else self._give_up(it)

    def appended(
        self,
        endpoint: str,
        seq: int,
        id: str,  # noqa: A002
        *,
        respond: Literal["app", "ack"],
        deadline_ms: Callable[[], int],
        now: float,
    ) -> Tell | None:
        """An event is durable; None: its sender is held.

        Args:
            respond: What its endpoint says.
            deadline_ms: Asked where its sender is held and no listener has a wish; the most
                impatient listener's goes before.
            now: When its request had been read.
        """
        ready = self._ready(endpoint, respond) if self._may_hold(endpoint) else []
        if not ready:
            return Tell(endpoint, seq, "ack")
        own = [one.deadline_ms for one in ready if one.deadline_ms is not None]
        deadline = now + (min(own) if own else deadline_ms()) / 1000
        self._holds[endpoint, seq] = _Hold(id, deadline, {one.id for one in ready})
        self._held_of[endpoint] += 1
        heapq.heappush(self._deadlines, (deadline, endpoint, seq))
        for one in ready:
            one.may_answer.add(seq)
        return None

    def _may_hold(self, endpoint: str) -> bool:
        most, each = self.limits
        return len(self._holds) < most and self._held_of[endpoint] < each

    def _ready(self, endpoint: str, respond: str) -> list[Listener]:
        names = self._of.get(endpoint)
        if not names:
            return []
        found = [self._listeners[name] for name in names]
        return [one for one in found if one.up and (one.respond or respond) == "app"]

    def answered(self, listener: int, result: Result) -> list[Tell] | None:
        """A listener says how its program answered; None: the result names another event.

        The first answer wins. Without an answer the sender is told as soon as nobody else may
        have one.
        """
        it = self._listeners[listener]
        hold = self._holds.get((it.endpoint, result.seq))
        if hold is None:
            return []
        if hold.id != result.id:
            return None
        if result.outcome == ANSWERED:
            self._release(it.endpoint, result.seq)
            return [Tell(it.endpoint, result.seq, "app", result)]
        return list(self._lose_hope(it, [result.seq]))

    def holds(self, endpoint: str, seq: int) -> bool:
        """Whether the sender of that event is held."""
        return (endpoint, seq) in self._holds

    def knows(self, listener: int) -> bool:
        """Whether it still listens."""
        return listener in self._listeners

    def hung_up(self, endpoint: str, seq: int) -> bool:
        """The sender is gone; whether it was held."""
        return self._release(endpoint, seq)

    def expired(self, now: float) -> list[Tell]:
        """Deadlines up to now have passed."""
        late = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, endpoint, seq = heapq.heappop(self._deadlines)
            if self._release(endpoint, seq):
                late.append(Tell(endpoint, seq, "deadline"))
        return late

    def next_deadline(self) -> float | None:
        """When `expired` is to be called; None: no sender is held."""
        while self._deadlines and self._deadlines[0][1:] not in self._holds:
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def deleted(self, endpoint: str) -> list[Tell]:
        """The endpoint is no more."""
        seqs = [seq for name, seq in self._holds if name == endpoint]
        return [Tell(endpoint, seq, "ack") for seq in seqs if self._release(endpoint, seq)]

    def stopping(self) -> list[Tell]:
        """The relay ends: nobody is held any longer."""
        places = list(self._holds)
        return [Tell(name, seq, "ack") for name, seq in places if self._release(name, seq)]

    def _give_up(self, listener: Listener) -> list[Tell]:
        return list(self._lose_hope(listener, sorted(listener.may_answer)))

    def _lose_hope(self, listener: Listener, seqs: Iterable[int]) -> Iterator[Tell]:
        for seq in seqs:
            listener.may_answer.discard(seq)
            hold = self._holds[listener.endpoint, seq]
            hold.hopes.discard(listener.id)
            if not hold.hopes:
                self._release(listener.endpoint, seq)
                yield Tell(listener.endpoint, seq, "ack")

    def _release(self, endpoint: str, seq: int) -> bool:
        hold = self._holds.pop((endpoint, seq), None)
        if hold is None:
            return False
        self._held_of[endpoint] -= 1
        if not self._held_of[endpoint]:
            del self._held_of[endpoint]
        for name in hold.hopes:
            self._listeners[name].may_answer.discard(seq)
        return True
