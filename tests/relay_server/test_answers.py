"""Answers as bytes: the program's own stays as it is, and none can forge another."""

import pytest

from hookcli.wire import codec
from hookcli.wire.messages import Pairs
from relay_server import answers
from relay_server.answers import Answer, framed


def program(status: int, headers: Pairs = (), body: bytes = b"", reason: bytes = b"OK") -> Answer:
    result = codec.result(
        seq=1, id="a", outcome="answered", status=status, reason=reason, headers=headers, body=body
    )
    found = answers.from_program(result)
    assert found is not None
    return found


def written(
    answer: Answer, *, head: bool = False, http10: bool = False, close: bool = False
) -> bytes:
    return b"".join(framed(answer, head=head, http10=http10, close=close))


def test_order_case_and_repeats_stay_and_hop_by_hop_fields_go() -> None:
    headers = (
        (b"set-Cookie", b"a"),
        (b"Connection", b"X-Hop"),
        (b"Set-cookie", b"b"),
        (b"X-Hop", b"1"),
        (b"Transfer-Encoding", b"chunked"),
        (b"X-Raw", b"\xff\t"),
    )
    assert written(program(299, headers, b"yes", reason=b"Fine \xff")) == (
        b"HTTP/1.1 299 Fine \xff\r\nset-Cookie: a\r\nSet-cookie: b\r\nX-Raw: \xff\t\r\n"
        b"Content-Length: 3\r\n\r\nyes"
    )


@pytest.mark.parametrize(
    ("status", "headers", "head", "length"),
    [
        (200, ((b"content-length", b"99"),), False, [b"content-length: 3"]),
        (
            200,
            ((b"Content-Length", b"9"), (b"Content-Length", b"9")),
            False,
            [b"Content-Length: 3"],
        ),
        (200, (), False, [b"Content-Length: 3"]),
        (200, ((b"Content-Length", b"99"),), True, [b"Content-Length: 99"]),
        (200, (), True, []),
        (204, ((b"Content-Length", b"0"),), False, []),
        (304, ((b"Content-Length", b"99"),), False, [b"Content-Length: 99"]),
        (304, (), False, []),
    ],
)
def test_content_length_is_right_or_absent(
    status: int, headers: Pairs, head: bool, length: list[bytes]
) -> None:
    raw = written(program(status, headers, b"yes"), head=head)
    top, _, body = raw.partition(b"\r\n\r\n")
    assert [line for line in top.split(b"\r\n") if line.lower().startswith(b"content-l")] == length
    assert body == (b"" if head or status in (204, 304) else b"yes")


def test_the_connection_is_ours_to_keep_or_close() -> None:
    answer = program(200, ((b"Connection", b"close"), (b"Keep-Alive", b"5")))
    assert b"Connection" not in written(answer)
    assert b"Connection: close\r\n" in written(answer, close=True)
    assert b"Connection: keep-alive\r\n" in written(answer, http10=True)


@pytest.mark.parametrize(
    ("status", "reason", "headers"),
    [
        (200, b"OK", ((b"X", b"a\r\nSet-Cookie: b"),)),
        (200, b"OK", ((b"X", b"a\nb"),)),
        (200, b"OK", ((b"X", b"a\x00"),)),
        (200, b"OK", ((b"X Y", b"a"),)),
        (200, b"OK", ((b"", b"a"),)),
        (200, b"OK", ((b"X:", b"a"),)),
        (200, b"OK\r\nX: y", ()),
        (101, b"Switching", ()),
        (0, b"", ()),
        (1000, b"", ()),
    ],
)
def test_what_http_cannot_carry_is_no_answer(status: int, reason: bytes, headers: Pairs) -> None:
    result = codec.result(
        seq=1, id="a", outcome="answered", status=status, reason=reason, headers=headers
    )
    assert answers.from_program(result) is None


def test_the_ack_names_the_event() -> None:
    assert written(answers.ack("01A")) == (
        b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nHookcli-Event-Id: 01A\r\n"
        b'Content-Length: 12\r\n\r\n{"id":"01A"}'
    )
    own = answers.ack("01A", 503, ((b"Retry-After", b"9"), (b"Content-Type", b"text/x")), "later")
    assert written(own) == (
        b"HTTP/1.1 503 Service Unavailable\r\nHookcli-Event-Id: 01A\r\nRetry-After: 9\r\n"
        b"Content-Type: text/x\r\nContent-Length: 5\r\n\r\nlater"
    )
    assert written(answers.ack("01A", 204)).endswith(b"Hookcli-Event-Id: 01A\r\n\r\n")
