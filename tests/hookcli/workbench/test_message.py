"""A request written as a message is read again to the byte, whatever its body."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli.errors import UsageError
from hookcli.wire.http import Request
from hookcli.workbench import message
from tests.hookcli.workbench.strategies import requests

POST = Request(
    method="POST",
    url="https://relay.example/ep",
    target=b"/hooks?x=1",
    headers=((b"Host", b"relay.example"), (b"X-Empty", b"")),
    body=b'{"id": 1}',
)


@given(requests(), st.sampled_from(["1.0", "1.1"]))
@example(replace(POST, body=b"\n"), "1.1")
@example(replace(POST, body=b"\r\n"), "1.1")
@example(replace(POST, body=b"a\r\nb\n"), "1.1")
@example(replace(POST, headers=(), body=b"\nx: y\n\n"), "1.1")
@example(replace(POST, method="#"), "1.1")
@example(replace(POST, method="#GET"), "1.1")
@example(replace(POST, target=b"?x", headers=((b"x", b"\xe9"),)), "1.0")
def test_what_is_written_reads_back_to_the_byte(request: Request, version: str) -> None:
    text = message.write(request, http_version=version, comments=("a note",))
    assert message.read(text) == message.Message(request=request, http_version=version)


@given(requests())
@example(replace(POST, body=b"\r"))
@example(replace(POST, body=b"a\r\r\n"))
def test_the_text_is_utf8_with_plain_line_ends(request: Request) -> None:
    text = message.write(request)
    text.decode()
    assert b"\r" not in text


def test_a_message_reads_like_one() -> None:
    assert message.write(POST) == (
        b"# hookcli: url https://relay.example/ep\n"
        b"POST /hooks?x=1 HTTP/1.1\n"
        b"Host: relay.example\n"
        b"X-Empty: \n"
        b"\n"
        b'{"id": 1}\n'
    )


def test_an_editor_that_adds_no_last_line_end_changes_nothing() -> None:
    assert message.read(message.write(POST).removesuffix(b"\n")).request == POST


@pytest.mark.parametrize("body", [b"a\nb\n", b"a\r\nb", b"\xff"])
def test_an_editor_that_writes_cr_lf_changes_nothing(body: bytes) -> None:
    request = replace(POST, body=body)
    assert message.read(message.write(request).replace(b"\n", b"\r\n")).request == request


def test_a_message_from_the_wire_keeps_its_body_exactly() -> None:
    wire = b"POST /hooks?x=1 HTTP/1.1\r\nHost: relay.example\r\nX-Empty:\r\n\r\nline\r\n\n"
    assert message.read(wire).request == replace(POST, url="", body=b"line\r\n\n")


@pytest.mark.parametrize(
    ("text", "method", "body"),
    [
        (b"GET /hooks?x=1", "GET", b""),
        (b"\n# talk\n\nPUT /hooks?x=1\n\nbody\n", "PUT", b"body"),
        (b"DELETE /hooks?x=1 HTTP/1.1\n", "DELETE", b""),
    ],
)
def test_what_people_write_by_hand_is_read(text: bytes, method: str, body: bytes) -> None:
    assert message.read(text).request == Request(
        method=method, url="", target=b"/hooks?x=1", headers=(), body=body
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "line 1 is not a request line"),
        (b"# c\nPOST\n", "line 2 is not a request line"),
        (b"POST x HTTP/1.1\n", "line 1 is not a path that begins with /"),
        (b"POST / HTTP/1.1\nA: b\nno colon\n\n", "line 3 is not a header: 'no colon'"),
        (b"# hookcli: body base64\nPOST /\n\n!!\n", "the body is not base64"),
        (b"# hookcli: body rot13\nPOST /\n\nx\n", "unknown body coding 'rot13'"),
        (b"# hookcli: head latin-1\nPOST /\nA: \xe6\x97\xa5\n\n", "beyond it"),
    ],
)
def test_what_is_no_message_says_where(text: bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        message.read(text)


@given(st.binary())
def test_anything_is_a_message_or_a_usage_error(text: bytes) -> None:
    try:
        read = message.read(text)
    except UsageError:
        return
    assert message.read(message.write(read.request)).request == read.request
