"""GitLab: a token in a field, or signed as Standard Webhooks; a hook may have both.

https://docs.gitlab.com/user/project/integrations/webhooks/; there is no library that checks. A
secret that begins with `whsec_` is a signing token and fits signatures only; any other is a secret
token and fits `X-Gitlab-Token` only, so that leaving out the signature gains nothing.
"""

from dataclasses import dataclass
from typing import ClassVar

from hookcli.signatures.base import Claim, Fault, Reason, Secret
from hookcli.signatures.fields import optional, put
from hookcli.signatures.schemes.standardwebhooks import StandardWebhooks
from hookcli.signatures.telling import telling
from hookcli.signatures.tokens import as_field, same
from hookcli.wire.http import Request

_TOKEN = b"X-Gitlab-Token"


class _Both(Claim, frozen=True, kw_only=True):
    token: bytes = b""


def _is_signing(secret: Secret) -> bool:
    return secret.raw.startswith(b"whsec_")


@dataclass(frozen=True, kw_only=True)
class _GitLab(StandardWebhooks):
    is_token: ClassVar[bool] = True

    def claim(self, request: Request) -> Claim:
        token = optional(request, _TOKEN.lower()).strip(b" \t")
        try:
            signed = super().claim(request)
        except Fault as fault:
            if token:
                return _Both(signatures=(), messages=(b"",), token=token)
            if fault.reason is Reason.MISSING_HEADER:
                raise Fault(fault.reason, "neither X-Gitlab-Token nor webhook-signature") from None
            raise
        return _Both(
            signatures=signed.signatures,
            messages=signed.messages,
            timestamp=signed.timestamp,
            token=token,
        )

    def signed_at(self, claim: Claim, secret: Secret) -> int | None:
        return claim.timestamp if _is_signing(secret) else None

    def fits(self, claim: Claim, secret: Secret) -> bool:
        if _is_signing(secret):
            return super().fits(claim, secret)
        token = claim.token if isinstance(claim, _Both) else b""
        return bool(token) and same(token, secret)

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        if _is_signing(secret):
            return super().sign(request, secret, now=now)
        return put(request, _TOKEN, as_field(secret))


SCHEMES = (
    _GitLab(
        name="gitlab",
        title="GitLab",
        page="https://docs.gitlab.com/user/project/integrations/webhooks/",
        algorithm="HMAC-SHA-256, base64; or the secret itself",
        layout="{header:webhook-id}.{timestamp}.{body}",
        header=b"webhook-signature",
        id_header=b"webhook-id",
        time_header=b"webhook-timestamp",
        tolerance_s=300,
        deadline_s=10,
        uncovered="with a secret token: body and time",
        event=telling(type="header:X-Gitlab-Event", id="header:Idempotency-Key"),
    ),
)
