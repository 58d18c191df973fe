"""Challenges: recognised, rightly answered, and never reflected as a page."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli import signatures
from hookcli.signatures import Secret
from hookcli.signatures.handshakes import Handshake, handshake, known
from hookcli.wire.http import Request, Response
from tests.hookcli.signatures import made
from tests.hookcli.signatures.made import NOW, SHARED, request
from tests.hookcli.signatures.test_schemes import REQUESTS

CHALLENGE = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
PRIVATE, PUBLIC = signatures.keypair("discord")
SECRETS = {name: [SHARED] for name in ("slack", "x", "zoom", "twitch", "xero", "meta-verify")} | {
    "discord": [Secret("discord", PUBLIC)]
}


def told(**values: object) -> bytes:
    return json.dumps(values).encode()


def get(target: str, *headers: tuple[bytes, bytes]) -> Request:
    return request(b"", *headers, method="GET", target=target.encode())


def signed(name: str, of: Request, secret: Secret = SHARED) -> Request:
    return signatures.sign(of, name, secret, now=NOW)


PING = told(type=1, id="1", application_id="2")
ITR = told(events=[], firstEventSequence=0, lastEventSequence=0, entropy="S0m3r4Nd0mt3xt")
TWITCH = request(told(challenge=CHALLENGE), (b"Twitch-Eventsub-Message-Id", b"m"),
                 (b"Twitch-Eventsub-Message-Type", b"webhook_callback_verification"))  # fmt: skip
SNS = request(b"{}", (b"x-amz-sns-message-type", b"SubscriptionConfirmation"))

ASKED: dict[str, Request] = {
    "slack": signed("slack", request(told(type="url_verification", challenge=CHALLENGE, token="t"))),
    "monday": request(told(challenge=CHALLENGE)),
    "meta": get(f"/h?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={SHARED.value!s}"
                .replace("+", "%2B")),
    "websub": get("/h?hub.mode=subscribe&hub.topic=https://y.example/f&hub.challenge=14586&"
                  "hub.lease_seconds=432000"),
    "x": get("/h?crc_token=abc&nonce=1"),
    "graph": request(b"", target=b"/h?validationToken=Validation%3a+Testing%20client"),
    "cloudevents": request(b"", (b"WebHook-Request-Origin", b"eventemitter.example.com"),
                           (b"WebHook-Request-Rate", b"120"), method="OPTIONS"),
    "eventgrid": request(b'[{"eventType": "x", "data": {"validationCode": "512d38b6"}}]',
                         (b"aeg-event-type", b"SubscriptionValidation")),
    "dropbox": get(f"/h?challenge={CHALLENGE}"),
    "zoom": signed("zoom", request(told(event="endpoint.url_validation",
                                        payload={"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}))),
    "asana": request(b'{"events": []}', (b"X-Hook-Secret", b"b537207f20cbfa02357cf448134da559")),
    "twitch": signed("twitch", TWITCH),
    "okta": get("/h", (b"X-Okta-Verification-Challenge", b"tok-1")),
    "discord": signed("discord", request(PING), Secret("own", PRIVATE)),
    "xero": signed("xero", request(ITR)),
    "trello": request(b"", method="HEAD"),
    "sns": SNS,
}  # fmt: skip


def mac(message: str) -> bytes:
    return hmac.new(SHARED.raw, message.encode(), hashlib.sha256).digest()


ANSWERS: dict[str, tuple[int, bytes, bytes]] = {
    "slack": (200, b"application/json", b'{"challenge":"%s"}' % CHALLENGE.encode()),
    "monday": (200, b"application/json", b'{"challenge":"%s"}' % CHALLENGE.encode()),
    "meta": (200, b"text/plain; charset=utf-8", b"1158201444"),
    "websub": (200, b"text/plain; charset=utf-8", b"14586"),
    "x": (200, b"application/json",
          b'{"response_token":"sha256=%s"}' % base64.b64encode(mac("abc"))),
    "graph": (200, b"text/plain; charset=utf-8", b"Validation: Testing client"),
    "cloudevents": (200, b"", b""),
    "eventgrid": (200, b"application/json", b'{"validationResponse":"512d38b6"}'),
    "dropbox": (200, b"text/plain; charset=utf-8", CHALLENGE.encode()),
    "zoom": (200, b"application/json",
             b'{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"%s"}'
             % mac("qgg8vlvZRS6UYooatFL8Aw").hex().encode()),
    "asana": (200, b"", b""),
    "twitch": (200, b"text/plain; charset=utf-8", CHALLENGE.encode()),
    "okta": (200, b"application/json", b'{"verification":"tok-1"}'),
    "discord": (200, b"application/json", b'{"type":1}'),
    "xero": (200, b"", b""),
    "trello": (200, b"", b""),
}  # fmt: skip


def of(asked: Request, secrets: dict[str, list[Secret]] = SECRETS) -> Handshake:
    found = handshake(asked, secrets, at=NOW)
    assert found is not None
    return found


def field(response: Response | None, name: bytes) -> bytes:
    assert response is not None
    return dict(response.headers).get(name, b"")


def test_every_known_challenge_is_tried_here() -> None:
    assert {provider for provider, _ in known()} == set(ASKED)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_challenge_gets_the_answer_that_its_provider_wants(name: str) -> None:
    found = of(ASKED[name])
    assert (found.provider, found.why) == (name, "")
    assert found.response is not None
    kind = field(found.response, b"Content-Type")
    assert (found.response.status, kind, found.response.body) == ANSWERS[name]


def test_what_is_wanted_in_fields_is_in_fields() -> None:
    secret = field(of(ASKED["asana"]).response, b"X-Hook-Secret")
    assert secret == b"b537207f20cbfa02357cf448134da559"
    allowed = of(ASKED["cloudevents"]).response
    assert field(allowed, b"WebHook-Allowed-Origin") == b"eventemitter.example.com"
    assert field(allowed, b"WebHook-Allowed-Rate") == b"120"


@pytest.mark.parametrize("name", ["x", "zoom", "discord", "xero"])
def test_without_its_secret_a_challenge_is_named_and_left_alone(name: str) -> None:
    found = of(ASKED[name], {})
    assert found.response is None
    assert found.why == f"no secret for {name}"


@pytest.mark.parametrize("name", ["slack", "zoom", "twitch"])
def test_a_challenge_that_is_not_rightly_signed_is_not_answered(name: str) -> None:
    wrong = {name: [Secret("wrong", "another")]}
    found = of(ASKED[name], wrong)
    assert found.response is None
    assert found.why == "its signature does not hold"


@pytest.mark.parametrize("name", ["discord", "xero"])
def test_who_tests_with_wrong_signatures_is_refused_each_time(name: str) -> None:
    asked = ASKED[name]
    wrong = replace(asked, body=asked.body + b" ")
    response = of(wrong).response
    assert response is not None
    assert (response.status, response.body) == (401, b"")


def test_a_ping_of_discord_s_events_gets_no_content() -> None:
    asked = signed("discord", request(told(type=0, version=1)), Secret("own", PRIVATE))
    response = of(asked).response
    assert response is not None
    assert response.status == 204


def test_a_wrong_verify_token_is_not_answered() -> None:
    asked = get("/h?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong")
    assert of(asked).response is None
    assert of(asked, {}).response is not None


def test_a_subscription_of_sns_is_never_confirmed_by_itself() -> None:
    assert of(SNS).response is None
    assert "SubscribeURL" in of(SNS).why


def test_ordinary_events_are_no_challenges() -> None:
    for name in made.SIGNABLE:
        assert handshake(made.signed(name), SECRETS, at=NOW) is None, name


EVIL = "<script>alert(1)</script>"


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("evil", [EVIL, "%3Cscript%3Ealert(1)%3C/script%3E", "a\r\nSet-Cookie: x=1",
                                  "%0d%0aSet-Cookie:x", "x" * 100_000])  # fmt: skip
def test_no_challenge_comes_back_as_a_page_or_a_field(name: str, evil: str) -> None:
    asked = ASKED[name]
    raw = evil.encode()
    in_body = json.dumps(evil)[1:-1].encode()
    for part in (CHALLENGE, "1158201444", "14586", "abc", "512d38b6", "qgg8vlvZRS6UYooatFL8Aw"):
        asked = replace(
            asked,
            target=asked.target.replace(part.encode(), raw),
            body=asked.body.replace(part.encode(), in_body),
        )
    asked = replace(
        asked,
        target=asked.target.replace(b"Validation", raw),
        headers=tuple(
            (k, raw if k.startswith((b"X-Hook", b"WebHook", b"X-Okta")) else v)
            for k, v in asked.headers
        ),
    )
    secrets = {key: value for key, value in SECRETS.items() if key not in ("slack", "twitch")}
    found = handshake(asked, secrets, at=NOW)
    if found is None or found.response is None:
        return
    harmless(found.response)


def harmless(response: Response) -> None:
    kind = dict(response.headers).get(b"Content-Type", b"")
    assert kind in (b"", b"text/plain; charset=utf-8", b"application/json")
    assert not response.body or dict(response.headers)[b"X-Content-Type-Options"] == b"nosniff"
    assert len(response.body) < 4096
    for part in (response.body, *(value for _, value in response.headers)):
        assert not set(part) & set(b"<>\r\n\0")


@given(
    REQUESTS,
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS"]),
    st.sampled_from([one.target for one in ASKED.values()]),
    st.booleans(),
)
def test_no_request_makes_it_raise_or_answer_with_a_page(
    asked: Request, method: str, target: bytes, with_secrets: bool
) -> None:
    asked = replace(asked, method=method, target=target + asked.target)
    found = handshake(asked, SECRETS if with_secrets else {}, at=NOW)
    if found is not None and found.response is not None:
        harmless(found.response)
