"""Answers to senders as bytes: the program's own, the ack, and the relay's refusals."""

import json
import math
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from hookcli.wire.headers import end_to_end
from hookcli.wire.messages import Pairs, Result
from hookcli.wire.version import SUBPROTOCOL

_REASONS = {
    200: b"OK", 201: b"Created", 202: b"Accepted", 204: b"No Content", 400: b"Bad Request",
    401: b"Unauthorized", 403: b"Forbidden", 404: b"Not Found", 405: b"Method Not Allowed",
    408: b"Request Timeout", 409: b"Conflict", 413: b"Content Too Large",
    415: b"Unsupported Media Type", 417: b"Expectation Failed", 422: b"Unprocessable Content",
    426: b"Upgrade Required", 429: b"Too Many Requests", 431: b"Request Header Fields Too Large",
    500: b"Internal Server Error", 503: b"Service Unavailable", 505: b"HTTP Version Not Supported",
}  # fmt: skip
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_BAD_VALUE = bytes([*range(9), *range(10, 32), 127])
EVENT_ID = b"Hookcli-Event-Id"


class Answer(Struct, frozen=True, kw_only=True):
    """One answer, not yet framed for the connection it goes out on."""

    status: int
    reason: bytes = b""
    headers: Pairs = ()
    """Without hop-by-hop fields."""
    body: bytes = b""
    code: str = ""
    """Of a refusal of the relay itself: the `code` in its body."""
    exact: bool = False
    """A program's: its `Content-Length` is kept where there is no body to count."""


def as_json(status: int, value: object, headers: Pairs = ()) -> Answer:
    """An answer of the relay itself."""
    body = json.dumps(value, separators=(",", ":")).encode()
    fields = ((b"Content-Type", b"application/json"), *headers)
    return Answer(status=status, reason=_REASONS[status], headers=fields, body=body)


def refusal(status: int, code: str, message: str, hint: str = "", headers: Pairs = ()) -> Answer:
    """An error of the relay itself."""
    error = {"code": code, "message": message}
    made = as_json(status, {"error": error | ({"hint": hint} if hint else {})}, headers)
    return replace(made, code=code)


def ack(event: str, status: int = 202, headers: Pairs = (), body: str | None = None) -> Answer:
    """What a sender is told when the event is durable and no program's answer is to be had."""
    fields = ((EVENT_ID, event.encode()), *headers)
    if body is None:
        content = b'{"id":"%b"}' % event.encode()  # made here, of letters and digits
        if not any(name.lower() == b"content-type" for name, _ in headers):
            fields = ((b"Content-Type", b"application/json"), *fields)
    else:
        content = body.encode()
    return Answer(status=status, reason=_REASONS.get(status, b""), headers=fields, body=content)


def from_program(result: Result) -> Answer | None:
    """The program's answer, unchanged but for hop-by-hop fields; None: HTTP cannot carry it.

    A field name that is no token, or a line break in a value, would let an answer forge another
    (RFC 9110 §5.5).
    """
    headers = end_to_end(result.headers)
    if not 200 <= result.status <= 999 or not _is_text(result.reason):
        return None
    if not carries(headers):
        return None
    return Answer(
        status=result.status,
        reason=result.reason,
        headers=headers,
        body=result.body,
        exact=True,
    )


def carries(headers: Pairs) -> bool:
    """Whether the fields can be written as they are (RFC 9110 §5.1, §5.5)."""
    return all(is_token(name) and _is_text(value) for name, value in headers)


def is_token(word: bytes) -> bool:
    """Whether it may name a field or a method (RFC 9110 §5.6.2)."""
    return bool(word) and _TOKEN.issuperset(word)


def _is_text(value: bytes) -> bool:
    return len(value.translate(None, _BAD_VALUE)) == len(value)


def framed(answer: Answer, *, head: bool, http10: bool, close: bool) -> tuple[bytes, bytes]:
    """Head and body as they are written; `head`: the request was a HEAD.

    There is exactly one `Content-Length`, where the program's stood or at the end, and none where
    RFC 9110 §8.6 forbids it. A HEAD's answer, and a 304, keep the program's.
    """
    bodiless = head or answer.status in (204, 304)
    as_said = answer.exact and (head or answer.status == 304)
    lines = [b"HTTP/1.1 %d %b" % (answer.status, answer.reason)]
    counted = answer.status == 204 or (answer.status == 304 and not as_said)
    for name, value in answer.headers:
        if name.lower() == b"content-length":
            if counted:
                continue
            counted = True
            if not as_said:
                value = b"%d" % len(answer.body)
        lines.append(b"%b: %b" % (name, value))
    if not counted and not as_said:
        lines.append(b"Content-Length: %d" % len(answer.body))
    if close:
        lines.append(b"Connection: close")
    elif http10:
        lines.append(b"Connection: keep-alive")
    lines.append(b"\r\n")
    return b"\r\n".join(lines), b"" if bodiless else answer.body


NOT_FOUND = refusal(404, "no_endpoint", "there is no such endpoint")
UNAUTHORIZED = refusal(
    401,
    "unauthorized",
    "the token is missing or not valid here",
    "send it as `Authorization: Bearer hk_…`",
    headers=((b"WWW-Authenticate", b"Bearer"),),
)
NO_PAGE = refusal(404, "no_page", "the relay has no such page")
_UPGRADE = ((b"Upgrade", b"websocket"),)
NOT_A_STREAM = refusal(
    426,
    "not_a_websocket",
    "this is for WebSockets; if you sent one, a proxy in between does not let them through",
    f"open it with the subprotocol {SUBPROTOCOL}",
    headers=_UPGRADE,
)
TOO_LARGE = refusal(413, "too_large", "the request body is larger than this relay takes")
HEAD_TOO_LARGE = refusal(431, "head_too_large", "the request's header fields are too large")
BAD_REQUEST = refusal(400, "bad_request", "this is not an HTTP/1.1 request")
BAD_VERSION = refusal(505, "http_version", "the relay speaks HTTP/1.1")
BAD_METHOD = refusal(405, "method", "TRACE and CONNECT are not for webhooks")
BAD_EXPECT = refusal(417, "expect", "only `Expect: 100-continue` can be met")
TOO_SLOW = refusal(408, "too_slow", "the request took too long")
_LATER = ((b"Retry-After", b"1"),)
BUSY = refusal(503, "busy", "too much is under way at once", headers=_LATER)
STOPPING = refusal(503, "stopping", "the relay is shutting down", headers=_LATER)
NOT_STORED = refusal(
    503, "not_stored", "the event could not be stored; it was not accepted", headers=_LATER
)
NOT_CHANGED = refusal(
    503,
    "not_stored",
    "what was asked could not be stored, as far as is known",
    "look what holds now, and try again",
    headers=_LATER,
)
FULL = refusal(429, "too_many_endpoints", "this relay has as many endpoints as it may")
ENOUGH = refusal(
    429,
    "too_many_endpoints",
    "as many endpoints as may be were created from your address",
    "delete some that nobody needs",
)
NOT_FROM_THERE = refusal(403, "address", "this endpoint takes nothing from your address")
NOT_THIS_TYPE = refusal(415, "content_type", "this endpoint takes other content types")


def other_version(offered: bytes) -> Answer:
    """A stream in another version of the protocol than the relay's."""
    theirs = offered.decode("latin-1")[:60] or "none"
    message = f"the relay speaks {SUBPROTOCOL}, the listener {theirs}; the older one is too old"
    return refusal(426, "subprotocol", message, "upgrade it", headers=_UPGRADE)


def not_this_method(allowed: Sequence[str]) -> Answer:
    """The endpoint takes other methods; RFC 9110 §15.5.6 wants them named."""
    allow = ((b"Allow", ", ".join(allowed).encode()),)
    return refusal(405, "endpoint_method", "this endpoint takes other methods", headers=allow)


def too_fast(wait_s: float) -> Answer:
    """More than is taken in a second; when to come again in whole seconds (RFC 9110 §10.2.3)."""
    later = ((b"Retry-After", b"%d" % max(1, math.ceil(wait_s))),)
    return refusal(429, "too_fast", "too many webhooks at once", headers=later)


BROKEN = refusal(500, "internal", "the relay failed; this is a fault of the relay")
