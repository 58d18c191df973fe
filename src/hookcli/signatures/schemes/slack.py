"""Slack: `v0=` and HMAC-SHA-256 over `v0:{timestamp}:{body}`.

https://docs.slack.dev/authentication/verifying-requests-from-slack gives a vector; the judge is
`slack_sdk.signature.SignatureVerifier`. Slash commands and interactions are forms.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.peek import Peek, field
from hookcli.wire.http import Request

_OUTER = Peek("type", "event_id", "event.type")


def _event(request: Request) -> tuple[str, str]:
    body = request.body
    if body[:1] == b"{":
        outer, event_id, inner = _OUTER(body)
        return f"{outer} {inner}".strip(), event_id
    if command := field(body, b"command"):
        return f"slash_command {command[:80].decode('utf-8', 'replace')}", ""
    return _OUTER(field(body, b"payload"))[0], ""


SCHEMES = (
    Hmac(
        name="slack",
        title="Slack",
        page="https://docs.slack.dev/authentication/verifying-requests-from-slack",
        layout="v0:{timestamp}:{body}",
        header=b"X-Slack-Signature",
        prefix=b"v0=",
        time_header=b"X-Slack-Request-Timestamp",
        tolerance_s=300,
        deadline_s=3,
        event=_event,
    ),
)
