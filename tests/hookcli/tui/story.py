"""A small shop's afternoon: what the pictures of the documentation show, the same at every run."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from msgspec import structs

from hookcli import signatures
from hookcli.captures.model import (
    Attempt,
    Capture,
    Outcome,
    Signature,
    SignatureState,
    Timing,
    Told,
    Why,
)
from hookcli.captures.store import Batch, NewCapture, Store
from hookcli.signatures import Secret
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request

NOON = 1_763_908_364_520_000
"""µs since the epoch, 2025-11-23T14:32:44.520Z: when the pictures are taken."""
TARGET = "http://localhost:8000"
URL = "https://hooks.example.com/ep_tuijzap5jqa3mrithakwq6t3fh"
SECRETS = {
    "stripe": (Secret("stripe-test", "whsec_made_up_for_pictures"),),
    "github": (Secret("github-hook", "made up for pictures"),),
    "slack": (Secret("slack-dev", "made up for pictures, dev"),
              Secret("slack-prod", "made up for pictures, prod")),
}  # fmt: skip
"""What the shop has configured; the last of Slack's is used by its other environment."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event and what became of it."""

    ago_s: float
    source: str
    kind: str
    body: dict[str, Any]
    status: int = 200
    ms: float = 12.0
    answer: str = '{"received": true}'
    path: str = ""
    state: SignatureState = SignatureState.OK
    outcome: Outcome = Outcome.RESPONDED


def invoice(number: int, paid: bool) -> dict[str, Any]:
    """The body of an invoice event."""
    return {
        "id": f"evt_3PqXf2A7Bk{number:02d}",
        "object": "event",
        "api_version": "2025-09-30",
        "data": {
            "object": {
                "id": f"in_1PqXf0A7Bk{number:02d}",
                "amount_due": 2400,
                "amount_paid": 2400 if paid else 0,
                "attempt_count": 2,
                "currency": "usd",
                "customer": "cus_QmVb3LN4P",
                "customer_email": "ada@example.com",
                "lines": {
                    "data": [
                        {"id": "il_1", "amount": 1900, "description": "Pro plan"},
                        {"id": "il_2", "amount": 500, "description": "Seat"},
                    ],
                    "has_more": False,
                },
                "status": "paid" if paid else "open",
            }
        },
        "livemode": False,
        "type": "invoice.paid" if paid else "invoice.payment_failed",
    }


def thing(kind: str, number: int) -> dict[str, Any]:
    """The body of some other event."""
    return {"id": f"evt_{number:04d}", "object": "event", "type": kind,
            "data": {"object": {"id": f"obj_{number}", "amount": 100 * number}}}  # fmt: skip


PUSH = {"ref": "refs/heads/main", "before": "9c1185a5", "after": "0d1a26e6",
        "repository": {"full_name": "acme/api", "private": True}, "commits": [{"id": "0d1a26e6"}]}  # fmt: skip
RUN = {"action": "completed", "workflow_run": {"id": 30433642, "conclusion": "success"},
       "repository": {"full_name": "acme/api"}}  # fmt: skip
MESSAGE = {"type": "event_callback", "event_id": "Ev0PV52K21", "team_id": "T061EG9R6",
           "event": {"type": "message", "text": "ship it", "channel": "C0LAN2Q65"}}  # fmt: skip
PULL = {"action": "opened", "number": 42, "pull_request": {"title": "Retry refunds", "draft": False},
        "repository": {"full_name": "acme/api"}}  # fmt: skip
INTEGRITY = (
    "<!doctype html><title>IntegrityError at /webhooks/stripe</title><pre>Traceback (most recent call"
    " last):\n  File &quot;shop/hooks.py&quot;, line 71, in paid\n</pre>"
)

EVENTS = (
    Event(ago_s=401.2, source="", kind="", body={"ping": True}, status=204, ms=7, path="/webhooks/internal",
          state=SignatureState.NONE),
    Event(ago_s=380.2, source="stripe", kind="payment_intent.created", body=thing("payment_intent.created", 11)),
    Event(ago_s=372.6, source="stripe", kind="invoice.payment_failed", body=invoice(5, False) | {"livemode": True},
          ms=12),
    Event(ago_s=367.9, source="github", kind="push", body=PUSH, ms=18),
    Event(ago_s=355.6, source="stripe", kind="invoice.finalized", body=thing("invoice.finalized", 12), status=422,
          ms=31, answer='{"error": "unknown customer cus_QmVb3LN4P"}'),
    Event(ago_s=343.8, source="stripe", kind="invoice.paid", body=invoice(1, True), ms=16),
    Event(ago_s=322.5, source="github", kind="workflow_run", body=RUN, status=204, ms=9, answer=""),
    Event(ago_s=298.6, source="github", kind="push", body=PUSH, ms=17),
    Event(ago_s=286.6, source="stripe", kind="customer.created", body=thing("customer.created", 13), ms=11),
    Event(ago_s=275.1, source="stripe", kind="charge.succeeded", body=thing("charge.succeeded", 14), ms=13),
    Event(ago_s=254.4, source="stripe", kind="invoice.paid", body=invoice(2, True), ms=16),
    Event(ago_s=233.2, source="github", kind="workflow_run", body=RUN, status=204, ms=8, answer=""),
    Event(ago_s=218.8, source="stripe", kind="payment_intent.created", body=thing("payment_intent.created", 15)),
    Event(ago_s=197.7, source="stripe", kind="customer.created", body=thing("customer.created", 16), ms=12),
    Event(ago_s=172.4, source="", kind="", body={"ping": True}, status=204, ms=6, path="/webhooks/internal",
          state=SignatureState.NONE),
    Event(ago_s=151.8, source="stripe", kind="charge.succeeded", body=thing("charge.succeeded", 17), ms=14),
    Event(ago_s=129.3, source="github", kind="push", body=PUSH, ms=19),
    Event(ago_s=104.2, source="stripe", kind="charge.dispute.created", body=thing("charge.dispute.created", 18),
          outcome=Outcome.TIMED_OUT, status=0, ms=30000, answer=""),
    Event(ago_s=81.1, source="stripe", kind="payment_intent.created", body=thing("payment_intent.created", 19)),
    Event(ago_s=52.9, source="stripe", kind="customer.created", body=thing("customer.created", 20), ms=11),
    Event(ago_s=48.7, source="github", kind="push", body=PUSH, ms=18),
    Event(ago_s=42.6, source="github", kind="workflow_run", body=RUN, status=204, ms=9, answer=""),
    Event(ago_s=39.9, source="stripe", kind="charge.succeeded", body=thing("charge.succeeded", 21), ms=13),
    Event(ago_s=38.5, source="stripe", kind="invoice.paid", body=invoice(3, True), ms=16),
    Event(ago_s=34.6, source="slack", kind="event_callback", body=MESSAGE, status=401, ms=4,
          answer='{"error": "invalid signature"}', state=SignatureState.BAD),
    Event(ago_s=33.2, source="slack", kind="event_callback", body=MESSAGE, ms=22),
    Event(ago_s=24.1, source="stripe", kind="invoice.payment_failed", body=invoice(4, False), status=500, ms=84,
          answer=INTEGRITY),
    Event(ago_s=10.6, source="github", kind="pull_request", body=PULL, ms=41),
    Event(ago_s=3.8, source="stripe", kind="customer.subscription.deleted",
          body=thing("customer.subscription.deleted", 22), ms=14),
)  # fmt: skip


def identity(number: int) -> str:
    """The id of an event, by the time it came; of the mutation for 900."""
    ago = EVENTS[number].ago_s if number < len(EVENTS) else 2.0
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    value = (((NOON // 1000) - round(ago * 1000)) << 80) + number * 7_919**5
    return "".join(letters[value >> shift & 31] for shift in range(125, -1, -5))


def request_of(number: int, event: Event, at: int) -> Request:
    """What the provider sent, signed."""
    body = json.dumps(event.body, separators=(",", ":")).encode()
    fields: list[tuple[bytes, bytes]] = [
        (b"Host", b"hooks.example.com"),
        (b"Content-Type", b"application/json; charset=utf-8"),
        (b"Content-Length", b"%d" % len(body)),
        (b"X-Request-Id", b"req_%04d" % number),
    ]
    agents = {"stripe": b"Stripe/1.0 (+https://stripe.com/docs/webhooks)", "github": b"GitHub-Hookshot/044aadd",
              "slack": b"Slackbot 1.0 (+https://api.slack.com/robots)"}  # fmt: skip
    fields.append((b"User-Agent", agents.get(event.source, b"internal/1.0")))
    if event.source == "github":
        fields += [
            (b"X-GitHub-Event", event.kind.encode()),
            (b"X-GitHub-Delivery", b"72d3162e-%04d" % number),
        ]
    path = event.path or f"/webhooks/{event.source}"
    query = "?account=acct_1Q" if event.source == "stripe" else ""
    request = Request(method="POST", url=URL, target=f"{path}{query}".encode(),
                      headers=tuple(fields), body=body)  # fmt: skip
    if event.source not in SECRETS:
        return request
    secret = SECRETS[event.source][-1 if event.state is SignatureState.BAD else 0]
    return signatures.sign(request, event.source, secret, now=at - 400_000)


def captured(number: int, event: Event) -> tuple[Capture, bytes, list[Attempt]]:
    """The capture of an event, its body, its attempt."""
    at = NOON - round(event.ago_s * 1e6)
    request = request_of(number, event, at)
    found = signatures.identify(request)
    secret = SECRETS.get(event.source, (Secret("", ""),))[0].name
    signed = event.state is SignatureState.OK
    made = Capture(
        id=identity(number),
        endpoint="ep_tuijzap5jqa3mrithakwq6t3fh",
        seq=4680 + number,
        received_at=at,
        method=request.method,
        url=request.url,
        target=request.target,
        http_version="1.1",
        peer="203.0.113.9:41212",
        headers=request.headers,
        body_size=len(request.body),
        body_sha256=hashlib.sha256(request.body).digest(),
        source=found.source,
        event_type=found.event_type,
        provider_id=found.provider_id,
        scheme=found.scheme,
        signature=Signature(
            state=event.state,
            reason="wrong_secret" if event.state is SignatureState.BAD else "",
            age_ms=400 if event.source in ("stripe", "slack") else None,
            secret=secret if signed else "",
        ),
        told=Told(
            status=event.status or 202, by="app" if event.status else "deadline", ms=event.ms
        ),
    )
    return made, request.body, [answered(made.id, event, at)]


def answered(of: str, event: Event, at: int, **changes: Any) -> Attempt:
    """What the program answered."""
    body = event.answer.encode()
    html = body.startswith(b"<")
    responded = event.outcome is Outcome.RESPONDED
    headers: Headers = ((b"content-type", b"text/html" if html else b"application/json"),)
    made = Attempt(
        capture=of,
        n=1,
        why=Why.LIVE,
        target=TARGET,
        started_at=at + 2000,
        ms=event.ms,
        timing=Timing(dns=0.1, connect=0.4, wait=max(event.ms - 2, 0.5), read=0.6),
        outcome=event.outcome,
        status=event.status,
        reason=b"Internal Server Error" if event.status == 500 else b"OK",
        headers=headers if responded else (),
        body=body,
        body_size=len(body),
        error="" if responded else "no answer within 30 s",
    )
    return structs.replace(made, **changes)


def tell(path: Path) -> None:
    """Put the afternoon into a store."""
    store = Store.open(path)
    try:
        for number, event in enumerate(EVENTS):
            made, body, attempts = captured(number, event)
            _commit(store, made, body, attempts)
        _replayed(store)
        _mutated(store)
    finally:
        store.close()


def _commit(store: Store, made: Capture, body: bytes, attempts: list[Attempt]) -> None:
    new = NewCapture(capture=made, body=body)
    _ = store.commit(Batch(captures=(new,), attempts=tuple(attempts)))


def _replayed(store: Store) -> None:
    """The failed invoice was tried again: once in vain, once after a fix."""
    number = max(n for n, e in enumerate(EVENTS) if e.kind == "invoice.payment_failed")
    event, of = EVENTS[number], identity(number)
    later = NOON - 12_000_000
    again = answered(of, event, later, why=Why.REPLAY, ms=79)
    good = replace(event, status=200, answer='{"received": true, "duplicate": false}', ms=16)
    fixed = answered(of, good, NOON - 8_000_000, why=Why.REPLAY)
    _ = store.commit(Batch(attempts=(again, fixed)))


def _mutated(store: Store) -> None:
    """And sent once more as if nothing had been paid."""
    number = next(n for n, e in enumerate(EVENTS) if e.kind == "invoice.paid")
    parent, body, _ = captured(number, EVENTS[number])
    changed = body.replace(b'"amount_paid":2400', b'"amount_paid":0')
    secret = SECRETS["stripe"][0]
    request = signatures.sign(structs.replace(parent.request(changed)), "stripe", secret, now=NOON)
    made = structs.replace(
        parent,
        id=identity(900),
        seq=None,
        received_at=NOON - 2_000_000,
        headers=request.headers,
        body_size=len(changed),
        body_sha256=hashlib.sha256(changed).digest(),
        signature=Signature(state=SignatureState.NEW, secret=secret.name),
        parent=parent.id,
        note="amount_paid=0",
        told=None,
    )
    bad = replace(EVENTS[number], status=500, answer=INTEGRITY, ms=84)
    _commit(store, made, changed, [answered(made.id, bad, NOON - 2_000_000, why=Why.MUTATION)])
