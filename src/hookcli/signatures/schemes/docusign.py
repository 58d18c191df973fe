"""DocuSign Connect: base64 of HMAC-SHA-256 over the body, one field for each key, no time.

https://developers.docusign.com/platform/webhooks/connect/hmac; there is no library that checks. Five
seconds are what https://developers.docusign.com/platform/webhooks/connect/implement asks listeners for.
"""

import re
from dataclasses import dataclass

from hookcli.signatures.base import Fault, Reason, Secret
from hookcli.signatures.fields import with_headers
from hookcli.signatures.hmacs import Encoding, Hmac, check_texts
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request

_NUMBERED = re.compile(rb"x-docusign-signature-\d{1,3}\Z")


@dataclass(frozen=True, kw_only=True)
class _DocuSign(Hmac):
    def texts(self, request: Request) -> tuple[bytes, ...]:
        found = [value for name, value in request.headers if _NUMBERED.match(name.lower())]
        if not found:
            raise Fault(Reason.MISSING_HEADER, "X-DocuSign-Signature-1 is missing")
        return check_texts(found, self.encoding, self.size, "X-DocuSign-Signature")

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        others = tuple(
            pair
            for pair in request.headers
            if not _NUMBERED.match(pair[0].lower()) or pair[0].lower() == self.header.lower()
        )
        return super().sign(with_headers(request, others), secret, now=now)


SCHEMES = (
    _DocuSign(
        name="docusign",
        title="DocuSign",
        page="https://developers.docusign.com/platform/webhooks/connect/hmac",
        header=b"X-DocuSign-Signature-1",
        encoding=Encoding.BASE64,
        deadline_s=5,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:event"),
    ),
)
