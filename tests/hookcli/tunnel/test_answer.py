"""Answers out of bytes, however they are cut; what is none; what is too much."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.model import Outcome
from hookcli.tunnel.answer import AnswerReader, Limits
from hookcli.wire.headers import Headers
from hookcli.wire.http import Response
from tests.support import rawhttp

LIMITS = Limits(answer=4_000, head=1_000, fields=20, kept=100)
OK = b"HTTP/1.1 200 OK\r\n"


def read(*pieces: bytes, to_head: bool = False, limits: Limits = LIMITS) -> AnswerReader:
    reader = AnswerReader(limits)
    reader.begin(to_head=to_head)
    for piece in pieces:
        if reader.whole or reader.fault:
            break
        reader.feed(piece)
    return reader


def answered(
    status: int = 200, reason: bytes = b"OK", headers: Headers = (), body: bytes = b""
) -> Response:
    return Response(status=status, reason=reason, headers=headers, body=body)


CHUNKED = (b"Transfer-Encoding", b"chunked")
TWO = (b"Content-Length", b"2")


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", answered(headers=(TWO,), body=b"ok")),
        (b"HTTP/1.1 204\r\n\r\n", answered(204, b"")),
        (b"HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n",
         answered(304, b"Not", ((b"Content-Length", b"9"),))),
        (b"HTTP/1.1 299 \xc3\xa9\xff x\r\nContent-Length: 0\r\n\r\n",
         answered(299, b"\xc3\xa9\xff x", ((b"Content-Length", b"0"),))),
        (OK + b"a:\r\nA: \r\nb:\t\xff x  y\t \r\nA: \xe9\r\nContent-Length: 2\r\n\r\nok",
         answered(headers=((b"a", b""), (b"A", b""), (b"b", b"\xff x  y"), (b"A", b"\xe9"), TWO),
                  body=b"ok")),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nTrailer: x\r\n\r\n",
         answered(headers=(CHUNKED,), body=b"ok")),
        (b"HTTP/1.1 100 Continue\r\nA: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK
         + b"B: 2\r\nContent-Length: 2\r\n\r\nok",
         answered(headers=((b"B", b"2"), TWO), body=b"ok")),
        (OK + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok",
         answered(headers=((b"Upgrade", b"h2c"), (b"Connection", b"Upgrade"), TWO), body=b"ok")),
        # What careless programs write, and nobody can misread.
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", answered(headers=(TWO,), body=b"ok")),
        (b"\r\n" + OK + b"Content-Length: 2\r\n\r\nok", answered(headers=(TWO,), body=b"ok")),
        (OK + b"A: b\r\n  c\r\n\td \r\nContent-Length: 2\r\n\r\nok",
         answered(headers=((b"A", b"b  c\td"), TWO), body=b"ok")),
        (OK + b"A: \x01\x7f\r\nContent-Length: 2\r\n\r\nok",
         answered(headers=((b"A", b"\x01\x7f"), TWO), body=b"ok")),
        (OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
         answered(headers=((b"Content-Length", b"9"), CHUNKED), body=b"ok")),
    ],
)  # fmt: skip
@given(cuts=st.lists(st.integers(1, 200), max_size=8))
def test_an_answer_is_exact_however_it_arrives(
    raw: bytes, answer: Response, cuts: list[int]
) -> None:
    at = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    reader = read(*(raw[a:b] for a, b in pairwise(at)))
    assert (reader.fault, reader.whole, reader.keep_alive) == (None, True, True)
    assert reader.take() == answer


def test_a_connection_reads_one_answer_after_the_other() -> None:
    reader = read(OK + b"A: 1\r\nContent-Length: 2\r\n\r\nok")
    assert reader.take().body == b"ok"
    reader.begin(to_head=False)
    assert (reader.begun, reader.whole) == (False, False)
    reader.feed(b"HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
    assert reader.take() == answered(201, b"Made", (CHUNKED,), b"x")


@pytest.mark.parametrize(
    "fields",
    [b"", b"Connection: keep-alive\r\n", b"Transfer-Encoding: gzip\r\n", b"Connection: close\r\n"],
)
def test_without_a_length_the_end_of_the_connection_ends_the_body(fields: bytes) -> None:
    reader = read(OK + fields + b"\r\na", b"b")
    assert not reader.whole
    reader.end()
    assert (reader.whole, reader.keep_alive, reader.take().body) == (True, False, b"ab")


def test_a_reset_is_no_end_of_a_body() -> None:
    reader = read(OK + b"\r\nab")
    reader.end(broken=True)
    assert reader.fault is not None
    assert reader.fault.outcome is Outcome.ABORTED
    assert "reset in the middle of the answer (status 200)" in reader.fault.text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nA: ", "closed in the head of the answer"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "closed in the head of the answer"),
        (OK + b"Content-Length: 3\r\n\r\nok", "closed in the middle of the answer (status 200)"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "closed in the middle of"),
    ],
)
def test_half_an_answer_is_none(raw: bytes, words: str) -> None:
    reader = read(*([raw] if raw else []))
    reader.end()
    assert reader.fault is not None
    assert reader.fault.outcome is Outcome.ABORTED
    assert words in reader.fault.text
    assert not reader.whole


def test_a_head_alone_is_the_answer_to_head() -> None:
    reader = read(OK + b"Content-Length: 999999\r\n\r\n", to_head=True)
    assert reader.whole
    assert reader.take() == answered(headers=((b"Content-Length", b"999999"),))
    assert not reader.keep_alive


@pytest.mark.parametrize("fields", [b"Connection: close\r\n", b"connection: x, Close\r\n"])
def test_a_program_that_closes_is_believed(fields: bytes) -> None:
    assert not read(OK + fields + b"Content-Length: 0\r\n\r\n").keep_alive


def test_http_1_0_closes_unless_it_says_otherwise() -> None:
    old = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n"
    assert not read(old + b"\r\n").keep_alive
    assert read(old + b"Connection: keep-alive\r\n\r\n").keep_alive


@pytest.mark.parametrize("extra", [b"HTTP/1.1 200 OK\r\n", b"x", b"\0\0"])
def test_more_than_was_asked_for_ends_the_connection_not_the_answer(extra: bytes) -> None:
    reader = read(OK + b"Content-Length: 2\r\n\r\nok" + extra)
    assert (reader.fault, reader.whole, reader.keep_alive) == (None, True, False)
    assert reader.take().body == b"ok"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it begins b'SSH-2.0-OpenSSH_9.2"),
        (b"\x15\x03\x01\x00\x02\x02F", "speaks TLS"),
        (b"\x00\x00\x00\x04\x00\x00\x00\x00\x00", "not HTTP/1.1"),
        (b"HTTP/2 200\r\n\r\n", "not HTTP/1.1"),
        (b"<html>", "not HTTP/1.1"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "099 is not a status"),
        (OK + b"no field\r\n\r\n", "not HTTP/1.1"),
        (OK + b"A : b\r\n\r\n", "not HTTP/1.1"),
        (OK + b": b\r\n\r\n", "not HTTP/1.1"),
        (OK + b"Content-Length: -1\r\n\r\n", "not HTTP/1.1"),
        (OK + b"Content-Length: 1, 1\r\n\r\n", "not HTTP/1.1"),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nok", "not HTTP/1.1"),
        (OK + b"Content-Length: 99999999999999999999999\r\n\r\n", "not HTTP/1.1"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "switches protocols"),
        (
            b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81",
            "switches protocols",
        ),
    ],
)
def test_garbage_is_told_as_such(raw: bytes, words: str) -> None:
    reader = read(raw)
    assert reader.fault is not None
    assert reader.fault.outcome is Outcome.GARBLED
    assert words in reader.fault.text
    assert "\n" not in reader.fault.text
    reader.end()
    assert reader.fault.outcome is Outcome.GARBLED


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.booleans())
def test_any_bytes_end_in_an_answer_or_a_fault(pieces: list[bytes], to_head: bool) -> None:
    for start in (b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n"):
        reader = read(*([start] if start else []), *pieces, to_head=to_head)
        reader.end()
        assert reader.whole == (reader.fault is None)


@pytest.mark.parametrize(
    "pieces",
    [
        [OK + b"A: " + b"x" * 2_000 + b"\r\nB:"],
        [OK + b"A: b\r\n" * 100],
        [b"HTTP/1.1 200 " + b"x" * 2_000 + b"\r\n"],
        [OK + b"A" * 300_000],
        [OK + b"A: ", *[b"x" * 60_000] * 5],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n1;", *[b"x" * 60_000] * 5],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nT: ", *[b"x" * 60_000] * 5],
        [b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" * 200],
    ],
)
def test_heads_without_end_are_given_up(pieces: list[bytes]) -> None:
    reader = read(*pieces)
    assert reader.fault is not None
    assert reader.fault.outcome is Outcome.TOO_LARGE
    assert len(reader.take().headers) <= LIMITS.fields + 1


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_body_that_is_too_large_is_cut_and_says_so(framing: str) -> None:
    body = b"x" * 10_000
    fields = {
        "length": b"Content-Length: 10000\r\n",
        "chunked": b"Transfer-Encoding: chunked\r\n",
        "close": b"",
    }
    sent = rawhttp.chunked(body) if framing == "chunked" else body
    raw = OK + b"A: b\r\n" + fields[framing] + b"\r\n" + sent
    reader = read(*(raw[at : at + 1_000] for at in range(0, len(raw), 1_000)))
    assert reader.fault is not None
    assert reader.fault.outcome is Outcome.TOO_LARGE
    assert reader.fault.text == "the answer is larger than 3.91 KiB; its first 100 bytes are kept"
    answer = reader.take()
    assert answer.headers[0] == (b"A", b"b")
    assert answer.body == b"x" * 100
    assert reader.take().body == b""
