"""Typeform: `sha256=` and base64 of HMAC-SHA-256 over the body, no time.

https://www.typeform.com/developers/webhooks/secure-your-webhooks/; there is no library that checks.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="typeform",
        title="Typeform",
        page="https://www.typeform.com/developers/webhooks/secure-your-webhooks/",
        header=b"Typeform-Signature",
        encoding=Encoding.BASE64,
        prefix=b"sha256=",
        deadline_s=30,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:event_type", id="body:event_id"),
    ),
)
