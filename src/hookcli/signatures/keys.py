"""Signatures by a private key that only the provider has: checked with its public key.

A secret is then a public key, as the provider shows it (hex, base64 or PEM) or as a certificate;
or a private key of one's own in PEM, with which requests can be signed for tests. `cryptography`
is loaded when the first such signature is looked at.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hookcli.errors import UsageError
from hookcli.signatures.base import Claim, Fault, Reason, Scheme, Secret
from hookcli.signatures.fields import one, put
from hookcli.signatures.hmacs import Encoding, check_text, encode
from hookcli.signatures.layout import lay_out
from hookcli.signatures.table import load
from hookcli.signatures.times import SECOND, read, write
from hookcli.wire.http import Request

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    Public = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
    Private = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey

_ED25519_SIZE = 32


def public_key(secret: Secret, kind: str) -> "Public":
    """The public key of that kind (`ed25519`, `ecdsa`, `rsa`) that a secret is, or belongs to.

    Raises:
        Fault: it is none.
    """
    key = _public_key(secret)
    if kind_of(key) != kind:
        raise Fault(Reason.BAD_SECRET, f"it is no {kind} key")
    return key


def kind_of(key: "Public | Private") -> str:
    """Which algorithm a key is for."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if isinstance(key, ed25519.Ed25519PublicKey | ed25519.Ed25519PrivateKey):
        return "ed25519"
    elliptic = isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey)
    return "ecdsa" if elliptic else "rsa"


def _public_key(secret: Secret) -> "Public":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    raw = secret.raw.strip()
    try:
        if b"-----BEGIN CERTIFICATE" in raw:
            from cryptography import x509

            return _known(x509.load_pem_x509_certificate(raw).public_key())
        if b"PRIVATE KEY-----" in raw:
            return private_key(secret).public_key()
        if raw.startswith(b"-----BEGIN"):
            return _known(serialization.load_pem_public_key(raw))
        plain = _plain(raw)
        if len(plain) == _ED25519_SIZE:
            return ed25519.Ed25519PublicKey.from_public_bytes(plain)
        return _known(serialization.load_der_public_key(plain))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Fault(Reason.BAD_SECRET, "it is no public key") from error


def _known(key: object) -> "Public":
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return key
    raise ValueError("a key of another kind")


def _plain(raw: bytes) -> bytes:
    """Hex, or base64 with any padding."""
    if len(raw) == 2 * _ED25519_SIZE:
        return binascii.unhexlify(raw)
    return base64.b64decode(raw.rstrip(b"=") + b"=" * (-len(raw.rstrip(b"=")) % 4), validate=True)


def private_key(secret: Secret) -> "Private":
    """The private key that a secret is.

    Raises:
        Fault: it is none.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    try:
        key = serialization.load_pem_private_key(secret.raw.strip(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Fault(Reason.BAD_SECRET, "it is no private key in PEM") from error
    if isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        return key
    raise Fault(Reason.BAD_SECRET, "it is a key of another kind")


def is_private(secret: Secret) -> bool:
    """Whether the secret looks like a private key, so that one can sign with it."""
    return b"PRIVATE KEY-----" in secret.raw


def holds(key: "Public", signature: bytes, message: bytes, hash_name: str) -> bool:
    """Whether the key's owner signed the message: ed25519, ECDSA (DER) or RSA (PKCS #1 v1.5)."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

    algorithm = hashes.SHA1() if hash_name == "sha1" else hashes.SHA256()  # noqa: S303 - theirs
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(algorithm))
        else:
            key.verify(signature, message, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def made(key: "Private", message: bytes, hash_name: str) -> bytes:
    """The signature of the message."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

    algorithm = hashes.SHA1() if hash_name == "sha1" else hashes.SHA256()  # noqa: S303 - theirs
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(algorithm))
    return key.sign(message, padding.PKCS1v15(), algorithm)


def keypair(kind: str) -> tuple[str, str]:
    """A new private key in PEM and its public key: `ed25519` in hex, `ecdsa` and `rsa` in base64."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    key: Private
    if kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw().hex()
    else:
        key = (
            ec.generate_private_key(ec.SECP256R1())
            if kind == "ecdsa"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        public = base64.b64encode(der).decode()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode(), public


@dataclass(frozen=True, kw_only=True)
class Asymmetric(Scheme):
    """One field holds the signature of what `layout` describes; another holds the time."""

    kind: str
    """`ed25519`, `ecdsa` or `rsa`."""
    layout: str = "{timestamp}{body}"
    encoding: Encoding = Encoding.BASE64
    time_header: bytes = b""
    time_unit: int = SECOND

    asymmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "signed", self.layout.replace("{body}", "{raw body}"))

    def claim(self, request: Request) -> Claim:
        text = one(request, self.header)
        _ = self._decoded(text)
        time = one(request, self.time_header)
        return Claim(
            signatures=(text,),
            messages=(lay_out(self.layout, request, time),),
            timestamp=read(time, self.time_unit, self.time_header.decode()),
        )

    def _decoded(self, text: bytes) -> bytes:
        what = self.header.decode()
        if self.encoding is Encoding.HEX:
            return binascii.unhexlify(check_text(text, Encoding.HEX, 64, what))
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error:
            raw = b""
        if not raw or encode(raw, Encoding.BASE64) != text:
            raise Fault(Reason.MALFORMED_HEADER, f"{what} is not base64")
        return raw

    def fits(self, claim: Claim, secret: Secret) -> bool:
        signature = self._decoded(claim.signatures[0])
        return holds(public_key(secret, self.kind), signature, claim.messages[0], "sha256")

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        if not is_private(secret):
            self.refuse()
        key = private_key(secret)
        if kind_of(key) != self.kind:
            raise Fault(Reason.BAD_SECRET, f"it is no {self.kind} key")
        time = write(now, self.time_unit)
        request = put(request, self.time_header, time)
        signature = made(key, lay_out(self.layout, request, time), "sha256")
        return put(request, self.header, encode(signature, self.encoding))


def keypair_for(scheme: str | Scheme) -> tuple[str, str]:
    """A key pair of the kind that the scheme is signed with.

    Raises:
        UsageError: it is not signed with a private key, or cannot be signed at all.
    """
    found = load(scheme) if isinstance(scheme, str) else scheme
    kind = getattr(found, "kind", "")
    if not kind:
        name = scheme if isinstance(scheme, str) else scheme.name
        raise UsageError(f"{name} is not signed with a key pair")
    return keypair(kind)
