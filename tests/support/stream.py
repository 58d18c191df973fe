"""A listener reduced to its socket: opens a stream, keeps what comes, acknowledges, answers pings.

The frames are written by hand (RFC 6455 §5.2), so that thousands fit into one process and a test
can stop reading, send nonsense or fall silent.
"""

import asyncio
import base64
import os
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import cast

from hookcli.wire import codec
from hookcli.wire.messages import (
    Ack,
    Event,
    Gap,
    ListenerMessage,
    Ping,
    RelayMessage,
    Unknown,
    Welcome,
)
from hookcli.wire.version import SUBPROTOCOL
from tests.support.running import Endpoint

_CLOSE, _PING, _PONG = 8, 9, 10


class RefusedError(Exception):
    """The relay did not open the stream; the text is its answer's head."""


class Stream(asyncio.Protocol):
    """One open stream."""

    def __init__(
        self,
        *,
        keep: bool = True,
        acks: bool = True,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.messages: list[RelayMessage] = []
        """Everything received, events without `keep` excepted."""
        self.seqs: list[int] = []
        """The places of the events received, in the order of their coming."""
        self.keep = keep
        """Whether events are kept whole; else only their places."""
        self.acks = acks
        """Whether events are acknowledged as they come."""
        self.on_event = on_event
        self.closed: tuple[int, str] | None = None
        """The close code and reason, 1006 for an end without a close frame."""
        self._buffer = bytearray()
        self._open = False
        self._refused = ""
        self._pings = 0
        self._news = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(
        cls,
        port: int,
        endpoint: Endpoint,
        *,
        after: int | str = 0,
        more: str = "",
        keep: bool = True,
        acks: bool = True,
        on_event: Callable[[Event], None] | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> "Stream":
        """Connect and wait for the welcome.

        Raises:
            RefusedError: the relay answered something else than 101.
        """
        loop = asyncio.get_running_loop()
        _, it = await loop.create_connection(
            lambda: cls(keep=keep, acks=acks, on_event=on_event), "127.0.0.1", port, ssl=trust
        )
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET /_/v1/endpoints/{endpoint.id}/stream?after={after}{more} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
            f"Authorization: Bearer {endpoint.token}",
        )
        assert it._transport is not None
        it._transport.write("\r\n".join([*lines, "", ""]).encode())
        await it.until(lambda: bool(it.messages) or it.closed is not None, "the welcome")
        if not it.messages:
            raise RefusedError(it._refused or f"closed: {it.closed}")
        return it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = self.closed or (1006, str(exc or ""))
        self._news.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open and not self._shake_hands():
            return
        highest = 0
        for opcode, payload in self._frames():
            if opcode == _CLOSE:
                code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
                self.closed = (code, payload[2:].decode())
            elif opcode == _PING:
                self.write_frame(_PONG, payload)
            elif opcode != _PONG:
                highest = max(highest, self._take(payload))
        if highest and self.acks:
            self.send(Ack(seq=highest))
        self._news.set()

    def _shake_hands(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end])
        self._open = head.startswith(b"HTTP/1.1 101 ")
        if not self._open:
            self._refused = bytes(self._buffer).decode("latin-1")
            self.close()
            return False
        del self._buffer[: end + 4]
        return True

    def _frames(self) -> Iterable[tuple[int, bytes]]:
        while len(self._buffer) >= 2:
            opcode, size, at = self._buffer[0] & 15, self._buffer[1] & 127, 2
            if size == 126:
                size, at = int.from_bytes(self._buffer[2:4], "big"), 4
            elif size == 127:
                size, at = int.from_bytes(self._buffer[2:10], "big"), 10
            if len(self._buffer) < at + size:
                return
            payload = bytes(self._buffer[at : at + size])
            del self._buffer[: at + size]
            yield opcode, payload

    def _take(self, payload: bytes) -> int:
        message = codec.decode_relay(payload)
        if isinstance(message, Unknown):
            raise AssertionError(f"the relay sent an unknown message: {message.type}")
        if not isinstance(message, Event):
            self.messages.append(message)
            return 0
        self.seqs.append(message.seq)
        if self.keep:
            self.messages.append(message)
        if self.on_event is not None:
            self.on_event(message)
        return message.seq

    @property
    def welcome(self) -> Welcome:
        """The first message."""
        first = self.messages[0]
        assert isinstance(first, Welcome)
        return first

    @property
    def events(self) -> list[Event]:
        """The events received so far, if they are kept."""
        return [message for message in self.messages if isinstance(message, Event)]

    @property
    def gaps(self) -> list[Gap]:
        """What the log no longer held."""
        return [message for message in self.messages if isinstance(message, Gap)]

    def send(self, message: ListenerMessage) -> None:
        """Send one message."""
        self.write_frame(2, codec.encode(message))

    def ping(self) -> None:
        """Give a sign of life."""
        self._pings += 1
        self.send(Ping(n=self._pings))

    def write_frame(self, opcode: int, payload: bytes) -> None:
        """Write one frame, masked with zeros: legal, and the payload stays as it is."""
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB4x", 128 | opcode, 128 | size)
        elif size < 65_536:
            head = struct.pack("!BBH4x", 128 | opcode, 128 | 126, size)
        else:
            head = struct.pack("!BBQ4x", 128 | opcode, 128 | 127, size)
        self.write(head + payload)

    def write(self, raw: bytes) -> None:
        """Write bytes, frames or not."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(raw)

    def stop_reading(self) -> None:
        """Leave everything in the kernel's buffers from now on."""
        assert self._transport is not None
        self._transport.pause_reading()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    async def until(self, done: Callable[[], bool], what: str, within: float = 20.0) -> None:
        """Wait for something to have been received, giving signs of life meanwhile."""
        try:
            async with asyncio.timeout(within):
                while not done():
                    self._news.clear()
                    try:
                        async with asyncio.timeout(2.0):
                            await self._news.wait()
                    except TimeoutError:
                        self.ping()
        except TimeoutError:
            state = f"{len(self.seqs)} events, closed: {self.closed}"
            raise TimeoutError(f"no {what} in {within} s ({state})") from None

    async def catch_up(self, within: float = 60.0) -> None:
        """Wait until the log is read up to where its head was when the stream began."""
        head = self.welcome.head

        def done() -> bool:
            gone = max((gap.to_seq for gap in self.gaps), default=0)
            read = self.seqs[-1] if self.seqs else self.welcome.after
            return max(read, gone) >= head or self.closed is not None

        await self.until(done, f"event {head}", within)
        if self.closed:
            raise ConnectionError(f"the stream was closed: {self.closed}")


@asynccontextmanager
async def stream(
    port: int,
    endpoint: Endpoint,
    *,
    after: int | str = 0,
    more: str = "",
    keep: bool = True,
    acks: bool = True,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Stream]:
    """An open stream, hung up at the end."""
    it = await Stream.open(
        port, endpoint, after=after, more=more, keep=keep, acks=acks, trust=trust
    )
    try:
        yield it
    finally:
        it.close()


async def read_log(port: int, endpoint: Endpoint, within: float = 60.0) -> list[Event]:
    """Everything the log holds, read by a fresh listener from its beginning."""
    async with stream(port, endpoint) as it:
        await it.catch_up(within)
        return it.events


async def count_log(
    port: int, endpoint: Endpoint, key: Callable[[Event], str], within: float = 120.0
) -> Counter[str]:
    """How often each event is in the log, told apart by `key`; bodies are not kept."""
    seen: Counter[str] = Counter()

    def note(event: Event) -> None:
        seen[key(event)] += 1

    it = await Stream.open(port, endpoint, keep=False, on_event=note)
    try:
        await it.catch_up(within)
    finally:
        it.close()
    return seen
