"""Header fields: the one that is wanted, and how it is replaced without touching the others."""

from msgspec.structs import replace

from hookcli.signatures.base import Fault, Reason
from hookcli.wire.headers import Headers, values
from hookcli.wire.http import Request


def one(request: Request, name: bytes) -> bytes:
    """The value of a field that must be there once, or several times alike.

    A program sees the first, the last, or all joined, as its framework likes it; what is told
    twice in two ways is no signature.

    Raises:
        Fault: it is missing, empty or contradicts itself.
    """
    found = set(values(request.headers, name.lower()))
    if not found:
        raise Fault(Reason.MISSING_HEADER, f"{name.decode()} is missing")
    if len(found) > 1:
        raise Fault(Reason.MALFORMED_HEADER, f"{name.decode()} stands there twice, differently")
    value = found.pop().strip(b" \t")
    if not value:
        raise Fault(Reason.MALFORMED_HEADER, f"{name.decode()} is empty")
    return value


def optional(request: Request, name: bytes) -> bytes:
    """The field's first value; empty when it is not there. `name` is in lower case."""
    for key, value in request.headers:
        if key.lower() == name:
            return value
    return b""


def put(request: Request, name: bytes, value: bytes) -> Request:
    """The request with this one value of the field: in its place and spelling, or at the end."""
    wanted = name.lower()
    made: list[tuple[bytes, bytes]] = []
    done = False
    for pair in request.headers:
        if pair[0].lower() != wanted:
            made.append(pair)
        elif not done:
            made.append((pair[0], value))
            done = True
    if not done:
        made.append((name, value))
    return with_headers(request, tuple(made))


def with_headers(request: Request, headers: Headers) -> Request:
    """The request with other fields."""
    return replace(request, headers=headers)


def with_body(request: Request, body: bytes) -> Request:
    """The request with another body, and the Content-Length told anew where there is one."""
    changed = replace(request, body=body)
    if len(body) == len(request.body) or not optional(request, b"content-length"):
        return changed
    return put(changed, b"Content-Length", b"%d" % len(body))


def shown(value: bytes) -> str:
    """A type or an id as text: a field's bytes, empty when too long to be one."""
    return value.decode("utf-8", "replace") if len(value) <= LONGEST else ""


LONGEST = 255
"""Longer types and ids are nobody's; cut ones could be taken for each other."""
