"""Linear: HMAC-SHA-256 over the body, which holds the time (`webhookTimestamp`, ms).

https://linear.app/developers/webhooks#securing-webhooks; the tolerance of a minute is that of the
page and of Linear's own library, which has no Python form.
"""

import re
from dataclasses import dataclass

from hookcli.signatures.base import Fault, Reason, Secret
from hookcli.signatures.bodies import put_behind
from hookcli.signatures.fields import with_body
from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.peek import Peek
from hookcli.signatures.telling import telling
from hookcli.signatures.times import MILLISECOND, write
from hookcli.wire.http import Request

_TIME = Peek("webhookTimestamp")
_WRITTEN = re.compile(rb'("webhookTimestamp"\s*:\s*)\d+')


@dataclass(frozen=True, kw_only=True)
class _Linear(Hmac):
    def time(self, request: Request) -> bytes:
        time = _TIME(request.body)[0].encode("utf-8", "replace")
        if not time:
            raise Fault(Reason.MALFORMED_BODY, "webhookTimestamp is missing in the body")
        return time

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        time = write(now, MILLISECOND)
        body = put_behind(_WRITTEN, request.body, time)
        if _TIME(body)[0].encode() != time:
            raise Fault(Reason.MALFORMED_BODY, "webhookTimestamp cannot be set in this body")
        return super().sign(with_body(request, body), secret, now=now)


SCHEMES = (
    _Linear(
        name="linear",
        title="Linear",
        page="https://linear.app/developers/webhooks#securing-webhooks",
        signed="{raw body}, with webhookTimestamp in it",
        header=b"Linear-Signature",
        time_unit=MILLISECOND,
        tolerance_s=60,
        deadline_s=5,
        event=telling(type="body:type body:action", id="header:Linear-Delivery"),
    ),
)
