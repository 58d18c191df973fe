"""The request as the program gets it: the sender's bytes, and the few fields that are ours.

The sender's end-to-end fields go out in their order, spelled and repeated as they came. Changed are:

- `Content-Length`: it counts the body. It stands where it stood, or where `Transfer-Encoding` did;
  a request with neither and no body gets none (RFC 9110 §8.6).
- `X-Forwarded-Proto`, `X-Forwarded-Host`: the public values, in place of what the sender claims.
- `X-Forwarded-For`: one more line behind the sender's own, with the address that called the relay.
  Lines of one field are one list (RFC 9110 §5.3): a chain grows at its end, no byte of it changes.
- `Hookcli-Event-Id`: the capture; `Hookcli-Replay-Of` when it is sent again.
- `Hookcli-Url`: what the sender called. Some providers sign it, and behind a prefix and a target's
  own path no program can put it together.
- `Host`, where `--host-header` asks for it, and what `-H` names.

`Expect` stays: it is end-to-end. The body follows at once, and an interim answer is skipped.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct

from hookcli.captures.model import Outcome, Why
from hookcli.tunnel.fault import Broken
from hookcli.tunnel.origin import Origin, join
from hookcli.wire.headers import HOP_BY_HOP, Headers, first, of_connection
from hookcli.wire.http import Request

EVENT_ID = b"Hookcli-Event-Id"
REPLAY_OF = b"Hookcli-Replay-Of"
CALLED = b"Hookcli-Url"
_LONG = 4096
"""Bytes of a URL above which it is not repeated in a field: servers take 8 KiB to 16 KiB of head."""

_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NO_TARGET = re.compile(rb"[\x00-\x20\x7f]")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_PRIVATE = re.compile(rb"auth|cookie|token|secret|key|password|signature", re.IGNORECASE)

_Set = Mapping[bytes, Headers]
"""Lower-case name: the lines that stand in the place of whatever the sender has under it."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """One request, ready to be written."""

    head: bytes
    body: bytes
    is_head: bool
    """It is a HEAD, whose answer has no body."""


class Dresser:
    """Makes requests to the program out of captured ones, as the command line asks for it."""

    def __init__(self, *, headers: Headers, host_header: str, mark: bool) -> None:
        """Take the options.

        Args:
            headers: Lines to set, in place of what the sender has under the same names. Framing is
                not for setting: `Content-Length` and `Transfer-Encoding` among them do nothing.
            host_header: `keep`: as the sender sent it; `rewrite`: the target's own; `auto`: `keep`
                for a target on this machine, else `rewrite`; anything else: that value.
            mark: Whether what is sent again says so.
        """
        self._host_header, self._mark = host_header, mark
        self._set = _grouped(headers)
        lines = [line for group in self._set.values() for line in group]
        self._added = tuple(_shown(name, value) for name, value in lines)

    def added(self, origin: Origin) -> tuple[str, ...]:
        """What is set on request, for people."""
        host = self._host(origin)
        if host is None or b"host" in self._set:
            return self._added
        return (_shown(b"Host", host), *self._added)

    def dress(
        self, request: Request, origin: Origin, *, why: Why, capture: str, peer: str
    ) -> Outgoing:
        """The request that brings `request` to `origin`.

        Raises:
            Broken: it cannot be written as HTTP/1.1.
        """
        ours = self._lines(request, origin, why, capture)
        lines = _merged(request.headers, ours, len(request.body), peer.encode("ascii", "replace"))
        if b"host" not in ours and first(request.headers, b"host") is None:
            # HTTP/1.1 wants one (RFC 9112 §3.2); HTTP/1.0 senders and imports may have none.
            lines = [(b"Host", _public(request.url)[1] or origin.authority), *lines]
        method = request.method.encode("ascii", "replace")
        head = _written(method, join(origin.base, request.target), lines)
        return Outgoing(head=head, body=request.body, is_head=method == b"HEAD")

    def _lines(self, request: Request, origin: Origin, why: Why, capture: str) -> _Set:
        """What is ours, in the order in which it stands behind theirs."""
        proto, public = _public(request.url)
        event = capture.encode("ascii", "replace")
        ours: dict[bytes, Headers] = {}
        if public:
            ours[b"x-forwarded-proto"] = ((b"X-Forwarded-Proto", proto),)
            ours[b"x-forwarded-host"] = ((b"X-Forwarded-Host", public),)
        if event:
            ours[b"hookcli-event-id"] = ((EVENT_ID, event),)
        if (
            public
            and len(called := request.url.encode("utf-8", "replace") + request.target) <= _LONG
        ):
            ours[b"hookcli-url"] = ((CALLED, called),)
        if self._mark and why in (Why.REPLAY, Why.MUTATION):
            ours[b"hookcli-replay-of"] = ((REPLAY_OF, event),)
        host = self._host(origin)
        if host is not None:
            ours[b"host"] = ((b"Host", host),)
        return ours | self._set if self._set else ours

    def _host(self, origin: Origin) -> bytes | None:
        match self._host_header:
            case "keep":
                return None
            case "rewrite":
                return origin.authority
            case "auto":
                return None if origin.is_local else origin.authority
            case value:
                return value.encode("utf-8", "replace")


def _grouped(headers: Headers) -> dict[bytes, Headers]:
    groups: dict[bytes, Headers] = {}
    for name, value in headers:
        lower = name.lower()
        if lower not in _FRAMING:
            groups[lower] = (*groups.get(lower, ()), (name, value))
    return groups


def _shown(name: bytes, value: bytes) -> str:
    text = b"(hidden)" if _PRIVATE.search(name) else value
    return (name + b": " + text).decode("utf-8", "replace")


@lru_cache(256)
def _public(url: str) -> tuple[bytes, bytes]:
    """The scheme and host that the sender called; empty where there was no sender."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return b"", b""
    return parts.scheme.encode("ascii", "replace"), parts.netloc.encode("utf-8", "replace")


def _merged(headers: Headers, ours: _Set, size: int, peer: bytes) -> list[tuple[bytes, bytes]]:
    """Their end-to-end fields, ours in place of theirs or behind them, and one length of the body."""
    names = [name.lower() for name, _ in headers]
    dropped = of_connection(headers) if b"connection" in names else HOP_BY_HOP
    has_length = b"content-length" in names
    # Where the length stands; a request with none and no body gets none.
    framing = b"content-length" if has_length else b"transfer-encoding"
    counted = not (has_length or size or framing in names)
    lines: list[tuple[bytes, bytes]] = []
    left = dict(ours)
    chain = -1
    for lower, line in zip(names, headers, strict=True):
        if lower in _FRAMING:
            if lower == framing and not counted:
                counted = True
                lines.append((line[0] if has_length else b"Content-Length", b"%d" % size))
        elif lower in ours:
            # The first keeps its place and spelling, the others of its name go.
            lines += ((line[0], value) for _, value in left.pop(lower, ()))
        elif lower not in dropped:
            lines.append(line)
            if lower == b"x-forwarded-for":
                chain = len(lines)
    if not counted:
        lines.append((b"Content-Length", b"%d" % size))
    if peer and b"x-forwarded-for" not in ours:
        lines.insert(chain if chain >= 0 else len(lines), (b"X-Forwarded-For", peer))
    for group in left.values():
        lines += group
    return lines


def _written(method: bytes, target: bytes, lines: list[tuple[bytes, bytes]]) -> bytes:
    """The head as bytes, each field on a line of its own and nothing beside them."""
    names = [name for name, _ in lines]
    if not method or method.translate(None, _TOKEN):
        raise Broken(Outcome.GARBLED, f"not sent: {method!r} is not a method")
    if _NO_TARGET.search(target):
        raise Broken(Outcome.GARBLED, "not sent: the path holds a blank or a control character")
    if not all(names) or b"".join(names).translate(None, _TOKEN):
        raise Broken(Outcome.GARBLED, "not sent: a header's name is not a token")
    parts = [b"%b %b HTTP/1.1" % (method, target)]
    parts += [name + b": " + value for name, value in lines]
    parts += (b"", b"")
    head = b"\r\n".join(parts)
    ends = len(parts) - 1
    if head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head:
        raise Broken(Outcome.GARBLED, "not sent: a header's value holds a line end or a zero byte")
    return head
