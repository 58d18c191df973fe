"""Vercel: HMAC-SHA-1 over the body, no time.

https://vercel.com/docs/webhooks/webhooks-api#securing-webhooks; there is no library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="vercel",
        title="Vercel",
        page="https://vercel.com/docs/webhooks/webhooks-api",
        header=b"x-vercel-signature",
        hash="sha1",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:type", id="body:id"),
    ),
)
