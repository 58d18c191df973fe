"""Samples: three at least for each of the fifteen most used schemes, accepted once signed."""

import json
from collections import Counter

import pytest

from hookcli import signatures
from hookcli.errors import NotFoundError
from hookcli.signatures.handshakes import handshake
from hookcli.signatures.samples import Sample, names, sample
from tests.hookcli.signatures import made
from tests.hookcli.signatures.judges import JUDGES
from tests.hookcli.signatures.made import NOW
from tests.hookcli.signatures.test_judges import shown_secret

NONCE = bytes(range(16))


def made_of(name: str, *, nonce: bytes = NONCE) -> Sample:
    return sample(name, url=made.URL, target=b"/hooks", now=NOW, nonce=nonce)


def test_fifteen_schemes_have_three_samples_each() -> None:
    counted = Counter(name.partition("/")[0] for name in names())
    assert len(counted) >= 15
    assert min(counted.values()) >= 3
    assert set(counted) <= set(signatures.names())


@pytest.mark.parametrize("name", names())
def test_a_sample_is_what_its_provider_sends(name: str) -> None:
    one = made_of(name)
    request = signatures.sign(one.request, one.scheme, made.secret(one.scheme), now=NOW)
    identity, verdict = signatures.judge(request, {one.scheme: [made.secret(one.scheme)]}, at=NOW)
    assert identity.scheme == one.scheme
    assert verdict.ok
    assert identity.event_type
    assert b"{{" not in request.body
    assert not [pair for pair in request.headers if b"{{" in pair[1] or not pair[0].strip()]
    kind = dict(request.headers)[b"Content-Type"]
    if b"json" in kind:
        json.loads(request.body)
    if judge := JUDGES.get(one.scheme):
        assert judge(request, shown_secret(one.scheme), NOW)


@pytest.mark.parametrize("name", names())
def test_the_same_nonce_is_the_same_event_and_another_is_not(name: str) -> None:
    one, again = made_of(name), made_of(name)
    assert one == again
    other = made_of(name, nonce=bytes(16))
    first = signatures.identify(
        signatures.sign(one.request, one.scheme, made.secret(one.scheme), now=NOW)
    )
    second = signatures.identify(
        signatures.sign(other.request, one.scheme, made.secret(one.scheme), now=NOW)
    )
    if first.provider_id:
        assert first.provider_id != second.provider_id


def test_the_challenges_among_them_are_known() -> None:
    asked = {"slack/url_verification", "zoom/endpoint.url_validation", "discord/ping"}
    for name in names():
        one = made_of(name)
        of = signatures.sign(one.request, one.scheme, made.secret(one.scheme), now=NOW)
        assert (handshake(of, {}, at=NOW) is not None) is (name in asked), name


def test_a_sample_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(NotFoundError) as failure:
        made_of("stripe/invoice.payed")
    assert failure.value.hint == "hookcli trigger stripe/invoice.paid"
    for outside in ("../__init__", "stripe/../../schemes/stripe", "/etc/passwd", ""):
        with pytest.raises(NotFoundError):
            made_of(outside)
