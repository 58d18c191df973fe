"""The messages between relays on one log; each is lost where nobody hears it, and none is stored."""

from typing import Literal

import msgspec
from msgspec import Struct

from hookcli.wire.messages import Refused


class Seat(Struct, array_like=True, frozen=True):
    """One stream at a relay."""

    number: int
    endpoint: str
    name: str
    respond: Literal["app", "ack"] | None
    deadline_ms: int | None
    up: bool = True
    since: int = 0
    """When it came, µs since the Unix epoch."""


class _Word(Struct, tag_field="w", array_like=True, frozen=True):
    node: str
    """Who says it."""


class Hello(_Word, tag="hello", frozen=True):
    """It has just started, and asks everyone for all seats."""


class Bye(_Word, tag="bye", frozen=True):
    """It stops."""


class Beat(_Word, tag="beat", frozen=True):
    """It is there; said every second."""

    version: int
    """How many changes of its seats it has told so far: who counts another number asks."""
    captured: dict[str, int]
    """Endpoints and the places up to which listeners have said to have their events, if changed."""


class Change(_Word, tag="change", frozen=True):
    """A seat was taken, changed or left."""

    version: int
    seat: Seat
    left: bool = False


class Ask(_Word, tag="ask", frozen=True):
    """Wants all seats of the one who is asked."""


class Seats(_Word, tag="seats", frozen=True):
    """Some of all seats: with `first` it begins, with `last` it is whole."""

    version: int
    seats: tuple[Seat, ...]
    first: bool
    last: bool


class Part(_Word, tag="part", frozen=True):
    """A piece of a listener's `Result`, in order; the last one makes it whole."""

    number: int
    """The seat."""
    endpoint: str
    seq: int
    data: bytes
    last: bool


class TurnedAway(_Word, tag="refused", frozen=True):
    """A sender was turned away; for those who listen to its endpoint elsewhere."""

    endpoint: str
    one: Refused


Word = Hello | Bye | Beat | Change | Ask | Seats | Part | TurnedAway

_decoder: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)
pack = msgspec.msgpack.Encoder().encode
"""A word as a message's payload."""


def word(data: bytes) -> Word | None:
    """The word of a payload; None: a newer relay's, or nobody's."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
