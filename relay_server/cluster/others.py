"""The other relays on the same log, as the parts of one see them: many, or none."""

from collections.abc import Callable
from typing import Protocol

from hookcli.wire.messages import Refused, Result
from relay_server.cluster.words import Seat
from relay_server.hub import Tell


class Others(Protocol):
    """Told what happens here; says what happens there."""

    tell: Callable[[list[Tell]], None]
    """Does what the hub decided."""
    peers_changed: Callable[[str], None]
    """Hears of an endpoint whose listeners elsewhere are others now."""
    captured: Callable[[str, int], None]
    """Hears up to where listeners elsewhere have an endpoint's events."""
    turned_away: Callable[[str, Refused], None]
    """Hears of a sender who was turned away elsewhere."""

    def __len__(self) -> int:
        """How many there are."""

    async def start(self) -> None:
        """Begin to hear and to say."""

    async def stop(self) -> None:
        """Say so, and be silent."""

    def attached(self, seat: Seat) -> None:
        """Somebody listens here."""

    def target(self, number: int, up: bool) -> None:
        """Its program accepts connections, or no longer."""

    def detached(self, number: int) -> None:
        """It is gone."""

    def taken(self, endpoint: str, seq: int, node: str) -> None:
        """Another relay took that event, and may hold its sender."""

    def acked(self, endpoint: str, seq: int) -> None:
        """A listener here has said to have everything up to there."""

    def answered(self, number: int, endpoint: str, result: Result) -> None:
        """A listener here says how its program did."""

    def held(self, endpoint: str, seq: int) -> None:
        """A sender is held here: its answer may have come already."""

    def refused(self, endpoint: str, one: Refused) -> None:
        """A sender was turned away here."""

    def listening(self, endpoint: str) -> list[tuple[str, int]]:
        """Who listens to it at other relays, and since when (µs since the Unix epoch)."""


class Alone:
    """There are none, for the log is this relay's own."""

    def __init__(self) -> None:
        self.tell: Callable[[list[Tell]], None] = lambda _: None
        self.peers_changed: Callable[[str], None] = lambda _: None
        self.captured: Callable[[str, int], None] = lambda _, __: None
        self.turned_away: Callable[[str, Refused], None] = lambda _, __: None

    def __len__(self) -> int:
        return 0

    async def start(self) -> None:
        """Nothing to hear."""

    async def stop(self) -> None:
        """Nobody to tell."""

    def attached(self, seat: Seat) -> None:
        """Nobody to tell."""

    def target(self, number: int, up: bool) -> None:
        """Nobody to tell."""

    def detached(self, number: int) -> None:
        """Nobody to tell."""

    def taken(self, endpoint: str, seq: int, node: str) -> None:
        """There is nobody else to take any."""

    def acked(self, endpoint: str, seq: int) -> None:
        """Nobody to tell."""

    def answered(self, number: int, endpoint: str, result: Result) -> None:
        """Nobody to tell."""

    def held(self, endpoint: str, seq: int) -> None:
        """Nobody answers but who listens here."""

    def refused(self, endpoint: str, one: Refused) -> None:
        """Nobody to tell."""

    def listening(self, endpoint: str) -> list[tuple[str, int]]:
        """Nobody."""
        del endpoint
        return []
