"""Twitch EventSub: `sha256=` and HMAC-SHA-256 over id, time and body, ten minutes of tolerance.

https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#verifying-the-event-message; there is
no library of Twitch's that checks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.telling import telling
from hookcli.signatures.times import RFC3339

SCHEMES = (
    Hmac(
        name="twitch",
        title="Twitch",
        page="https://dev.twitch.tv/docs/eventsub/handling-webhook-events/",
        layout="{header:Twitch-Eventsub-Message-Id}{timestamp}{body}",
        header=b"Twitch-Eventsub-Message-Signature",
        prefix=b"sha256=",
        time_header=b"Twitch-Eventsub-Message-Timestamp",
        time_unit=RFC3339,
        tolerance_s=600,
        event=telling(
            type="header:Twitch-Eventsub-Subscription-Type", id="header:Twitch-Eventsub-Message-Id"
        ),
    ),
)
