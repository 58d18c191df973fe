"""No signature at all: a field holds the secret itself, which proves who sent and nothing else."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import ClassVar

from hookcli.signatures.base import Claim, Fault, Reason, Scheme, Secret
from hookcli.signatures.fields import one, put
from hookcli.wire.http import Request


def same(given: bytes, secret: Secret) -> bool:
    """Whether both are the same, in a time that tells neither where they differ nor their length."""
    if not secret.raw:
        raise Fault(Reason.BAD_SECRET, "it is empty")
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(secret.raw).digest())


def as_field(secret: Secret) -> bytes:
    """The secret, if it can stand in a header field.

    Raises:
        Fault: it is empty, or would end the field or change in it.
    """
    raw = secret.raw
    if not raw or raw != raw.strip(b" \t") or set(raw) & set(b"\r\n\0"):
        raise Fault(Reason.BAD_SECRET, "it cannot stand in a header field")
    return raw


@dataclass(frozen=True, kw_only=True)
class Token(Scheme):
    """The field `header` holds `prefix` and the secret."""

    prefix: bytes = b""

    is_token: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithm", "the secret itself")
        object.__setattr__(self, "signed", "nothing")
        object.__setattr__(self, "uncovered", "body and time: whoever sees the field can send")

    def claim(self, request: Request) -> Claim:
        value = one(request, self.header)
        if not value.startswith(self.prefix):
            what = f"{self.header.decode()} does not begin with {self.prefix.decode()}"
            raise Fault(Reason.MALFORMED_HEADER, what)
        return Claim(signatures=(value[len(self.prefix) :],), messages=(b"",))

    def fits(self, claim: Claim, secret: Secret) -> bool:
        return same(claim.signatures[0], secret)

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        del now
        return put(request, self.header, self.prefix + as_field(secret))
