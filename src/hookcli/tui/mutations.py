"""A changed copy: what is typed as a request, and the command that does the same."""

import re

from msgspec.structs import replace

from hookcli.errors import UsageError
from hookcli.tui.pretty import DEPTH, json_lines
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from hookcli.workbench.describe import command_line, edits_between
from hookcli.workbench.mutate import apply
from hookcli.workbench.pretty import fault

_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
LONG_LINE = 100


def editable(body: bytes) -> str | None:
    """The body as text that gives back the same bytes; None when no text does."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\r" in text or "\0" in text else text


def tidied(text: str) -> str | None:
    """The same JSON, indented; None when it is no JSON. Numbers, keys and escapes stay as they are."""
    if fault(text.encode("utf-8", "surrogatepass")) is not None:
        return None
    lines = json_lines(text, escapes=True)
    return "\n".join("  " * (depth & DEPTH) + line for depth, line in lines)


def tidy_for_editing(text: str) -> str | None:
    """JSON that was sent on few long lines, as it is easier to edit; None where it is well as it is."""
    if len(text) < LONG_LINE or max(map(len, text.split("\n")[:50])) < LONG_LINE:
        return None
    return tidied(text)


def onto(original: Request, before: bytes, typed: bytes) -> bytes:
    """The values that were changed in the indented text, put into the bytes as they were sent."""
    base = replace(original, body=before)
    try:
        return apply(base, edits_between(base, replace(base, body=typed), exact=False)).body
    except UsageError:
        return typed  # no JSON any more: what was typed is what is meant


def headers_text(headers: Headers) -> str:
    """One field a line, for the editor."""
    return "\n".join(
        f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in headers
    )


def headers_from(text: str) -> Headers:
    """The fields as typed; UsageError names the line that is none."""
    fields: list[tuple[bytes, bytes]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        match = _FIELD.fullmatch(line)
        if match is None:
            raise UsageError(f"header line {number} is not of the form Name: value")
        try:
            fields.append((match[1].encode("ascii"), match[2].encode("latin-1")))
        except UnicodeEncodeError:
            raise UsageError(
                f"header line {number} has characters that HTTP cannot carry"
            ) from None
    return tuple(fields)


def built(original: Request, method: str, path: str, headers: str, body: bytes) -> Request:
    """The request as typed; what was not touched keeps its bytes. UsageError when it is none."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", method):
        raise UsageError(f"{method!r} is no method")
    target = original.target
    if path != shown_target(original):
        if not path.isascii() or not path.isprintable() or " " in path:
            raise UsageError("the path has characters that must be percent-encoded")
        target = path.encode()
    fields = (
        original.headers if headers == headers_text(original.headers) else headers_from(headers)
    )
    if body != original.body:
        fields = with_length(fields, len(body))
    return Request(method=method, url=original.url, target=target, headers=fields, body=body)


def with_length(headers: Headers, length: int) -> Headers:
    """Content-Length follows the body where it was sent."""
    return tuple(
        (name, b"%d" % length if name.lower() == b"content-length" else value)
        for name, value in headers
    )


def shown_target(request: Request) -> str:
    """The path and query as they are typed."""
    return (request.target or b"/").decode("latin-1")


def command(ref: str, before: Request, after: Request, *, resign: bool) -> str:
    """The command line that does the same; what signing writes is no edit of its own."""
    edits = edits_between(before, after, exact=False)
    line = command_line(ref, edits, wrap=True)
    return line if resign else line.replace(ref, f"{ref} --no-resign", 1)
