"""Form bodies as those who sign them see them: names and values decoded, sorted, joined."""

from urllib.parse import unquote_to_bytes

from hookcli.signatures.fields import optional
from hookcli.wire.http import Request

FORM = b"application/x-www-form-urlencoded"


def is_form(request: Request) -> bool:
    """Whether the Content-Type says that the body is a form."""
    named = optional(request, b"content-type").partition(b";")[0]
    return named.strip().lower() == FORM


def pairs(form: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values in order, decoded; pieces without `=` have an empty value."""
    cut = (piece.partition(b"=") for piece in form.split(b"&") if piece)
    return [(_decode(name), _decode(value)) for name, _, value in cut]


def _decode(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def sorted_pairs(form: bytes) -> bytes:
    """Every name followed by its value, sorted by both; what is there twice alike counts once."""
    return b"".join(name + value for name, value in sorted(set(pairs(form))))
