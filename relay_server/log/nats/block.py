"""What one message of JetStream holds: consecutive events of one endpoint, or replies."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from hookcli.wire.messages import Reply


class Block(Struct, array_like=True, frozen=True, kw_only=True):
    """Events that were stored together, with all that a relay needs to go on behind them."""

    seq: int
    """The place of the first."""
    count: int
    base: int
    """Bytes of all events in front of these, removed ones too."""
    size: int
    """Bytes of these."""
    at: int
    """When the latest so far was received, µs since the Unix epoch."""
    reserved: int
    """Up to which place all may be given without asking anew."""
    id: str
    """The id of the first event: the message's id as well."""
    node: str
    """The relay that took them, and may hold their senders."""
    events: tuple[bytes, ...] = ()
    """As they go on the wire; none where they stand in pieces."""
    pieces: tuple[int, ...] = ()
    """The places in the stream of the one event's pieces."""
    skipped: int = 0
    """How many places in front of the first were never an event's."""
    damaged: bool = False
    """Whether what is missing in front of those was lost, and not removed."""

    @property
    def last(self) -> int:
        """The place of the last."""
        return self.seq + self.count - 1

    @property
    def end(self) -> int:
        """Bytes of all events up to the last of these."""
        return self.base + self.size


class Told(Struct, array_like=True, frozen=True):
    """What senders were told, by the relay that told them."""

    node: str
    replies: tuple[Reply, ...]


class DamagedError(Exception):
    """A message that no relay has written."""


_encoder = msgspec.msgpack.Encoder()
_block = msgspec.msgpack.Decoder(Block)
_told = msgspec.msgpack.Decoder(Told)

pack = _encoder.encode
"""A block or replies as a message's payload."""


def block(data: bytes) -> Block:
    """The block of a payload.

    Raises:
        DamagedError: it is none.
    """
    try:
        return _block.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from error


def told(data: bytes) -> Told:
    """The replies of a payload.

    Raises:
        DamagedError: it is none.
    """
    try:
        return _told.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from error


def cut(data: bytes, size: int) -> Sequence[bytes]:
    """A long message in pieces of at most so many bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]
