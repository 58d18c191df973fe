"""Captures, attempts and deliveries for the tests of the store; each can be like no other."""

import hashlib
from typing import Any

from hypothesis import strategies as st

from hookcli.captures.model import (
    Attempt,
    Capture,
    Delivery,
    DeliveryState,
    Outcome,
    Signature,
    SignatureState,
    Timing,
    Told,
    Why,
)
from hookcli.captures.store import NewCapture

NOW = 1_763_908_351_000_000
"""µs since the epoch."""

HERE = "http://localhost:8000"
THERE = "http://localhost:9000"


def identity(number: int) -> str:
    """An id that sorts by its number."""
    return f"01JA{number:022d}"


def capture(number: int, body: bytes = b'{"a":1}', **values: Any) -> Capture:
    """One capture; `values` replace what it would have."""
    given: dict[str, Any] = {
        "id": identity(number),
        "endpoint": "ep_test",
        "seq": number,
        "received_at": NOW + number,
        "method": "POST",
        "url": "https://hooks.example.com/ep_test",
        "target": b"/webhooks?n=%d" % number,
        "http_version": "1.1",
        "peer": "203.0.113.9:4433",
        "headers": ((b"Host", b"hooks.example.com"), (b"X-A", b"1"), (b"x-a", b"\xff")),
        "body_size": len(body),
        "body_sha256": hashlib.sha256(body).digest(),
        "source": "stripe",
        "event_type": "invoice.paid",
        "provider_id": f"evt_{number}",
    }
    return Capture(**(given | values))


def new(number: int, body: bytes = b'{"a":1}', *targets: str, **values: Any) -> NewCapture:
    """A capture to keep."""
    return NewCapture(capture=capture(number, body, **values), body=body, targets=targets)


def attempt(number: int, status: int = 200, **values: Any) -> Attempt:
    """One attempt that was answered, not numbered yet."""
    body = b'{"ok":true}'
    given: dict[str, Any] = {
        "capture": identity(number),
        "n": 0,
        "why": Why.LIVE,
        "target": HERE,
        "started_at": NOW,
        "ms": 31.5,
        "timing": Timing(connect=1.0, wait=29.0, read=1.5),
        "outcome": Outcome.RESPONDED,
        "status": status,
        "reason": b"OK",
        "headers": ((b"Content-Type", b"application/json"),),
        "body": body,
        "body_size": len(body),
    }
    return Attempt(**(given | values))


def delivery(number: int, state: DeliveryState, target: str = HERE, **values: Any) -> Delivery:
    """The state of a delivery."""
    return Delivery(capture=identity(number), target=target, state=state, **values)


_INTS = st.integers(-(1 << 63) + 1, (1 << 63) - 1)
_TEXTS = st.text(max_size=12)
_FLOATS = st.floats(allow_nan=False)
_HEADERS = st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=20)), max_size=4).map(tuple)

CAPTURES = st.builds(
    Capture,
    id=st.text(min_size=1, max_size=26),
    endpoint=_TEXTS,
    seq=st.none() | st.integers(0, 1 << 62),
    received_at=_INTS,
    method=_TEXTS,
    url=_TEXTS,
    target=st.binary(max_size=30),
    http_version=_TEXTS,
    peer=_TEXTS,
    headers=_HEADERS,
    body_size=st.integers(0, 1 << 40),
    body_sha256=st.binary(min_size=32, max_size=32),
    source=_TEXTS,
    event_type=_TEXTS,
    provider_id=_TEXTS,
    scheme=_TEXTS,
    signature=st.builds(
        Signature,
        state=st.sampled_from(SignatureState),
        reason=_TEXTS,
        age_ms=st.none() | _INTS,
        secret=_TEXTS,
    ),
    parent=_TEXTS,
    note=_TEXTS,
    tags=st.lists(_TEXTS, unique=True, max_size=3).map(lambda tags: tuple(sorted(tags))),
    told=st.none() | st.builds(Told, status=st.integers(0, 999), by=_TEXTS, ms=_FLOATS),
)
"""Every field with everything that it can hold."""

ATTEMPTS = st.builds(
    Attempt,
    capture=st.just(identity(1)),
    n=st.integers(0, 9),
    why=st.sampled_from(Why),
    target=_TEXTS,
    started_at=_INTS,
    ms=_FLOATS,
    timing=st.builds(
        Timing,
        dns=st.none() | _FLOATS,
        connect=st.none() | _FLOATS,
        wait=st.none() | _FLOATS,
        read=st.none() | _FLOATS,
    ),
    outcome=st.sampled_from(Outcome),
    status=st.integers(0, 999),
    reason=st.binary(max_size=8),
    headers=_HEADERS,
    body=st.binary(max_size=50),
    body_size=st.integers(0, 1 << 40),
    error=_TEXTS,
    added=st.lists(_TEXTS, max_size=3).map(tuple),
    next_retry_at=st.none() | _INTS,
)
