"""From an event to the capture that is kept: its bytes as they came, and what they say of themselves."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from hookcli.captures.model import Capture, Signature, SignatureState
from hookcli.captures.store import NewCapture
from hookcli.signatures import Identity, Reason, Scheme, Secret, Verdict
from hookcli.signatures import judge as judge_with
from hookcli.wire.http import Request
from hookcli.wire.messages import Event

Judge = Callable[[Request, int], tuple[Identity, Verdict]]
"""Who sent a request and whether its signature holds, given when it was received (µs)."""


def judge_by(secrets: Mapping[str, Sequence[Secret]], recipes: Sequence[Scheme] = ()) -> Judge:
    """Judge by these secrets, which are given by scheme, and by schemes of the user's own."""
    return lambda request, at: judge_with(request, secrets, at=at, recipes=recipes)


def capture_of(
    event: Event, endpoint: str, targets: Sequence[str], judge: Judge
) -> tuple[NewCapture, Exception | None]:
    """The capture, and the bug that a judgement ended in: it costs the source, never the event."""
    bug = None
    identity, signature = Identity(), Signature()
    request = Request(
        method=event.method,
        url=event.url,
        target=event.target,
        headers=event.headers,
        body=event.body,
    )
    try:
        identity, verdict = judge(request, event.received_at)
        signature = _signature(verdict)
    except Exception as error:  # what is sent may be anything; it is kept all the same
        bug = error
    capture = Capture(
        id=event.id,
        endpoint=endpoint,
        seq=event.seq,
        received_at=event.received_at,
        method=event.method,
        url=event.url,
        target=event.target,
        http_version=event.http_version,
        peer=event.peer,
        headers=event.headers,
        body_size=len(event.body),
        body_sha256=hashlib.sha256(event.body).digest(),
        source=identity.source,
        event_type=identity.event_type,
        provider_id=identity.provider_id,
        scheme=identity.scheme,
        signature=signature,
        note="; ".join(event.marks),
    )
    return NewCapture(capture=capture, body=event.body, targets=tuple(targets)), bug


def _signature(verdict: Verdict) -> Signature:
    quiet = verdict.reason in (Reason.OK, Reason.NOT_SIGNED)
    return Signature(
        state=SignatureState(verdict.state.value),
        reason="" if quiet else verdict.reason.value,
        age_ms=verdict.age_ms,
        secret=verdict.secret_name,
    )
