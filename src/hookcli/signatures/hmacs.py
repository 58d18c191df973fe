"""Signatures by a shared secret: an HMAC over some bytes, written as text into a header field."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from hookcli.signatures.base import Claim, Fault, Reason, Scheme, Secret
from hookcli.signatures.fields import one, put
from hookcli.signatures.layout import lay_out
from hookcli.signatures.times import SECOND, read, write
from hookcli.wire.http import Request


class Encoding(StrEnum):
    """How a digest, or a key, is written."""

    TEXT = "text"
    """As it is; for keys only."""

    HEX = "hex"
    BASE64 = "base64"
    BASE64URL = "base64url"
    """With `-` and `_`, and without padding."""


_ENCODERS: dict[Encoding, Callable[[bytes], bytes]] = {
    Encoding.TEXT: bytes,
    Encoding.HEX: binascii.hexlify,
    Encoding.BASE64: base64.b64encode,
    Encoding.BASE64URL: lambda digest: base64.urlsafe_b64encode(digest).rstrip(b"="),
}
_ALPHABETS = {
    Encoding.TEXT: re.compile(rb"", re.DOTALL),
    Encoding.HEX: re.compile(rb"[0-9a-f]*\Z"),
    Encoding.BASE64: re.compile(rb"[A-Za-z0-9+/]*={0,2}\Z"),
    Encoding.BASE64URL: re.compile(rb"[A-Za-z0-9_-]*\Z"),
}
WORDS = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}


@cache
def _digest_size(name: str) -> int:
    return hashlib.new(name, usedforsecurity=False).digest_size


def encode(digest: bytes, encoding: Encoding) -> bytes:
    """The one way to write a digest; signatures are compared as text, so no other spelling fits."""
    return _ENCODERS[encoding](digest)


def check_text(text: bytes, encoding: Encoding, size: int, what: str) -> bytes:
    """`text`, if a digest of `size` bytes could be written so.

    Raises:
        Fault: another alphabet, or another length.
    """
    model = encode(bytes(size), encoding)
    wanted = len(model)
    if len(text) != wanted:
        raise Fault(
            Reason.MALFORMED_HEADER, f"{what} has {len(text)} characters, {wanted} are expected"
        )
    if not _ALPHABETS[encoding].match(text) or text.count(b"=") != model.count(b"="):
        raise Fault(Reason.MALFORMED_HEADER, f"{what} is not {encoding.value}")
    return text


def compare(signatures: tuple[bytes, ...], expected: bytes) -> bool:
    """Whether one of them is the expected one, in a time that does not tell which or how nearly."""
    found = False
    for signature in signatures:
        found |= hmac.compare_digest(signature, expected)
    return found


def decoded_key(secret: Secret, encoding: Encoding) -> bytes:
    """The key that a secret writes.

    Raises:
        Fault: it is not written so, or empty.
    """
    raw = secret.raw
    try:
        if encoding is Encoding.HEX:
            raw = binascii.unhexlify(raw.strip())
        elif encoding is not Encoding.TEXT:
            text = raw.strip().rstrip(b"=").translate(_URL_SAFE)
            raw = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Fault(Reason.BAD_SECRET, f"the key is not written in {encoding.value}") from None
    if not raw:
        raise Fault(Reason.BAD_SECRET, "it is empty")
    return raw


_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def check_texts(texts: list[bytes], encoding: Encoding, size: int, what: str) -> tuple[bytes, ...]:
    """Several signatures of one version; one that cannot be one spoils them all.

    Raises:
        Fault: there is none, or one has another alphabet or length.
    """
    if not texts:
        raise Fault(Reason.MALFORMED_HEADER, f"{what} is missing")
    return tuple(check_text(text, encoding, size, what) for text in texts)


@dataclass(frozen=True, kw_only=True)
class Hmac(Scheme):
    """One field holds `prefix` and the digest of what `layout` describes; another may hold a time."""

    layout: str = "{body}"
    """What is signed, as `layout.compile_layout` reads it."""
    hash: str = "sha256"
    encoding: Encoding = Encoding.HEX
    prefix: bytes = b""
    key_encoding: Encoding = Encoding.TEXT
    """How the secret writes the key."""
    time_header: bytes = b""
    """The field that holds the signed time; empty when there is none."""
    time_unit: int = SECOND
    """What one of it is, in µs."""

    def __post_init__(self) -> None:
        self._default("algorithm", f"HMAC-{WORDS[self.hash]}, {self.encoding.value}")
        self._default("signed", self.layout.replace("{body}", "{raw body}"))

    def _default(self, name: str, value: str) -> None:
        if not getattr(self, name):
            object.__setattr__(self, name, value)

    @property
    def size(self) -> int:
        """Bytes of a digest."""
        return _digest_size(self.hash)

    def key(self, secret: Secret) -> bytes:
        """The HMAC key that a secret stands for.

        Raises:
            Fault: the secret has not the form that the scheme wants.
        """
        return decoded_key(secret, self.key_encoding)

    def digest(self, secret: Secret, message: bytes) -> bytes:
        """The signature of `message` as text, without the prefix.

        Raises:
            Fault: the secret has not the form that the scheme wants.
        """
        return encode(hmac.digest(self.key(secret), message, self.hash), self.encoding)

    def time(self, request: Request) -> bytes:
        """The signed time as it is written; empty when none is signed.

        Raises:
            Fault: it is missing.
        """
        return one(request, self.time_header) if self.time_header else b""

    def message(self, request: Request) -> bytes:
        """The bytes that are signed.

        Raises:
            Fault: what belongs to them is missing.
        """
        return lay_out(self.layout, request, self.time(request))

    def messages(self, request: Request) -> tuple[bytes, ...]:
        """The bytes that may have been signed, the likeliest first."""
        return (self.message(request),)

    def texts(self, request: Request) -> tuple[bytes, ...]:
        """The signatures without prefix, checked for their form.

        Raises:
            Fault: there are none.
        """
        value, what = one(request, self.header), self.header.decode()
        if not value.startswith(self.prefix):
            raise Fault(
                Reason.MALFORMED_HEADER, f"{what} does not begin with {self.prefix.decode()}"
            )
        return (check_text(value[len(self.prefix) :], self.encoding, self.size, what),)

    def claim(self, request: Request) -> Claim:
        texts = self.texts(request)
        time = self.time(request)
        what = self.time_header.decode() or "the signed time"
        return Claim(
            signatures=texts,
            messages=self.messages(request),
            timestamp=read(time, self.time_unit, what) if time else None,
        )

    def fits(self, claim: Claim, secret: Secret) -> bool:
        found = False
        for message in claim.messages:
            found |= compare(claim.signatures, self.digest(secret, message))
        return found

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        if self.time_header:
            request = put(request, self.time_header, write(now, self.time_unit))
        text = self.digest(secret, self.message(request))
        return put(request, self.header, self.prefix + text)


@dataclass(frozen=True, kw_only=True)
class Pairs(Hmac):
    """One field holds both, as `t=…,v1=…`: the time once, signatures of one version as often as
    there are secrets."""

    time_key: bytes = b"t"
    text_key: bytes = b"v1"
    separator: bytes = b","
    glue: bytes = b","
    """What stands between the pairs when we write them."""
    only_known: bool = False
    """Whether a key of another name spoils the field; else it is of another version."""
    layout: str = "{timestamp}.{body}"

    def _pairs(self, request: Request) -> list[tuple[bytes, bytes]]:
        parts = one(request, self.header).split(self.separator)
        cut = (part.strip(b" \t").partition(b"=") for part in parts)
        pairs = [(key, value) for key, _, value in cut]
        if self.only_known and not {key for key, _ in pairs} <= {self.time_key, self.text_key}:
            raise Fault(Reason.MALFORMED_HEADER, f"{self.header.decode()} has an unknown key")
        return pairs

    def time(self, request: Request) -> bytes:
        times = {value for key, value in self._pairs(request) if key == self.time_key}
        what = f"{self.time_key.decode()} in {self.header.decode()}"
        if len(times) != 1 or times == {b""}:
            many = "stands there twice, differently" if len(times) > 1 else "is missing"
            raise Fault(Reason.MALFORMED_HEADER, f"{what} {many}")
        return times.pop()

    def texts(self, request: Request) -> tuple[bytes, ...]:
        texts = [value for key, value in self._pairs(request) if key == self.text_key]
        what = f"{self.text_key.decode()} in {self.header.decode()}"
        return check_texts(texts, self.encoding, self.size, what)

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        time = write(now, self.time_unit)
        text = self.digest(secret, lay_out(self.layout, request, time))
        pairs = self.time_key + b"=" + time, self.text_key + b"=" + text
        return put(request, self.header, self.glue.join(pairs))
