"""Schemes of one's own: what the configuration can say, and what it is told when it is wrong."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli import signatures
from hookcli.errors import ConfigError
from hookcli.signatures import Reason, Secret
from hookcli.signatures.hmacs import WORDS
from hookcli.signatures.recipes import KEYS
from tests.hookcli.signatures.made import NOW, request

SECRET = Secret("mine", "0123456789abcdef")

RECIPES: dict[str, dict[str, object]] = {
    "plain": {"header": "X-Sign"},
    "prefixed": {"header": "X-Sign", "prefix": "sha512=", "algorithm": "sha512"},
    "base64": {"header": "X-Sign", "encoding": "base64", "key": "hex"},
    "base64url": {"header": "X-Sign", "encoding": "base64url", "key": "base64"},
    "timed": {"header": "X-Sign", "signed": "v1:{timestamp}:{body}", "timestamp_header": "X-Time",
              "timestamp_unit": "ms", "tolerance": 60},
    "written": {"header": "X-Sign", "signed": "{timestamp}{body}", "timestamp_header": "X-Time",
                "timestamp_unit": "rfc3339", "tolerance": 60},
    "pairs": {"header": "X-Sign", "pairs": ["ts", "sig"], "tolerance": 60},
    "url": {"header": "X-Sign", "signed": "{method} {url} {path}?{query}\n{header:X-Id}{body:sha1}"},
    "token": {"header": "Authorization", "algorithm": "token", "prefix": "Bearer "},
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_recipe_describes_is_recognised_signed_and_checked(name: str) -> None:
    recipe = signatures.recipe(name, RECIPES[name] | {"type": "body:type", "id": "header:X-Id"})
    of = request(b'{"type": "a.b"}', (b"X-Id", b"7"), (b"stripe-signature", b"x"), target=b"/p?q=1")
    of = signatures.sign(of, recipe, SECRET, now=NOW)
    identity, verdict = signatures.judge(of, {name: [SECRET]}, at=NOW, recipes=[recipe])
    assert (identity.source, identity.scheme) == (name, name)
    assert (identity.event_type, identity.provider_id) == ("a.b", "7")
    assert verdict.reason is Reason.OK
    other = Secret("other", "fedcba9876543210")
    assert signatures.verify(of, recipe, [other], at=NOW).reason is Reason.WRONG_SECRET
    changed = replace(of, body=of.body + b" ")
    assert signatures.verify(changed, recipe, [SECRET], at=NOW).ok is (name == "token")


def test_a_recipe_signs_what_it_says() -> None:
    recipe = signatures.recipe("url", RECIPES["url"])
    of = request(b"body", (b"X-Id", b"7"), method="put", target=b"/p?q=1")
    digest = dict(signatures.sign(of, recipe, SECRET, now=NOW).headers)[b"X-Sign"]
    said = b"PUT https://relay.example/ep_k3f9qz/p?q=1 /p?q=1\n7"
    said += hashlib.sha1(b"body", usedforsecurity=False).hexdigest().encode()
    assert digest == hmac.new(SECRET.raw, said, "sha256").hexdigest().encode()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "header"),
        ({"header": 7}, "header"),
        ({"header": "X", "algoritm": "sha1"}, "algoritm is not known"),
        ({"header": "X", "algorithm": "crc32"}, "one of sha256"),
        ({"header": "X", "encoding": "text"}, "one of hex"),
        ({"header": "X", "signed": "{bodi}"}, "{bodi} is not known"),
        ({"header": "X", "signed": "{timestamp}"}, "{body} is wanted"),
        ({"header": "X", "signed": "{timestamp}{body}"}, "timestamp_header"),
        ({"header": "X", "timestamp_header": "T"}, "counts only if {timestamp} is signed"),
        ({"header": "X", "tolerance": True}, "a number of seconds"),
        ({"header": "X", "pairs": ["t"]}, "two names"),
        ({"header": "X", "pairs": ["t", 1]}, "plain text"),
        ({"header": "X", "type": "body"}, "header:NAME or body:path"),
        ({"header": "X\r\nY"}, "plain text"),
    ],
)
def test_a_wrong_recipe_is_told_by_its_key(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError) as failure:
        signatures.recipe("mine", keys)
    assert failure.value.message.startswith("scheme.mine.")
    assert words in failure.value.message


def test_the_nearest_key_is_offered() -> None:
    with pytest.raises(ConfigError) as failure:
        signatures.recipe("mine", {"header": "X", "algoritm": "sha1"})
    assert failure.value.hint == "did you mean algorithm?"


VALUES = st.one_of(
    st.text(max_size=8),
    st.integers(-5, 5),
    st.none(),
    st.lists(st.text(max_size=3), max_size=3),
    st.sampled_from(["{body}", "{timestamp}{body}", "s", "ms", "hex", "base64", "text", *WORDS]),
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_whatever_a_file_says_is_a_scheme_or_a_configuration_error(keys: dict[str, object]) -> None:
    try:
        recipe = signatures.recipe("mine", keys)
    except ConfigError:
        return
    verdict = signatures.verify(request(), recipe, [SECRET], at=NOW)
    assert not verdict.ok
