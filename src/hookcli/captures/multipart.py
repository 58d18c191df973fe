"""The parts of a multipart body (RFC 2046 §5.1, RFC 7578): where each lies and what it calls itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BOUNDARY = re.compile(rb'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_PARAMETER = rb'[;\s]%s=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))'
_NAME = re.compile(_PARAMETER % b"name", re.IGNORECASE)
_FILENAME = re.compile(_PARAMETER % b"filename", re.IGNORECASE)
_TYPE = re.compile(rb"^content-type:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part. Texts are as the sender wrote them, not yet safe to be shown."""

    start: int
    """Where its content begins in the body."""
    end: int
    """The place behind its content's last byte."""
    name: str = ""
    filename: str = ""
    content_type: str = ""


def parts(body: bytes, content_type: bytes) -> Iterator[Part]:
    """The parts in their order; none where the content type names no boundary.

    A part without the blank line that ends its head is passed over, the last one may be cut off.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        return
    mark = b"\r\n--" + (found[1] or found[2])
    at = len(mark) - 2 if body.startswith(mark[2:]) else _behind(body, mark, 0)
    while at is not None and not body.startswith(b"--", at):
        following = body.find(mark, at)
        end = len(body) if following < 0 else following
        blank = body.find(b"\r\n\r\n", at, end)
        if blank >= 0:
            yield _part(body[at:blank], blank + 4, end)
        at = None if following < 0 else following + len(mark)


def _behind(body: bytes, mark: bytes, start: int) -> int | None:
    found = body.find(mark, start)
    return None if found < 0 else found + len(mark)


def _part(head: bytes, start: int, end: int) -> Part:
    kind = _TYPE.search(head)
    return Part(
        start=start,
        end=end,
        name=_text(_NAME.search(head)),
        filename=_text(_FILENAME.search(head)),
        content_type=kind[1].strip().decode("utf-8", "replace") if kind else "",
    )


def _text(found: re.Match[bytes] | None) -> str:
    if found is None:
        return ""
    raw = found[1] if found[1] is not None else found[2]
    return raw.decode("utf-8", "replace")
