"""One attempt over real sockets: exact out, exact back, and every failure an outcome."""

import asyncio
import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.model import Outcome, Why
from hookcli.tunnel.forward import Forwarder
from hookcli.tunnel.retries import unreachable
from hookcli.wire.headers import Headers
from tests.hookcli.tunnel.sends import (
    CAPTURE,
    OURS,
    forwarding,
    once,
    request,
    seen,
    send,
)
from tests.support import rawhttp

_CONTROL = frozenset((*range(0x20), 0x7F))
_TAKEN = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"}
_TAKEN |= {"upgrade", "host", "content-length"}
TOKENS = st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,8}", fullmatch=True)
NAMES = (TOKENS | st.sampled_from(["X-A", "x-a", "X-a", "Set-Cookie", "set-cookie"])).filter(
    lambda name: name.lower() not in _TAKEN and not name.lower().encode().startswith(OURS)
)
VALUES = st.binary(max_size=20).map(
    lambda raw: bytes(b for b in raw if b == 0x09 or b not in _CONTROL).strip(b" \t")
)
FIELDS = st.lists(st.tuples(NAMES.map(str.encode), VALUES), max_size=8).map(tuple)
TARGETS = st.tuples(
    st.sampled_from([b"", b"/", b"?", b"//", b"/%2F..%2e/", b"/a?b=%zz&b"]),
    st.binary(max_size=12).map(lambda raw: bytes(b for b in raw if b > 0x20 and b != 0x7F)),
).map(lambda parts: parts[0] + parts[1] if parts[0] else b"")
METHODS = TOKENS.filter(lambda method: method != "HEAD")
BODIES = st.binary(max_size=300) | st.binary(max_size=9).map(lambda piece: piece * 30_000)


def theirs(headers: Headers) -> Headers:
    """The fields that the other side wrote, without framing."""
    return tuple(pair for pair in headers if not pair[0].lower().startswith(OURS))


@given(METHODS, TARGETS, FIELDS, BODIES, st.sampled_from(["length", "chunked", "none"]))
def test_the_program_receives_what_the_sender_sent(
    method: str, target: bytes, fields: Headers, body: bytes, framing: str
) -> None:
    framed = {
        "length": (b"content-LENGTH", b"%d" % len(body)),
        "chunked": (b"Transfer-encoding", b"chunked"),
        "none": (b"TE", b"trailers"),
    }
    half = len(fields) // 2
    sent = ((b"hOsT", b"hooks.test"), *fields[:half], framed[framing], *fields[half:])
    got = asyncio.run(seen(request(method, target, sent, body), base="/base"))
    assert got.start == b"%b %b HTTP/1.1" % (method.encode(), b"/base" + target)
    assert theirs(got.headers) == ((b"hOsT", b"hooks.test"), *fields)
    assert got.body == body
    lengths = got.values(b"content-length")
    assert lengths == ([b"%d" % len(body)] if body or framing != "none" else [])


@given(
    st.integers(200, 999).filter(lambda status: status not in (204, 304)),
    VALUES,
    FIELDS,
    BODIES,
    st.sampled_from(["length", "chunked", "close"]),
)
def test_the_answer_is_what_the_program_wrote(
    status: int, reason: bytes, fields: Headers, body: bytes, framing: str
) -> None:
    answer = rawhttp.respond(status, fields, body, reason=reason, framing=framing)
    attempt = asyncio.run(once(answer))
    assert (attempt.outcome, attempt.error) == (Outcome.RESPONDED, "")
    assert (attempt.status, attempt.reason, attempt.body) == (status, reason, body)
    assert attempt.body_size == len(body)
    assert attempt.headers[: len(fields)] == fields
    assert len(attempt.headers) == len(fields) + 1


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_without_a_body(status: int) -> None:
    async with rawhttp.program(rawhttp.respond(status, body=b"", framing="none")) as program:
        async with forwarding() as forwarder:
            for _ in range(3):
                attempt = await send(forwarder, program.url)
                assert (attempt.status, attempt.body) == (status, b"")
        assert program.connections == 1


async def test_the_answer_to_head_keeps_its_length_and_has_no_body() -> None:
    answer = rawhttp.exact(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")
    attempt = await once(answer, request("HEAD"))
    assert attempt.outcome is Outcome.RESPONDED
    assert attempt.headers == ((b"Content-Length", b"12345"),)
    assert attempt.body == b""


async def test_options_of_the_command_line_reach_the_program() -> None:
    options = {
        "headers": ((b"X-Env", b"dev"),),
        "host_header": "rewrite",
        "path": "/v2",
        "why": Why.REPLAY,
    }
    got = await seen(request(target=b"/x?q"), base="/base", **options)
    assert got.target == b"/base/v2/x?q"
    assert got.value(b"host").startswith(b"127.0.0.1:")
    assert got.value(b"x-env") == b"dev"
    assert got.value(b"hookcli-replay-of") == CAPTURE.encode()
    assert got.value(b"x-forwarded-for") == b"203.0.113.9"
    assert got.value(b"x-forwarded-proto") == b"https"
    assert got.value(b"x-forwarded-host") == b"hooks.test"


async def test_an_attempt_tells_where_its_time_went() -> None:
    late = rawhttp.after(0.05, rawhttp.respond())
    async with rawhttp.program(late) as program, forwarding() as forwarder:
        first = await send(forwarder, program.url)
        second = await send(forwarder, program.url)
    assert (first.capture, first.n, first.why, first.target) == (CAPTURE, 0, Why.LIVE, program.url)
    timing = first.timing
    assert None not in (timing.dns, timing.connect, timing.wait, timing.read)
    assert timing.wait is not None
    assert 45 < timing.wait < first.ms < 5_000
    assert (second.timing.dns, second.timing.connect) == (None, None)
    assert second.started_at > first.started_at + 45_000


async def test_a_program_that_wants_to_continue_first_is_served() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    final = b"HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n"
    expects = ((b"Host", b"h"), (b"Expect", b"100-continue"), (b"Content-Length", b"2"))
    answer = rawhttp.exact(interim + final)
    async with rawhttp.program(answer) as program, forwarding() as forwarder:
        attempt = await send(forwarder, program.url, request(headers=expects, body=b"ok"))
    assert attempt.status == 201
    assert program.received[0].values(b"expect") == [b"100-continue"]
    assert program.received[0].body == b"ok"


async def test_a_request_that_cannot_be_written_is_told_as_such() -> None:
    async with rawhttp.program() as program, forwarding() as forwarder:
        attempt = await send(forwarder, program.url, request(target=b"/a\r\nX: y"))
        assert attempt.outcome is Outcome.GARBLED
        assert attempt.error.startswith("not sent: ")
        assert program.connections == 0


async def test_nobody_listening_is_refused() -> None:
    async with rawhttp.program() as program:
        await program.stop()
        async with forwarding() as forwarder:
            attempt = await send(forwarder, program.url)
            assert attempt.outcome is Outcome.REFUSED
            assert attempt.error == f"connection refused by 127.0.0.1:{program.port}"
            assert (attempt.status, attempt.timing.wait) == (0, None)
            assert await forwarder.probe(program.url, 5) is Outcome.REFUSED
            await program.start()
            assert await forwarder.probe(program.url, 5) is None
            assert (await send(forwarder, program.url)).status == 200


@pytest.mark.parametrize("target", ["", "ftp://h", "http://", "http://h:99999"])
async def test_what_is_no_target_is_refused(target: str) -> None:
    async with forwarding() as forwarder:
        attempt = await send(forwarder, target)
        assert attempt.outcome is Outcome.REFUSED
        assert await forwarder.probe(target, 5) is Outcome.REFUSED


async def test_a_program_that_hangs_is_given_up_in_time() -> None:
    async with rawhttp.program(rawhttp.hang()) as program, forwarding() as forwarder:
        attempt = await send(forwarder, program.url, timeout_s=0.1)
        assert attempt.outcome is Outcome.TIMED_OUT
        assert attempt.error == "no answer within 0.1 s"
        assert 90 < attempt.ms < 5_000


async def test_a_program_that_hangs_on_a_kept_connection_was_there() -> None:
    async with rawhttp.program() as program, forwarding() as forwarder:
        await send(forwarder, program.url)
        program.answer = rawhttp.hang()
        attempt = await send(forwarder, program.url, timeout_s=0.1)
        assert attempt.outcome is Outcome.TIMED_OUT
        assert not unreachable(attempt), "it would be sent again and again"
        assert (program.connections, len(program.received)) == (1, 2)


async def test_half_an_answer_in_time_is_kept_but_is_none() -> None:
    half = b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 99\r\n\r\nhalf"
    async with rawhttp.program(rawhttp.exact(half)) as program, forwarding() as forwarder:
        attempt = await send(forwarder, program.url, timeout_s=0.1)
        assert attempt.outcome is Outcome.TIMED_OUT
        assert attempt.error == "the answer was not whole within 0.1 s"
        assert (attempt.status, attempt.body, attempt.body_size) == (0, b"half", 4)


async def test_a_connection_that_breaks_is_aborted() -> None:
    attempt = await once(rawhttp.drop())
    assert attempt.outcome is Outcome.ABORTED
    assert re.fullmatch(r"the connection was (closed|reset) without an answer", attempt.error)
    half = rawhttp.exact(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", close=True)
    attempt = await once(half)
    assert attempt.outcome is Outcome.ABORTED
    assert "in the middle of the answer (status 200)" in attempt.error
    assert attempt.body == b"half"


async def test_a_full_backlog_is_a_timeout_not_a_refusal() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        async with forwarding() as forwarder:
            for host in ("127.0.0.1", "localhost"):
                attempt = await send(forwarder, f"http://{host}:{port}", timeout_s=0.4)
                assert attempt.outcome is Outcome.TIMED_OUT
                assert attempt.error == "the connection was not made within 0.4 s"


async def test_closing_ends_what_is_under_way_as_data() -> None:
    async with rawhttp.program(rawhttp.hang()) as program:
        forwarder = Forwarder()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(send(forwarder, program.url))
            await program.wait_for(1)
            await forwarder.close()
        attempt = running.result()
        assert (attempt.outcome, attempt.error) == (
            Outcome.ABORTED,
            "stopped here before the answer was whole",
        )


async def test_a_cancelled_attempt_leaves_no_connection_behind() -> None:
    async with rawhttp.program(rawhttp.hang()) as program, forwarding() as forwarder:
        task = asyncio.ensure_future(send(forwarder, program.url))
        await program.wait_for(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        program.answer = rawhttp.respond()
        assert (await send(forwarder, program.url)).status == 200
        assert program.connections == 2
