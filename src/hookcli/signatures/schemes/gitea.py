"""Gitea and Forgejo: HMAC-SHA-256 over the body, no time.

https://docs.gitea.com/usage/webhooks; there is no library that checks. The fields of GitHub that
stand beside it, for its receivers, never count.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="gitea",
        title="Gitea",
        page="https://docs.gitea.com/usage/webhooks",
        header=b"X-Gitea-Signature",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="header:X-Gitea-Event body:action", id="header:X-Gitea-Delivery"),
    ),
)
