"""A handful of captures that filters tell apart, in a store and as subjects: each asked both ways."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hookcli.captures.filters import Filter, Subject, parse
from hookcli.captures.model import (
    Attempt,
    Capture,
    Delivery,
    DeliveryState,
    Outcome,
    Signature,
    SignatureState,
    Told,
    Why,
)
from hookcli.captures.store import Batch, NewCapture, Store
from tests.hookcli.captures.made import HERE, NOW, THERE, attempt, capture

MINUTE = 60_000_000
JSON = (b"Content-Type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One capture with all that belongs to it."""

    name: str
    capture: Capture
    body: bytes
    attempts: tuple[Attempt, ...] = ()
    state: DeliveryState = DeliveryState.DONE
    """`SKIPPED` without a delivery."""


def case(
    name: str, number: int, body: bytes | object = b"", *attempts: Attempt,
    state: DeliveryState = DeliveryState.DONE, **values: Any,
) -> Case:  # fmt: skip
    """A case; a body that is no bytes is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    size, digest = len(raw), hashlib.sha256(raw).digest()
    made = capture(number, raw, **({"body_size": size, "body_sha256": digest} | values))
    numbered = tuple(
        replace(one, capture=made.id, n=place) for place, one in enumerate(attempts, 1)
    )
    return Case(name=name, capture=made, body=raw, attempts=numbered, state=state)


def answer(status: int = 200, **values: Any) -> Attempt:
    """An attempt that was answered; `case` numbers it."""
    return attempt(0, status, **values)


def no_answer(outcome: Outcome, error: str, **values: Any) -> Attempt:
    """An attempt without an answer."""
    nothing = {"body": b"", "body_size": 0, "headers": (), "reason": b""}
    return attempt(0, 0, **({"outcome": outcome, "error": error} | nothing | values))


def sig(state: SignatureState) -> Signature:
    """A verdict."""
    return Signature(state=state)


def told(status: int, by: str = "app") -> Told:
    """What a sender was told."""
    return Told(status=status, by=by, ms=9.0)


INVOICE = {
    "id": "evt_1",
    "type": "invoice.paid",
    "data": {
        "object": {
            "amount": 2400,
            "tax": 4.5,
            "total": "24.00",
            "paid": True,
            "refund": None,
            "lines": [{"id": "il_1", "amount": 900}, {"id": "il_2", "amount": 1500}],
            "key.with dot": "x",
        }
    },
    "tags": ["red", "blue"],
    "inner": json.dumps({"deep": {"er": "still waters"}}),
}

HTML = b"<h1>IntegrityError at /webhooks/stripe</h1>\nUNIQUE constraint failed: payments.event_id"

PART = (
    b'--xyz\r\nContent-Disposition: form-data; name="subject"\r\n\r\nHello there\r\n'
    b'--xyz\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n'
    b'{"from":"maria@example.com"}\r\n--xyz--\r\n'
)

CASES = (
    case(
        "paid", 1, INVOICE, answer(200, ms=31.5), received_at=NOW - 10 * MINUTE,
        headers=((b"Host", b"hooks.example.com"), JSON, (b"Stripe-Signature", b"t=1763908390,v1=3a9b")),
        target=b"/webhooks/stripe?page=2&filter[kind]=new", scheme="stripe",
        signature=sig(SignatureState.OK), told=told(200), note="From the Demo account",
    ),
    case(
        "failed", 2, {"id": "evt_2", "data": {"object": {"amount": 10}}, "memo": "payment failed"},
        answer(500, ms=840.0, body=HTML, headers=((b"Content-Type", b"text/html"), (b"X-Trace", b"abc"))),
        event_type="invoice.payment_failed", received_at=NOW - 90 * MINUTE,
        target=b"/webhooks/stripe", signature=sig(SignatureState.STALE), scheme="stripe",
        told=told(202, "deadline"),
    ),
    case(
        "refused", 3, {"ref": "refs/heads/main"}, no_answer(Outcome.REFUSED, "connection refused"),
        state=DeliveryState.PENDING, source="github", event_type="push",
        target=b"/webhooks/github", told=told(202, "ack"), signature=sig(SignatureState.UNKNOWN),
    ),
    case(
        "fresh", 4, b"payload=%7B%22action%22%3A%22opened%22%2C%22number%22%3A17%7D&user[name]=Tom+K&a=1&a=2",
        headers=(FORM,), state=DeliveryState.PENDING, source="github",
        event_type="pull_request opened", target=b"/webhooks/github",
    ),
    case(
        "slack", 5, b"token=gIk&text=refund+please", answer(401, ms=4.0, body=b'{"ok":false,"error":"invalid signature"}'),
        headers=(FORM,), source="slack", event_type="event_callback message",
        target=b"/webhooks/slack", signature=sig(SignatureState.BAD), scheme="slack", told=told(401),
    ),
    case(
        "skipped", 6, {"kind": "order"}, state=DeliveryState.SKIPPED, source="shopify",
        event_type="orders/updated", method="PUT", target=b"", provider_id="",
    ),
    case(
        "timeout", 7, b"", no_answer(Outcome.TIMED_OUT, "no answer within 30 s", ms=30_000.0),
        state=DeliveryState.FAILED, source="", event_type="", method="GET", target=b"?probe=1",
        told=told(0, "gone"), endpoint="ep_other",
    ),
    case(
        "replayed", 8, {"id": "evt_8"}, answer(503, ms=5.0), answer(204, ms=7.0, why=Why.REPLAY, target=THERE),
        target=b"/Webhooks/Stripe", tags=("checkout-refund", "marked"),
    ),
    case(
        "mutation", 9, {"id": "evt_1", "amount": 0}, state=DeliveryState.SKIPPED, parent=capture(1).id,
        provider_id="evt_1", seq=None, signature=sig(SignatureState.NEW), note="amount_paid=0",
        received_at=NOW - 24 * 60 * MINUTE,
    ),
    case("dup", 10, INVOICE | {"again": True}, answer(200), provider_id="evt_1", endpoint="ep_test"),
    case(
        "mail", 11, PART, answer(200), source="sendgrid", event_type="inbound",
        headers=((b"Content-Type", b"multipart/form-data; boundary=xyz"),),
        target="/über/straße?x=1".encode(), note="Müller & Søn",
    ),
)  # fmt: skip


def subject(one: Case, others: Sequence[Case] = ()) -> Subject:
    """The case as Python is asked about it, among those that were captured before."""
    mine = one.capture
    repeats = bool(mine.provider_id) and not mine.parent
    before = {(o.capture.provider_id, o.capture.endpoint, o.capture.source)
              for o in others if not o.capture.parent}  # fmt: skip
    return Subject(
        capture=mine,
        body=one.body,
        attempts=one.attempts,
        state=one.state,
        dup=repeats and (mine.provider_id, mine.endpoint, mine.source) in before,
    )


def put(store: Store, cases: Sequence[Case]) -> None:
    """Keep the cases."""
    for one in cases:
        targets = () if one.state is DeliveryState.SKIPPED else (HERE,)
        deliveries = tuple(
            Delivery(capture=one.capture.id, target=target, state=one.state) for target in targets
        )
        new = NewCapture(capture=one.capture, body=one.body, targets=targets)
        store.commit(Batch(captures=(new,), attempts=one.attempts, deliveries=deliveries))


class World:
    """The cases in a store; every question is asked both ways, and both must agree."""

    def __init__(self, path: Path, cases: Sequence[Case] = CASES) -> None:
        self.cases = cases
        self.store = Store.open(path)
        put(self.store, cases)
        self._subjects = [subject(one, cases[:at]) for at, one in enumerate(cases)]

    def names(self, text: str) -> set[str]:
        """The names of the cases that pass."""
        wanted = parse(text, now=NOW)
        stored = self.by_sql(wanted)
        assert self.by_python(wanted) == stored, wanted.where()
        assert self.store.count(wanted) == len(stored)
        return stored

    def by_sql(self, wanted: Filter) -> set[str]:
        """As the store answers."""
        ids = {one.capture.id for one in self.store.summaries(wanted, now=NOW)}
        return {one.name for one in self.cases if one.capture.id in ids}

    def by_python(self, wanted: Filter) -> set[str]:
        """As the filter answers."""
        return {
            one.name
            for one, asked in zip(self.cases, self._subjects, strict=True)
            if wanted.matches(asked)
        }
