"""Sentry: HMAC-SHA-256 over the body; the time stands beside it, unsigned.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/; the key is the
integration's client secret. There is no library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="sentry",
        title="Sentry",
        page="https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
        header=b"Sentry-Hook-Signature",
        deadline_s=1,
        uncovered="time and resource: they stand in fields beside it",
        event=telling(type="header:Sentry-Hook-Resource body:action", id="header:Request-ID"),
    ),
)
