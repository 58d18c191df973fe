"""What is kept: captures, deliveries, attempts. Frozen values; nothing here touches a file."""

from enum import StrEnum

from msgspec import Struct

from hookcli.wire.headers import Headers
from hookcli.wire.http import Request

MARK = "marked"
"""The tag of marked captures."""


class Outcome(StrEnum):
    """How one attempt ended. Failures are data: stored, shown, replayable."""

    RESPONDED = "answered"
    """The program answered, whatever the status."""
    REFUSED = "refused"
    """The connection was refused, or the name does not resolve."""
    TIMED_OUT = "timeout"
    """No whole answer within the attempt's time."""
    ABORTED = "aborted"
    """The connection broke before the answer was whole."""
    TLS = "tls"
    """The TLS handshake failed."""
    GARBLED = "garbled"
    """What came back is not HTTP/1.1."""
    TOO_LARGE = "too_large"
    """The answer exceeded the limit; what was read is kept and marked as cut."""


class Why(StrEnum):
    """What an attempt was made for."""

    LIVE = "live"
    RETRY = "retry"
    REPLAY = "replay"
    MUTATION = "mutation"
    HANDSHAKE = "handshake"
    """No request at all: hookcli answered a provider's challenge in the program's place."""


class SignatureState(StrEnum):
    """What is known of a capture's signature."""

    OK = "ok"
    BAD = "bad"
    STALE = "stale"
    NONE = "none"
    """Not signed, or by a scheme that is not known."""
    UNKNOWN = "unknown"
    """Signed, but no secret is configured to check it with."""
    NEW = "new"
    """Signed here, by hookcli."""


class DeliveryState(StrEnum):
    """Where the duty to bring one event to one target stands."""

    PENDING = "pending"
    """Not finished: new, waiting for the program, or to be retried."""
    DONE = "done"
    """The program gave an answer that ends it."""
    FAILED = "failed"
    """Given up after the retries asked for."""
    SKIPPED = "skipped"
    """Captured, and on purpose not forwarded."""


class Signature(Struct, frozen=True, kw_only=True):
    """The verdict on a capture's signature at the time of capture."""

    state: SignatureState = SignatureState.NONE
    reason: str = ""
    """From the closed set of `hookcli.signatures`; empty when there is nothing to say."""
    age_ms: int | None = None
    """Signed timestamp to arrival; None where the scheme signs no time."""
    secret: str = ""
    """The name of the secret that fitted, never its value."""


class Told(Struct, frozen=True, kw_only=True, gc=False):
    """What the sender was told, once the relay has said so."""

    status: int
    """0 when the sender hung up before it was told anything."""
    by: str
    """`app`, `ack`, `deadline` or `gone`; `hookcli` where it answered in the program's place."""
    ms: float


class Capture(Struct, frozen=True, kw_only=True):
    """One event on this machine, without its body (`Store.body` gives that)."""

    id: str
    """The event's ULID; a mutation or an import gets one of its own."""
    endpoint: str
    """The endpoint's id; empty for what was never received by a relay."""
    seq: int | None
    """Its place in the endpoint's log; None for mutations and imports."""
    received_at: int
    """µs since the Unix epoch, by the relay's clock."""
    method: str
    url: str
    target: bytes
    http_version: str
    peer: str
    headers: Headers
    body_size: int
    body_sha256: bytes
    source: str = ""
    """The provider's short name (`stripe`), empty when not known."""
    event_type: str = ""
    """The provider's name for what happened (`invoice.paid`), empty when not known."""
    provider_id: str = ""
    """The provider's own event id, by which it repeats itself; empty when not known."""
    scheme: str = ""
    signature: Signature = Signature()
    parent: str = ""
    """The capture this one is a mutation of."""
    note: str = ""
    tags: tuple[str, ...] = ()
    told: Told | None = None

    @property
    def path(self) -> str:
        """Path and query for people: undecodable bytes become U+FFFD."""
        return (self.target or b"/").decode("utf-8", "replace")

    def request(self, body: bytes) -> Request:
        """The captured request with its body."""
        return Request(
            method=self.method,
            url=self.url,
            target=self.target,
            headers=self.headers,
            body=body,
        )


class Timing(Struct, frozen=True, kw_only=True):
    """Where an attempt's time went, in milliseconds; None for what was not reached."""

    dns: float | None = None
    connect: float | None = None
    wait: float | None = None
    """Request written to first byte of the answer."""
    read: float | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One HTTP request made for a delivery or a replay, and what came of it."""

    capture: str
    """The capture's id."""
    n: int
    """1 for the first attempt of this capture; the store numbers them."""
    why: Why
    target: str
    """Where it went: an origin with an optional base path, `http://localhost:8000`; empty for a
    handshake, which went nowhere."""
    started_at: int
    """µs since the Unix epoch, this machine's clock."""
    ms: float
    timing: Timing
    outcome: Outcome
    status: int = 0
    """0 unless answered."""
    reason: bytes = b""
    headers: Headers = ()
    body: bytes = b""
    body_size: int = 0
    """Bytes of the answer's body as far as read; `body` is exactly these."""
    error: str = ""
    """One line for people when there is no answer."""
    added: tuple[str, ...] = ()
    """What forwarding added or changed on request (`-H`), for people."""
    next_retry_at: int | None = None
    """When the next attempt is due, µs since the Unix epoch; None when none is."""


class Delivery(Struct, frozen=True, kw_only=True):
    """The duty to bring one capture to one target."""

    capture: str
    target: str
    state: DeliveryState
    tries: int = 0
    due_at: int = 0
    """µs since the Unix epoch; 0 means at once."""
    first_try_at: int = 0
    """µs since the Unix epoch of the first attempt; 0 before it."""


class Last(Struct, frozen=True, kw_only=True):
    """The latest attempt of a capture, without what only a detail shows."""

    n: int
    why: Why
    target: str
    outcome: Outcome
    status: int
    ms: float
    error: str
    next_retry_at: int | None


class Summary(Struct, frozen=True, kw_only=True):
    """A capture as lists show it; made from one row, without bodies."""

    rowid: int
    """The order of capturing on this machine."""
    capture: Capture
    state: DeliveryState
    """`PENDING` while any delivery is, else `FAILED` if any is, else `DONE`; `SKIPPED` without one."""
    attempts: int
    last: Last | None
