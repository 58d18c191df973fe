"""Shopify: base64 of HMAC-SHA-256 over the body, no time.

https://shopify.dev/docs/apps/build/webhooks/verify-deliveries; Shopify's Python library does not
check webhooks. The judge is the verification function of that page, as Python's `hmac` does it.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="shopify",
        title="Shopify",
        page="https://shopify.dev/docs/apps/build/webhooks/verify-deliveries",
        header=b"X-Shopify-Hmac-SHA256",
        encoding=Encoding.BASE64,
        deadline_s=5,
        uncovered="time, topic and shop: they stand in fields beside it",
        event=telling(type="header:X-Shopify-Topic", id="header:X-Shopify-Webhook-Id"),
    ),
)
