"""Bitbucket: `sha256=` and HMAC-SHA-256 over the body, no time.

https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/ gives vectors; there is no
library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="bitbucket",
        title="Bitbucket",
        page="https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/",
        header=b"X-Hub-Signature",
        prefix=b"sha256=",
        deadline_s=10,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="header:X-Event-Key", id="header:X-Request-UUID"),
    ),
)
