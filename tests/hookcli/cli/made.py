"""Captures, attempts and reports for the faces to show."""

import hashlib
from typing import Any

from hookcli.captures.model import Attempt, Capture, Outcome, Timing, Why
from hookcli.tunnel import observe

AT = 1_763_908_325_412_000
"""2025-11-23T14:32:05.412Z."""
ID = "01JA8PZQ4M0000000000000001"
OTHER = "01JA8Q2T000000000000000002"
URL = "https://hooks.test/ep_k3f9qz"


def capture(id_: str = ID, body: bytes = b"", **changes: Any) -> Capture:
    """A capture; anything about it can be said."""
    given: dict[str, Any] = {
        "id": id_,
        "endpoint": "ep_k3f9qz",
        "seq": 4711,
        "received_at": AT,
        "method": "POST",
        "url": URL,
        "target": b"/webhooks/stripe",
        "http_version": "1.1",
        "peer": "203.0.113.9",
        "headers": ((b"Content-Type", b"application/json"),),
        "body_size": len(body),
        "body_sha256": hashlib.sha256(body).digest(),
    }
    return Capture(**(given | changes))


def captured(id_: str = ID, body: bytes = b"", **changes: Any) -> observe.Captured:
    """The report of a capture."""
    return observe.Captured(capture=capture(id_, body, **changes), body=body)


def attempt(capture_id: str = ID, **changes: Any) -> Attempt:
    """An answered attempt, unless told otherwise."""
    given: dict[str, Any] = {
        "capture": capture_id,
        "n": 1,
        "why": Why.LIVE,
        "target": "http://localhost:8000",
        "started_at": AT,
        "ms": 31.0,
        "timing": Timing(dns=0.1, connect=0.4, wait=30.0, read=0.5),
        "outcome": Outcome.RESPONDED,
        "status": 200,
        "reason": b"OK",
        "body": b"ok",
    }
    given |= changes
    return Attempt(**({"body_size": len(given["body"])} | given))


def ready(**changes: Any) -> observe.Ready:
    """The report of a first connection to a public relay."""
    given: dict[str, Any] = {
        "endpoint": "ep_k3f9qz",
        "url": URL,
        "targets": ("http://localhost:8000",),
        "relay": "https://hooks.test",
        "local": False,
        "resume_seq": 4711,
        "backlog": 0,
        "retention_s": 604_800,
    }
    return observe.Ready(**(given | changes))
