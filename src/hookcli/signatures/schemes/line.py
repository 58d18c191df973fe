"""LINE: base64 of HMAC-SHA-256 over the body, no time; the key is the channel's secret.

https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/; LINE's Python library
needs more packages than a test should bring.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="line",
        title="LINE",
        page="https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/",
        header=b"x-line-signature",
        encoding=Encoding.BASE64,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:events.0.type", id="body:events.0.webhookEventId"),
    ),
)
