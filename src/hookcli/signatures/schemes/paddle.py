"""Paddle: `ts=…;h1=…`, HMAC-SHA-256 over `{ts}:{body}`, five seconds of tolerance.

https://developer.paddle.com/webhooks/signature-verification; the judge is `paddle_billing`.
"""

from hookcli.signatures.hmacs import Pairs
from hookcli.signatures.telling import telling

SCHEMES = (
    Pairs(
        name="paddle",
        title="Paddle",
        page="https://developer.paddle.com/webhooks/signature-verification",
        layout="{timestamp}:{body}",
        header=b"Paddle-Signature",
        time_key=b"ts",
        text_key=b"h1",
        separator=b";",
        glue=b";",
        only_known=True,
        tolerance_s=5,
        deadline_s=5,
        event=telling(type="body:event_type", id="body:event_id"),
    ),
)
