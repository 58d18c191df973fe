"""Paystack: HMAC-SHA-512 over the body, no time; the key is the account's secret key.

https://paystack.com/docs/payments/webhooks/#signature-validation; there is no library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="paystack",
        title="Paystack",
        page="https://paystack.com/docs/payments/webhooks/",
        header=b"x-paystack-signature",
        hash="sha512",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:event"),
    ),
)
