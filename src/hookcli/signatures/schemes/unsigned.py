"""Senders that sign nothing, or in a way that is only named here: recognised for their events.

Google Calendar and Drive push (https://developers.google.com/workspace/calendar/api/guides/push),
Azure Event Grid (https://learn.microsoft.com/azure/event-grid/receive-events) and CloudEvents
(https://github.com/cloudevents/spec, binary mode).
"""

from dataclasses import dataclass
from typing import ClassVar

from hookcli.errors import UsageError
from hookcli.signatures.base import Claim, Fault, Reason, Scheme, Secret
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _Unsigned(Scheme):
    signs: ClassVar[bool] = False

    def claim(self, request: Request) -> Claim:
        del request
        raise Fault(Reason.NOT_SIGNED, f"{self.title} signs nothing")

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        del request, secret, now
        raise UsageError(f"{self.title} signs nothing")


SCHEMES = (
    _Unsigned(
        name="google",
        title="Google push",
        page="https://developers.google.com/workspace/calendar/api/guides/push",
        event=telling(type="header:X-Goog-Resource-State"),
    ),
    _Unsigned(
        name="eventgrid",
        title="Azure Event Grid",
        page="https://learn.microsoft.com/azure/event-grid/receive-events",
        deadline_s=30,
        event=telling(type="body:eventType body:type", id="body:id"),
    ),
    _Unsigned(
        name="cloudevents",
        title="CloudEvents",
        page="https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md",
        event=telling(type="header:ce-type", id="header:ce-id"),
    ),
)
