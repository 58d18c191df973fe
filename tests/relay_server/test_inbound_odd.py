"""Request lines that the parser does not know: methods of the sender's own, bytes beyond ASCII."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_server import answers
from relay_server.admission import Phase
from tests.relay_server.test_inbound import HOST, NAMES, VALUES, inbound, read, refused
from tests.support import rawhttp

METHODS = st.sampled_from(["GET", "POST", "FOO", "get", "~1", "M" * 64])
TARGETS = st.binary(max_size=40).map(
    lambda raw: b"/ep_a" + bytes(byte for byte in raw if byte > 32 and byte != 127)
)


@given(
    METHODS,
    TARGETS,
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
    st.binary(max_size=500),
    st.sampled_from(["length", "chunked"]),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_they_are_read_exactly_in_any_reads(
    method: str,
    target: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    framing: str,
    cuts: list[int],
) -> None:
    raw = rawhttp.request(method, target, headers, body, framing=framing)
    edges = sorted({0, len(raw), *(cut % len(raw) for cut in cuts)})
    once = [raw[a:b] for a, b in pairwise(edges)]
    # Another on the same connection, of a kind that the parser knows, and the same again.
    plain = rawhttp.request("POST", "/ep_b", body=b"x")
    first, second, third = read(*once, plain, *once)
    for one in (first, third):
        assert (one.head.method, one.head.target) == (method, target)
        assert one.head.headers[1 : 1 + len(headers)] == tuple(headers)
        assert (one.body, one.keep_alive) == (body, True)
    assert (second.head.method, second.head.target, second.body) == ("POST", b"/ep_b", b"x")


def test_an_offered_upgrade_is_declined_here_too() -> None:
    fields = [(b"Connection", b"Upgrade"), (b"Upgrade", b"h2c")]
    raw = rawhttp.request("FOO", b"/ep_a/\xe9", fields, b"body")
    (request,) = read(raw)
    assert (request.head.method, request.head.target) == ("FOO", b"/ep_a/\xe9")
    assert request.body == b"body"


def test_the_beginning_of_one_counts_as_a_head_under_way() -> None:
    it = inbound()
    it.feed(b"FO")
    assert (it.phase, it.count, it.refusal) == (Phase.HEAD, 1, None)
    it.feed(b"O /ep_a HTTP/1.1\r\n" + HOST + b"\r\n")
    assert it.count == 1
    assert [request.head.method for request in it.whole] == ["FOO"]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02",
        b"FOO\r\n\r\n",
        b"FOO /a\r\n\r\n",
        b"FOO /a HTTP/2.0\r\n" + HOST + b"\r\n",
        b"FOO /a  HTTP/1.1\r\n" + HOST + b"\r\n",
        b"FOO /a\tb HTTP/1.1\r\n" + HOST + b"\r\n",
        b"FOO /a HTTP/1.1\n" + HOST + b"\r\n",
        b"FO\xffO /a HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /\xe9\x7f HTTP/1.1\r\n" + HOST + b"\r\n",
        b"FOO /a HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
        b"M" * 65 + b" /a HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
)
def test_what_is_no_request_line_is_refused_whole_or_byte_by_byte(raw: bytes) -> None:
    assert refused(raw) == answers.BAD_REQUEST
    assert refused(*(raw[at : at + 1] for at in range(len(raw)))) == answers.BAD_REQUEST


def test_one_that_never_ends_is_cut_off() -> None:
    assert refused(b"FOO /", *([b"\xe9" * 1_000] * 20)) == answers.HEAD_TOO_LARGE
