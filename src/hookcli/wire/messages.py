"""The messages between relay and listener; docs/protocol.md describes each for strangers.

    relay → listener    Welcome · Event · Gap · Replied · Refused · Peers · Pong
    listener → relay    Ack · Result · Target · Ping

Each is a MessagePack map with a `type`. Unknown keys are ignored, so either end may be newer.
"""

from typing import Literal

from msgspec import Struct

Pairs = tuple[tuple[bytes, bytes], ...]


class Welcome(Struct, tag="welcome", tag_field="type", frozen=True, kw_only=True):
    """The first message on a stream: who listens to what, and where its log stands."""

    endpoint: str
    """The endpoint's id."""
    url: str
    """Its public URL, without a trailing slash."""
    head: int
    """The `seq` of the newest event in the log when the stream began; 0 when there was none.
    Senders of events up to here have been answered: no `Result` is wanted for them."""
    after: int
    """The `seq` after which this stream begins."""
    respond: Literal["app", "ack"]
    """Whether senders are held for the program's answer."""
    deadline_ms: int
    """How long a sender is held at most."""
    window_events: int
    """How many events may be under way without an `Ack`."""
    window_bytes: int
    """How many bytes of messages may be under way without an `Ack`; one event always may."""
    retention_s: int
    """How long the relay keeps events, in seconds."""
    now: int
    """The relay's clock, µs since the Unix epoch."""
    relay: str
    """The relay's name and version, for people."""


class Event(Struct, tag="event", tag_field="type", frozen=True, kw_only=True, omit_defaults=True):
    """One inbound HTTP request exactly as received."""

    seq: int
    """Its place in the endpoint's log: greater than that of every event before it; may skip."""
    id: str
    """A ULID: unique, sorts by time."""
    received_at: int
    """When the relay had read the whole request; µs since the Unix epoch, the relay's clock."""
    method: str
    url: str
    """The endpoint's public URL; followed by `target` it is what the sender called."""
    target: bytes
    """Raw path and query behind the endpoint id: empty, or beginning with `/` or `?`."""
    http_version: str
    """`1.0` or `1.1`."""
    peer: str
    """The sender's address as the relay saw it."""
    headers: Pairs
    body: bytes
    digest: bytes
    """SHA-256 over the MessagePack array of the fields from `seq` to `headers`, in the order of
    this class, and of `marks` if there are any, followed by the body's bytes. A listener must
    refuse an event that does not match."""
    marks: tuple[str, ...] = ()
    """What the relay has found about it, for people: what its endpoint's schema says against it."""


class Gap(Struct, tag="gap", tag_field="type", frozen=True, kw_only=True):
    """Events that the log no longer holds."""

    from_seq: int
    to_seq: int
    """The first and the last missing place, both included."""
    count: int
    """How many events were there."""
    reason: Literal["age", "size", "damaged"]
    """What retention has removed, by which of its limits; or what the disk no longer gives back."""


class Reply(Struct, frozen=True, array_like=True):
    """What the sender of one event was told."""

    seq: int
    status: int
    """0 when the sender hung up before it was told anything."""
    by: Literal["app", "ack", "deadline", "gone"]
    ms: float
    """From the whole request read to the reply written."""


class Replied(Struct, tag="replied", tag_field="type", frozen=True, kw_only=True):
    """What senders were told, for events already sent on this stream."""

    replies: tuple[Reply, ...]


class Refused(Struct, tag="refused", tag_field="type", frozen=True, kw_only=True):
    """A sender was turned away at the door: nothing was stored, and it was told so."""

    at: int
    """µs since the Unix epoch, the relay's clock."""
    method: str
    target: bytes
    """As in `Event`, cut after 1,024 bytes."""
    peer: str
    status: int
    """What the sender was told: 403, 405, 415, 429, …"""
    reason: str
    """`address`, `method`, `content_type`, `endpoint_rate`, `address_rate`, `schema`, …"""
    more: int = 0
    """How many others were turned away with this one and are not told of singly."""
    detail: str = ""
    """The rule that turned it away, where there are many: of a schema, a JSON pointer into it."""


class Peers(Struct, tag="peers", tag_field="type", frozen=True, kw_only=True):
    """Who else listens to this endpoint now; sent when it changes."""

    names: tuple[str, ...]
    since: tuple[int, ...] = ()
    """When each of them came, µs since the Unix epoch; this listener's own is its `Welcome.now`."""


class Ping(Struct, tag="ping", tag_field="type", frozen=True, kw_only=True):
    """The listener's heartbeat; the relay answers each with a `Pong` of the same number."""

    n: int


class Pong(Struct, tag="pong", tag_field="type", frozen=True, kw_only=True):
    """The relay's answer to a `Ping`."""

    n: int
    now: int
    """The relay's clock, µs since the Unix epoch."""


class Ack(Struct, tag="ack", tag_field="type", frozen=True, kw_only=True):
    """Every event up to `seq` has been captured durably; opens the window again."""

    seq: int


class Result(Struct, tag="result", tag_field="type", frozen=True, kw_only=True):
    """How the program answered one event."""

    seq: int
    id: str
    outcome: str
    """`answered`, or why there is no answer: `refused`, `timeout`, `aborted`, `tls`, …"""
    status: int
    """0 unless answered."""
    reason: bytes
    headers: Pairs
    body: bytes
    digest: bytes
    """As in `Event`, over the fields from `seq` to `headers`, followed by the body's bytes."""


class Target(Struct, tag="target", tag_field="type", frozen=True, kw_only=True):
    """Whether the program accepts connections; while it does not, senders get the ack at once."""

    up: bool


class Unknown(Struct, frozen=True):
    """A message of a type this version does not know; reported once, otherwise ignored."""

    type: str


RelayMessage = Welcome | Event | Gap | Replied | Refused | Peers | Pong
ListenerMessage = Ack | Result | Target | Ping
