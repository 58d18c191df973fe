"""Calendly: `t=…,v1=…`, HMAC-SHA-256 over `{t}.{body}`, three minutes of tolerance.

https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures; there is no library that
checks.
"""

from hookcli.signatures.hmacs import Pairs
from hookcli.signatures.telling import telling

SCHEMES = (
    Pairs(
        name="calendly",
        title="Calendly",
        page="https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures",
        header=b"Calendly-Webhook-Signature",
        tolerance_s=180,
        deadline_s=15,
        event=telling(type="body:event"),
    ),
)
