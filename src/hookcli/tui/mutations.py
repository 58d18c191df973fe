"""A changed copy: built from what was typed, described, kept as a capture that names its parent."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from hookcli.captures.model import Capture, Signature, SignatureState
from hookcli.errors import UsageError
from hookcli.tui.pretty import DEPTH, json_lines
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from hookcli.workbench.describe import command_line, describe, edits_between, sentence
from hookcli.workbench.mutate import apply
from hookcli.workbench.pretty import fault

_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
LONG_LINE = 100
CHANGE = 28
"""Characters of a change that stand in the list."""


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


def changes(before: Request, after: Request) -> list[str]:
    """What was changed, a sentence each."""
    return [sentence(change) for change in describe(before, after)]


def command(ref: str, before: Request, after: Request, *, resign: bool) -> str:
    """The command line that does the same."""
    edits = edits_between(before, after, exact=False)
    return command_line(ref, edits, resign=resign, wrap=True)


def capture_of(
    parent: Capture,
    request: Request,
    *,
    id: str,  # noqa: A002
    at: int,
    signed: bool,
    note: str,
) -> Capture:
    """The mutation as a capture of its own."""
    state = SignatureState.NEW if signed else SignatureState.UNKNOWN
    if not parent.scheme:
        state = SignatureState.NONE
    return replace(
        parent,
        id=id,
        seq=None,
        received_at=at,
        method=request.method,
        target=request.target,
        headers=request.headers,
        body_size=len(request.body),
        body_sha256=hashlib.sha256(request.body).digest(),
        signature=Signature(state=state),
        parent=parent.id,
        note=note,
        tags=(),
        told=None,
        provider_id="",
    )


def short_change(sentences: Sequence[str]) -> str:
    """The first change in a few characters, for the list."""
    if not sentences:
        return "unchanged"
    where, _, rest = sentences[0].partition("  ")
    name = where.rpartition(".")[2]
    value = rest.rpartition("→")[2].strip()
    more = f" +{len(sentences) - 1}" if len(sentences) > 1 else ""
    return f"{name}={value}"[:CHANGE] + more
