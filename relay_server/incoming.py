"""What comes on a stream: bytes become frames, frames become messages, some at a time."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from hookcli.wire import codec
from hookcli.wire.messages import ListenerMessage, Unknown

BAD_MESSAGE, TOO_LARGE = 4400, 4413
_PIECE = 1 << 10
_FRAMES = 64
"""So many frames, and those of one more piece, are taken in before others have their turn."""


class Fault(NamedTuple):
    """Why a stream has to end: what came is no message."""

    code: int
    reason: str


class Incoming:
    """What has come on one stream and is not taken in yet. Nothing here waits."""

    __slots__ = ("_at", "_came", "_deaf", "_max_message", "_parts", "_protocol", "size")

    def __init__(self, protocol: ServerProtocol, max_message: int) -> None:
        self._protocol = protocol
        self._max_message = max_message
        self._came, self._at = b"", 0
        """Bytes of which the part from there is still to be taken in."""
        self._parts = bytearray()
        """Of a message that comes in several frames."""
        self._deaf = False
        self.size = 0
        """Bytes that have come of a message that is not whole."""

    def __bool__(self) -> bool:
        """Whether something is still to be taken in."""
        return bool(self._came)

    def add(self, data: bytes) -> None:
        """Bytes have come."""
        self._came, self._at = self._came[self._at :] + data, 0

    def take(self) -> Iterator[ListenerMessage | Unknown | Fault]:
        """The messages in what has come, up to some frames."""
        frames = 0
        while self._at < len(self._came) and frames < _FRAMES:
            piece = self._came[self._at : self._at + _PIECE]
            self._at += _PIECE
            self._protocol.receive_data(piece)
            self.size += len(piece)
            for frame in self._protocol.events_received():
                frames += 1
                message = None if self._deaf else self._take_frame(cast(Frame, frame))
                self.size = len(self._parts)
                if message is not None:
                    yield message
        if self._at >= len(self._came):
            self._came = b""

    def hear_no_more(self) -> None:
        """The stream is ending: only the protocol still wants to know what comes."""
        self._deaf = True

    def drop(self) -> None:
        """The connection is gone: what has come on it is not to stay in memory."""
        self._came, self._parts = b"", bytearray()
        self._protocol.receive_eof()  # lets go of the frame that it was reading

    def _take_frame(self, frame: Frame) -> ListenerMessage | Unknown | Fault | None:
        if frame.opcode is Opcode.TEXT:
            return Fault(BAD_MESSAGE, "text: messages are binary")
        if frame.opcode not in (Opcode.BINARY, Opcode.CONT):
            return None
        if not frame.fin:
            self._parts += frame.data
            return None
        parts, data = self._parts, bytes(frame.data)
        if parts:
            self._parts, data = bytearray(), bytes(parts + data)
        return self._decode(data)

    def _decode(self, data: bytes) -> ListenerMessage | Unknown | Fault:
        if len(data) > self._max_message:
            return Fault(TOO_LARGE, f"a message of {len(data)} bytes is too large")
        try:
            return codec.decode_listener(data)
        except codec.WireError as error:
            return Fault(BAD_MESSAGE, str(error))
