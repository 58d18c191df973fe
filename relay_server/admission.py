"""What may come in: targets, sizes and times. Decisions only."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from msgspec import Struct

from hookcli.wire.messages import Pairs
from relay_server import answers
from relay_server.answers import Answer

_TELLING = frozenset({b"host", b"expect", b"content-length", b"transfer-encoding"})
_ENDPOINT = re.compile(rb"/([^/?#]*)")


def split_target(target: bytes) -> tuple[str, bytes] | None:
    """Endpoint id and what stands behind it in a request target; None: it is of no known form.

    Origin form and absolute form (RFC 9112 §3.2); nothing is decoded.
    """
    path = origin_form(target)
    if path is None:
        return None
    found = _ENDPOINT.match(path)
    return (found[1].decode("latin-1"), path[found.end() :]) if found else None


def origin_form(target: bytes) -> bytes | None:
    """The target without scheme and authority, if it had them; None for `*` and `host:port`."""
    if target.startswith(b"/"):
        return target
    scheme, mark, rest = target.partition(b"://")
    if not mark or scheme.lower() not in (b"http", b"https"):
        return None
    slash = rest.find(b"/")
    return rest[slash:] if slash >= 0 else b"/"


class Head(Struct, frozen=True, kw_only=True):
    """What is known of a request when its head is complete."""

    method: str
    target: bytes
    endpoint: str
    """The first segment of its path; empty where there is none."""
    rest: bytes
    """What stands behind that."""
    for_relay: bool
    """Its path is one of the relay's own, `/_/…`; an endpoint's id never begins with `_`."""
    http_version: str
    headers: Pairs
    chunked: bool
    length: int
    """Its `Content-Length`; 0 without one."""
    wants_continue: bool
    """It waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1)."""


def read_head(method: str, target: bytes, http_version: str, headers: Pairs) -> Head | Answer:
    """The head with what its fields mean, or why the request is refused at once."""
    if http_version not in ("1.0", "1.1"):
        return answers.BAD_VERSION
    if method in ("TRACE", "CONNECT"):
        return answers.BAD_METHOD
    told: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if (lower := name.lower()) in _TELLING:
            told.setdefault(lower, []).append(value)
    # Two hosts, or none, are how requests are smuggled (RFC 9112 §3.2).
    hosts = len(told.get(b"host", ()))
    if hosts > 1 or (hosts == 0 and http_version == "1.1"):
        return answers.BAD_REQUEST
    expect = told.get(b"expect", ())
    if any(value.lower() != b"100-continue" for value in expect):
        return answers.BAD_EXPECT
    length = told.get(b"content-length", (b"",))[0]
    endpoint, rest = split_target(target) or ("", b"")
    return Head(
        method=method,
        target=target,
        endpoint=endpoint,
        rest=rest,
        for_relay=endpoint == "_" and rest.startswith(b"/"),
        http_version=http_version,
        headers=headers,
        chunked=b"transfer-encoding" in told,
        length=int(length) if length else 0,
        wants_continue=bool(expect) and http_version == "1.1",
    )


class Phase(Enum):
    """What a connection is doing, as far as time limits go."""

    IDLE = auto()
    """Between requests, or before the first."""
    HEAD = auto()
    BODY = auto()
    BUDGET = auto()
    """Its body waits until others have left memory."""
    OURS = auto()
    """The relay's turn: the log or the program is being waited for."""
    WRITING = auto()
    """The peer does not take the answer."""
    CLOSING = auto()
    """Answered and closed on our side; what still comes is thrown away."""


class Verdict(Enum):
    """What to do with a connection now."""

    GO_ON = auto()
    DROP = auto()
    """Close without a word."""
    TOO_SLOW = auto()
    BUSY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Time limits, in seconds; the fields are those of `settings.Settings`."""

    head_timeout_s: float
    request_timeout_s: float
    idle_timeout_s: float
    min_rate: int


def overdue(
    phase: Phase, waited_s: float, patience: Patience, *, received: int = 0, used: bool = False
) -> Verdict:
    """Whether a connection has been in its phase for too long.

    Args:
        waited_s: Since the phase began; in `BODY`, since the request began.
        received: Bytes of the body so far.
        used: The connection has carried a request already.
    """
    match phase:
        case Phase.IDLE:
            limit = patience.idle_timeout_s if used else patience.head_timeout_s
            return Verdict.DROP if waited_s > limit else Verdict.GO_ON
        case Phase.HEAD:
            return Verdict.TOO_SLOW if waited_s > patience.head_timeout_s else Verdict.GO_ON
        case Phase.BODY:
            crawls = received < (waited_s - patience.head_timeout_s) * patience.min_rate
            late = waited_s > patience.request_timeout_s
            return Verdict.TOO_SLOW if late or crawls else Verdict.GO_ON
        case Phase.BUDGET:
            return Verdict.BUSY if waited_s > patience.head_timeout_s else Verdict.GO_ON
        case Phase.WRITING:
            return Verdict.DROP if waited_s > patience.request_timeout_s else Verdict.GO_ON
        case Phase.CLOSING:
            return Verdict.DROP if waited_s > 2.0 else Verdict.GO_ON
        case Phase.OURS:
            return Verdict.GO_ON
