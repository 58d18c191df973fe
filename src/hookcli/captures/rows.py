"""Captures, attempts and deliveries as rows of the store's tables, and back."""

from collections.abc import Sequence
from typing import Any

import msgspec

from hookcli.captures.model import (
    Attempt,
    Capture,
    Delivery,
    DeliveryState,
    Last,
    Outcome,
    Signature,
    SignatureState,
    Summary,
    Timing,
    Told,
    Why,
)
from hookcli.wire.headers import Headers

Row = tuple[Any, ...]
"""Values as SQLite takes and gives them."""

_CAPTURE = (
    "id", "endpoint", "seq", "received_at", "method", "url", "target", "http_version", "peer",
    "headers", "body_size", "body_sha256", "source", "event_type", "provider_id", "scheme",
    "sig_state", "sig_reason", "sig_age_ms", "sig_secret", "parent", "note", "told_status",
    "told_by", "told_ms",
)  # fmt: skip
LAST = ("n", "why", "target", "outcome", "status", "ms", "error", "next_retry_at")
"""What `captures.last_*` repeats of the latest attempt."""

CAPTURE_COLUMNS = ("rowid", *_CAPTURE, "state")
"""Of `captures`, as `capture_row` gives them."""

ATTEMPT_COLUMNS = (
    "capture", "n", "why", "target", "started_at", "ms", "dns_ms", "connect_ms", "wait_ms",
    "read_ms", "outcome", "status", "reason", "body_size", "error", "added", "next_retry_at",
    "headers", "body",
)  # fmt: skip
"""Of `attempts`, as `attempt_row` gives them."""

CAPTURES = (
    f"SELECT {', '.join(f'c.{name}' for name in _CAPTURE)},"  # noqa: S608 - our own names
    " (SELECT json_group_array(tag) FROM tags WHERE capture = c.rowid)"
)
"""The beginning of a query over `captures c` whose rows `capture_of` reads."""

SUMMARIES = (
    f"{CAPTURES}, c.rowid, c.state, c.attempts, {', '.join(f'c.last_{name}' for name in LAST)}"
)
"""The same for `summary_of`."""

ATTEMPTS = f"SELECT {', '.join(ATTEMPT_COLUMNS[1:])} FROM attempts"  # noqa: S608 - our own names
"""The beginning of a query whose rows `attempt_of` reads."""

_TAGS = len(_CAPTURE)
_NO_TEXTS = "[]"

_MOST = (1 << 63) - 1
"""The largest integer of SQLite."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Headers).decode
_texts = msgspec.json.Decoder(tuple[str, ...]).decode

_OUTCOMES = {one.value: one for one in Outcome}
_WHYS = {one.value: one for one in Why}
_STATES = {one.value: one for one in DeliveryState}
_SIGNATURES = {one.value: one for one in SignatureState}


def storable(values: Sequence[object]) -> Row:
    """Values that SQLite can hold: a lone surrogate becomes U+FFFD, a huge number the largest.

    Both can come from inside an event (a JSON text, a signed timestamp); its bytes stay as they are.
    """
    return tuple(_storable(value) for value in values)


def _storable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int):
        return max(-_MOST, min(value, _MOST))
    return value


def texts(values: Sequence[str]) -> str:
    """A JSON array of texts, as columns and `json_each` take it."""
    if not values:
        return _NO_TEXTS
    try:
        return msgspec.json.encode(values).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(storable(values)).decode()


def capture_row(rowid: int, one: Capture, state: DeliveryState) -> Row:
    """A new row of `captures`."""
    signature, told = one.signature, one.told
    return (
        rowid,
        one.id,
        one.endpoint,
        one.seq,
        one.received_at,
        one.method,
        one.url,
        one.target,
        one.http_version,
        one.peer,
        _pack(one.headers),
        one.body_size,
        one.body_sha256,
        one.source,
        one.event_type,
        one.provider_id,
        one.scheme,
        signature.state,
        signature.reason,
        signature.age_ms,
        signature.secret,
        one.parent,
        one.note,
        told.status if told else None,
        told.by if told else None,
        told.ms if told else None,
        state,
    )


def attempt_row(capture: int, n: int, one: Attempt) -> Row:
    """A new row of `attempts`."""
    timing = one.timing
    return (
        capture,
        n,
        one.why,
        one.target,
        one.started_at,
        one.ms,
        timing.dns,
        timing.connect,
        timing.wait,
        timing.read,
        one.outcome,
        one.status,
        one.reason,
        one.body_size,
        one.error,
        texts(one.added),
        one.next_retry_at,
        _pack(one.headers),
        one.body,
    )


def last_row(capture: int, n: int, one: Attempt) -> Row:
    """What `captures` repeats of an attempt, behind the row it belongs to: as `LAST`."""
    return (
        capture,
        n,
        one.why,
        one.target,
        one.outcome,
        one.status,
        one.ms,
        one.error,
        one.next_retry_at,
    )


def capture_of(row: Row) -> Capture:
    """The capture of a row that begins as `CAPTURES` selects."""
    (id_, endpoint, seq, received_at, method, url, target, http_version, peer, headers, size,
     sha256, source, event_type, provider_id, scheme, sig_state, sig_reason, sig_age_ms,
     sig_secret, parent, note, told_status, told_by, told_ms, tags, *_) = row  # fmt: skip
    told = None
    if told_status is not None:
        told = Told(status=told_status, by=told_by, ms=told_ms or 0.0)
    return Capture(
        id=id_,
        endpoint=endpoint,
        seq=seq,
        received_at=received_at,
        method=method,
        url=url,
        target=target,
        http_version=http_version,
        peer=peer,
        headers=_unpack(headers),
        body_size=size,
        body_sha256=sha256,
        source=source,
        event_type=event_type,
        provider_id=provider_id,
        scheme=scheme,
        signature=Signature(
            state=_SIGNATURES[sig_state], reason=sig_reason, age_ms=sig_age_ms, secret=sig_secret
        ),
        parent=parent,
        note=note,
        tags=() if tags == _NO_TEXTS else tuple(sorted(_texts(tags))),
        told=told,
    )


def summary_of(row: Row) -> Summary:
    """The summary of a row as `SUMMARIES` selects."""
    rowid, state, attempts, n, why, target, outcome, status, ms, error, retry = row[_TAGS + 1 :]
    last = None
    if n is not None:
        last = Last(
            n=n,
            why=_WHYS[why],
            target=target,
            outcome=_OUTCOMES[outcome],
            status=status,
            ms=ms,
            error=error,
            next_retry_at=retry,
        )
    return Summary(
        rowid=rowid, capture=capture_of(row), state=_STATES[state], attempts=attempts, last=last
    )


def attempt_of(capture: str, row: Row) -> Attempt:
    """The attempt of a capture, from a row as `ATTEMPTS` selects."""
    (n, why, target, started_at, ms, dns, connect, wait, read, outcome, status, reason, body_size,
     error, added, next_retry_at, headers, body) = row  # fmt: skip
    return Attempt(
        capture=capture,
        n=n,
        why=_WHYS[why],
        target=target,
        started_at=started_at,
        ms=ms,
        timing=Timing(dns=dns, connect=connect, wait=wait, read=read),
        outcome=_OUTCOMES[outcome],
        status=status,
        reason=reason,
        headers=_unpack(headers),
        body=body,
        body_size=body_size,
        error=error,
        added=_texts(added),
        next_retry_at=next_retry_at,
    )


def delivery_of(row: Row) -> Delivery:
    """A delivery from its capture's id and its columns."""
    capture, target, state, tries, due_at, first_try_at = row
    return Delivery(
        capture=capture,
        target=target,
        state=_STATES[state],
        tries=tries,
        due_at=due_at,
        first_try_at=first_try_at,
    )
