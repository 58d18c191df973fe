"""Captures, attempts and replies as NDJSON records: the one place that knows their keys.

Every record has `v`, `type` and `at`. Bytes that HTTP leaves without a charset (header names and
values, path, query, reason) are written one character a byte (ISO-8859-1), which loses nothing.
A body is `body` where its bytes are valid UTF-8, else `body_b64`. What is not known is null.
"""

import base64
import json
from datetime import UTC, datetime

from hookcli.captures.model import Attempt, Capture, Signature, Timing, Told
from hookcli.wire.headers import Headers, first
from hookcli.workbench import urls

VERSION = 1
"""`v` in every record; keys are only ever added within it."""

REPLAY_MARK = b"hookcli-replay-of"
"""The field, in lower case, by which a replay names the capture it repeats."""

Record = dict[str, object]


def line(record: Record) -> bytes:
    """One NDJSON line with its line feed, in printable ASCII only."""
    text = json.dumps(record, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii") + b"\n"


def instant(at: int) -> str:
    """RFC 3339 in UTC with milliseconds, from µs since the Unix epoch; finer digits are cut."""
    ms = at // 1000
    return (
        datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"
    )


def event_record(capture: Capture, body: bytes, *, at: int | None = None) -> Record:
    """The `event` record; `at` (µs) is when it happened here, by default when it was received."""
    path, query = urls.path_and_query(capture.target)
    return {
        **_head("event", capture.received_at if at is None else at),
        "id": capture.id,
        "seq": capture.seq,
        "endpoint": capture.endpoint or None,
        "source": capture.source or None,
        "event_type": capture.event_type or None,
        "received_at": instant(capture.received_at),
        "method": capture.method,
        "url": urls.called(capture.url, capture.target),
        "path": _text(path),
        "query": _text(query),
        "http_version": capture.http_version,
        "headers": _headers(capture.headers),
        **_body(body),
        "body_size": capture.body_size,
        "body_sha256": capture.body_sha256.hex(),
        "scheme": capture.scheme or None,
        "signature": _signature(capture.signature),
        "peer": capture.peer or None,
        "replay_of": _text(first(capture.headers, REPLAY_MARK) or b"") or None,
        "parent": capture.parent or None,
        "tags": list(capture.tags),
        "note": capture.note or None,
    }


def attempt_record(attempt: Attempt, *, at: int | None = None) -> Record:
    """The `attempt` record; `at` (µs) is by default when the attempt ended."""
    ended = attempt.started_at + round(attempt.ms * 1000)
    due = attempt.next_retry_at
    return {
        **_head("attempt", ended if at is None else at),
        "event": attempt.capture,
        "n": attempt.n,
        "why": attempt.why.value,
        "target": attempt.target,
        "started_at": instant(attempt.started_at),
        "ms": attempt.ms,
        "timing": _timing(attempt.timing),
        "outcome": attempt.outcome.value,
        "status": attempt.status or None,
        "reason": _text(attempt.reason) or None,
        "headers": _headers(attempt.headers),
        **_body(attempt.body),
        "body_size": attempt.body_size,
        "error": attempt.error or None,
        "added": list(attempt.added),
        "next_retry_at": None if due is None else instant(due),
    }


def reply_record(event: str, told: Told, *, at: int) -> Record:
    """The `reply` record: what the sender of the event with this id was told, heard of at `at`."""
    return {
        **_head("reply", at),
        "event": event,
        "status": told.status or None,
        "by": told.by,
        "ms": told.ms,
    }


def _head(kind: str, at: int) -> Record:
    return {"v": VERSION, "type": kind, "at": instant(at)}


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _headers(headers: Headers) -> list[list[str]]:
    return [[_text(name), _text(value)] for name, value in headers]


def _body(body: bytes) -> Record:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_b64": base64.b64encode(body).decode("ascii")}


def _signature(signature: Signature) -> Record:
    return {
        "state": signature.state.value,
        "reason": signature.reason or None,
        "age_ms": signature.age_ms,
    }


def _timing(timing: Timing) -> Record:
    return {
        "dns": timing.dns,
        "connect": timing.connect,
        "wait": timing.wait,
        "read": timing.read,
    }
