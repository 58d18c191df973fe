"""Mandrill (Mailchimp Transactional): base64 of HMAC-SHA-1 over the URL and the sorted form.

https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/#authenticating-webhook-requests;
there is no library that checks.
"""

from dataclasses import dataclass

from hookcli.signatures.forms import pairs, sorted_pairs
from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.layout import called
from hookcli.signatures.peek import Peek
from hookcli.wire.http import Request

_TOLD = Peek("event", "_id")


@dataclass(frozen=True, kw_only=True)
class _Mandrill(Hmac):
    def message(self, request: Request) -> bytes:
        return called(request) + sorted_pairs(request.body)


def _event(request: Request) -> tuple[str, str]:
    kind, event_id = _TOLD(dict(pairs(request.body)).get(b"mandrill_events", b""))
    return kind, event_id


SCHEMES = (
    _Mandrill(
        name="mandrill",
        title="Mandrill",
        page="https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
        signed="{url}{sorted parameters}",
        header=b"X-Mandrill-Signature",
        hash="sha1",
        encoding=Encoding.BASE64,
        uncovered="time: an old request is accepted for ever",
        event=_event,
    ),
)
