"""PayPal: RSA over id, time, webhook id and the body's CRC32, with a certificate named by its URL.

https://developer.paypal.com/api/rest/webhooks/rest/; recognised and named. What is signed holds the
webhook's id, which no request tells, and the certificate lies behind a URL that a stranger may have
written: nothing is fetched, so only PayPal's own `verify-webhook-signature` can check it.
"""

from dataclasses import dataclass
from typing import ClassVar

from hookcli.signatures.base import Claim, Fault, Reason, Scheme
from hookcli.signatures.fields import one
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _PayPal(Scheme):
    asymmetric: ClassVar[bool] = True

    def claim(self, request: Request) -> Claim:
        _ = one(request, self.header)
        raise Fault(Reason.UNSUPPORTED, "only PayPal's verify-webhook-signature can check it")


SCHEMES = (
    _PayPal(
        name="paypal",
        title="PayPal",
        page="https://developer.paypal.com/api/rest/webhooks/rest/",
        algorithm="RSA with SHA-256, base64",
        signed="{transmission id}|{transmission time}|{webhook id}|{CRC32 of the body}",
        header=b"PAYPAL-TRANSMISSION-SIG",
        event=telling(type="body:event_type", id="body:id"),
    ),
)
