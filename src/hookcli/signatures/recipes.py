"""Schemes of the user's own: an HMAC or a token as the configuration describes it.

[scheme.billing]
header = "X-Billing-Signature"       # the field that carries the signature; must be given
algorithm = "sha256"                 # md5, sha1, sha256, sha384, sha512, or token
encoding = "hex"                     # hex, base64, base64url
prefix = "sha256="                   # what stands before the signature
pairs = ["t", "v1"]                  # instead: the field is `t=…,v1=…`, time and signature
signed = "{timestamp}.{body}"        # see `layout`
timestamp_header = "X-Billing-Time"
timestamp_unit = "s"                 # s, ms, rfc3339
tolerance = 300                      # seconds
key = "text"                         # how the secret writes the key: text, hex, base64
type = "header:X-Billing-Event"      # or body:dotted.path
id = "body:id"
deadline = 10                        # seconds the sender waits
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from hookcli.errors import ConfigError
from hookcli.signatures.base import Scheme
from hookcli.signatures.fields import optional
from hookcli.signatures.hmacs import WORDS, Encoding, Hmac, Pairs
from hookcli.signatures.layout import compile_layout
from hookcli.signatures.telling import telling
from hookcli.signatures.times import MILLISECOND, RFC3339, SECOND
from hookcli.signatures.tokens import Token
from hookcli.wire.http import Request

KEYS = (
    "algorithm",
    "deadline",
    "encoding",
    "header",
    "id",
    "key",
    "pairs",
    "prefix",
    "signed",
    "timestamp_header",
    "timestamp_unit",
    "tolerance",
    "type",
)
_UNITS = {"s": SECOND, "ms": MILLISECOND, "rfc3339": RFC3339}
_ENCODINGS = tuple(one.value for one in Encoding if one is not Encoding.TEXT)
_KEY_ENCODINGS = (Encoding.TEXT.value, Encoding.HEX.value, Encoding.BASE64.value)


class _ByHeader:
    """Recognised by the field that carries the signature."""

    header: bytes

    def recognises(self, request: Request) -> bool:
        """Whether the field is there."""
        return bool(optional(request, self.header.lower()))


@dataclass(frozen=True, kw_only=True)
class _OwnHmac(_ByHeader, Hmac):
    pass


@dataclass(frozen=True, kw_only=True)
class _OwnPairs(_ByHeader, Pairs):
    pass


@dataclass(frozen=True, kw_only=True)
class _OwnToken(_ByHeader, Token):
    pass


@dataclass(frozen=True, slots=True)
class _Given:
    """The keys of one recipe, read with their faults told by name."""

    name: str
    values: Mapping[str, object] = field(repr=False)

    def fault(self, key: str, wanted: str) -> ConfigError:
        return ConfigError(f"scheme.{self.name}.{key}: {wanted}")

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise self.fault(key, "plain text is wanted")
        return value

    def one_of(self, key: str, choices: Sequence[str]) -> str:
        value = self.text(key, choices[0])
        if value not in choices:
            raise self.fault(key, f"one of {', '.join(choices)} is wanted")
        return value

    def seconds(self, key: str) -> int | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self.fault(key, "a number of seconds is wanted")
        return value


def recipe(name: str, given: Mapping[str, object]) -> Scheme:
    """The scheme that `[scheme.NAME]` describes.

    Raises:
        ConfigError: a key is missing, unknown (the nearest one is told) or has a wrong value.
    """
    for key in given:
        if key not in KEYS:
            near = get_close_matches(key, KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(KEYS)}"
            raise ConfigError(f"scheme.{name}.{key} is not known", hint=hint)
    told = _Given(name, given)
    if not told.text("header"):
        raise told.fault("header", "the field that carries the signature is wanted")
    common: dict[str, Any] = {
        "name": name,
        "title": name,
        "page": "",
        "header": told.text("header").encode(),
        "deadline_s": told.seconds("deadline"),
        "event": _event(told),
    }
    algorithm = told.one_of("algorithm", ("sha256", *WORDS, "token"))
    if algorithm == "token":
        return _OwnToken(**common, prefix=told.text("prefix").encode())
    return _hmac(told, algorithm, common)


def _hmac(told: _Given, algorithm: str, common: dict[str, Any]) -> Scheme:
    steps: dict[str, Any] = common | {
        "hash": algorithm,
        "encoding": Encoding(told.one_of("encoding", _ENCODINGS)),
        "key_encoding": Encoding(told.one_of("key", _KEY_ENCODINGS)),
        "time_unit": _UNITS[told.one_of("timestamp_unit", tuple(_UNITS))],
        "tolerance_s": told.seconds("tolerance"),
    }
    pairs = told.values.get("pairs")
    if pairs is not None:
        time_key, text_key = _pair_names(told, pairs)
        layout = _layout(told, "{timestamp}.{body}")
        return _OwnPairs(**steps, layout=layout, time_key=time_key, text_key=text_key)
    layout = _layout(told, "{body}")
    time_header = told.text("timestamp_header").encode()
    if "{timestamp}" in layout and not time_header:
        raise told.fault(
            "timestamp_header", "what is signed holds {timestamp}; the field is wanted"
        )
    if time_header and "{timestamp}" not in layout:
        raise told.fault("signed", "a time counts only if {timestamp} is signed")
    prefix = told.text("prefix").encode()
    return _OwnHmac(**steps, layout=layout, time_header=time_header, prefix=prefix)


def _layout(told: _Given, default: str) -> str:
    # Unlike a field, what is signed may hold line breaks.
    layout = told.values.get("signed", default)
    if not isinstance(layout, str):
        raise told.fault("signed", "text is wanted")
    try:
        parts = compile_layout(layout)
    except ValueError as error:
        raise told.fault("signed", str(error)) from None
    if not any(name == "body" for _, name, _ in parts):
        raise told.fault("signed", "{body} is wanted in it: what is not signed can be changed")
    return layout


def _pair_names(told: _Given, pairs: object) -> tuple[bytes, bytes]:
    if not isinstance(pairs, list | tuple) or len(pairs) != 2:
        raise told.fault("pairs", 'two names are wanted: ["t", "v1"]')
    if not all(isinstance(name, str) and name.isascii() and name for name in pairs):
        raise told.fault("pairs", "plain text is wanted")
    return pairs[0].encode(), pairs[1].encode()


def _event(told: _Given) -> Any:
    for key in ("type", "id"):
        for place in told.text(key).split():
            if place.partition(":")[0] not in ("header", "body") or not place.partition(":")[2]:
                raise told.fault(key, "header:NAME or body:path is wanted")
    return telling(type=told.text("type"), id=told.text("id"))
