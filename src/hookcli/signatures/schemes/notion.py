"""Notion: `sha256=` and HMAC-SHA-256 over the body, no time; the key is the verification token.

https://developers.notion.com/reference/webhooks#validating-event-payloads; there is no library that
checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="notion",
        title="Notion",
        page="https://developers.notion.com/reference/webhooks",
        header=b"X-Notion-Signature",
        prefix=b"sha256=",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:type", id="body:id"),
    ),
)
