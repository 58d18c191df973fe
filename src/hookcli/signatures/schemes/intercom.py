"""Intercom: `sha1=` and HMAC-SHA-1 over the body, no time; the key is the app's client secret.

https://developers.intercom.com/docs/webhooks/setting-up-webhooks#signed-notifications; there is no
library that checks.
"""

from dataclasses import dataclass

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _Intercom(Hmac):
    def recognises(self, request: Request) -> bool:
        return b'"notification_event"' in request.body[:4096]


SCHEMES = (
    _Intercom(
        name="intercom",
        title="Intercom",
        page="https://developers.intercom.com/docs/webhooks/setting-up-webhooks",
        header=b"X-Hub-Signature",
        hash="sha1",
        prefix=b"sha1=",
        deadline_s=5,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:topic", id="body:id"),
    ),
)
