"""HubSpot v3: base64 of HMAC-SHA-256 over method, URL, body and time (ms).

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation;
its library is too large for a test, whose steps the tests repeat. Some escapes of the URL are
decoded before signing. The older signatures (v1, v2) beside it never count.
"""

import re
from dataclasses import dataclass

from hookcli.signatures.fields import one
from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.signatures.layout import called
from hookcli.signatures.telling import telling
from hookcli.signatures.times import MILLISECOND
from hookcli.wire.http import Request

_DECODED = re.compile(rb"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _HubSpot(Hmac):
    def messages(self, request: Request) -> tuple[bytes, ...]:
        url = called(request)
        decoded = _DECODED.sub(lambda match: bytes.fromhex(match[1].decode()), url)
        method = request.method.upper().encode("utf-8", "surrogateescape")
        time = one(request, self.time_header)
        return tuple(
            method + spelling + request.body + time for spelling in dict.fromkeys([decoded, url])
        )

    def message(self, request: Request) -> bytes:
        return self.messages(request)[0]


SCHEMES = (
    _HubSpot(
        name="hubspot",
        title="HubSpot",
        page="https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation",
        layout="{method}{url}{body}{timestamp}",
        header=b"X-HubSpot-Signature-v3",
        encoding=Encoding.BASE64,
        time_header=b"X-HubSpot-Request-Timestamp",
        time_unit=MILLISECOND,
        tolerance_s=300,
        deadline_s=5,
        event=telling(type="body:subscriptionType", id="body:eventId"),
    ),
)
