"""What the relay and the process that checks say to each other: MessagePack behind its length."""

import socket
from collections.abc import Callable

import msgspec
from msgspec import Struct

_LENGTH = 4
_encode = msgspec.msgpack.encode


class Ask(Struct, frozen=True, array_like=True):
    """Does this body fit this schema?"""

    schema: bytes
    """JSON."""
    body: bytes | None = None
    """None: only whether the schema is one."""
    explain: bool = True
    """Say what does not fit as well: an `Explained` follows a `Found` that says no."""


class Found(Struct, frozen=True, array_like=True):
    """The answer, as soon as it is known."""

    fits: bool
    fault: str = ""
    """Why the schema cannot be used; empty when it can."""


class Explained(Struct, frozen=True, array_like=True):
    """The first thing that does not fit."""

    where: str
    """In the body, a JSON pointer (RFC 6901); empty for all of it."""
    rule: str
    """In the schema, the same: names nothing of the body."""
    what: str
    """For people, without the value."""


found_in: Callable[[bytes], Found] = msgspec.msgpack.Decoder(Found).decode
explained_in: Callable[[bytes], Explained] = msgspec.msgpack.Decoder(Explained).decode
ask_in: Callable[[bytes], Ask] = msgspec.msgpack.Decoder(Ask).decode


def send(to: socket.socket, message: Ask | Found | Explained) -> None:
    """Write one message.

    Raises:
        OSError: the other side is gone, or takes nothing within the socket's time.
    """
    data = _encode(message)
    to.sendall(len(data).to_bytes(_LENGTH, "big") + data)


def receive(source: socket.socket) -> bytes:
    """Read one message, undecoded.

    Raises:
        OSError: the other side is gone, or says nothing within the socket's time.
    """
    return _exactly(source, int.from_bytes(_exactly(source, _LENGTH), "big"))


def _exactly(source: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = source.recv(size - len(data))
        if not piece:
            raise ConnectionResetError("the other side is gone")
        data += piece
    return bytes(data)
