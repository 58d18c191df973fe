"""One connection to the relay: a WebSocket client without a task of its own.

Frames and handshake are the `websockets` library's protocol without its network. What comes is
handed on as it comes, a list of messages for each piece that was read.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, cast

import msgspec
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from hookcli.tunnel.frames import Masks, binary
from hookcli.wire import codec
from hookcli.wire.messages import RelayMessage, Unknown
from hookcli.wire.version import SUBPROTOCOL

MOST = 256 << 20
"""The longest message that is read: an event with its body, whatever the relay's limit is."""
_BAD_MESSAGE = 4400
_GOODBYE_S = 0.5

_quiet = logging.getLogger("hookcli.websockets")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class Taker(Protocol):
    """Who hears of a stream."""

    def heard(self, stream: "Stream") -> None:
        """Bytes have come."""

    def shaken(self, stream: "Stream") -> None:
        """The handshake is through."""

    def answered(self, stream: "Stream", status: int, text: str) -> None:
        """The handshake was refused; the relay's sentence, if it is one."""

    def received(self, stream: "Stream", messages: list[RelayMessage | Unknown]) -> None:
        """Messages have come."""

    def damaged(self, stream: "Stream", digest: bytes, seq: int | None, fault: str) -> None:
        """A message could not be read: which bytes, which place it names; the stream is closed."""

    def closed(self, stream: "Stream", code: int | None, reason: str) -> None:
        """It is over; the code of the close frame, None when it broke."""

    def bug(self, error: Exception) -> None:
        """Something of ours failed."""


_P = ParamSpec("_P")


def guarded(
    method: Callable[Concatenate["Stream", _P], None],
) -> Callable[Concatenate["Stream", _P], None]:
    """A callback whose exceptions reach the listener; the loop would only log them."""

    @wraps(method)
    def call(self: "Stream", /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self.taker.bug(error)

    return call


class Stream(asyncio.Protocol):
    """One stream, from its handshake to its end."""

    def __init__(self, taker: Taker, uri: str, token: str) -> None:
        self.taker = taker
        self._protocol = ClientProtocol(
            parse_uri(uri), subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=MOST, logger=_quiet
        )
        request = self._protocol.connect()
        request.headers["Authorization"] = f"Bearer {token}"
        request.headers["User-Agent"] = "hookcli"
        self._protocol.send_request(request)
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._gone = self._loop.create_future()
        self._masks = Masks()
        self._out: list[bytes] = []
        """Frames that are to be written."""
        self._parts: list[bytes] = []
        """Of a message that comes in several frames."""
        self._over = False
        self._written = self._before = 0
        self._held_before = 0
        self.largest = 0
        """Bytes of the longest message sent."""

    # -- from the transport -------------------------------------------------------------------

    @guarded
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self._flush()

    @guarded
    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if not self._over:
            self.taker.heard(self)
        if not self._over:
            self._protocol.receive_data(data)
            self._take()

    @guarded
    def eof_received(self) -> None:
        """The relay says no more; that may be how its answer ends."""
        if not self._over:
            self._protocol.receive_eof()
            self._take()

    def _take(self) -> None:
        """What the bytes so far amount to."""
        messages: list[RelayMessage | Unknown] = []
        fault: tuple[bytes, int | None, str] | None = None
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self._shaken(event)
            elif fault is None and (payload := self._payload(cast(Frame, event))) is not None:
                try:
                    messages.append(codec.decode_relay(payload))
                except codec.WireError as error:
                    fault = hashlib.sha256(payload).digest(), _seq(payload), str(error)
        if messages and not self._over:
            self.taker.received(self, messages)
        if fault is not None and not self._over:
            self._refuse(*fault)
        self._flush()
        self._look()

    @guarded
    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._transport = None
        if not self._gone.done():
            self._gone.set_result(None)
        close = self._protocol.close_rcvd
        if close is not None:
            self._end(close.code, close.reason)
        else:
            self._end(None, "" if exc is None else _words(exc))

    # -- from the listener --------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Send one encoded message; into nothing if the stream is over."""
        if self._over or self._protocol.state is not State.OPEN:
            return
        self.largest = max(self.largest, len(message))
        if not self._out:
            # What is sent while one piece of news is handled goes out together.
            self._loop.call_soon(self._flush)
        self._out += binary(message, self._masks.take())

    @property
    def waiting(self) -> int:
        """Bytes that the network has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def drains(self) -> bool:
        """Whether the network has taken something since it was asked last, of what was waiting then.

        While a long answer goes out over a slow line, that is the sign of life there is: pings wait
        behind it.
        """
        waiting = self.waiting
        taken = self._written - waiting
        moved = self._held_before > 0 and taken > self._before
        self._before, self._held_before = taken, waiting
        return moved

    def hold(self, *, back: bool) -> None:
        """Read no further for now, or go on."""
        if self._transport is not None:
            if back:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def abort(self) -> None:
        """Drop the connection; nothing is said of it any more."""
        self._over = True
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Say goodbye, and wait a moment until that is sent."""
        self._over = True
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()
        if self._transport is None:
            return
        self._transport.close()
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await asyncio.shield(self._gone)
        except TimeoutError:
            self.abort()

    # -- inside -------------------------------------------------------------------------------

    def _shaken(self, response: Response) -> None:
        error = self._protocol.handshake_exc
        if isinstance(error, InvalidStatus):
            self._over = True
            self.taker.answered(self, response.status_code, _sentence(bytes(response.body or b"")))
        elif error is not None:
            self._end(None, f"no WebSocket there: {error}")
        elif self._protocol.subprotocol != SUBPROTOCOL:
            self._over = True
            self.taker.answered(self, 426, f"it does not speak {SUBPROTOCOL}")
        else:
            self.taker.shaken(self)

    def _payload(self, frame: Frame) -> bytes | None:
        """The message that a frame completes."""
        if frame.opcode not in (Opcode.BINARY, Opcode.CONT, Opcode.TEXT):
            return None
        if self._parts or not frame.fin:
            self._parts.append(bytes(frame.data))
            if not frame.fin:
                return None
            parts, self._parts = self._parts, []
            return b"".join(parts)
        return bytes(frame.data)

    def _refuse(self, digest: bytes, seq: int | None, fault: str) -> None:
        """What came is not what was sent: say so, and end."""
        if self._protocol.state is State.OPEN:
            # A close frame's reason has 123 bytes at most (RFC 6455 §5.5).
            self._protocol.send_close(_BAD_MESSAGE, fault.encode()[:120].decode(errors="ignore"))
            self._flush()
        self._over = True
        self.taker.damaged(self, digest, seq, fault)
        if self._transport is not None:
            self._transport.close()

    def _look(self) -> None:
        """Whether a close frame has come, or something that is no frame."""
        if self._over or self._protocol.state in (State.CONNECTING, State.OPEN):
            if self._protocol.handshake_exc is not None:
                self._end(None, "no HTTP there")
            return
        received, sent = self._protocol.close_rcvd, self._protocol.close_sent
        if received is not None:
            self._end(received.code, received.reason)
        elif sent is not None:
            self._end(sent.code, sent.reason or "what came is no frame")

    def _end(self, code: int | None, reason: str) -> None:
        if self._over:
            return
        self._over = True
        if self._transport is not None:
            self._transport.close()
        self.taker.closed(self, code, reason)

    @guarded
    def _flush(self) -> None:
        """Write what there is: messages first, then what the protocol has to say."""
        out, self._out = self._out, []
        out += [data for data in self._protocol.data_to_send() if data]
        if out and self._transport is not None:
            self._written += sum(map(len, out))
            self._transport.writelines(out)


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _sentence(body: bytes) -> str:
    """The message in a relay's error (docs/protocol.md); empty when it is none."""
    try:
        error = json.loads(body)["error"]
        return str(error["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _seq(payload: bytes) -> int | None:
    """The place that a damaged event names, if it still names one."""
    try:
        value = msgspec.msgpack.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    seq = value.get("seq") if isinstance(value, dict) else None
    return seq if isinstance(seq, int) else None
