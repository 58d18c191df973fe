"""GitHub: HMAC-SHA-256 over the body, no time.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries gives a vector; the
judge is `gidgethub`, as GitHub has no Python library of its own. The SHA-1 field stands beside it
for old receivers; it is a scheme of its own (`github-sha1`), so that removing the stronger field
never makes the weaker one count.
"""

from dataclasses import dataclass

from hookcli.signatures.fields import optional
from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request

_EVENT = telling(type="header:X-GitHub-Event body:action", id="header:X-GitHub-Delivery")


@dataclass(frozen=True, kw_only=True)
class _OnlySha1(Hmac):
    def recognises(self, request: Request) -> bool:
        return bool(optional(request, b"x-hub-signature")) and not optional(
            request, b"x-hub-signature-256"
        )


_PAGE = "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"
_NO_TIME = "time: an old request is accepted for ever"

SCHEMES = (
    _OnlySha1(
        name="github-sha1",
        title="GitHub (old servers)",
        source="github",
        page=_PAGE,
        header=b"X-Hub-Signature",
        hash="sha1",
        prefix=b"sha1=",
        deadline_s=10,
        uncovered=_NO_TIME,
        event=_EVENT,
    ),
    Hmac(
        name="github",
        title="GitHub",
        page=_PAGE,
        header=b"X-Hub-Signature-256",
        prefix=b"sha256=",
        deadline_s=10,
        uncovered=_NO_TIME,
        event=_EVENT,
    ),
)
