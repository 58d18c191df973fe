"""Square: base64 of HMAC-SHA-256 over the notification URL and the body, no time.

https://developer.squareup.com/docs/webhooks/step3validate; its library (`square.utils.
webhooks_helper`) needs more packages than a test should bring. The tests repeat its steps.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="square",
        title="Square",
        page="https://developer.squareup.com/docs/webhooks/step3validate",
        layout="{url}{body}",
        header=b"x-square-hmacsha256-signature",
        encoding=Encoding.BASE64,
        deadline_s=10,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:type", id="body:event_id"),
    ),
)
