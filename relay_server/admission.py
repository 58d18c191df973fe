"""What may come in: targets, sizes and times. Decisions only."""

from dataclasses import dataclass
from enum import Enum, auto

from hookcli.wire.headers import first, values
from hookcli.wire.messages import Pairs
from relay_server import answers
from relay_server.answers import Answer

API = b"/_/"
"""Paths of the relay itself; an endpoint id never begins with `_`."""


def split_target(target: bytes) -> tuple[str, bytes] | None:
    """Endpoint id and what stands behind it in a request target; None: it is of no known form.

    Origin form and absolute form (RFC 9112 §3.2); nothing is decoded.
    """
    path = origin_form(target)
    if path is None:
        return None
    end = len(path)
    for mark in b"/?#":
        at = path.find(mark, 1, end)
        if at >= 0:
            end = at
    return path[1:end].decode("latin-1"), path[end:]


def origin_form(target: bytes) -> bytes | None:
    """The target without scheme and authority, if it had them; None for `*` and `host:port`."""
    if target.startswith(b"/"):
        return target
    scheme, mark, rest = target.partition(b"://")
    if not mark or scheme.lower() not in (b"http", b"https"):
        return None
    slash = rest.find(b"/")
    return rest[slash:] if slash >= 0 else b"/"


def is_for_relay(target: bytes) -> bool:
    """Whether its path is one of the relay's own."""
    return (origin_form(target) or b"").startswith(API)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is known of a request when its head is complete."""

    method: str
    target: bytes
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
    # Two hosts, or none, are how requests are smuggled (RFC 9112 §3.2).
    hosts = len(values(headers, b"host"))
    if hosts > 1 or (hosts == 0 and http_version == "1.1"):
        return answers.BAD_REQUEST
    expect = values(headers, b"expect")
    if any(value.lower() != b"100-continue" for value in expect):
        return answers.BAD_EXPECT
    length = first(headers, b"content-length")
    return Head(
        method=method,
        target=target,
        http_version=http_version,
        headers=headers,
        chunked=first(headers, b"transfer-encoding") is not None,
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
