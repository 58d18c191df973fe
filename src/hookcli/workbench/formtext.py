"""Where the fields of a form or a query lie, `a=1&b=2`: changed one by one, the rest untouched.

Names and values are percent-encoded with `+` for a blank (WHATWG URL §5). A change is written the
way its neighbours are: `+` or `%20`, `%2F` or `%2f`, and what they leave bare stays bare.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hookcli.workbench.splices import Splice

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._")
# Bare where the neighbours are; never what separates, escapes, or ends a query.
_MAYBE = frozenset(range(0x21, 0x7F)) - frozenset(b"&%+#=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One `name=value` of the text; offsets are bytes into it."""

    name: str
    """Decoded; what is no UTF-8 becomes lone surrogates."""
    occurrence: int
    """How many fields of this name stand before it."""
    name_start: int
    start: int
    """Where the value begins; `end` where there is no `=`."""
    end: int


def fields(text: bytes) -> Iterator[Field]:
    """The fields in order; empty pieces between two `&` are none."""
    at = 0
    seen: dict[str, int] = {}
    for piece in text.split(b"&"):
        if piece:
            name, sign, value = piece.partition(b"=")
            decoded = decode(name).decode("utf-8", "surrogateescape")
            occurrence = seen.get(decoded, 0)
            seen[decoded] = occurrence + 1
            end = at + len(piece)
            start = end - len(value) if sign else end
            yield Field(name=decoded, occurrence=occurrence, name_start=at, start=start, end=end)
        at += len(piece) + 1


def decode(raw: bytes) -> bytes:
    """A name or value as it is meant."""
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), raw.replace(b"+", b" "))


def encode(meant: bytes, beside: bytes) -> bytes:
    """`meant` as a name or value, escaped the way `beside` is."""
    bare = _SAFE | (frozenset(beside) & _MAYBE)
    lower = re.search(rb"%(?:[0-9][a-f]|[a-f][0-9a-f])", beside) is not None
    blank = b"%20" if b"%20" in beside and b"+" not in beside else b"+"
    form = b"%%%02x" if lower else b"%%%02X"
    return b"".join(
        blank if byte == 0x20 else bytes((byte,)) if byte in bare else form % byte for byte in meant
    )


def encode_splices(raw: bytes, changes: Iterable[Splice]) -> list[Splice]:
    """Changes to the decoded value `decode(raw)` as changes to `raw` itself."""
    escapes = array("Q", (match.start() for match in _ESCAPE.finditer(raw)))
    # Each escape before an offset makes the raw offset greater by two.
    decoded = array("Q", (start - 2 * count for count, start in enumerate(escapes)))

    def place(offset: int) -> int:
        return offset + 2 * bisect_left(decoded, offset)

    placed = sorted(
        Splice(place(one.start), place(one.end), encode(one.new, raw)) for one in changes
    )
    free_from = [0, *(one.end for one in placed[:-1])]
    after, end = b"", len(raw)
    for at in reversed(range(len(placed))):
        one = placed[at]
        after = raw[one.end : min(end, one.end + 2)] + after
        placed[at] = one = _apart(raw[free_from[at] : one.start], one, after)
        after, end = (one.new + after)[:2], one.start
    return placed


def _apart(before: bytes, change: Splice, after: bytes) -> Splice:
    """`change`; with a bare `%` before it written `%25` where it would become an escape by it."""
    tail = before[-2:]
    escape = _ESCAPE.search(tail + change.new + after)
    if escape is None or escape.start() >= len(tail):
        return change
    bare = tail[escape.start() :]
    return Splice(change.start - len(bare), change.end, b"%25" + bare[1:] + change.new)


def setting(text: bytes, field: Field, value: bytes) -> Splice:
    """The change that gives `field` another value."""
    sign = b"" if field.start < field.end or text[field.start - 1 : field.start] == b"=" else b"="
    return Splice(field.start, field.end, sign + encode(value, text))


def adding(text: bytes, name: str, value: bytes) -> Splice:
    """The change that adds a field behind the others."""
    raw = encode(name.encode("utf-8", "surrogateescape"), text) + b"=" + encode(value, text)
    glue = b"" if not text or text.endswith(b"&") else b"&"
    return Splice(len(text), len(text), glue + raw)


def removing(text: bytes, field: Field) -> Splice:
    """The change that removes `field` with one `&`."""
    if field.end < len(text):
        return Splice(field.name_start, field.end + 1, b"")
    return Splice(max(field.name_start - 1, 0), field.end, b"")
