"""What a listener is asked to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hookcli.captures.model import Capture
from hookcli.signatures import Scheme, Secret
from hookcli.wire.headers import Headers

if TYPE_CHECKING:
    from hookcli.captures.filters import Filter


@dataclass(frozen=True, slots=True)
class Cursor:
    """Begin after what is captured; where nothing is, with everything that the log still holds."""


@dataclass(frozen=True, slots=True)
class Now:
    """Begin with what comes from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Begin with what was received at or after a time."""

    at: int
    """µs since the Unix epoch, the relay's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """Begin at a place of the log."""

    seq: int


Start = Cursor | Now | Since | From


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Events that pass a filter go to these targets, one delivery to each."""

    filter: "Filter"
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is chosen before a listener starts."""

    relay: str
    """The relay's origin: `https://hooks.example.com`."""
    endpoint: str
    """The endpoint's id."""
    called: str = ""
    """What people call the endpoint."""
    token: str = field(repr=False)
    target: str | None
    """Where events go: an origin with an optional base path; None: they are only captured."""
    store: Path
    """The file of captures; created if missing."""
    token_source: str = ""
    """Where the token was found, for the one who must replace it."""
    secrets: Mapping[str, Sequence[Secret]] = field(default_factory=dict, repr=False)
    """By scheme, what signatures are checked with."""
    recipes: Sequence[Scheme] = ()
    """Signature schemes of the user's own."""
    routes: tuple[Route, ...] = ()
    """The first that fits counts; where none does, events go to `target`."""
    only: "Filter | None" = None
    """What does not pass is captured and not forwarded."""
    path: str | None = None
    """Put before every forwarded path."""
    headers: Headers = ()
    """Set in every forwarded request."""
    host_header: str = "keep"
    insecure: bool = False
    """The target's certificate is not verified; the relay's always is."""
    timeout_s: float = 30.0
    """Of one attempt."""
    concurrency: int = 32
    """Attempts at once; 1 gives strict order."""
    retry: int = 0
    """How often an answer that is not 2xx is tried again."""
    retry_for_s: float | None = None
    """For how long it is, since the first attempt. With `retry` too, what ends first."""
    respond: str | None = None
    """`app` or `ack`; None: as the endpoint says."""
    deadline_ms: int | None = None
    """How long senders are held; None: as the endpoint says."""
    handshakes: bool = False
    """Challenges of providers are answered here when the program cannot."""
    remark: Callable[[Capture, bytes], str] | None = None
    """What else is to be noted of an event when it is captured; empty for nothing."""
    start: Start = field(default_factory=Cursor)
    max_offline_s: float | None = None
    """Give up when the relay has been away for so long; None: never."""
    count: int | None = None
    """End after so many events."""
    for_s: float | None = None
    """End after so long."""
    drain: bool = False
    """End when all that the log held at the first connection is captured and delivered."""
    paused: bool = False
    """Capture, but deliver only when told to."""
    local: bool = False
    """The relay runs inside this process."""
    name: str = ""
    """For the endpoint's other listeners to read."""
