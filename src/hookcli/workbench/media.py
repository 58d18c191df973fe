"""What kind of body a message carries, by its Content-Type and by a look at its first byte."""

from enum import StrEnum

from hookcli.wire.headers import Headers, first

FORM = "application/x-www-form-urlencoded"


class Kind(StrEnum):
    """How a body is looked into."""

    EMPTY = "empty"
    JSON = "json"
    FORM = "form"
    TEXT = "text"
    """Valid UTF-8 without control characters other than tab and line ends."""
    BINARY = "binary"
    """All else, compressed bodies included: what is inside is not looked at."""


def content_type(headers: Headers) -> str:
    """The media type in lower case without its parameters; empty when none is named."""
    value = first(headers, b"content-type") or b""
    return value.partition(b";")[0].strip().decode("latin-1").lower()


def is_encoded(headers: Headers) -> bool:
    """Whether the body is compressed, or encoded otherwise (RFC 9110 §8.4)."""
    return (first(headers, b"content-encoding") or b"identity").strip().lower() != b"identity"


def kind(headers: Headers, body: bytes) -> Kind:
    """The body's kind; a type that is missing or wrong is made up for by the first byte."""
    if not body:
        return Kind.EMPTY
    if is_encoded(headers):
        return Kind.BINARY
    named = content_type(headers)
    begun = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")  # in a form they are %7B, %5B
    if named.endswith(("/json", "+json")) or begun:
        return Kind.JSON
    if named == FORM:
        return Kind.FORM
    return Kind.TEXT if is_text(body) else Kind.BINARY


_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D}) + b"\x7f"


def is_utf8(body: bytes) -> bool:
    """Whether `body` is valid UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_text(body: bytes) -> bool:
    """Whether `body` is valid UTF-8 without control characters other than tab and line ends."""
    return is_utf8(body) and len(body.translate(None, _CONTROLS)) == len(body)
