"""What a listener reports, and to whom. The TUI, the lines, NDJSON and the tests are observers."""

from typing import Protocol

from msgspec import Struct

from hookcli.captures.model import Attempt, Capture, Told


class OfOne(Struct, frozen=True, kw_only=True):
    """What is told of one connection. A listener for several endpoints says of which."""

    endpoint: str = ""
    """The endpoint's id; empty where there is one only."""


class Ready(Struct, frozen=True, kw_only=True):
    """The first connection stands."""

    endpoint: str
    """Its id."""
    name: str = ""
    """What the endpoint is called here; empty where it has no name."""
    url: str
    targets: tuple[str, ...]
    relay: str
    """The relay's origin."""
    local: bool
    """The relay runs inside this process and can be reached from this machine only."""
    resume_seq: int
    """The cursor the stream began after."""
    backlog: int
    """How many places of the log lie between the cursor and its head."""
    retention_s: int


class Connected(OfOne, frozen=True, kw_only=True):
    """Connected again after having been lost."""

    down_ms: int
    caught_up: int
    """Places of the log to catch up with."""


class Stale(OfOne, frozen=True, kw_only=True):
    """No sign of life from the relay for a while; `live` must not be shown."""

    silent_ms: int


class Alive(OfOne, frozen=True, kw_only=True):
    """A heartbeat was answered; ends `Stale`."""

    round_trip_ms: float
    clock_ahead_ms: float
    """This machine's clock minus the relay's."""


class Lost(OfOne, frozen=True, kw_only=True):
    """The connection is gone. Everything captured stays available."""

    reason: str


class Reconnecting(OfOne, frozen=True, kw_only=True):
    """The next try is due."""

    attempt: int
    """The how-manieth try since the connection was lost, from 1."""
    retry_in_ms: int
    down_ms: int
    reason: str


class Captured(Struct, frozen=True, kw_only=True):
    """An event is on disk here."""

    capture: Capture
    body: bytes
    skipped: bool = False
    """Captured, and not forwarded: no target, or filtered out."""


class AttemptStarted(Struct, frozen=True, kw_only=True):
    """A request to the program begins."""

    capture: str
    target: str
    n: int


class AttemptFinished(Struct, frozen=True, kw_only=True):
    """An attempt ended, one way or the other."""

    attempt: Attempt


class SenderTold(Struct, frozen=True, kw_only=True):
    """What the relay told the sender."""

    capture: str
    told: Told


class Missing(OfOne, frozen=True, kw_only=True):
    """A gap: events that the relay no longer had."""

    from_seq: int
    to_seq: int
    count: int
    reason: str


class TurnedAway(OfOne, frozen=True, kw_only=True):
    """The relay let a sender not in: nothing of it was stored, so there is no capture."""

    at: int
    """µs since the Unix epoch, the relay's clock."""
    method: str
    target: bytes
    """Path and query, cut after 1,024 bytes."""
    peer: str
    status: int
    """What the sender was told."""
    reason: str
    """`address`, `method`, `content_type`, `endpoint_rate`, `address_rate`, `schema`, …"""
    detail: str = ""
    """Which rule, where there are many."""
    more: int = 0
    """How many others at that moment are not told of singly."""

    @property
    def words(self) -> str:
        """One sentence, not yet safe to be shown."""
        path = (self.target or b"/").decode("utf-8", "replace")
        why = f"{self.reason} {self.detail}".strip().replace("_", " ")
        more = f", and {self.more:,} other{'s' * (self.more > 1)}" if self.more else ""
        sender = f"{self.method} {path} from {self.peer}"
        return f"the relay turned away {sender} with {self.status} ({why}){more}"


class TargetState(OfOne, frozen=True, kw_only=True):
    """Whether the program accepts connections."""

    target: str
    state: str
    """`up`, `refused` or `timeout`."""
    waiting: int
    """Deliveries waiting for it."""
    next_try_ms: int | None = None
    error: str = ""


class Retargeted(Struct, frozen=True, kw_only=True):
    """Deliveries go elsewhere from now on; what was told of other targets is no longer of interest."""

    targets: tuple[str, ...]


class Notice(Struct, frozen=True, kw_only=True):
    """Something worth a sentence."""

    level: str
    """`info`, `warning` or `error`."""
    code: str
    text: str
    hint: str = ""


class Done(Struct, frozen=True, kw_only=True):
    """The listener has ended."""

    captured: int
    failed: int
    waiting: int
    last_seq: int


Report = (
    Ready
    | Connected
    | Stale
    | Alive
    | Lost
    | Reconnecting
    | Captured
    | AttemptStarted
    | AttemptFinished
    | SenderTold
    | Missing
    | TurnedAway
    | TargetState
    | Retargeted
    | Notice
    | Done
)


class Observer(Protocol):
    """Told of everything, in order, on the engine's thread; must return at once."""

    def __call__(self, report: Report, /) -> None: ...
