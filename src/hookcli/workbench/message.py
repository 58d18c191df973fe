"""A request as an HTTP message text for editors, files and reviews, and back without losing a byte.

    # hookcli: url https://hooks.acme.dev/k3f9qz
    POST /webhooks/stripe?account=acct_1Q HTTP/1.1
    Host: hooks.acme.dev
    Content-Type: application/json

    {"id": "evt_1"}

Lines end in LF, and the file's last LF belongs to the file, not to the body: editors add one when
it is missing. Lines that begin with `#` before the request line are comments, except these:

    # hookcli: url URL      the endpoint's URL, which is not part of the message
    # hookcli: bare         the sender left out the slash behind the endpoint id
    # hookcli: head latin-1 request line and fields hold bytes that are no UTF-8; they are written
                            one character a byte
    # hookcli: method NAME  the method, where it begins with # and would look like a comment
    # hookcli: body crlf    every line of the body ends in CR LF on the wire
    # hookcli: body base64  the body is no text; it is base64, and line ends there do not count

An editor may turn every LF into CR LF. But a text that begins with a request line ending in CR LF is
cut from the wire: its body is exactly what stands behind the blank line.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from msgspec.structs import replace

from hookcli.errors import UsageError
from hookcli.wire.headers import Headers, end_to_end, first
from hookcli.wire.http import Request
from hookcli.workbench.media import is_text, is_utf8

_NOTE = re.compile(rb"# hookcli: ([a-z]+)(?: (.*))?")
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S.*?)(?: HTTP/(\d\.\d))?\s*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a message text holds."""

    request: Request
    http_version: str = "1.1"


def write(request: Request, *, http_version: str = "1.1", comments: tuple[str, ...] = ()) -> bytes:
    """The message text of `request`; `comments` become lines before it, for the reader."""
    coding, body = _written_body(request.body)
    head = _written_head(request, http_version)
    notes = [f"# hookcli: url {request.url}".encode()] if request.url else []
    if not request.target.startswith(b"/"):
        notes.append(b"# hookcli: bare")
    if not is_utf8(head):
        notes.append(b"# hookcli: head latin-1")
        head = head.decode("latin-1").encode()
    if request.method.startswith("#"):
        notes.append(b"# hookcli: method " + request.method.encode())
    if coding:
        notes.append(b"# hookcli: body " + coding)
    lines = [b"# " + " ".join(comment.split()).encode() for comment in comments] + notes
    return b"".join(line + b"\n" for line in lines) + head + b"\n" + body + b"\n"


def wire(request: Request) -> bytes:
    """The request as it goes over a connection: CR LF in the head, the body to the byte.

    Fields of the connection it came on are left out; where they framed the body, Content-Length
    does (RFC 9112 §6.3).
    """
    headers = end_to_end(request.headers)
    if request.body and first(headers, b"content-length") is None:
        headers = (*headers, (b"Content-Length", b"%d" % len(request.body)))
    head = _written_head(replace(request, headers=headers), "1.1")
    if request.method.startswith("#"):
        head = request.method.encode() + head.removeprefix(b"X")
    return head.replace(b"\n", b"\r\n") + b"\r\n" + request.body


def read(text: bytes) -> Message:
    """The request that `text` holds; UsageError with the line that is wrong.

    Content-Length is not checked, nor changed: it is a field like any other.
    """
    line, _, _ = text.partition(b"\n")
    if line.endswith(b"\r"):
        if not line.startswith(b"#"):
            head, _, body = text.partition(b"\r\n\r\n")
            return _message(head.removesuffix(b"\r\n").split(b"\r\n"), 1, body, {})
        text = text.replace(b"\r\n", b"\n")
    notes, number, rest = _notes(text)
    head, _, body = rest.partition(b"\n\n")
    if notes.get(b"head") == b"latin-1":
        head = _narrowed(head)
    # A head without a blank line behind it may still end the file.
    lines = head.rstrip(b"\n").split(b"\n")
    return _message(lines, number, _read_body(body, notes.get(b"body", b"")), notes)


def _written_head(request: Request, http_version: str) -> bytes:
    target = request.target if request.target.startswith(b"/") else b"/" + request.target
    method = b"X" if request.method.startswith("#") else request.method.encode()
    start = b"%s %s HTTP/%s\n" % (method, target, http_version.encode())
    return start + b"".join(b"%s: %s\n" % pair for pair in request.headers)


def _written_body(body: bytes) -> tuple[bytes, bytes]:
    """The name of the body's coding, if it needs one, and the body in it."""
    if is_text(body):
        if b"\r" not in body:
            return b"", body
        plain = body.replace(b"\r\n", b"\n")
        if b"\r" not in plain and plain.replace(b"\n", b"\r\n") == body:
            return b"crlf", plain
    return b"base64", base64.encodebytes(body).removesuffix(b"\n")


def _read_body(written: bytes, coding: bytes) -> bytes:
    body = written.removesuffix(b"\n")
    if coding == b"crlf":
        return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if coding == b"base64":
        try:
            return base64.b64decode(b"".join(written.split()), validate=True)
        except binascii.Error as error:
            raise UsageError(f"the body is not base64: {error}") from None
    if coding:
        raise UsageError(f"unknown body coding {coding.decode('latin-1')!r}", hint="crlf, base64")
    return body


def _notes(text: bytes) -> tuple[dict[bytes, bytes], int, bytes]:
    """The notes before the request line, the number of its line, and the text from there."""
    notes: dict[bytes, bytes] = {}
    number = 1
    while text.startswith((b"#", b"\n")):
        line, _, text = text.partition(b"\n")
        number += 1
        match = _NOTE.fullmatch(line.rstrip(b"\r"))
        if match:
            notes[match[1]] = match[2] or b""
    return notes, number, text


def _message(lines: list[bytes], number: int, body: bytes, notes: dict[bytes, bytes]) -> Message:
    match = _REQUEST_LINE.fullmatch(lines[0])
    if match is None:
        raise _wrong(number, lines[0], "a request line", "POST /path HTTP/1.1")
    url, target = notes.get(b"url", b"").decode("utf-8", "replace"), match[2]
    if not target.startswith(b"/"):
        raise _wrong(number, lines[0], "a path that begins with /", "POST /path HTTP/1.1")
    if b"bare" in notes and target[1:2] in (b"", b"?"):
        target = target[1:]
    headers = _fields(lines[1:], number + 1)
    method = notes.get(b"method", match[1]).decode("latin-1")
    request = Request(method=method, url=url, target=target, headers=headers, body=body)
    return Message(request=request, http_version=(match[3] or b"1.1").decode())


def _fields(lines: list[bytes], number: int) -> Headers:
    pairs: list[tuple[bytes, bytes]] = []
    for at, line in enumerate(lines, number):
        match = _FIELD.fullmatch(line)
        if match is None:
            raise _wrong(at, line, "a header", "Name: value; a blank line ends the headers")
        pairs.append((match[1], match[2]))
    return tuple(pairs)


def _narrowed(head: bytes) -> bytes:
    try:
        return head.decode().encode("latin-1")
    except UnicodeError:
        raise UsageError("the head is marked latin-1 and holds a character beyond it") from None


def _wrong(number: int, line: bytes, wanted: str, hint: str) -> UsageError:
    seen = line[:60].decode("utf-8", "replace")
    return UsageError(f"line {number} is not {wanted}: {seen!r}", hint=hint)
