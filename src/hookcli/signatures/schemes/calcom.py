"""Cal.com: HMAC-SHA-256 over the body, no time.

https://cal.com/docs/developing/guides/automation/webhooks; there is no library that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling

SCHEMES = (
    Hmac(
        name="calcom",
        title="Cal.com",
        page="https://cal.com/docs/developing/guides/automation/webhooks",
        header=b"X-Cal-Signature-256",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:triggerEvent"),
    ),
)
