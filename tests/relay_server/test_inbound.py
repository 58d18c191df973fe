"""Requests from bytes: exact whatever the reads were, and bounded whatever comes."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relay_server import answers
from relay_server.admission import Head, Phase
from relay_server.answers import Answer
from relay_server.inbound import Inbound, Limits, Received
from tests.support import rawhttp

LIMITS = Limits(max_body=100_000, max_head=8_192, max_fields=50)


def inbound(vet: Answer | None = None) -> Inbound:
    return Inbound(LIMITS, lambda _: vet)


def read(*reads: bytes) -> list[Received]:
    it = inbound()
    for data in reads:
        it.feed(data)
    assert it.refusal is None, it.refusal
    return it.whole


def refused(*reads: bytes) -> Answer | None:
    it = inbound()
    for data in reads:
        it.feed(data)
    return it.refusal


NAMES = st.from_regex(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}", fullmatch=True).filter(
    lambda name: (
        name.lower()
        not in (b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade")
        and name.lower() not in (b"expect", b"proxy-connection")
    )
)
VALUES = st.binary(max_size=40).map(
    lambda raw: bytes(byte for byte in raw if byte >= 32 and byte != 127).strip()
)
TARGETS = st.binary(max_size=60).map(
    lambda raw: b"/ep_a" + bytes(byte for byte in raw if 32 < byte < 127)
)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PROPFIND"]),
    TARGETS,
    st.lists(st.tuples(NAMES, VALUES), max_size=8),
    st.binary(max_size=3_000),
    st.sampled_from(["length", "chunked"]),
    st.lists(st.integers(0, 4_000), max_size=6),
)
def test_any_request_in_any_reads_is_read_exactly(
    method: str,
    target: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    framing: str,
    cuts: list[int],
) -> None:
    raw = rawhttp.request(method, target, headers, body, framing=framing) * 2
    edges = sorted({0, len(raw), *(cut % len(raw) for cut in cuts)})
    first, second = read(*(raw[a:b] for a, b in pairwise(edges)))
    for request in (first, second):
        assert (request.head.method, request.head.target) == (method, target)
        assert list(request.head.headers[1:-1]) == headers
        assert request.body == body
        assert request.keep_alive


def test_fields_that_repeat_or_differ_in_case_only_all_stay() -> None:
    fields = (
        (b"Content-Type", b"a"),
        (b"content-type", b"b"),
        (b"User-Agent", b"1"),
        (b"User-Agent", b""),
        (b"X-Empty", b""),
        (b"x-obs", b"\xff\x80"),
    )
    (request,) = read(rawhttp.request("POST", "/ep_a", fields, b"x"))
    assert request.head.headers[1:-1] == fields


def test_an_offered_upgrade_is_declined_and_the_body_read_behind_it() -> None:
    fields = ((b"Connection", b"Upgrade, HTTP2-Settings"), (b"Upgrade", b"h2c"))
    raw = rawhttp.request("POST", "/ep_a", fields, b"body")
    two = raw + rawhttp.request("POST", "/ep_a/2", fields, b"second", framing="chunked")
    for size in (1, 7, len(two)):
        one, other = read(*(two[at : at + size] for at in range(0, len(two), size)))
        assert (one.body, other.body) == (b"body", b"second")
        assert one.head.headers[1:3] == fields
        assert one.keep_alive


def test_the_relay_s_own_paths_may_upgrade_and_what_follows_is_kept() -> None:
    fields = ((b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"))
    it = inbound()
    it.feed(rawhttp.request("GET", "/_/v1/x", fields, framing="none") + b"\x81\x00")
    it.feed(b"more")
    assert [request.head.for_relay for request in it.whole] == [True]
    assert (it.over, it.tail) == (True, b"\x81\x00more")


def test_trailers_are_read_over() -> None:
    head = rawhttp.head(
        b"POST /ep_a HTTP/1.1", [(b"Host", b"h"), (b"Transfer-Encoding", b"chunked")]
    )
    (request,) = read(head + b"2\r\nhi\r\n0\r\nX-Late: 1\r\n\r\n")
    assert request.body == b"hi"
    assert len(request.head.headers) == 2


def test_after_a_last_request_nothing_is_read() -> None:
    raw = rawhttp.request("POST", "/ep_a", [(b"Connection", b"close")], b"x")
    it = inbound()
    it.feed(raw)
    it.feed(b"garbage")
    assert [request.keep_alive for request in it.whole] == [False]
    assert it.over


HOST = b"Host: h\r\n"


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b"nonsense\r\n\r\n", answers.BAD_REQUEST),
        (b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n", answers.BAD_REQUEST),
        (
            b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            answers.BAD_REQUEST,
        ),
        (
            b"POST /a HTTP/1.1\r\n"
            + HOST
            + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            answers.BAD_REQUEST,
        ),
        (b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 100001\r\n\r\n", answers.TOO_LARGE),
        (b"POST /_/a HTTP/1.1\r\n" + HOST + b"Content-Length: 70000\r\n\r\n", answers.TOO_LARGE),
        (b"GET /a HTTP/1.1\r\n" + HOST + b"X: 1\r\n" * 60 + b"\r\n", answers.HEAD_TOO_LARGE),
        (
            b"GET /a HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 9000 + b"\r\n\r\n",
            answers.HEAD_TOO_LARGE,
        ),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", answers.HEAD_TOO_LARGE),
        (b"CONNECT h:1 HTTP/1.1\r\n" + HOST + b"\r\n", answers.BAD_METHOD),
        (b"GET / HTTP/1.1\r\nX: 1\r\n\r\n", answers.BAD_REQUEST),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(raw: bytes, answer: Answer) -> None:
    assert refused(raw) == answer


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_long() -> None:
    head = rawhttp.head(
        b"POST /ep_a HTTP/1.1", [(b"Host", b"h"), (b"Transfer-Encoding", b"chunked")]
    )
    it = inbound()
    it.feed(head)
    for _ in range(11):
        it.feed(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
    assert it.refusal == answers.TOO_LARGE
    assert not it.whole


@pytest.mark.parametrize(
    "start",
    [
        b"GET /ep_a HTTP/1.1\r\nHost: h\r\nX: ",
        b"GET /ep_a",
        b"POST /ep_a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;x=",
        b"POST /ep_a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
)
def test_what_never_ends_is_cut_off(start: bytes) -> None:
    it = inbound()
    it.feed(start)
    for _ in range(40):
        it.feed(b"a" * 16_384)
    assert it.over
    assert it.refusal is not None


def test_a_body_that_is_not_wanted_is_refused_at_its_head() -> None:
    it = inbound(vet=answers.NOT_FOUND)
    it.feed(b"POST /ep_a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
    assert it.refusal == answers.NOT_FOUND


def test_a_sender_that_waits_to_be_asked_is_asked_once() -> None:
    it = inbound()
    it.feed(b"POST /ep_a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert (it.waits_for_continue, it.wanted, it.phase) == (True, 2, Phase.BODY)
    it.continued()
    assert not it.waits_for_continue
    it.feed(b"hi")
    head: Head = it.whole[0].head
    assert head.wants_continue
    assert it.whole[0].body == b"hi"


PIECES = st.sampled_from(
    [
        b"GET", b"POST ", b"/ep_a", b"/_/x", b" HTTP/1.1\r\n", b"\r\n", b"\n", b"\x00", b"Host: h\r\n",
        b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Upgrade: websocket\r\n",
        b"Connection: upgrade\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"3\r\nabc\r\n",
        b"0\r\n\r\n", b"abc", b"ffffffffffffffff\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" ", b":",
        rawhttp.request("POST", "/ep_a", (), b"abc"),
        rawhttp.request("POST", "/ep_a", ((b"Upgrade", b"x"), (b"Connection", b"upgrade")), b"abc"),
    ]
)  # fmt: skip


@given(st.lists(st.lists(PIECES | st.binary(max_size=9), max_size=8).map(b"".join), max_size=6))
def test_nothing_that_comes_raises_and_what_is_over_stays_over(reads: list[bytes]) -> None:
    it = inbound()
    seen = 0
    for data in reads:
        over, whole = it.over, len(it.whole)
        it.feed(data)
        assert not over or (it.over and len(it.whole) == whole)
        seen += len(data)
        assert it.body_size <= seen
        assert it.wanted <= LIMITS.max_body
    for request in it.whole:
        assert request.head.target.startswith((b"/", b"*")) or b"://" in request.head.target
