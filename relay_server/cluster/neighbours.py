"""Who listens at the other relays, as they tell it. Told what was heard; says what follows.

No clock, no socket: times are arguments, in seconds of any steady clock.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from relay_server.cluster.words import Beat, Bye, Change, Hello, Seat, Seats, Word

SILENT_S = 3.5
"""Who has said nothing for so long is gone, with all who listen there."""


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody listens there now."""

    id: int
    """Below zero: streams of this relay count from one."""
    seat: Seat


@dataclass(frozen=True, slots=True)
class Turned:
    """The program of somebody accepts connections, or no longer."""

    id: int
    seat: Seat


@dataclass(frozen=True, slots=True)
class Went:
    """Somebody listens no longer."""

    id: int
    seat: Seat


@dataclass(frozen=True, slots=True)
class AskFor:
    """Something was missed: ask that relay for all."""

    node: str


Effect = Came | Turned | Went | AskFor


@dataclass(slots=True)
class _Node:
    heard: float
    version: int = -1
    """Of what is known of it; -1: nothing whole yet."""
    seats: dict[int, tuple[int, Seat]] = field(default_factory=dict)
    """Its numbers to ours and the seats."""
    coming: dict[int, Seat] | None = None


class Neighbours:
    """The other relays of one."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._nodes: dict[str, _Node] = {}
        self._ids = count(-1, -1)
        self._at: dict[str, Counter[str]] = {}
        """Endpoint to how many listen to it at which relay."""

    def __len__(self) -> int:
        return len(self._nodes)

    def id_of(self, node: str, number: int) -> int | None:
        """What a seat is called here."""
        it = self._nodes.get(node)
        found = it.seats.get(number) if it is not None else None
        return found[0] if found is not None else None

    def nodes(self, endpoint: str) -> tuple[str, ...]:
        """The relays where somebody listens to it."""
        return tuple(self._at.get(endpoint, ()))

    def listening(self, endpoint: str) -> list[tuple[str, int]]:
        """Who listens to it elsewhere, and since when."""
        return [
            (seat.name, seat.since)
            for node in self.nodes(endpoint)
            for _, seat in self._nodes[node].seats.values()
            if seat.endpoint == endpoint
        ]

    def heard(self, word: Word, now: float) -> list[Effect]:
        """What follows from a word of another relay."""
        if word.node == self._me:
            return []
        if isinstance(word, Bye):
            return list(self._gone(word.node))
        it = self._nodes.get(word.node)
        if it is None:
            it = self._nodes[word.node] = _Node(now)
        it.heard = now
        match word:
            case Seats():
                return list(self._seats(it, word))
            case Change():
                return list(self._change(it, word))
            case Beat() if word.version != it.version:
                return [AskFor(word.node)]
            case Hello():
                return [AskFor(word.node)]
            case _:
                return []

    def silent(self, now: float) -> list[Effect]:
        """What follows from what was not heard."""
        gone = [name for name, it in self._nodes.items() if now - it.heard > SILENT_S]
        return [effect for name in gone for effect in self._gone(name)]

    def _seats(self, it: _Node, word: Seats) -> Iterator[Effect]:
        if word.first:
            it.coming = {}
        if it.coming is None:
            return
        it.coming.update((seat.number, seat) for seat in word.seats)
        if not word.last:
            return
        coming, it.coming = it.coming, None
        it.version = word.version
        for number in [number for number in it.seats if number not in coming]:
            yield self._left(word.node, it, number)
        for seat in coming.values():
            yield from self._taken(word.node, it, seat)

    def _change(self, it: _Node, word: Change) -> Iterator[Effect]:
        if word.version != it.version + 1:
            if word.version > it.version:
                yield AskFor(word.node)
            return
        it.version = word.version
        if not word.left:
            yield from self._taken(word.node, it, word.seat)
        elif word.seat.number in it.seats:
            yield self._left(word.node, it, word.seat.number)

    def _taken(self, node: str, it: _Node, seat: Seat) -> Iterator[Effect]:
        known = it.seats.get(seat.number)
        if known is None:
            name = next(self._ids)
            it.seats[seat.number] = name, seat
            self._at.setdefault(seat.endpoint, Counter())[node] += 1
            yield Came(name, seat)
            if seat.up:
                return
        elif known[1] == seat:
            return
        else:
            name = known[0]
            it.seats[seat.number] = name, seat
        yield Turned(name, seat)

    def _left(self, node: str, it: _Node, number: int) -> Went:
        name, seat = it.seats.pop(number)
        at = self._at[seat.endpoint]
        at[node] -= 1
        if not at[node]:
            del at[node]
        if not at:
            del self._at[seat.endpoint]
        return Went(name, seat)

    def _gone(self, node: str) -> Iterator[Effect]:
        it = self._nodes.get(node)
        if it is None:
            return
        for number in tuple(it.seats):
            yield self._left(node, it, number)
        del self._nodes[node]
