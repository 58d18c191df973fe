"""Asana: HMAC-SHA-256 over the body, no time; the key is the `X-Hook-Secret` of the handshake.

https://developers.asana.com/docs/webhooks-guide#security; there is no library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="asana",
        title="Asana",
        page="https://developers.asana.com/docs/webhooks-guide#security",
        header=b"X-Hook-Signature",
        deadline_s=10,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:events.0.resource.resource_type body:events.0.action"),
    ),
)
