"""Every scheme: recognised, signed, verified, and strict about anything that changed."""

import json
import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli import signatures
from hookcli.errors import UsageError
from hookcli.signatures import Reason, Secret, State
from hookcli.signatures.base import STATES
from hookcli.signatures.table import MARKS, MODULES
from hookcli.wire.http import Request
from tests.hookcli.signatures import made
from tests.hookcli.signatures.made import NOW, SIGNABLE, signed

DAY = 86_400_000_000


@pytest.mark.parametrize("name", SIGNABLE)
def test_what_is_signed_is_recognised_and_holds(name: str) -> None:
    request = signed(name)
    identity, verdict = signatures.judge(request, {name: [made.secret(name)]}, at=NOW + 1_000_000)
    assert identity.scheme == name
    assert verdict.reason is Reason.OK
    assert verdict.secret_name == "test"


TOLD = {
    "adyen": ("AUTHORISATION", "7914073381342284.AUTHORISATION"),
    "asana": ("task.changed", ""),
    "discord": ("APPLICATION_COMMAND", "1"),
    "dropbox": ("list_folder", ""),
    "gitea": ("issues.opened", "d-1"),
    "github": ("pull_request.opened", "d-1"),
    "gitlab": ("Push Hook", "u-1"),
    "hubspot": ("contact.creation", "1"),
    "linear": ("Issue.create", "l-1"),
    "mailgun": ("opened", "DACSsAdVSeGpLid7TN03WA"),
    "mandrill": ("open", "m"),
    "meta": ("page.feed", ""),
    "okta": ("user.lifecycle.create", "e"),
    "pagerduty": ("incident.triggered", "01B"),
    "sendgrid": ("delivered", "s-1"),
    "sentry": ("issue.created", "r-1"),
    "shopify": ("orders/create", "w-1"),
    "slack": ("event_callback message", "Ev1"),
    "sns": ("Notification", "22b8"),
    "square": ("payment.updated", "q-1"),
    "standard-webhooks": ("user.created", "msg_1"),
    "stripe": ("invoice.paid", "evt_1"),
    "telegram": ("message", "7"),
    "trello": ("updateCard", "t-1"),
    "twilio": ("message.sent", "k-1"),
    "twitch": ("stream.online", "m-1"),
    "x": ("tweet_create_events", ""),
    "xero": ("INVOICE.UPDATE", ""),
    "zendesk": ("zen:event-type:ticket.created", "z-1"),
}


@pytest.mark.parametrize("name", TOLD)
def test_events_are_named_as_their_provider_names_them(name: str) -> None:
    identity = signatures.identify(signed(name))
    assert (identity.event_type, identity.provider_id) == TOLD[name]


@pytest.mark.parametrize("name", SIGNABLE)
def test_another_secret_never_fits(name: str) -> None:
    other = made.secret(name, other=True)
    verdict = signatures.verify(signed(name), name, [other], at=NOW)
    assert verdict.reason is Reason.WRONG_SECRET


@pytest.mark.parametrize("name", SIGNABLE)
def test_the_second_of_several_secrets_is_found(name: str) -> None:
    secrets = [made.secret(name, other=True), made.secret(name)]
    assert signatures.verify(signed(name), name, secrets, at=NOW).secret_name == "test"


@pytest.mark.parametrize("name", SIGNABLE)
def test_signing_leaves_all_else_alone(name: str) -> None:
    before = made.example(name)
    extra = ((b"X-Odd", b"a"), (b"x-odd", b"\xff"), (b"Cookie", b"k=v"))
    before = replace(before, headers=before.headers + extra)
    once = signed(name, before)
    again = signed(name, once, now=NOW + DAY)
    named = [key for key, _ in once.headers]
    assert [key for key, _ in again.headers] == named
    assert set(extra) <= set(again.headers)
    assert (again.method, again.url, again.target) == (before.method, before.url, before.target)
    if name not in ("adyen", "mailgun", "linear", "sns"):
        assert again.body == before.body
    assert signatures.verify(again, name, [made.secret(name)], at=NOW + DAY).ok


@pytest.mark.parametrize("name", SIGNABLE)
def test_what_is_too_old_or_too_new_is_stale_and_never_ok(name: str) -> None:
    scheme = signatures.load(name)
    assert scheme is not None
    if scheme.tolerance_s is None:
        assert signatures.verify(signed(name), name, [made.secret(name)], at=NOW + 9 * DAY).ok
        assert scheme.uncovered
        return
    for at, reason in ((NOW + DAY, Reason.STALE), (NOW - DAY, Reason.FUTURE)):
        verdict = signatures.verify(signed(name), name, [made.secret(name)], at=at)
        assert (verdict.state, verdict.reason) == (State.STALE, reason)
        assert verdict.age_ms is not None


@pytest.mark.parametrize("name", SIGNABLE)
def test_without_a_secret_nothing_is_claimed(name: str) -> None:
    assert signatures.verify(signed(name), name, [], at=NOW).state is State.UNKNOWN


# What a scheme protects besides the body: the fields whose change must be found out.
NOT_COVERED = {"gitlab", "mailgun", "okta", "telegram"}
PARTLY = {"adyen", "sns"}


def changed(request: Request, chance: random.Random) -> Request:
    """The request with one byte of its body or of a signature changed, added or taken away."""
    body = bytearray(request.body)
    at = chance.randrange(len(body))
    kind = chance.randrange(4)
    if kind == 0:
        body[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del body[at]
    elif kind == 2:
        body.insert(at, chance.randrange(256))
    else:
        body += b"\n"
    return made.with_body(request, bytes(body))


@pytest.mark.parametrize("name", sorted(set(SIGNABLE) - NOT_COVERED - PARTLY))
def test_no_changed_body_is_ever_accepted(name: str) -> None:
    chance = random.Random(name)
    request = signed(name)
    secrets = [made.secret(name)]
    for _ in range(60):
        altered = changed(request, chance)
        if _means_the_same(name, request, altered):
            continue
        assert not signatures.verify(altered, name, secrets, at=NOW).ok, altered.body


def _means_the_same(name: str, one: Request, other: Request) -> bool:
    """Forms are signed decoded, so some changes of their bytes change nothing."""
    from hookcli.signatures.forms import sorted_pairs

    return name in ("twilio", "mandrill") and sorted_pairs(one.body) == sorted_pairs(other.body)


@pytest.mark.parametrize("name", SIGNABLE)
def test_no_changed_signature_is_ever_accepted(name: str) -> None:
    chance = random.Random(name)
    scheme = signatures.load(name)
    request = signed(name)
    assert scheme is not None
    where = [at for at, (key, _) in enumerate(request.headers) if key == scheme.header]
    for at in where:
        value = bytearray(request.headers[at][1])
        for _ in range(80):
            altered = bytearray(value)
            altered[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
            pair = (scheme.header, bytes(altered))
            headers = (*request.headers[:at], pair, *request.headers[at + 1 :])
            after = replace(request, headers=headers)
            verdict = signatures.verify(after, name, [made.secret(name)], at=NOW)
            assert not verdict.ok, altered


@pytest.mark.parametrize("name", SIGNABLE)
def test_contradicting_repeats_of_the_signature_are_refused(name: str) -> None:
    scheme = signatures.load(name)
    request = signed(name)
    assert scheme is not None
    own = [pair for pair in request.headers if pair[0] == scheme.header]
    if not own or name == "docusign":
        return
    twice = replace(request, headers=request.headers + tuple(own))
    assert signatures.verify(twice, name, [made.secret(name)], at=NOW).ok
    against = replace(request, headers=(*request.headers, (scheme.header, b"x")))
    verdict = signatures.verify(against, name, [made.secret(name)], at=NOW)
    assert verdict.reason is Reason.MALFORMED_HEADER


FIELD_NAMES = st.sampled_from(sorted(MARKS)) | st.binary(max_size=8)
TEXTS = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [b"t=1,v1=ab", b"v1,AAAA v1a,AAAA", b"sha256=" + b"0" * 64, b"v0=", b"9" * 400]
    ),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([request.body for request in made.EXAMPLES.values()]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "id", "events", "signature", "notificationItems", "0", "event",
                             "Type", "entry", "amount", "NotificationRequestItem"]), inner,
            max_size=4),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["POST", "GET", "PÖST"]),
    url=st.sampled_from([made.URL, "", "https://h:99999/x", "\udcff"]),
    target=st.binary(max_size=30),
    headers=st.lists(st.tuples(FIELD_NAMES, TEXTS), max_size=6).map(tuple),
    body=BODIES,
)
SECRETS = st.builds(
    Secret,
    st.just("s"),
    st.one_of(
        st.binary(max_size=40),
        st.text(max_size=40),
        st.sampled_from(["whsec_", "whpk_AAAA", "whsk_AAAA", "-----BEGIN CERTIFICATE-----", "0" * 64,
                         "-----BEGIN PRIVATE KEY-----", "whsec_" + "A" * 43 + "=", "A" * 44]),
    ),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(REQUESTS, st.lists(SECRETS, max_size=2), st.integers(-(2**62), 2**62))
@example(made.request(b"[" * 100_000, (b"stripe-signature", b"x")), [], 0)
@example(made.request(b'{"a":' * 100_000, (b"x-github-event", b"x")), [], 0)
def test_no_request_and_no_secret_makes_anything_raise(
    request: Request, secrets: list[Secret], at: int
) -> None:
    identity = signatures.identify(request)
    assert identity.scheme in {"", *MODULES}
    for name in signatures.names():
        verdict = signatures.verify(request, name, secrets, at=at)
        assert verdict.state is STATES[verdict.reason]
        for secret in secrets:
            try:
                again = signatures.sign(request, name, secret, now=abs(at) % (4 * 10**15))
            except UsageError:
                continue
            assert isinstance(again, Request)


@given(REQUESTS, SECRETS)
def test_what_could_be_signed_holds(request: Request, secret: Secret) -> None:
    for name in signatures.names():
        try:
            again = signatures.sign(request, name, secret, now=NOW)
        except UsageError:
            continue
        assert signatures.verify(again, name, [secret], at=NOW).ok, name
