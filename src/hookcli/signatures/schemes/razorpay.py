"""Razorpay: HMAC-SHA-256 over the body, no time.

https://razorpay.com/docs/webhooks/validate-test/; its library repeats these steps and adds nothing.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="razorpay",
        title="Razorpay",
        page="https://razorpay.com/docs/webhooks/validate-test/",
        header=b"X-Razorpay-Signature",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:event", id="header:X-Razorpay-Event-Id"),
    ),
)
