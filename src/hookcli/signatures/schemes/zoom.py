"""Zoom: `v0=` and HMAC-SHA-256 over `v0:{timestamp}:{body}`; Zoom names no tolerance.

https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events; there is no library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="zoom",
        title="Zoom",
        page="https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events",
        layout="v0:{timestamp}:{body}",
        header=b"x-zm-signature",
        prefix=b"v0=",
        time_header=b"x-zm-request-timestamp",
        deadline_s=3,
        uncovered="age: Zoom names no tolerance",
        event=telling(type="body:event"),
    ),
)
