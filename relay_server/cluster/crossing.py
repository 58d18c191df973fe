"""What one relay tells the others on its log, and does for them.

A sender is held where it came in; the listener that answers it may be at another relay. So every
relay knows who listens where, and a listener's result goes to the relay that took its event.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from itertools import islice

from msgspec.structs import replace

from hookcli.wire import codec
from hookcli.wire.messages import Refused, Result
from relay_server.cluster.neighbours import AskFor, Came, Effect, Neighbours, Turned, Went
from relay_server.cluster.words import (
    Ask,
    Beat,
    Bye,
    Change,
    Hello,
    Part,
    Seat,
    Seats,
    TurnedAway,
    Word,
    pack,
    word,
)
from relay_server.hub import Hub, Listener, Tell
from relay_server.log.base import StorageError, Wire

_BEAT_S = 1.0
_SEATS = 2_000
"""In one message."""
_PART = 512 << 10
_CAPTURED = 5_000
"""Told in one beat."""
_TAKERS = 65_536
"""Of so many of the newest events it is known which relay took them."""
_EARLY = 256
"""So many results are kept whose senders are not held: most of them came too late, not too early."""
_PARTS = 32 << 20
"""Bytes of unfinished results."""


class Crossing:
    """One relay among others."""

    def __init__(self, wire: Wire, hub: Hub) -> None:
        self._wire, self._me, self._hub = wire, wire.node, hub
        self._all, self._one = f"{wire.prefix}.nodes", f"{wire.prefix}.node"
        self._neighbours = Neighbours(wire.node)
        self._seats: dict[int, Seat] = {}
        self._version = 0
        self._captured: dict[str, int] = {}
        self._takers: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._parts: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self._early: OrderedDict[tuple[str, int], list[tuple[int, Result]]] = OrderedDict()
        """Results that were here before the word that their events are stored."""
        self._saying: asyncio.Queue[tuple[str, Word]] = asyncio.Queue()
        self._tasks: list[asyncio.Future[None]] = []
        self.tell: Callable[[list[Tell]], None] = lambda _: None
        """Does what the hub decided."""
        self.peers_changed: Callable[[str], None] = lambda _: None
        self.captured: Callable[[str, int], None] = lambda _, __: None
        self.turned_away: Callable[[str, Refused], None] = lambda _, __: None

    def __len__(self) -> int:
        """How many other relays there are."""
        return len(self._neighbours)

    async def start(self) -> None:
        """Begin to hear and to say.

        Raises:
            StorageError: NATS cannot be reached.
        """
        for subject in (self._all, f"{self._one}.{self._me}"):
            await self._wire.subscribe(subject, self._hear)
        self._say(self._all, Hello(self._me))
        self._tasks = [asyncio.ensure_future(self._speak()), asyncio.ensure_future(self._beat())]

    async def stop(self) -> None:
        """Say so, and be silent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await _or_not(self._wire.say(self._all, pack(Bye(self._me))))

    # -- from this relay ----------------------------------------------------------------------

    def attached(self, seat: Seat) -> None:
        """Somebody listens here."""
        self._seats[seat.number] = seat
        self._changed(seat)

    def target(self, number: int, up: bool) -> None:
        """Its program accepts connections, or no longer."""
        seat = self._seats.get(number)
        if seat is not None and seat.up is not up:
            self.attached(replace(seat, up=up))

    def detached(self, number: int) -> None:
        """It is gone."""
        seat = self._seats.pop(number, None)
        if seat is not None:
            self._changed(seat, left=True)

    def _changed(self, seat: Seat, *, left: bool = False) -> None:
        self._version += 1
        self._say(self._all, Change(self._me, self._version, seat, left))

    def acked(self, endpoint: str, seq: int) -> None:
        """A listener here has said to have everything up to there."""
        self._captured[endpoint] = seq

    def taken(self, endpoint: str, seq: int, node: str) -> None:
        """Another relay took that event, and may hold its sender."""
        self._takers[endpoint, seq] = node
        if len(self._takers) > _TAKERS:
            self._takers.popitem(last=False)

    def answered(self, number: int, endpoint: str, result: Result) -> None:
        """A listener here says how its program did: that concerns whoever took the event."""
        node = self._takers.get((endpoint, result.seq))
        if node is None:
            return
        data = codec.encode(result)
        for at in range(0, len(data), _PART):
            part = data[at : at + _PART]
            last = at + _PART >= len(data)
            said = Part(self._me, number, endpoint, result.seq, part, last)
            self._say(f"{self._one}.{node}", said)

    def refused(self, endpoint: str, one: Refused) -> None:
        """A sender was turned away here."""
        for node in self._neighbours.nodes(endpoint):
            self._say(f"{self._one}.{node}", TurnedAway(self._me, endpoint, one))

    def listening(self, endpoint: str) -> list[tuple[str, int]]:
        """Who listens to it at other relays, and since when (µs since the Unix epoch)."""
        return self._neighbours.listening(endpoint)

    # -- saying -------------------------------------------------------------------------------

    def _say(self, subject: str, said: Word) -> None:
        self._saying.put_nowait((subject, said))

    async def _speak(self) -> None:
        """In order; what cannot be said now is made up for by the next beat."""
        while True:
            subject, said = await self._saying.get()
            await _or_not(self._wire.say(subject, pack(said)))

    async def _beat(self) -> None:
        while True:
            told = dict(islice(self._captured.items(), _CAPTURED))
            for endpoint in told:
                del self._captured[endpoint]
            self._say(self._all, Beat(self._me, self._version, told))
            self._do(self._neighbours.silent(asyncio.get_running_loop().time()))
            await asyncio.sleep(_BEAT_S)

    def _tell_seats(self, node: str) -> None:
        seats = tuple(self._seats.values())
        for at in range(0, max(len(seats), 1), _SEATS):
            some = seats[at : at + _SEATS]
            last = at + _SEATS >= len(seats)
            said = Seats(self._me, self._version, some, first=at == 0, last=last)
            self._say(f"{self._one}.{node}", said)

    # -- hearing ------------------------------------------------------------------------------

    def _hear(self, data: bytes) -> None:
        said = word(data)
        if said is None or said.node == self._me:
            return
        self._do(self._neighbours.heard(said, asyncio.get_running_loop().time()))
        match said:
            case Ask() | Hello():
                self._tell_seats(said.node)
            case Beat():
                for endpoint, seq in said.captured.items():
                    self.captured(endpoint, seq)
            case Part():
                self._take_part(said)
            case TurnedAway():
                self.turned_away(said.endpoint, said.one)
            case _:
                return  # the neighbours have heard it

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case AskFor(node):
                    self._say(f"{self._one}.{node}", Ask(self._me))
                case Came(name, seat):
                    self._hub.attached(
                        Listener(
                            id=name,
                            endpoint=seat.endpoint,
                            respond=seat.respond,
                            deadline_ms=seat.deadline_ms,
                        )
                    )
                    self.peers_changed(seat.endpoint)
                case Turned(name, seat):
                    self.tell(self._hub.target(name, seat.up))
                case Went(name, seat):
                    self.tell(self._hub.detached(name))
                    self.peers_changed(seat.endpoint)

    def _take_part(self, said: Part) -> None:
        key = said.node, said.number, said.seq
        data = self._parts.pop(key, b"") + said.data
        if not said.last:
            self._parts[key] = data
            while sum(map(len, self._parts.values())) > _PARTS:
                self._parts.popitem(last=False)
            return
        listener = self._neighbours.id_of(said.node, said.number)
        try:
            result = codec.decode_listener(data)
        except codec.WireError:
            return  # of a result that began before this relay listened
        if listener is None or not isinstance(result, Result):
            return
        if self._hub.holds(said.endpoint, said.seq):
            self.tell(self._hub.answered(listener, result) or [])
            return
        self._early.setdefault((said.endpoint, said.seq), []).append((listener, result))
        if len(self._early) > _EARLY:
            self._early.popitem(last=False)

    def held(self, endpoint: str, seq: int) -> None:
        """A sender is held now: its answer may have been faster than the word that it is stored."""
        for listener, result in self._early.pop((endpoint, seq), ()):
            if self._hub.holds(endpoint, seq) and self._hub.knows(listener):
                self.tell(self._hub.answered(listener, result) or [])


async def _or_not(saying: Awaitable[None]) -> None:
    try:
        await saying
    except StorageError:
        return
