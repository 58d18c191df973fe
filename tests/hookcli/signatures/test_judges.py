"""The providers' own libraries agree: what we sign they accept, and what they refuse we refuse.

V2: every body, as it is and changed, signed again, is accepted by the official library. V1: of
thousands of altered requests none is accepted here that the official library refuses.
"""

import json
import random

import pytest
from msgspec.structs import replace

from hookcli import signatures
from hookcli.signatures import Secret
from hookcli.wire.http import Request
from tests.hookcli.signatures import made
from tests.hookcli.signatures.judges import JUDGES
from tests.hookcli.signatures.made import FORM, JSON, NOW, signed
from tests.support import corpus

SECOND = 1_000_000


def shown_secret(name: str) -> Secret:
    """What the judge is given: the public key where there is a pair."""
    return made.keys(made.KINDS[name])[1] if name in made.KINDS else made.secret(name)


BODIES: dict[str, bytes] = {
    "example": b'{"id": "evt_1", "type": "invoice.paid"}',
    "compact": b'{"id":"evt_2","amount":1.0,"big":12345678901234567890}',
    "pretty": json.dumps({"a": [1, {"b": None}], "c": "ü"}, indent=2).encode() + b"\n",
    "unicode": '{"name": "Zoë 🎉 \u2028"}'.encode(),
    "escaped": b'{"name": "Zo\\u00eb", "path": "a\\/b"}',
    "empty-object": b"{}",
    "list": b'[{"event": "open"}, {"event": "click"}]\r\n',
    "empty": b"",
    "text": b"not json at all",
    "long": b'{"data": "' + b"x" * 100_000 + b'"}',
}
BY_BODY = sorted(set(JUDGES) - {"adyen", "twilio"})


@pytest.mark.parametrize("name", BY_BODY)
@pytest.mark.parametrize("body", BODIES)
def test_every_body_that_is_signed_here_is_accepted_by_the_library(name: str, body: str) -> None:
    request = signed(name, made.with_body(made.example(name), BODIES[body]))
    assert JUDGES[name](request, shown_secret(name), NOW)
    assert signatures.verify(request, name, [shown_secret(name)], at=NOW).ok


@pytest.mark.parametrize("name", BY_BODY)
def test_a_captured_event_that_was_changed_and_signed_again_is_accepted(name: str) -> None:
    captured = signed(name, now=NOW - 3600 * SECOND)
    altered = made.with_body(captured, captured.body.replace(b"1", b"2") + b" ")
    again = signatures.sign(altered, name, made.secret(name), now=NOW)
    assert JUDGES[name](again, shown_secret(name), NOW)
    assert not JUDGES[name](altered, shown_secret(name), NOW)


FORMS: dict[str, bytes] = {
    "sms": b"ToCountry=US&SmsStatus=received&Body=Hello+world%21&From=%2B14155551234&MessageSid=SM1",
    "blank": b"A=&B=1&C=",
    "repeated": b"A=2&A=1&A=2&B=x",
    "unicode": b"Body=Z%C3%BCrich+%F0%9F%8E%89",
    "odd": b"a.b=1&a-b=2&A_b=3&AB=%26%3D",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("target", [b"", b"/hooks", b"/hooks?foo=1&bar=%20x"])
@pytest.mark.parametrize("url", [made.URL, "https://h.example:8443/e", "http://h.example:80/e"])
def test_every_form_that_is_signed_here_is_accepted_by_twilio(
    form: str, target: bytes, url: str
) -> None:
    of = signed("twilio", made.request(FORMS[form], FORM, url=url, target=target))
    assert JUDGES["twilio"](of, shown_secret("twilio"), NOW)
    assert signatures.verify(of, "twilio", [shown_secret("twilio")], at=NOW).ok


def test_a_json_body_for_twilio_is_signed_through_its_hash() -> None:
    of = made.request(b'{"a": 1}', JSON, target=b"/h?x=1&bodySHA256=0000&y=2")
    of = signed("twilio", of)
    assert made.BODY_HASH in of.target
    assert JUDGES["twilio"](of, shown_secret("twilio"), NOW)
    changed = made.with_body(of, b'{"a": 2}')
    assert not JUDGES["twilio"](changed, shown_secret("twilio"), NOW)
    verdict = signatures.verify(changed, "twilio", [shown_secret("twilio")], at=NOW)
    assert verdict.reason is signatures.Reason.BODY_CHANGED
    again = signatures.sign(changed, "twilio", made.secret("twilio"), now=NOW)
    assert JUDGES["twilio"](again, shown_secret("twilio"), NOW)


@pytest.mark.parametrize("note", ["plain", "ü:", "a\\b:c", "🎉"])
def test_an_adyen_item_that_was_changed_and_signed_again_is_accepted(note: str) -> None:
    item = made.ADYEN | {"merchantReference": note, "amount": {"value": 0, "currency": "JPY"}}
    body = json.dumps({"notificationItems": [{"NotificationRequestItem": item}]}).encode()
    of = signed("adyen", made.request(body, JSON))
    assert JUDGES["adyen"](of, shown_secret("adyen"), NOW)
    assert signatures.verify(of, "adyen", [shown_secret("adyen")], at=NOW).ok


def variants(of: Request, chance: random.Random) -> Request:
    """The request with one thing changed: a byte of the body, of a field, of the URL; a time."""
    kind = chance.randrange(6)
    if kind == 0 and of.body:
        body = bytearray(of.body)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        return made.with_body(of, bytes(body))
    if kind == 1:
        return made.with_body(of, of.body + chance.choice([b"\n", b" ", b"\0", b"&A=1", b"}"]))
    if kind == 2:
        return replace(of, target=of.target + chance.choice([b"?", b"/", b"&a=1"]))
    at = chance.randrange(len(of.headers))
    name, value = of.headers[at]
    if kind == 3 and value:
        altered = bytearray(value)
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        value = bytes(altered)
    elif kind == 4:
        value = chance.choice([value.upper(), value[:-1], value + b"=", b"", value * 2, value[1:]])
    else:
        value = value.replace(chance.choice([b"v1", b"v0", b"t", b",", b"1"]), b"0", 1)
    headers = (*of.headers[:at], (name, value), *of.headers[at + 1 :])
    return replace(of, headers=headers)


@pytest.mark.parametrize("name", sorted(JUDGES))
def test_nothing_is_accepted_here_that_the_library_refuses(name: str) -> None:
    chance = random.Random(name)
    secret = shown_secret(name)
    of = signed(name)
    asked = same = 0
    for _ in range(400):
        altered = variants(of, chance)
        at = NOW + chance.choice([0, 0, 0, 4, -4, 299, 301]) * SECOND
        ours = signatures.verify(altered, name, [secret], at=at).ok
        theirs = JUDGES[name](altered, secret, at)
        assert theirs or not ours, (altered, at)
        asked += 1
        same += ours == theirs
    # They are laxer in places: times in the future, spellings of base64, letters of any case.
    assert same / asked >= 0.9


REAL = ("github", "stripe", "slack", "shopify", "standard-webhooks", "twilio")


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_bodies_changed_and_signed_again_are_accepted(name: str) -> None:
    chance = random.Random(name)
    for example in corpus.github():
        body = example.body.replace(b'"id":', b'"id" :', 1)
        at = chance.randrange(len(body))
        body = body[:at] + body[at:].replace(b"octo", b"acme", 1)
        of = made.with_body(made.example(name), body)
        if name == "twilio":
            of = made.request(body, JSON, target=b"/h?bodySHA256=0")
        assert JUDGES[name](signed(name, of), shown_secret(name), NOW), example.name
