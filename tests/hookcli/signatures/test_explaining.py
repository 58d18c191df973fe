"""Explanations: each mistake that people make is found and told, with names and never values."""

import base64
import gzip
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from msgspec.structs import replace

from hookcli import signatures
from hookcli.signatures import Reason, Secret
from hookcli.signatures.explaining import Explanation
from hookcli.wire.http import Request
from tests.hookcli.signatures import made
from tests.hookcli.signatures.made import NOW, SHARED, request, signed, with_body, without
from tests.hookcli.signatures.test_schemes import REQUESTS, SECRETS

BODY = '{"b": 1, "a": "größe/x", "list": [1, 2]}\n'.encode()


def explained(of: Request, scheme: str, *secrets: Secret, others: list[Secret] = []) -> Explanation:  # noqa: B006
    return signatures.explain(of, scheme, secrets or (made.secret(scheme),), at=NOW, others=others)


def resigned(change: Callable[[bytes], bytes], scheme: str = "github") -> Request:
    """A request whose body, after it was signed, came to be `BODY` again."""
    return with_body(signed(scheme, request(change(BODY))), BODY)


def compact(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("change", "row", "result"),
    [
        (lambda b: b + b"\n", "line break", "with a line break at its end"),
        (lambda b: b[:-1], "line break", "without its last line break"),
        (lambda b: b[:-1] + b"\r\n", "line break", None),
        (compact, "JSON", "as compact JSON"),
        (lambda b: json.dumps(json.loads(b)).encode(), "JSON", "with blanks and escaped Unicode"),
        (lambda b: json.dumps(json.loads(b), indent=2, ensure_ascii=False).encode(), "JSON",
         "pretty JSON (2)"),
        (lambda b: json.dumps(json.loads(b), sort_keys=True).encode(), "JSON", "sorted keys"),
        (lambda b: json.dumps(json.loads(b), separators=(",", ":")).encode(), "JSON",
         "escaped Unicode"),
        (lambda b: json.dumps(json.loads(b), separators=(",", ":")).replace("/", "\\/").encode(),
         "JSON", "PHP"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["github", "stripe", "slack", "standard-webhooks"])
def test_a_body_that_was_changed_on_the_way_is_found(
    change: Callable[[bytes], bytes], row: str, result: str | None, scheme: str
) -> None:
    found = explained(resigned(change, scheme), scheme)
    if result is None:
        assert found.verdict.reason is Reason.WRONG_SECRET
        return
    last = found.tried[-1]
    assert last.fits
    assert row in last.what
    assert result in last.result
    assert "“test”" in found.finding
    assert found.next_step.endswith(".")


def test_another_secret_of_the_project_is_named_as_the_screen_shows_it() -> None:
    prod, dev = Secret("slack-prod", "8f742231b10e8888"), Secret("slack-dev", "another")
    of = signatures.sign(made.example("slack"), "slack", prod, now=NOW)
    found = explained(of, "slack", dev, others=[Secret("x", "y"), prod, dev])
    assert found.headline == "Not signed by the secret you gave for slack."
    assert found.tried[0].what == "the other secrets of this project (2)"
    assert (found.tried[0].fits, found.tried[0].result) == (True, "“slack-prod”")
    assert found.fitting == "slack-prod"
    assert found.finding == "This request was signed with “slack-prod”."
    assert "“slack-dev”" in found.next_step
    assert found.signed == "v0:{timestamp}:{raw body}"
    assert found.message == b"v0:1763908350:" + of.body
    assert dict(found.expected)["slack-dev"].startswith("v0=")


@pytest.mark.parametrize(
    ("scheme", "right", "given", "words"),
    [
        ("stripe", b"whsec_abc", b"abc", "with whsec_"),
        ("stripe", b"abc", b"whsec_abc", "without whsec_"),
        ("github", b"abc", b"abc\n", "line break"),
        ("github", b"abc", b'"abc"', "quotes"),
        ("github", b"\x01\x02\x03!", base64.b64encode(b"\x01\x02\x03!"), "decoded from base64"),
        ("github", b"\x01\x02\x03!", b"01020321", "decoded from hex"),
        ("github", b"YWJj", b"abc", "encoded in base64"),
        ("gitlab", b"token", b"token ", "line break"),
    ],
)
def test_a_secret_in_another_form_is_found(
    scheme: str, right: bytes, given: bytes, words: str
) -> None:
    of = signatures.sign(made.example(scheme), scheme, Secret("mine", right), now=NOW)
    found = explained(of, scheme, Secret("mine", given))
    assert found.tried[-1].fits
    assert words in found.tried[-1].result
    assert "“mine”" in found.finding


def test_a_digest_that_is_written_otherwise_is_found() -> None:
    of = signed("shopify")
    value = dict(of.headers)[b"X-Shopify-Hmac-SHA256"]
    in_hex = base64.b64decode(value).hex().encode()
    altered = replace(of, headers=((b"X-Shopify-Hmac-SHA256", in_hex),))
    found = explained(altered, "shopify")
    assert found.verdict.reason is Reason.MALFORMED_HEADER
    assert found.tried[-1].result == "written in hex"


def test_another_algorithm_is_found() -> None:
    of = signed("vercel")
    found = explained(
        replace(of, headers=((b"x-hub-signature-256", b"sha256=" + b"0" * 64),)),
        "github",
    )
    assert not any(tried.fits for tried in found.tried)
    sha1 = signatures.sign(made.example("github"), "github-sha1", SHARED, now=NOW)
    text = dict(sha1.headers)[b"X-Hub-Signature"].removeprefix(b"sha1=")
    wrong = replace(sha1, headers=((b"X-Hub-Signature-256", b"sha256=" + text),))
    found = explained(wrong, "github")
    assert "sha1" in found.tried[-1].result
    assert "SHA-256" in found.next_step


@pytest.mark.parametrize(
    ("url", "target", "result"),
    [
        ("http://relay.example/ep_k3f9qz", b"/hooks?a=1&b=2", "with http://"),
        ("https://relay.example:443/ep_k3f9qz", b"/hooks?a=1&b=2", "with port 443"),
        (made.URL, b"/hooks/?a=1&b=2", "with a slash at its end"),
        (made.URL, b"/hooks", "without its query"),
        (made.URL, b"", "the endpoint's alone"),
        ("https://app.example/ep_k3f9qz", b"/hooks?a=1&b=2", "at the host app.example"),
    ],
)
def test_a_wrong_url_is_found_for_those_who_sign_it(url: str, target: bytes, result: str) -> None:
    of = signed("square", request(b"{}", (b"Host", b"app.example"), url=url, target=target))
    arrived = replace(of, url=made.URL, target=b"/hooks?a=1&b=2")
    found = explained(arrived, "square")
    assert found.tried[-1].fits
    assert result in found.tried[-1].result


def test_the_order_of_a_query_is_found() -> None:
    of = signed("trello", request(b"{}", target=b"/h?a=1&b=2"))
    found = explained(replace(of, target=b"/h?b=2&a=1"), "trello")
    assert "order of its names" in found.tried[-1].result


def test_the_order_of_a_form_is_found() -> None:
    form = made.FORM
    of = signed("github", request(b"a=1&payload=%7B%7D", form))
    found = explained(with_body(of, b"payload=%7B%7D&a=1"), "github")
    assert "order" in found.tried[-1].what
    assert found.tried[-1].fits


def test_a_body_that_was_decompressed_is_found() -> None:
    plain = b'{"a": 1}'
    of = signed("github", request(plain, (b"Content-Encoding", b"gzip")))
    found = explained(with_body(of, gzip.compress(plain, mtime=0)), "github")
    assert found.tried[-1].result == "decompressed"


def test_a_time_in_another_unit_is_found() -> None:
    of = signed("slack")
    value = b"1763908350000"
    headers = tuple((k, value if k == b"X-Slack-Request-Timestamp" else v) for k, v in of.headers)
    found = explained(replace(of, headers=headers), "slack")
    assert found.tried[-1].result == "in seconds"


@pytest.mark.parametrize(
    ("minutes", "words"), [(12, "12 minutes after"), (-30, "30 minutes before")]
)
def test_a_wrong_time_says_by_how_much(minutes: int, words: str) -> None:
    found = signatures.explain(signed("stripe"), "stripe", [SHARED], at=NOW + minutes * 60_000_000)
    assert words in found.headline
    assert found.in_time is False
    assert found.tried == ()
    assert found.fitting == "test"


def test_each_further_reason_has_a_sentence_and_a_step() -> None:
    of = signed("stripe")
    cases = {
        Reason.OK: explained(of, "stripe"),
        Reason.NO_SECRET: signatures.explain(of, "stripe", [], at=NOW),
        Reason.MISSING_HEADER: explained(without(of, b"stripe-signature"), "stripe"),
        Reason.BAD_SECRET: explained(signed("svix"), "svix", Secret("odd", "whsec_!")),
        Reason.UNSUPPORTED: explained(request(b"{}", (b"PAYPAL-TRANSMISSION-SIG", b"x")), "paypal"),
        Reason.MALFORMED_BODY: explained(request(b"[]"), "sns"),
        Reason.UNKNOWN_SCHEME: explained(request(), "nobody", SHARED),
    }
    for reason, found in cases.items():
        assert found.verdict.reason is reason
        assert found.headline.endswith(".")
        assert bool(found.next_step) is (reason is not Reason.OK)


def test_a_live_event_hints_at_the_secret_of_live_mode() -> None:
    of = signed("stripe", request(b'{"livemode": true}'))
    found = explained(of, "stripe", Secret("stripe-test", "whsec_other"))
    assert "live mode" in found.next_step


def test_no_explanation_shows_a_token_or_a_secret() -> None:
    of = signatures.sign(made.example("gitlab"), "gitlab", Secret("a", "canary-token"), now=NOW)
    for secret in (Secret("a", "canary-token"), Secret("b", "canary-other")):
        found = explained(of, "gitlab", secret, others=[Secret("c", "canary-third")])
        assert "canary" not in repr(found)


@given(REQUESTS, SECRETS)
def test_explaining_never_raises_and_never_shows_a_secret(of: Request, secret: Secret) -> None:
    for scheme in ("stripe", "slack", "svix", "square", "mailgun", "sns", "gitlab", "discord"):
        found = signatures.explain(of, scheme, [secret], at=NOW, others=[SHARED])
        assert found.headline
        assert found.verdict == signatures.verify(of, scheme, [secret], at=NOW)
        assert str(SHARED.value) not in repr(found)
        assert re.fullmatch(r"[^\n]*", found.next_step)
