"""Okta event hooks: a secret in a field of the user's choice, `Authorization` by default.

https://developer.okta.com/docs/concepts/event-hooks/#security; there is nothing to compute. A hook
that uses another field is described by a recipe of the configuration.
"""

from dataclasses import dataclass

from hookcli.signatures.telling import telling
from hookcli.signatures.tokens import Token
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _Okta(Token):
    def recognises(self, request: Request) -> bool:
        return b"com.okta.event_hook" in request.body[:4096]


SCHEMES = (
    _Okta(
        name="okta",
        title="Okta",
        page="https://developer.okta.com/docs/concepts/event-hooks/",
        header=b"Authorization",
        deadline_s=3,
        event=telling(type="body:data.events.0.eventType", id="body:eventId"),
    ),
)
