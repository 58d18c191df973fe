"""What strangers send over raw sockets: requests that might be read in two ways, slow ones, mutated ones."""

import asyncio
import random
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from hookcli.wire.messages import Event

OK = 202
REFUSED = frozenset({400, 404, 405, 408, 413, 417, 431, 501, 505})
"""What a request that is not taken may be told; closing without a word is as good."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came back until the connection was closed or fell silent."""

    raw: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """Of every answer, in order; no body of the relay holds such a line."""
        found = map(int, re.findall(rb"HTTP/1\.1 (\d{3}) ", self.raw))
        return [status for status in found if status != 100]


async def say(port: int, *pieces: bytes, within: float = 5.0) -> Told:
    """Send pieces one after the other, then read until the relay closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got, closed = b"", False
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        while True:
            async with asyncio.timeout(within):
                data = await reader.read(65_536)
            if not data:
                closed = True
                break
            got += data
    except TimeoutError:
        pass
    except OSError:
        closed = True
    finally:
        writer.transport.abort()
    return Told(got, closed)


def req(path: str, *fields: bytes, body: bytes = b"", line: bytes = b"") -> bytes:
    """A request as bytes; `{}` in the line is the endpoint's path."""
    first = (line or b"POST {} HTTP/1.1").replace(b"{}", path.encode())
    return b"\r\n".join([first, b"Host: h", *fields, b"", b""]) + body


CL, TE = b"Content-Length: 5", b"Transfer-Encoding: chunked"
LAST = b"Connection: close"
CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"

SMUGGLING: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "both lengths": ((CL, TE), CHUNKED),
    "both lengths, the other way round": ((TE, CL), CHUNKED),
    "two lengths": ((CL, b"Content-Length: 6"), b"hello!"),
    "a list of lengths": ((b"Content-Length: 5, 6",), b"hello!"),
    "a length with a sign": ((b"Content-Length: +5",), b"hello"),
    "a negative length": ((b"Content-Length: -5",), b"hello"),
    "a length in hex": ((b"Content-Length: 0x5",), b"hello"),
    "a length with blanks": ((b"Content-Length: 5 5",), b"hello"),
    "a length of no digits": ((b"Content-Length: ",), b"hello"),
    "a length of full-width digits": ((b"Content-Length: \xef\xbc\x95",), b"hello"),
    "a length beyond 64 bits": ((b"Content-Length: 18446744073709551621",), b"hello"),
    "a blank before the colon": ((b"Content-Length : 5",), b"hello"),
    "a tab before the colon": ((b"Transfer-Encoding\t: chunked",), CHUNKED),
    "chunked last but not alone": ((b"Transfer-Encoding: chunked, identity",), CHUNKED),
    "chunked twice": ((b"Transfer-Encoding: chunked", TE), CHUNKED),
    "xchunked": ((b"Transfer-Encoding: xchunked",), CHUNKED),
    "chunked in quotes": ((b'Transfer-Encoding: "chunked"',), CHUNKED),
    "chunked after a vertical tab": ((b"Transfer-Encoding: \x0bchunked",), CHUNKED),
    "an obs-fold": ((b"Transfer-Encoding:\r\n chunked",), CHUNKED),
    "a folded field": ((b"X-A: one\r\n two", CL), b"hello"),
    "a chunk size with a sign": ((TE,), b"+5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size with 0x": ((TE,), b"0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size that is full-width": ((TE,), b"\xef\xbc\x95\r\nhello\r\n0\r\n\r\n"),
    "a chunk size beyond 64 bits": ((TE,), b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    "an empty chunk size": ((TE,), b"\r\nhello\r\n0\r\n\r\n"),
    "a chunk without its end": ((TE,), b"5\r\nhelloX\r\n0\r\n\r\n"),
    "a chunk ended by LF": ((TE,), b"5\nhello\n0\n\n"),
    "a chunk extension of 64 KB": ((TE,), b"5;" + b"x" * 65_536 + b"\r\nhello\r\n0\r\n\r\n"),
    "10,000 trailers": ((TE,), b"5\r\nhello\r\n0\r\n" + b"A: b\r\n" * 10_000 + b"\r\n"),
    "a field without a colon": ((b"X-Nothing", CL), b"hello"),
    "a field without a name": ((b": x", CL), b"hello"),
    "a NUL in a value": ((b"X-A: a\x00b", CL), b"hello"),
    "a CR in a value": ((b"X-A: a\rb", CL), b"hello"),
    "a bare LF as a line's end": ((b"X-A: a\nContent-Length: 5",), b"hello"),
    "two hosts": ((b"Host: other", CL), b"hello"),
    "a name of 70,000 bytes": ((b"X" * 70_000 + b": 1", CL), b"hello"),
    "a value of 70,000 bytes": ((b"X: " + b"1" * 70_000, CL), b"hello"),
    "1,000 fields": ((*[b"X: 1"] * 1_000, CL), b"hello"),
    "an expectation that cannot be met": ((b"Expect: 200-ok", CL), b"hello"),
    "an expectation that is not ASCII": ((b"Expect: \xff", CL), b"hello"),
    "a body beyond the limit": ((b"Content-Length: 1048577",), b"hello"),
}


LINES: dict[str, tuple[bytes, bytes | None]] = {
    # the request line, and the target behind the endpoint that is to be in the log (None: refused)
    "absolute form": (b"POST http://elsewhere{}/a?b HTTP/1.1", b"/a?b"),
    "absolute form with user": (b"POST http://u:p@h:1{}/a HTTP/1.1", b"/a"),
    "authority form": (b"POST h:443 HTTP/1.1", None),
    "asterisk form": (b"OPTIONS * HTTP/1.1", None),
    "no target": (b"POST  HTTP/1.1", None),
    "bad percent-encoding": (b"POST {}/%zz%1 HTTP/1.1", b"/%zz%1"),
    "traversal": (b"POST {}/../../etc/passwd HTTP/1.1", b"/../../etc/passwd"),
    "encoded traversal": (b"POST {}/%2e%2e/%2E%2e%5c HTTP/1.1", b"/%2e%2e/%2E%2e%5c"),
    "an encoded NUL": (b"POST {}/a%00b HTTP/1.1", b"/a%00b"),
    "a NUL": (b"POST {}/a\x00b HTTP/1.1", None),
    "not ASCII": (b"POST {}/\xc3\xa9\xff HTTP/1.1", b"/\xc3\xa9\xff"),
    "a blank": (b"POST {}/a b HTTP/1.1", None),
    "a backslash": (b"POST {}/\\\\host HTTP/1.1", b"/\\\\host"),
    "many slashes": (b"POST {}//a///b HTTP/1.1", b"//a///b"),
    "a fragment": (b"POST {}/a#b HTTP/1.1", b"/a#b"),
    "8 KB": (b"POST {}/" + b"a" * 8_000 + b" HTTP/1.1", b"/" + b"a" * 8_000),
    "70 KB": (b"POST {}/" + b"a" * 70_000 + b" HTTP/1.1", None),
    "a method of its own": (b"FROBNICATE {}/a HTTP/1.1", b"/a"),
    "a method in lower case": (b"post {}/a HTTP/1.1", b"/a"),
    "TRACE": (b"TRACE {}/a HTTP/1.1", None),
    "CONNECT": (b"CONNECT h:1 HTTP/1.1", None),
    "HTTP/1.0": (b"POST {}/a HTTP/1.0", b"/a"),
    "HTTP/0.9": (b"GET {}/a", None),
    "HTTP/2.0": (b"PRI * HTTP/2.0", None),
    "HTTP/9.9": (b"POST {}/a HTTP/9.9", None),
    "no version": (b"POST {}/a HTTP/", None),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", None),
}


def seeds(path: str) -> list[bytes]:
    """The short ones of all these requests, to be mutated."""
    made = [req(path, *fields, body=body) for fields, body in SMUGGLING.values()]
    made += [req(path, CL, line=line, body=b"hello") for line, _ in LINES.values()]
    return [seed for seed in made if len(seed) < 4_000]


def mutated(source: random.Random, seeds: list[bytes]) -> bytes:
    """One of them with a few bytes more, less or other, or with a piece of another."""
    raw = bytearray(source.choice(seeds))
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(raw) + 1)
        match source.randrange(4):
            case 0:
                raw[at:at] = source.randbytes(source.randint(1, 6))
            case 1:
                del raw[at : at + source.randint(1, 8)]
            case 2:
                raw[at : at + 1] = source.choice([b"\r", b"\n", b"\0", b" ", b":", b"\xff", b"\t"])
            case _:
                other = source.choice(seeds)
                begin = source.randrange(len(other))
                raw[at:at] = other[begin : begin + 40]
    return bytes(raw)


async def poke(port: int, raw: bytes) -> Told:
    """Send and close our side: an answer or an end must follow soon."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    try:
        writer.write(raw)
        writer.write_eof()
        async with asyncio.timeout(10):
            while data := await reader.read(65_536):
                got += data
    except OSError:
        pass
    finally:
        writer.transport.abort()
    return Told(got, closed=True)


def came_from(event: Event, raw: bytes) -> bool:
    """Whether everything that a relay has stored stands in these bytes, in this order."""
    pieces = [event.method.encode(), event.target, *(b for pair in event.headers for b in pair)]
    at = 0
    for piece in pieces:
        at = raw.find(piece, at) + len(piece)
        if at < len(piece):
            return False
    # Chunks stand between their sizes.
    rest = iter(raw[at:])
    return all(byte in rest for byte in event.body)


def not_sent(events: Iterable[Event], sent: Iterable[bytes]) -> Event | None:
    """The first event that one sender's inputs, in their order, do not account for."""
    inputs, raw = iter(sent), b""
    for event in events:
        while not came_from(event, raw):
            following = next(inputs, None)
            if following is None:
                return event
            raw = following
    return None


FIRST = {
    "says nothing": b"",
    "stops in its head": b"POST / HTTP/1.1\r\nHost: h\r\nX-Slow: ",
    "stops in its body": b"POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nx",
    "stops in a chunk": b"POST {} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nx",
}


async def linger(port: int, path: str, first: bytes, within: float = 30.0) -> float:
    """Begin, then drip a byte a second; how many seconds until the relay has ended it.

    Raises:
        TimeoutError: it has not.
    """
    begin = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first.replace(b"{}", path.encode()))
    ended = asyncio.ensure_future(reader.read())
    try:
        async with asyncio.timeout(within):
            while not ended.done():
                await asyncio.wait([ended], timeout=1.0)
                if first and not writer.is_closing():
                    writer.write(b"x")
    finally:
        writer.transport.abort()
    if not ended.exception():
        assert b" 2" not in ended.result()[:12]
    return time.monotonic() - begin
