"""What strangers send to the ingest port: each gets a definite status or a closed connection.

Over raw sockets. Whatever is taken is in the log exactly as it was sent, nothing else is, no line of
the log is a traceback, and the next request is served.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.relay_server.harness import Running, relay
from tests.support import rawhttp
from tests.support.running import Endpoint
from tests.support.stream import read_log

OK = 202
REFUSED = frozenset({400, 404, 405, 408, 413, 417, 431, 501, 505})
"""What a request that is not taken may be told; closing without a word is as good."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data", max_body=1 << 20) as it:
        yield it


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


def req(endpoint: Endpoint, *fields: bytes, body: bytes = b"", line: bytes = b"") -> bytes:
    """A request as bytes; `{}` in the line is the endpoint's path."""
    path = endpoint.path.encode()
    first = (line or b"POST {} HTTP/1.1").replace(b"{}", path)
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


@pytest.mark.parametrize("name", SMUGGLING)
async def test_what_might_be_read_in_two_ways(
    hub: Running, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    fields, body = SMUGGLING[name]
    endpoint = await hub.endpoint()
    path = endpoint.path.encode()
    # Whoever reads the first request otherwise takes this for the second.
    second = b"POST " + path + b"/smuggled HTTP/1.1\r\nHost: h\r\n" + LAST + b"\r\n\r\n"
    told = await say(hub.port, req(endpoint, *fields, body=body) + second)
    assert told.closed
    assert all(status == OK or status in REFUSED for status in told.statuses), told.raw
    events = await read_log(hub.port, endpoint)
    assert [status for status in told.statuses if status == OK] == [OK] * len(events)
    if told.statuses and told.statuses[0] != OK:
        assert len(told.statuses) == 1
        assert not events
    for event in events:
        assert (event.target, event.body) in ((b"", b"hello"), (b"/smuggled", b"")), event
    await _still_serves(hub, caplog)


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


@pytest.mark.parametrize("name", LINES)
async def test_targets_methods_and_versions(
    hub: Running, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    line, target = LINES[name]
    endpoint = await hub.endpoint()
    told = await say(hub.port, req(endpoint, CL, LAST, line=line, body=b"hello"))
    events = await read_log(hub.port, endpoint)
    assert told.closed
    if target is None:
        assert not events
        assert all(status in REFUSED for status in told.statuses), told.raw
    else:
        assert told.statuses == [OK]
        assert [(event.target, event.body) for event in events] == [(target, b"hello")]
    await _still_serves(hub, caplog)


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"TLS/1.0, HTTP/1.1"])
async def test_an_offered_upgrade_on_an_endpoint_is_a_request_like_any_other(
    hub: Running, upgrade: bytes
) -> None:
    endpoint = await hub.endpoint()
    fields = (b"Connection: Upgrade", b"Upgrade: " + upgrade, b"Sec-WebSocket-Version: 13", CL)
    last = req(endpoint, LAST, line=b"DELETE {} HTTP/1.1")
    told = await say(hub.port, req(endpoint, *fields, body=b"hello") + last)
    assert told.statuses == [OK, OK]
    assert [event.body for event in await read_log(hub.port, endpoint)] == [b"hello", b""]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_sender_that_closes_at_any_byte_leaves_nothing_half(
    hub: Running, chunked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await hub.endpoint()
    whole = req(endpoint, TE if chunked else CL, body=CHUNKED if chunked else b"hello")
    for at in range(len(whole)):
        _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(whole[:at])
        await writer.drain()
        writer.close()
    assert await read_log(hub.port, endpoint) == []
    await _still_serves(hub, caplog)


async def test_a_bomb_stays_as_small_as_it_was_sent(hub: Running) -> None:
    import gzip

    bomb = gzip.compress(bytes(64 << 20))
    endpoint = await hub.endpoint()
    headers = ((b"Content-Encoding", b"gzip"), (b"Content-Type", b"application/json"))
    assert (await hub.post(endpoint, bomb, headers=headers)).status == OK
    (event,) = await read_log(hub.port, endpoint)
    assert event.body == bomb


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_22_000_mutated_requests_harm_nobody(
    hub: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """H1: every input is answered or closed, no 5xx, and legal requests meanwhile all succeed."""
    endpoint = await hub.endpoint()
    other = await hub.endpoint()
    source = random.Random(20_251_125)
    seeds = [req(endpoint, *fields, body=body) for fields, body in SMUGGLING.values()]
    seeds += [req(endpoint, CL, line=line, body=b"hello") for line, _ in LINES.values()]
    seeds = [seed for seed in seeds if len(seed) < 4_000]
    wrong: list[bytes] = []

    async def strangers(count: int) -> None:
        for _ in range(count):
            raw = _mutated(source, seeds)
            told = await _poke(hub.port, raw)
            if not set(told.statuses) <= {OK, *REFUSED}:
                wrong.append(raw)

    async def customer(done: asyncio.Event) -> int:
        count = 0
        while not done.is_set():
            assert (await hub.post(other, b"%d" % count)).status == OK
            count += 1
            await asyncio.sleep(0.01)
        return count

    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        counting = group.create_task(customer(done))
        async with asyncio.TaskGroup() as poking:
            for _ in range(8):
                poking.create_task(strangers(2_750))
        done.set()
    assert wrong == []
    assert len(await read_log(hub.port, other)) == counting.result() > 0
    await _still_serves(hub, caplog)


def _mutated(source: random.Random, seeds: list[bytes]) -> bytes:
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


async def _poke(port: int, raw: bytes) -> Told:
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


async def _still_serves(hub: Running, caplog: pytest.LogCaptureFixture) -> None:
    endpoint = await hub.endpoint()
    assert (await hub.post(endpoint, b"fine")).status == OK
    said = [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"]
    assert said == []
    told = await rawhttp.once(hub.port, rawhttp.request("GET", "/_/health", framing="none"))
    assert told.status in (200, 503)
