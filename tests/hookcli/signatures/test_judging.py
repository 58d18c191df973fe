"""The verdict: which reason, in which order, and that nothing raises."""

import dataclasses
from collections.abc import Callable

import pytest
from msgspec import structs

from hookcli import signatures
from hookcli.captures.model import SignatureState
from hookcli.errors import UsageError
from hookcli.signatures import Reason, Secret, State
from hookcli.wire.http import Request
from tests.hookcli.signatures.made import NOW, request, without
from tests.hookcli.signatures.made import SHARED as SECRET

OTHER = Secret("other", "whsec_b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3Ro")
MINUTE = 60_000_000


def stripe() -> Request:
    return signatures.sign(request(), "stripe", SECRET, now=NOW)


def test_the_states_are_those_of_a_capture() -> None:
    assert {state.value for state in State} == {state.value for state in SignatureState}


def test_no_text_of_a_secret_shows_its_value() -> None:
    secret = Secret("name", "canary")
    shown = f"{secret} {secret!r} {(secret,)} {dataclasses.asdict(secret).keys()}"
    assert "name" in shown
    assert "canary" not in shown


def test_a_right_signature_names_its_secret_and_its_age() -> None:
    verdict = signatures.verify(stripe(), "stripe", [OTHER, SECRET], at=NOW + 2_500_000)
    assert (verdict.state, verdict.reason) == (State.OK, Reason.OK)
    assert (verdict.secret_name, verdict.age_ms) == ("test", 2500)
    assert verdict.ok


Change = Callable[[Request], Request]


@pytest.mark.parametrize(
    ("change", "secrets", "minutes", "reason"),
    [
        (lambda r: r, [SECRET], 5, Reason.OK),
        (lambda r: r, [SECRET], -4.99, Reason.OK),
        (lambda r: r, [SECRET], 5.1, Reason.STALE),
        (lambda r: r, [SECRET], -5.1, Reason.FUTURE),
        (lambda r: r, [OTHER], 0, Reason.WRONG_SECRET),
        (lambda r: r, [OTHER], 99, Reason.WRONG_SECRET),
        (lambda r: structs.replace(r, body=r.body + b"\n"), [SECRET], 0, Reason.WRONG_SECRET),
        (lambda r: r, [], 0, Reason.NO_SECRET),
        (lambda r: r, [Secret("void", "")], 0, Reason.BAD_SECRET),
        (lambda r: without(r, b"stripe-signature"), [SECRET], 0, Reason.MISSING_HEADER),
        (lambda r: without(r, b"stripe-signature"), [], 0, Reason.NOT_SIGNED),
    ],
)
def test_each_reason_is_given_for_what_it_says(
    change: Change, secrets: list[Secret], minutes: float, reason: Reason
) -> None:
    at = NOW + round(minutes * MINUTE)
    assert signatures.verify(change(stripe()), "stripe", secrets, at=at).reason is reason


def test_a_scheme_that_is_not_known_is_a_verdict_when_verifying_and_a_failure_when_signing() -> (
    None
):
    verdict = signatures.verify(request(), "nobody", [SECRET], at=NOW)
    assert verdict.reason is Reason.UNKNOWN_SCHEME
    with pytest.raises(UsageError, match="nobody"):
        signatures.sign(request(), "nobody", SECRET, now=NOW)


def test_a_listener_gets_identity_and_verdict_at_once() -> None:
    identity, verdict = signatures.judge(stripe(), {"stripe": [SECRET]}, at=NOW)
    assert (identity.source, identity.event_type) == ("stripe", "invoice.paid")
    assert (identity.provider_id, identity.scheme) == ("evt_1", "stripe")
    assert verdict.ok


def test_a_stranger_s_request_is_not_signed() -> None:
    identity, verdict = signatures.judge(request(), {"stripe": [SECRET]}, at=NOW)
    assert identity == signatures.Identity()
    assert (verdict.state, verdict.reason) == (State.NONE, Reason.NOT_SIGNED)
