"""What single schemes promise: published vectors, key pairs, certificates, weaker siblings."""

import base64
import json

import pytest
from msgspec.structs import replace

from hookcli import signatures
from hookcli.errors import UsageError
from hookcli.signatures import Reason, Secret, State
from hookcli.wire.http import Request
from tests.hookcli.signatures import made
from tests.hookcli.signatures.made import NOW, signed


@pytest.mark.parametrize("bad", [b"A" * 87 + b"=", b"A" * 85 + b"B==", b"A" * 88, b"=" * 88])
def test_a_misspelled_ed25519_signature_is_refused(bad: bytes) -> None:
    private, public = signatures.keypair("discord")
    shown = Secret("public", "whpk_" + base64.b64encode(bytes.fromhex(public)).decode())
    of = signatures.sign(
        made.example("standard-webhooks"), "standard-webhooks", Secret("own", private), now=NOW
    )
    assert signatures.verify(of, "standard-webhooks", [shown], at=NOW).ok
    text = dict(of.headers)[b"webhook-signature"]
    for value in (b"v1a," + bad, text[:-3] + bytes([text[-3] ^ 1]) + b"=="):
        headers = tuple((k, value if k == b"webhook-signature" else v) for k, v in of.headers)
        altered = replace(of, headers=headers)
        assert not signatures.verify(altered, "standard-webhooks", [shown], at=NOW).ok


def test_an_asymmetric_scheme_says_that_it_cannot_be_signed_and_what_to_do() -> None:
    for name in ("discord", "sendgrid", "sns", "paypal"):
        public = made.keys(made.KINDS.get(name, "rsa"))[1]
        with pytest.raises(UsageError) as failure:
            signatures.sign(made.example(name), name, public, now=NOW)
        scheme = signatures.load(name)
        assert scheme is not None
        assert failure.value.message == (
            f"{name} signs with a private key that only {scheme.title} has;"
            " it cannot be signed here"
        )
        assert failure.value.hint is not None
        assert f"hookcli trigger {name} --keypair" in failure.value.hint


@pytest.mark.parametrize("name", sorted(made.KINDS))
def test_a_key_pair_of_one_s_own_signs_and_verifies(name: str) -> None:
    private, public = signatures.keypair(name)
    of = signatures.sign(made.example(name), name, Secret("own", private), now=NOW)
    assert signatures.verify(of, name, [Secret("shown", public)], at=NOW).ok


def test_a_scheme_with_a_shared_secret_has_no_key_pair() -> None:
    with pytest.raises(UsageError, match="stripe"):
        signatures.keypair("stripe")


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
        "https://sns.us-east-1.amazonaws.com:8443/x.pem",
        "https://snsXus-east-1.amazonaws.com/x.pem",
        "https://s3.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com/x.pem?a=.pem",
        "https://sns.us-east-1.amazonaws.com/x.pem\n",
        "",
    ],
)
def test_a_certificate_that_is_not_amazon_s_is_not_trusted_whoever_signed(url: str) -> None:
    body = json.dumps(made.SNS | {"SigningCertURL": url}).encode()
    of = signed("sns", made.with_body(made.example("sns"), body))
    verdict = signatures.verify(of, "sns", [made.secret("sns")], at=NOW)
    assert verdict.reason is Reason.UNTRUSTED_KEY
    assert verdict.state is State.BAD


@pytest.mark.parametrize("host", ["sns.eu-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"])
@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_sns_hold(host: str, version: str) -> None:
    document = made.SNS | {"SigningCertURL": f"https://{host}/a-b.pem", "SignatureVersion": version}
    of = signed("sns", made.with_body(made.example("sns"), json.dumps(document).encode()))
    assert signatures.verify(of, "sns", [made.secret("sns")], at=NOW).ok


def test_taking_away_the_stronger_field_never_makes_the_weaker_one_count() -> None:
    of = signed("github", signed("github-sha1"))
    assert signatures.identify(of).scheme == "github"
    weaker = made.without(of, b"x-hub-signature-256")
    verdict = signatures.verify(weaker, "github", [made.secret("github")], at=NOW)
    assert verdict.reason is Reason.MISSING_HEADER
    _, judged = signatures.judge(weaker, {"github": [made.secret("github")]}, at=NOW)
    assert not judged.ok


def test_a_gitlab_hook_with_a_signing_token_is_not_satisfied_by_the_secret_token() -> None:
    signing, token = made.SHARED, Secret("token", "s3cret")
    both = signatures.sign(signed("gitlab"), "gitlab", token, now=NOW)
    assert signatures.verify(both, "gitlab", [signing], at=NOW).ok
    assert signatures.verify(both, "gitlab", [token], at=NOW).ok
    only_token = made.without(both, b"webhook-signature")
    assert not signatures.verify(only_token, "gitlab", [signing], at=NOW).ok
    as_token = signatures.sign(made.example("gitlab"), "gitlab", token, now=NOW)
    smuggled = tuple(
        (k, made.SHARED.raw if k == b"X-Gitlab-Token" else v) for k, v in as_token.headers
    )
    forged = replace(as_token, headers=smuggled)
    assert not signatures.verify(forged, "gitlab", [signing], at=NOW).ok


EVERYBODY = b"It's a Secret to Everybody"
VECTORS = [
    ("github", EVERYBODY, made.request(b"Hello, World!", (b"X-Hub-Signature-256",
     b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")), 0),
    ("bitbucket", EVERYBODY, made.request(b"Hello World!", (b"X-Hub-Signature",
     b"sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9")), 0),
    ("jira", EVERYBODY, made.request(b"Hello World!", (b"X-Hub-Signature",
     b"sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9")), 0),
    ("slack", b"8f742231b10e8888abcd99yyyzzz85a5", made.request(
     b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
     b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
     b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
     b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
     b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
     (b"X-Slack-Request-Timestamp", b"1531420618"), (b"X-Slack-Signature",
     b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503")), 1531420618),
    ("svix", b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", made.request(b'{"test": 2432232314}',
     (b"svix-id", b"msg_p5jXN8AQM9LWM0D4loKWxJek"), (b"svix-timestamp", b"1614265330"),
     (b"svix-signature", b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")), 1614265330),
    ("twilio", b"12345", made.request(
     b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"
     b"&To=%2B18005551212", made.FORM, (b"X-Twilio-Signature", b"RSOYDt4T1cUTdK1PDd93/VVr8B8="),
     url="https://mycompany.com", target=b"/myapp.php?foo=1&bar=2"), 0),
    ("circleci", b"secret", made.request(b"hello world", (b"circleci-signature",
     b"v1=734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a")), 0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "key", "of", "at"), VECTORS, ids=[row[0] for row in VECTORS])
def test_the_vector_that_the_provider_publishes_holds(
    name: str, key: bytes, of: Request, at: int
) -> None:
    assert signatures.verify(of, name, [Secret("published", key)], at=at * 1_000_000).ok


def test_hubspot_s_published_hash_of_an_old_version_never_counts() -> None:
    old = made.request(b"[]", (b"X-HubSpot-Signature", b"0" * 64))
    verdict = signatures.verify(old, "hubspot", [made.SHARED], at=NOW)
    assert verdict.reason is Reason.MISSING_HEADER


def test_the_parts_of_a_multipart_mail_are_found_and_signed_again() -> None:
    body = b"".join(
        b'--zz\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % part
        for part in [(b"subject", b"timestamp"), (b"timestamp", b"1"), (b"token", b"t"),
                     (b"signature", b"x")]
    ) + b"--zz--\r\n"  # fmt: skip
    of = made.request(body, (b"Content-Type", b"multipart/form-data; boundary=zz"),
                      (b"Content-Length", b"%d" % len(body)))  # fmt: skip
    again = signed("mailgun", of)
    identity, verdict = signatures.judge(again, {"mailgun": [made.SHARED]}, at=NOW)
    assert identity.scheme == "mailgun"
    assert verdict.ok
    assert dict(again.headers)[b"Content-Length"] == b"%d" % len(again.body)


def test_a_notification_of_adyen_without_a_signature_is_not_called_bad() -> None:
    item = {key: value for key, value in made.ADYEN.items() if key != "additionalData"}
    body = json.dumps({"notificationItems": [{"NotificationRequestItem": item}]}).encode()
    of = made.request(body, made.JSON)
    assert signatures.verify(of, "adyen", [], at=NOW).reason is Reason.NOT_SIGNED
    verdict = signatures.verify(of, "adyen", [made.secret("adyen")], at=NOW)
    assert verdict.reason is Reason.MISSING_HEADER


def test_one_bad_item_of_adyen_spoils_them_all() -> None:
    two = [{"NotificationRequestItem": made.ADYEN}] * 2
    of = signed("adyen", made.request(json.dumps({"notificationItems": two}).encode(), made.JSON))
    assert signatures.verify(of, "adyen", [made.secret("adyen")], at=NOW).ok
    changed = made.with_body(of, of.body.replace(b"1130", b"1", 1))
    verdict = signatures.verify(changed, "adyen", [made.secret("adyen")], at=NOW)
    assert verdict.reason is Reason.WRONG_SECRET


def test_a_raw_delivery_of_sns_is_not_signed_and_not_called_bad() -> None:
    of = made.request(
        b"anything",
        (b"x-amz-sns-message-type", b"Notification"),
        (b"x-amz-sns-rawdelivery", b"true"),
    )
    verdict = signatures.verify(of, "sns", [made.secret("sns")], at=NOW)
    assert (verdict.state, verdict.reason) == (State.NONE, Reason.NOT_SIGNED)


def test_google_s_pushes_are_recognised_though_they_sign_nothing() -> None:
    of = made.request(b"", (b"X-Goog-Channel-ID", b"c-1"), (b"X-Goog-Resource-State", b"exists"))
    identity, verdict = signatures.judge(of, {}, at=NOW)
    assert (identity.source, identity.event_type, identity.scheme) == ("google", "exists", "")
    assert verdict.reason is Reason.NOT_SIGNED
    with pytest.raises(UsageError, match="signs nothing"):
        signatures.sign(of, "google", made.SHARED, now=NOW)


def test_twilio_may_sign_with_sha_256_and_nothing_unknown() -> None:
    settings = b"X-Twilio-Webhooks-Signature-Settings"
    of = made.request(b"A=1", made.FORM, (settings, b"key=k,algorithm=HMAC_SHA256"))
    of = signed("twilio", of)
    assert len(dict(of.headers)[b"X-Twilio-Signature"]) == 44
    assert signatures.verify(of, "twilio", [made.secret("twilio")], at=NOW).ok
    unknown = tuple((k, b"algorithm=NONE" if k == settings else v) for k, v in of.headers)
    other = replace(of, headers=unknown)
    verdict = signatures.verify(other, "twilio", [made.secret("twilio")], at=NOW)
    assert verdict.reason is Reason.MALFORMED_HEADER


def test_a_get_of_twilio_is_signed_by_its_url() -> None:
    of = signed(
        "twilio", made.request(b"", method="GET", target=b"/h?CallSid=CA1&CallStatus=ringing")
    )
    assert signatures.verify(of, "twilio", [made.secret("twilio")], at=NOW).ok
    assert signatures.identify(of).event_type == "call.ringing"
    smuggled = made.with_body(of, b"CallSid=CA2")
    verdict = signatures.verify(smuggled, "twilio", [made.secret("twilio")], at=NOW)
    assert verdict.reason is Reason.MALFORMED_BODY
