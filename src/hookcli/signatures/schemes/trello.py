"""Trello: base64 of HMAC-SHA-1 over the body and the callback URL, no time.

https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/#webhook-signatures; there is
no library that checks. The URL is the one given when the webhook was made, to the letter.
"""

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="trello",
        title="Trello",
        page="https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/",
        layout="{body}{url}",
        header=b"X-Trello-Webhook",
        hash="sha1",
        encoding=Encoding.BASE64,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:action.type", id="body:action.id"),
    ),
)
