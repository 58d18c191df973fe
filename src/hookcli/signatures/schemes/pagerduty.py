"""PagerDuty: `v1=…,v1=…`, HMAC-SHA-256 over the body, one for each secret, no time.

https://developer.pagerduty.com/docs/verifying-webhook-signatures; PagerDuty's Python library does
not check webhooks.
"""

from dataclasses import dataclass

from hookcli.signatures.fields import one
from hookcli.signatures.hmacs import Hmac, check_texts
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _PagerDuty(Hmac):
    def texts(self, request: Request) -> tuple[bytes, ...]:
        parts = [part.strip(b" \t") for part in one(request, self.header).split(b",")]
        texts = [part.removeprefix(b"v1=") for part in parts if part.startswith(b"v1=")]
        return check_texts(texts, self.encoding, self.size, "v1 in X-PagerDuty-Signature")


SCHEMES = (
    _PagerDuty(
        name="pagerduty",
        title="PagerDuty",
        page="https://developer.pagerduty.com/docs/verifying-webhook-signatures",
        header=b"X-PagerDuty-Signature",
        prefix=b"v1=",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:event.event_type", id="body:event.id"),
    ),
)
