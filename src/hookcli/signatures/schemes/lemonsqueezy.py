"""Lemon Squeezy: HMAC-SHA-256 over the body, no time.

https://docs.lemonsqueezy.com/help/webhooks/signing-requests; there is no library that checks.
"""

from dataclasses import dataclass

from hookcli.signatures.fields import optional
from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _LemonSqueezy(Hmac):
    def recognises(self, request: Request) -> bool:
        return bool(optional(request, b"x-event-name")) and b'"meta"' in request.body[:65_536]


SCHEMES = (
    _LemonSqueezy(
        name="lemonsqueezy",
        title="Lemon Squeezy",
        page="https://docs.lemonsqueezy.com/help/webhooks/signing-requests",
        header=b"X-Signature",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="header:X-Event-Name"),
    ),
)
