"""Jira: `sha256=` and HMAC-SHA-256 over the body, no time.

https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks gives a vector;
there is no library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="jira",
        title="Jira",
        page="https://developer.atlassian.com/cloud/jira/platform/webhooks/",
        header=b"X-Hub-Signature",
        prefix=b"sha256=",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:webhookEvent", id="header:X-Atlassian-Webhook-Identifier"),
    ),
)
