"""What is signed, as a template: `v0:{timestamp}:{body}`, put together from a request's raw bytes.

    {body}         the body as it came
    {timestamp}    the signed time as it is written
    {method}       the method, in upper case
    {url}          the URL that the sender called, query and all
    {path}         its path behind the endpoint's id; {query} its query without the `?`
    {header:NAME}  the value of a field that must be there
    {body:HASH}    the body's digest in hex; HASH is sha256, sha1, …

Everything else stands for itself; `{{` and `}}` are braces.
"""

import hashlib
import re
from functools import lru_cache

from hookcli.signatures.fields import one
from hookcli.wire.http import Request

_PART = re.compile(r"\{\{|\}\}|\{([a-z_]+)(?::([A-Za-z0-9-]+))?\}|[{}]")
_PLAIN = {"body", "timestamp", "method", "url", "path", "query"}
_HASHES = {"md5", "sha1", "sha256", "sha384", "sha512"}


def lay_out(template: str, request: Request, time: bytes) -> bytes:
    """The bytes that a template describes.

    Raises:
        Fault: a field that belongs to them is missing.
        ValueError: the template itself is wrong.
    """
    return b"".join(
        literal or _part(name, argument, request, time)
        for literal, name, argument in compile_layout(template)
    )


@lru_cache(maxsize=256)
def compile_layout(template: str) -> tuple[tuple[bytes, str, str], ...]:
    """The template as parts: (literal, "", "") or (b"", name, argument).

    Raises:
        ValueError: a brace that belongs to nothing, or a name that is not known.
    """
    parts: list[tuple[bytes, str, str]] = []
    at = 0
    for match in _PART.finditer(template):
        if match.start() > at:
            parts.append((template[at : match.start()].encode(), "", ""))
        at = match.end()
        if match[0] in ("{{", "}}"):
            parts.append((match[0][:1].encode(), "", ""))
            continue
        name, argument = match[1] or "", match[2] or ""
        if not _known(name, argument):
            raise ValueError(f"{match[0]} is not known in what is signed")
        parts.append((b"", name, argument))
    if at < len(template):
        parts.append((template[at:].encode(), "", ""))
    return tuple(parts)


def _known(name: str, argument: str) -> bool:
    if not argument:
        return name in _PLAIN
    return name == "header" or (name == "body" and argument in _HASHES)


def called(request: Request) -> bytes:
    """The URL that the sender called."""
    return request.url.encode("utf-8", "surrogateescape") + request.target


def _part(name: str, argument: str, request: Request, time: bytes) -> bytes:
    match name:
        case "body":
            if argument:
                return (
                    hashlib.new(argument, request.body, usedforsecurity=False).hexdigest().encode()
                )
            return request.body
        case "timestamp":
            return time
        case "method":
            return request.method.upper().encode("utf-8", "surrogateescape")
        case "url":
            return called(request)
        case "path":
            return request.path
        case "query":
            return request.query
        case _:
            return one(request, argument.encode())
