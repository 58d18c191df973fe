"""What people get wrong with signatures: for each mistake, the requests and secrets to try.

Each row is one kind of mistake with its guesses. A guess says what would have to be true; `explaining`
looks which of them is. Bodies above a limit are not written anew, so that a screen never waits.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus, urlsplit, urlunsplit

from msgspec import structs

from hookcli.signatures.base import Scheme, Secret
from hookcli.signatures.fields import optional, put
from hookcli.signatures.forms import is_form, pairs
from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.wire.http import Request

LARGEST = 1_000_000
"""Bodies above this are not parsed and written again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One thing that may have been done."""

    result: str
    """What it is in a few words: `“slack-prod”`, `without its last line break`."""
    finding: str
    """What it means if it fits, as a sentence."""
    advice: str
    """The one next step if it fits, as a sentence."""
    request: Request
    scheme: Scheme
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of mistake."""

    what: str
    """For the list of what was tried: `the body as compact or pretty JSON`."""
    guesses: Iterator[Guess]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is explained."""

    request: Request
    scheme: Scheme
    secrets: Sequence[Secret]
    """Those of the scheme."""
    others: Sequence[Secret]
    """All further secrets of the project."""

    def guess(
        self,
        result: str,
        finding: str,
        advice: str,
        secret: Secret,
        request: Request | None = None,
        scheme: Scheme | None = None,
    ) -> Guess:
        """A guess about this request."""
        return Guess(
            result=result,
            finding=finding,
            advice=advice,
            secret=secret,
            request=request or self.request,
            scheme=scheme or self.scheme,
        )


def rows(asked: Asked) -> Iterator[Row]:
    """Every kind of mistake that can have been made here, the likeliest first."""
    if asked.others:
        count = len(asked.others)
        yield Row(what=f"the other secrets of this project ({count})", guesses=_others(asked))
    if not asked.scheme.asymmetric:
        yield Row(what="the secret trimmed, without its prefix, or decoded", guesses=_forms(asked))
    if asked.scheme.is_token:
        return
    yield Row(what="the body with a line break at its end, or without", guesses=_breaks(asked))
    if _is_json(asked.request):
        what = "the body as compact, pretty, sorted or escaped JSON"
        yield Row(what=what, guesses=_rewritten(asked))
    if is_form(asked.request):
        yield Row(what="the form in another order or spelling", guesses=_forms_of_body(asked))
    if optional(asked.request, b"content-encoding"):
        yield Row(what="the body decompressed", guesses=_inflated(asked))
    if isinstance(asked.scheme, Hmac):
        yield Row(what="the digest written otherwise: hex, base64", guesses=_encodings(asked))
        yield Row(what="another algorithm: SHA-1, SHA-256, SHA-512", guesses=_algorithms(asked))
        if "url" in asked.scheme.signed:
            what = "another URL: http or https, port, slash, query"
            yield Row(what=what, guesses=_urls(asked))
        if asked.scheme.time_header:
            yield Row(what="the time in milliseconds or seconds", guesses=_units(asked))


def _others(asked: Asked) -> Iterator[Guess]:
    mine = " or ".join(f"“{secret.name}”" for secret in asked.secrets)
    for other in asked.others:
        yield asked.guess(
            f"“{other.name}”",
            f"This request was signed with “{other.name}”.",
            f"Your app most likely has {mine or 'another secret'}: give it “{other.name}”,"
            f" or send the request again signed with {mine or 'the one it has'}.",
            other,
        )


def _forms(asked: Asked) -> Iterator[Guess]:
    for secret in asked.secrets:
        for how, value in _spellings(secret.raw):
            if value and value != secret.raw:
                yield asked.guess(
                    how,
                    f"It is signed with “{secret.name}” {how}.",
                    f"Store “{secret.name}” {how}, here and in your app.",
                    Secret(secret.name, value),
                )


def _spellings(raw: bytes) -> Iterator[tuple[str, bytes]]:
    bare = raw.strip()
    yield "without the blanks or line break around it", bare
    yield "without the quotes around it", bare.strip(b"\"'")
    for prefix in (b"whsec_", b"sk_", b"v1,whsec_", b"v1,"):
        if bare.startswith(prefix):
            yield f"without {prefix.decode()}", bare.removeprefix(prefix)
    if not bare.startswith(b"whsec_"):
        yield "with whsec_ before it", b"whsec_" + bare
    tail = bare.removeprefix(b"whsec_")
    yield "decoded from base64", _or_empty(base64.b64decode, tail + b"=" * (-len(tail) % 4))
    yield "decoded from hex", _or_empty(binascii.unhexlify, tail)
    yield "encoded in base64", base64.b64encode(raw)
    yield "encoded in hex", binascii.hexlify(raw)


def _or_empty(decode: Callable[[bytes], bytes], text: bytes) -> bytes:
    try:
        return decode(text)
    except ValueError:
        return b""


_BODY = "Whatever stands between changes the body: compare the bytes that your app checks."


def _bodies(
    asked: Asked, made: Iterator[tuple[str, bytes]], advice: str = _BODY
) -> Iterator[Guess]:
    seen = {asked.request.body}
    for how, body in made:
        if body in seen:
            continue
        seen.add(body)
        request = structs.replace(asked.request, body=body)
        for secret in (*asked.secrets, *asked.others):
            finding = f"What was signed is the body {how}, with “{secret.name}”."
            yield asked.guess(how, finding, advice, secret, request)


def _breaks(asked: Asked) -> Iterator[Guess]:
    body = asked.request.body
    made = [
        ("without its last line break", body.rstrip(b"\r\n")),
        ("with a line break at its end", body + b"\n"),
        ("with CR LF at its end", body + b"\r\n"),
        ("without blanks around it", body.strip()),
        ("with LF for CR LF", body.replace(b"\r\n", b"\n")),
        ("without its byte order mark", body.removeprefix(b"\xef\xbb\xbf")),
    ]
    return _bodies(asked, iter(made))


def _is_json(request: Request) -> bool:
    start = request.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return start in (b"{", b"[") and len(request.body) <= LARGEST


def _rewritten(asked: Asked) -> Iterator[Guess]:
    advice = (
        "Somebody parses the JSON and writes it again before the signature is made or checked:"
        " check the raw body."
    )
    return _bodies(asked, _json_spellings(asked.request.body), advice)


def _json_spellings(body: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        value = json.loads(body)
        for how, options in _WRITERS:
            yield how, json.dumps(value, **options).encode("utf-8", "surrogatepass")
        compact = json.dumps(value, separators=(",", ":"))
    except (ValueError, RecursionError):
        return
    yield "as PHP writes it, with \\/ for /", compact.replace("/", "\\/").encode()


_COMPACT = (",", ":")
_WRITERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("as compact JSON", {"separators": _COMPACT, "ensure_ascii": False}),
    ("as compact JSON with escaped Unicode", {"separators": _COMPACT}),
    ("as JSON with blanks", {"ensure_ascii": False}),
    ("as JSON with blanks and escaped Unicode", {}),
    ("as pretty JSON (2)", {"indent": 2, "ensure_ascii": False}),
    ("as pretty JSON (4)", {"indent": 4, "ensure_ascii": False}),
    ("as compact JSON with sorted keys", {"separators": _COMPACT, "sort_keys": True}),
    ("as JSON with sorted keys", {"sort_keys": True}),
)


def _forms_of_body(asked: Asked) -> Iterator[Guess]:
    body = asked.request.body
    if len(body) > LARGEST:
        return iter(())
    told = pairs(body)
    written = [(quote_plus(name), quote_plus(value)) for name, value in told]
    plain = b"&".join(f"{name}={value}".encode() for name, value in written)
    made = [
        ("in the order of its names", b"&".join(sorted(body.split(b"&")))),
        ("decoded and encoded again", plain),
        ("with %20 for +", body.replace(b"+", b"%20")),
        ("with + for %20", body.replace(b"%20", b"+")),
        ("decoded", b"&".join(name + b"=" + value for name, value in told)),
    ]
    made += [(f"its field {name!r} alone", value) for name, value in told if name == b"payload"]
    return _bodies(asked, iter(made))


def _inflated(asked: Asked) -> Iterator[Guess]:
    advice = "Check the body as it came, before anything decompresses it; or the other way round."
    return _bodies(asked, _decompressed(asked.request.body), advice)


def _decompressed(body: bytes) -> Iterator[tuple[str, bytes]]:
    import zlib

    for bits in (31, 15):
        worker = zlib.decompressobj(bits)
        try:
            text = worker.decompress(body, LARGEST)
        except zlib.error:
            continue
        if worker.eof:
            yield "decompressed", text


def _encodings(asked: Asked) -> Iterator[Guess]:
    scheme = asked.scheme
    if not isinstance(scheme, Hmac):
        return
    value = optional(asked.request, scheme.header.lower()).strip()
    bare = value.rpartition(b"=")[2] if b"=" in value.rstrip(b"=") else value
    for encoding in (Encoding.HEX, Encoding.BASE64, Encoding.BASE64URL):
        for how, text in (
            (f"written in {encoding.value}", value.removeprefix(scheme.prefix)),
            (f"written in {encoding.value} behind another prefix", bare),
            ("written in upper case", bare.lower()),
        ):
            request = put(asked.request, scheme.header, scheme.prefix + text)
            other = replace(scheme, encoding=encoding)
            for secret in asked.secrets:
                yield asked.guess(
                    how,
                    f"The digest is right for “{secret.name}”, but {how};"
                    f" {scheme.title} writes {scheme.prefix.decode()}… in {scheme.encoding.value}.",
                    "Whoever made this signature is not the provider: correct how it is written.",
                    secret,
                    request,
                    other,
                )


def _algorithms(asked: Asked) -> Iterator[Guess]:
    scheme = asked.scheme
    if not isinstance(scheme, Hmac):
        return
    for name in ("sha1", "sha256", "sha384", "sha512", "md5"):
        if name == scheme.hash:
            continue
        for secret in asked.secrets:
            yield asked.guess(
                name,
                f"It is signed with “{secret.name}”, by HMAC-{name.upper()}.",
                f"{scheme.title} uses {scheme.algorithm}: sign with that.",
                secret,
                scheme=replace(scheme, hash=name),
            )


def _urls(asked: Asked) -> Iterator[Guess]:
    for how, url, target in _url_spellings(asked.request):
        for secret in asked.secrets:
            yield asked.guess(
                how,
                f"The URL that was signed with “{secret.name}” is {how}.",
                "The provider calls another URL than this endpoint's, or your app rebuilds it"
                " wrongly: give both the same, to the letter.",
                secret,
                structs.replace(asked.request, url=url, target=target),
            )


def _url_spellings(request: Request) -> Iterator[tuple[str, str, bytes]]:
    url, target = request.url, request.target
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return
    host = parts.hostname or ""
    other = "http" if parts.scheme == "https" else "https"
    yield f"with {other}://", urlunsplit(parts._replace(scheme=other)), target
    if port is not None:
        yield "without its port", urlunsplit(parts._replace(netloc=host)), target
    elif host:
        standard = "443" if parts.scheme == "https" else "80"
        with_port = urlunsplit(parts._replace(netloc=f"{host}:{standard}"))
        yield f"with port {standard}", with_port, target
    path, mark, query = target.partition(b"?")
    slashed = path[:-1] if path.endswith(b"/") else path + b"/"
    how = "without the slash at its end" if path.endswith(b"/") else "with a slash at its end"
    yield how, url, slashed + mark + query
    if query:
        yield "without its query", url, path
        ordered = b"&".join(sorted(query.split(b"&")))
        yield "with its query in the order of its names", url, path + mark + ordered
    named = optional(request, b"host").decode("latin-1").strip()
    if named and named != parts.netloc:
        yield f"at the host {named}", urlunsplit(parts._replace(netloc=named)), target
    yield "the endpoint's alone, without path and query", url, b""


def _units(asked: Asked) -> Iterator[Guess]:
    scheme = asked.scheme
    if not isinstance(scheme, Hmac):
        return
    text = optional(asked.request, scheme.time_header.lower()).strip()
    if not text.isdigit() or len(text) > 16:
        return
    for how, value in (
        ("in milliseconds", text + b"000"),
        ("in seconds", text[:-3]),
    ):
        if value:
            request = put(asked.request, scheme.time_header, value)
            for secret in asked.secrets:
                yield asked.guess(
                    how,
                    f"The time was signed {how} and is sent otherwise.",
                    "Sign the time as it is sent.",
                    secret,
                    request,
                )
