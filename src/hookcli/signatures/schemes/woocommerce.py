"""WooCommerce: base64 of HMAC-SHA-256 over the body, no time.

https://woocommerce.com/document/webhooks/; there is no library that checks.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="woocommerce",
        title="WooCommerce",
        page="https://woocommerce.com/document/webhooks/",
        header=b"X-WC-Webhook-Signature",
        encoding=Encoding.BASE64,
        uncovered="time and topic: they stand in fields beside it",
        event=telling(type="header:X-WC-Webhook-Topic", id="header:X-WC-Webhook-Delivery-ID"),
    ),
)
