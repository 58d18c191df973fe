"""HTTP/1.1 as bytes: a sender that writes exactly what it is given, a program that keeps what it got.

Neither side uses an HTTP library: field names keep their case, repeats and order, and a head can be
compared byte for byte.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

Pairs = tuple[tuple[bytes, bytes], ...]

LIMIT = 1 << 26
"""The longest head that either side reads, in bytes."""


class NotHttpError(Exception):
    """What the peer wrote is not an HTTP/1.1 message; the text shows the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One request or response as it came over the socket."""

    head: bytes
    """From the first byte of the start line to the empty line, both included."""
    start: bytes
    """The start line without its line end."""
    headers: Pairs
    body: bytes
    """Without its transfer coding; never decompressed."""
    at: float
    """`time.monotonic()` when its last byte had been read."""

    @property
    def method(self) -> bytes:
        """The method of a request."""
        return self.start.split(b" ", 1)[0]

    @property
    def target(self) -> bytes:
        """The request target, undecoded."""
        return self.start.split(b" ", 2)[1]

    @property
    def status(self) -> int:
        """The status code of a response."""
        return int(self.start.split(b" ", 2)[1])

    @property
    def reason(self) -> bytes:
        """The reason phrase of a response, possibly empty."""
        return self.start.split(b" ", 2)[2] if self.start.count(b" ") >= 2 else b""

    def values(self, name: bytes) -> list[bytes]:
        """Every value of a field, in order, whatever the case of its name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def value(self, name: bytes) -> bytes:
        """The only value of a field."""
        (value,) = self.values(name)
        return value


def head(start: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A message head, spelled as given."""
    return b"\r\n".join([start, *(name + b": " + value for name, value in headers), b"", b""])


def chunked(body: bytes, size: int = 1000) -> bytes:
    """The body in the chunked transfer coding (RFC 9112 §7.1)."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def request(
    method: str,
    target: bytes | str,
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: bytes = b"",
    *,
    host: bytes = b"hooks.test",
    framing: str = "length",
) -> bytes:
    """A whole request; `framing` is `length`, `chunked` or `none`."""
    raw = target.encode() if isinstance(target, str) else target
    pairs = [(b"Host", host), *headers]
    if framing == "chunked":
        pairs.append((b"Transfer-Encoding", b"chunked"))
        body = chunked(body)
    elif framing == "length":
        pairs.append((b"Content-Length", b"%d" % len(body)))
    return head(b"%s %s HTTP/1.1" % (method.encode(), raw), pairs) + body


async def read_message(
    reader: asyncio.StreamReader, *, of: str, no_body: bool = False
) -> Message | None:
    """Read one message; None when the peer closed before its first byte.

    Args:
        of: `request` or `response`; only a response without a length runs to the end of the stream.
        no_body: The response answers a HEAD.
    """
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise NotHttpError(
            f"the connection ended within a head: {error.partial[:200]!r}"
        ) from error
    start, pairs = _parse_head(raw)
    body = b""
    if not (no_body or (of == "response" and _bodiless(start))):
        body = await _read_body(reader, pairs, until_end=of == "response")
    return Message(head=raw, start=start, headers=pairs, body=body, at=time.monotonic())


def _parse_head(raw: bytes) -> tuple[bytes, Pairs]:
    start, *lines = raw[:-4].split(b"\r\n")
    if not re.fullmatch(rb"HTTP/1\.[01] \d{3}( [^\r\n]*)?|\S+ \S+ HTTP/1\.[01]", start, re.DOTALL):
        raise NotHttpError(f"not a start line: {start[:200]!r}")
    pairs: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise NotHttpError(f"not a header field: {line[:200]!r}")
        pairs.append((name, value.strip(b" \t")))
    return start, tuple(pairs)


def _bodiless(start: bytes) -> bool:
    status = int(start.split(b" ", 2)[1])
    return status in (204, 304) or 100 <= status < 200


async def _read_body(reader: asyncio.StreamReader, headers: Pairs, *, until_end: bool) -> bytes:
    fields = {name.lower(): value for name, value in headers}
    if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
        return await _read_chunks(reader)
    if b"content-length" in fields:
        return await reader.readexactly(int(fields[b"content-length"]))
    return await reader.read(-1) if until_end else b""


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return b"".join(parts)


class Sender:
    """One connection on which requests are written as given and answers are kept as they came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.interim: list[Message] = []
        """1xx answers met on the way to final ones."""

    async def send(self, raw: bytes, *, within: float = 15.0) -> Message:
        """Write one whole request and read its final answer.

        Raises:
            ConnectionError: the peer closed before it answered.
            TimeoutError: no whole answer within `within` seconds.
        """
        async with asyncio.timeout(within):
            self._writer.write(raw)
            await self._writer.drain()
            return await self.answer(no_body=raw.startswith(b"HEAD "))

    async def write(self, raw: bytes) -> None:
        """Write some bytes of a request."""
        self._writer.write(raw)
        await self._writer.drain()

    async def answer(self, *, no_body: bool = False) -> Message:
        """Read the next final answer."""
        while True:
            message = await read_message(self._reader, of="response", no_body=no_body)
            if message is None:
                raise ConnectionResetError("closed before an answer")
            if message.status >= 200:
                return message
            self.interim.append(message)

    async def close(self) -> None:
        """Close the connection; a peer that has closed it already is no fault."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return

    def abort(self) -> None:
        """Drop the connection at once, as a sender that hangs up does."""
        self._writer.transport.abort()


@asynccontextmanager
async def sender(port: int, host: str = "127.0.0.1") -> AsyncIterator[Sender]:
    """A connected sender, closed at the end."""
    it = Sender(*await asyncio.open_connection(host, port, limit=LIMIT))
    try:
        yield it
    finally:
        await it.close()


async def once(port: int, raw: bytes, *, within: float = 15.0) -> Message:
    """One request on a connection of its own."""
    async with sender(port) as it:
        return await it.send(raw, within=within)


Answer = Callable[[Message, asyncio.StreamWriter], Awaitable[None]]
"""Writes an answer to one request; the connection stays open unless the answer closes it."""


def exact(raw: bytes, *, close: bool = False) -> Answer:
    """These bytes and no others."""

    async def write(_: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        if close:
            writer.close()

    return write


def respond(
    status: int = 200,
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: bytes = b"ok",
    *,
    reason: bytes = b"OK",
    framing: str = "length",
) -> Answer:
    """A well-formed answer; `framing` is `length`, `chunked`, `close` or `none`."""
    pairs = list(headers)
    if framing == "length":
        pairs.append((b"Content-Length", b"%d" % len(body)))
    elif framing == "chunked":
        pairs.append((b"Transfer-Encoding", b"chunked"))
        body = chunked(body)
    elif framing == "close":
        pairs.append((b"Connection", b"close"))
    start = b"HTTP/1.1 %d %s" % (status, reason)
    return exact(head(start, pairs) + body, close=framing == "close")


def after(seconds: float, then: Answer) -> Answer:
    """The same answer, later: a program that takes its time."""

    async def write(message: Message, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await then(message, writer)

    return write


def hang() -> Answer:
    """No answer, ever, on a connection that stays open."""

    async def write(_: Message, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    return write


def drop() -> Answer:
    """The connection is reset instead of an answer."""

    async def write(_: Message, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    return write


def flood(size: int, piece: bytes = b"\0" * 65_536) -> Answer:
    """An answer with a body of `size` bytes, written for as long as somebody reads."""

    async def write(_: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for at in range(0, size, len(piece)):
            writer.write(piece[: size - at])
            await writer.drain()

    return write


_TURNS = 5
"""Of the loop, until who has connected just now is being served; a server that is closed before loses
the socket."""


class Program:
    """The program under development: keeps every request as it came and answers as scripted."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.answer: Answer = respond()
        """How requests are answered from now on; `script` goes before it."""
        self.script: list[Answer] = []
        """Answers for the next requests, one each, in order."""
        self.faults: list[str] = []
        """What arrived that is not a request."""
        self.connections = 0
        self.busy = 0
        """Requests being answered now."""
        self.most_busy = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._news = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, on the same port as before if it had one."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=LIMIT, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop every connection: connecting is refused from now on."""
        if self._server is None:
            return
        for sock in self._server.sockets:
            asyncio.get_running_loop().remove_reader(sock.fileno())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def wait_for(self, count: int, *, within: float = 15.0) -> list[Message]:
        """Wait until that many requests have arrived in all."""
        try:
            async with asyncio.timeout(within):
                while len(self.received) < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            text = f"{len(self.received)} of {count} requests arrived in {within} s"
            raise TimeoutError(text) from None
        return self.received

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while (message := await read_message(reader, of="request")) is not None:
                await self._take(message, writer)
                if writer.is_closing():
                    return
        except NotHttpError as error:
            self.faults.append(str(error))
        except (OSError, asyncio.IncompleteReadError):
            return  # the peer went away: its own affair
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _take(self, message: Message, writer: asyncio.StreamWriter) -> None:
        self.received.append(message)
        self._news.set()
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await (self.script.pop(0) if self.script else self.answer)(message, writer)
        finally:
            self.busy -= 1


@asynccontextmanager
async def program(answer: Answer | None = None) -> AsyncIterator[Program]:
    """A listening program, stopped at the end."""
    it = Program()
    if answer is not None:
        it.answer = answer
    await it.start()
    try:
        yield it
    finally:
        await it.stop()
