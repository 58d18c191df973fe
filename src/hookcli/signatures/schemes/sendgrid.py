"""SendGrid's Event Webhook: base64 of ECDSA (P-256, SHA-256) over the time and the body.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features;
the judge is `sendgrid.EventWebhook`. The secret is the verification key that the settings show. The
body ends with a line break that is signed too.
"""

from hookcli.signatures.keys import Asymmetric
from hookcli.signatures.telling import telling

SCHEMES = (
    Asymmetric(
        name="sendgrid",
        title="SendGrid",
        kind="ecdsa",
        page="https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
        algorithm="ECDSA P-256 with SHA-256, base64",
        header=b"X-Twilio-Email-Event-Webhook-Signature",
        time_header=b"X-Twilio-Email-Event-Webhook-Timestamp",
        uncovered="age: SendGrid names no tolerance",
        event=telling(type="body:event", id="body:sg_event_id"),
    ),
)
