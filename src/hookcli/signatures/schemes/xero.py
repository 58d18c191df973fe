"""Xero: base64 of HMAC-SHA-256 over the body, no time; Xero sends wrong ones on purpose as a test.

https://developer.xero.com/documentation/guides/webhooks/overview/; there is no library that checks.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="xero",
        title="Xero",
        page="https://developer.xero.com/documentation/guides/webhooks/overview/",
        header=b"x-xero-signature",
        encoding=Encoding.BASE64,
        deadline_s=5,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:events.0.eventCategory body:events.0.eventType"),
    ),
)
