"""Meta (Facebook, Instagram, WhatsApp): `sha256=` and HMAC-SHA-256 over the body, no time.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications; the key
is the app's secret. Meta signs the body with its escapes (`\\u00e4`), as it is sent. There is no
library that checks. The SHA-1 field beside it never counts.
"""

from dataclasses import dataclass

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _Meta(Hmac):
    def recognises(self, request: Request) -> bool:
        start = request.body[:4096]
        return b'"object"' in start and b'"entry"' in start


SCHEMES = (
    _Meta(
        name="meta",
        title="Meta",
        page="https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
        header=b"X-Hub-Signature-256",
        prefix=b"sha256=",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:object body:entry.0.changes.0.field"),
    ),
)
