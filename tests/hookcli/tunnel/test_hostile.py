"""Programs that answer anything, and senders that want requests to go elsewhere."""

import asyncio
import gzip
import time
import tracemalloc
from collections.abc import Callable

import pytest

from hookcli.captures.model import Outcome
from hookcli.tunnel.forward import MAX_ANSWER, Forwarder
from tests.hookcli.tunnel.sends import forwarding, once, request, scripted, send
from tests.support import rawhttp

MIB = 1 << 20
OK = b"HTTP/1.1 200 OK\r\n"


async def then_well(forwarder: Forwarder, program: rawhttp.Program) -> None:
    """Later requests are served as if nothing had been."""
    program.answer = rawhttp.respond()
    attempt = await send(forwarder, program.url)
    assert (attempt.outcome, attempt.body) == (Outcome.RESPONDED, b"ok")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (rawhttp.exact(b"\x00\xff" * 100), Outcome.GARBLED),
        (rawhttp.exact(b"SSH-2.0-OpenSSH_9.2p1\r\n"), Outcome.GARBLED),
        (rawhttp.exact(OK + b"\x00: \x1b[31m\r\n\r\n"), Outcome.GARBLED),
        (rawhttp.exact(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), Outcome.GARBLED),
        (rawhttp.exact(OK + b"A: b\r\n" * 200_000 + b"\r\n"), Outcome.TOO_LARGE),
        (rawhttp.exact(OK + b"A: " + b"b" * 5_000_000 + b"\r\n\r\n"), Outcome.TOO_LARGE),
        (rawhttp.flood(100 * MIB), Outcome.TOO_LARGE),
        (rawhttp.exact(b"", close=True), Outcome.ABORTED),
        (rawhttp.drop(), Outcome.ABORTED),
    ],
)
async def test_no_answer_is_the_last_one(answer: rawhttp.Answer, outcome: Outcome) -> None:
    async with rawhttp.program(answer) as program, forwarding() as forwarder:
        attempt = await send(forwarder, program.url)
        assert attempt.outcome is outcome
        assert attempt.error.isprintable()
        assert attempt.status == 0
        await then_well(forwarder, program)


async def test_a_huge_answer_is_cut_before_it_fills_the_memory() -> None:
    written = 0

    async def flood(_: rawhttp.Message, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(OK + b"Content-Length: %d\r\n\r\n" % (100 * MIB))
        piece = b"\0" * 65_536
        while written < 100 * MIB:
            writer.write(piece)
            await writer.drain()
            written += len(piece)

    async with rawhttp.program(flood) as program, forwarding() as forwarder:
        tracemalloc.start()
        try:
            attempt = await send(forwarder, program.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert attempt.outcome is Outcome.TOO_LARGE
        assert attempt.error == "the answer is larger than 16 MiB; its first 1 MiB are kept"
        assert (attempt.body, attempt.body_size) == (b"\0" * MIB, MIB)
        assert peak < 24 * MIB
        assert written < 32 * MIB
        await then_well(forwarder, program)


async def test_an_answer_at_the_limit_is_whole() -> None:
    fields = 17 + 8 + len(b"Content-Length") + 8
    body = b"x" * (MAX_ANSWER - fields)
    attempt = await once(rawhttp.respond(body=body))
    assert attempt.outcome is Outcome.RESPONDED
    assert attempt.body == body


async def test_a_compressed_answer_stays_as_it_is() -> None:
    bomb = gzip.compress(b"\0" * (20 * MIB))
    attempt = await once(rawhttp.respond(headers=[(b"Content-Encoding", b"gzip")], body=bomb))
    assert attempt.outcome is Outcome.RESPONDED
    assert attempt.body == bomb


def _drip(first: bytes, piece: bytes) -> rawhttp.Answer:
    async def write(_: rawhttp.Message, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(piece)
            await asyncio.sleep(0.005)

    return write


@pytest.mark.parametrize(
    "answer",
    [
        rawhttp.hang(),
        _drip(OK + b"Content-Length: 1000000\r\n\r\n", b"x"),
        _drip(OK, b"A: b\r\n"),
        _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        _drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
async def test_a_program_that_drips_is_given_up_when_its_time_is_over(
    answer: rawhttp.Answer,
) -> None:
    async with rawhttp.program(answer) as program, forwarding() as forwarder:
        began = time.monotonic()
        attempt = await send(forwarder, program.url, timeout_s=0.2)
        assert attempt.outcome is Outcome.TIMED_OUT
        assert 0.19 < time.monotonic() - began < 5
        await then_well(forwarder, program)


TO: list[Callable[[bytes], bytes]] = [
    lambda canary: b"HTTP/1.1 302 Found\r\nLocation: " + canary + b"\r\nContent-Length: 0\r\n\r\n",
    lambda canary: b"HTTP/1.1 307 Again\r\nLocation: " + canary + b"\r\nContent-Length: 0\r\n\r\n",
    lambda canary: b"HTTP/1.1 305 Use Proxy\r\nLocation: " + canary + b"\r\nContent-Length: 0\r\n\r\n",
    lambda canary: OK + b"Refresh: 0; url=" + canary + b"\r\nContent-Length: 0\r\n\r\n",
    lambda canary: OK + b"Link: <" + canary + b">; rel=preload\r\nContent-Length: 0\r\n\r\n",
    lambda canary: OK + b"Alt-Svc: h2=\"" + canary[7:-1] + b"\"\r\nContent-Length: 0\r\n\r\n",
    lambda canary: b"HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    lambda canary: b"HTTP/1.1 103 Hints\r\nLink: <" + canary + b">; rel=preconnect\r\n\r\n" + OK
    + b"Content-Location: " + canary + b"\r\nContent-Length: 0\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("trick", TO)
async def test_an_answer_sends_nobody_elsewhere(trick: Callable[[bytes], bytes]) -> None:
    async with rawhttp.program() as canary, forwarding() as forwarder:
        raw = trick(canary.url.encode() + b"/")
        async with rawhttp.program(rawhttp.exact(raw)) as program:
            for _ in range(2):
                attempt = await send(forwarder, program.url)
                assert attempt.outcome is Outcome.RESPONDED
                assert b"%d" % attempt.status in raw
            assert len(program.received) == 2
        assert canary.connections == 0


@pytest.mark.parametrize(
    "trick",
    [
        b"http://CANARY/",
        b"https://CANARY/",
        b"//CANARY/x",
        b"///CANARY/x",
        b"/\\CANARY/x",
        b"\\\\CANARY",
        b"@CANARY/",
        b":80@CANARY/",
        b".CANARY/",
        b"?@CANARY/",
        b"#@CANARY/",
        b"/;@CANARY",
        b"/..//CANARY/",
        b"/%2f%2fCANARY/",
        b"/%0d%0aHost:%20CANARY",
        b"CANARY",
        b"*",
        b"CANARY:80",
        b"/http://CANARY/",
        b"?http://CANARY/",
        b"/@CANARY/",
        b"/:@CANARY",
        b"/.CANARY",
        b"/../../@CANARY/",
        b"////CANARY",
        b"/\\/CANARY",
        b"\\/\\/CANARY",
        b"%2f%2fCANARY",
        b"/%5c%5cCANARY",
        b"/%00@CANARY",
        b"//user:password@CANARY/",
        b"/?next=//CANARY",
        b"/#//CANARY",
        b";//CANARY",
        b"&//CANARY",
        b"http:CANARY",
        b"http:/CANARY",
        b"http:\\\\CANARY",
        b"file://CANARY/etc/passwd",
        b"gopher://CANARY/_x",
        b"ftp://CANARY/",
        b"ws://CANARY/",
        b"unix:/CANARY",
        b"javascript:CANARY",
        b"data:,CANARY",
    ],
)
async def test_no_path_leaves_the_target(trick: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with rawhttp.program() as canary, rawhttp.program() as program:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, canary.url)
        there = trick.replace(b"CANARY", b"127.0.0.1:%d" % canary.port)
        host = ((b"Host", b"127.0.0.1:%d" % canary.port), (b"Forwarded", b"host=evil.test"))
        async with forwarding() as forwarder:
            for base in ("", "/base"):
                attempt = await send(forwarder, program.url + base, request("GET", there, host))
                assert attempt.outcome is Outcome.RESPONDED
        assert all(one.target.startswith(b"/") for one in program.received)
        assert all(one.target.endswith(there) for one in program.received)
        assert (len(program.received), canary.connections) == (2, 0)


async def test_a_proxy_request_is_never_made() -> None:
    seen = b""

    def acts(transport: asyncio.Transport, data: bytes) -> None:
        nonlocal seen
        seen += data
        transport.write(OK + b"Content-Length: 0\r\n\r\n")

    async with scripted(acts) as url, forwarding() as forwarder:
        await send(forwarder, url, request("GET", b"/x"))
    assert seen.startswith(b"GET /x HTTP/1.1\r\n")
