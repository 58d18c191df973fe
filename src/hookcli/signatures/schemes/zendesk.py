"""Zendesk: base64 of HMAC-SHA-256 over the time (RFC 3339) and the body; no tolerance is named.

https://developer.zendesk.com/documentation/webhooks/verifying/; there is no library that checks.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling
from hookcli.signatures.times import RFC3339

SCHEMES = (
    Hmac(
        name="zendesk",
        title="Zendesk",
        page="https://developer.zendesk.com/documentation/webhooks/verifying/",
        layout="{timestamp}{body}",
        header=b"X-Zendesk-Webhook-Signature",
        encoding=Encoding.BASE64,
        time_header=b"X-Zendesk-Webhook-Signature-Timestamp",
        time_unit=RFC3339,
        deadline_s=10,
        uncovered="age: Zendesk names no tolerance",
        event=telling(type="body:type", id="header:X-Zendesk-Webhook-Invocation-Id"),
    ),
)
