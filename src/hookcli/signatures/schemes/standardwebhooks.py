"""Standard Webhooks and Svix: `v1,` and base64 of HMAC-SHA-256 over `{id}.{timestamp}.{body}`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md and
https://docs.svix.com/receiving/verifying-payloads/how-manual; the judge is `standardwebhooks`, to
which Svix's own library delegates. Several signatures stand in one field, apart by blanks. `v1a`
is ed25519: `whpk_` is the public key, `whsk_` the private one.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from hookcli.signatures.base import Claim, Fault, Reason, Secret
from hookcli.signatures.fields import one, optional, put
from hookcli.signatures.hmacs import Encoding, Hmac, check_text, compare, encode
from hookcli.signatures.layout import lay_out
from hookcli.signatures.telling import telling
from hookcli.signatures.times import SECOND, write
from hookcli.wire.http import Request

_V1, _V1A = b"v1,", b"v1a,"
_SIZES = {b"v1": 32, b"v1a": 64}
"""Bytes of a signature of each version; others are ignored."""
_SEED_SIZE = 32


@dataclass(frozen=True, kw_only=True)
class StandardWebhooks(Hmac):
    """Three fields: id, time, signatures."""

    encoding: Encoding = Encoding.BASE64
    prefix: bytes = _V1
    id_header: bytes

    def key(self, secret: Secret) -> bytes:
        return _decoded(secret, b"whsec_")

    def texts(self, request: Request) -> tuple[bytes, ...]:
        """The signatures of both versions, each with its version before it."""
        what = self.header.decode()
        found = []
        for entry in one(request, self.header).split(b" "):
            version, comma, text = entry.partition(b",")
            if not comma:
                raise Fault(Reason.MALFORMED_HEADER, f"{what} is no list of version,signature")
            if size := _SIZES.get(version):
                _ = check_text(text, Encoding.BASE64, size, what)
                found.append(entry)
        if not found:
            raise Fault(Reason.MALFORMED_HEADER, f"{what} has no v1 and no v1a")
        return tuple(found)

    def fits(self, claim: Claim, secret: Secret) -> bool:
        if not _is_asymmetric(secret):
            texts = tuple(text[3:] for text in claim.signatures if text.startswith(_V1))
            return compare(texts, self.digest(secret, claim.messages[0]))
        from hookcli.signatures.keys import holds, public_key

        key = public_key(_as_key(secret), "ed25519")
        found = False
        for text in claim.signatures:
            if text.startswith(_V1A):
                raw = base64.b64decode(text[4:])
                # Compared as text, so that only one spelling of a signature counts.
                only = encode(raw, Encoding.BASE64) == text[4:]
                found |= only and holds(key, raw, claim.messages[0], "")
        return found

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        if not optional(request, self.id_header.lower()):
            made = hashlib.sha256(b"%d " % now + request.body).hexdigest()[:24]
            request = put(request, self.id_header, b"msg_" + made.encode())
        time = write(now, SECOND)
        request = put(request, self.time_header, time)
        message = lay_out(self.layout, request, time)
        if not _is_asymmetric(secret):
            return put(request, self.header, _V1 + self.digest(secret, message))
        return put(request, self.header, _V1A + self._by_key(secret, message))

    def _by_key(self, secret: Secret, message: bytes) -> bytes:
        from hookcli.signatures.keys import is_private, made, private_key

        key = _as_key(secret)
        if not is_private(key):
            raise Fault(Reason.BAD_SECRET, "it is a public key: only its owner can sign")
        return base64.b64encode(made(private_key(key), message, ""))


def _is_asymmetric(secret: Secret) -> bool:
    return secret.raw.startswith((b"whpk_", b"whsk_")) or b"-----BEGIN" in secret.raw


def _decoded(secret: Secret, prefix: bytes) -> bytes:
    """The base64 behind the prefix, with or without its padding."""
    text = secret.raw.removeprefix(prefix).rstrip(b"=")
    try:
        raw = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raw = b""
    if not raw:
        raise Fault(Reason.BAD_SECRET, f"it is not base64 behind {prefix.decode()}")
    return raw


def _as_key(secret: Secret) -> Secret:
    """`whpk_` and `whsk_` as `keys` reads them; what is PEM already stays."""
    if secret.raw.startswith(b"whpk_"):
        return Secret(secret.name, _decoded(secret, b"whpk_").hex())
    if not secret.raw.startswith(b"whsk_"):
        return secret
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = _decoded(secret, b"whsk_")[:_SEED_SIZE]
    if len(seed) != _SEED_SIZE:
        raise Fault(Reason.BAD_SECRET, "it is too short behind whsk_")
    pem = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Secret(secret.name, pem)


SCHEMES = (
    StandardWebhooks(
        name="standard-webhooks",
        title="Standard Webhooks",
        page="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        layout="{header:webhook-id}.{timestamp}.{body}",
        header=b"webhook-signature",
        id_header=b"webhook-id",
        time_header=b"webhook-timestamp",
        tolerance_s=300,
        deadline_s=15,
        event=telling(type="body:type", id="header:webhook-id"),
    ),
    StandardWebhooks(
        name="svix",
        title="Svix",
        page="https://docs.svix.com/receiving/verifying-payloads/how-manual",
        layout="{header:svix-id}.{timestamp}.{body}",
        header=b"svix-signature",
        id_header=b"svix-id",
        time_header=b"svix-timestamp",
        tolerance_s=300,
        deadline_s=15,
        event=telling(type="body:type", id="header:svix-id"),
    ),
)
