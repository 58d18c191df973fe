"""Stripe: `t=…,v1=…,v1=…`, HMAC-SHA-256 over `{t}.{body}`; two `v1` while a secret is rolled.

https://docs.stripe.com/webhooks/signature; the judge is `stripe.WebhookSignature`. The library
accepts times in the future; here they are outside the tolerance too. `v0` never counts.
"""

from hookcli.signatures.hmacs import Pairs
from hookcli.signatures.telling import telling

SCHEMES = (
    Pairs(
        name="stripe",
        title="Stripe",
        page="https://docs.stripe.com/webhooks/signature",
        header=b"Stripe-Signature",
        tolerance_s=300,
        event=telling(type="body:type", id="body:id"),
    ),
)
