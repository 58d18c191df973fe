"""Adyen: base64 of HMAC-SHA-256; the key is written in hex.

https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures; the
judge is `Adyen.util`. Standard webhooks carry the signature in each item of the body, over eight of
its fields; platform webhooks carry it in a field, over the whole body.
"""

import hmac
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from hookcli.signatures.base import Claim, Fault, Reason, Secret
from hookcli.signatures.bodies import put_behind
from hookcli.signatures.fields import optional, with_body
from hookcli.signatures.hmacs import Encoding, Hmac, check_text, compare
from hookcli.signatures.peek import ERRORS
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request

_PAGE = (
    "https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures"
)
_SIGNED = (
    "pspReference",
    "originalReference",
    "merchantAccountCode",
    "merchantReference",
    "value",
    "currency",
    "eventCode",
    "success",
)


@dataclass(frozen=True, kw_only=True)
class _Adyen(Hmac):
    encoding: Encoding = Encoding.BASE64
    key_encoding: Encoding = Encoding.HEX


def _bad(detail: str) -> Fault:
    return Fault(Reason.MALFORMED_BODY, detail)


def _items(body: bytes) -> list[dict[str, Any]]:
    try:
        found = msgspec.json.decode(body)
    except ERRORS:
        raise _bad("the body is not JSON") from None
    listed = found.get("notificationItems") if isinstance(found, dict) else None
    items = [
        item.get("NotificationRequestItem")
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict)
    ]
    if not items or not all(isinstance(item, dict) for item in items):
        raise _bad("notificationItems are missing")
    return [item for item in items if isinstance(item, dict)]


def _message(item: dict[str, Any]) -> bytes:
    amount = item.get("amount")
    told = item | (amount if isinstance(amount, dict) else {})
    values = [told.get(name, "") for name in _SIGNED]
    if not all(isinstance(value, str | int) for value in values):
        raise _bad("a signed value is neither text nor number")
    return ":".join(map(str, values)).encode("utf-8", "surrogatepass")


def _signature(item: dict[str, Any]) -> bytes:
    further = item.get("additionalData")
    text = further.get("hmacSignature") if isinstance(further, dict) else None
    if not isinstance(text, str) or not text:
        raise Fault(Reason.MISSING_HEADER, "additionalData.hmacSignature is missing")
    return text.encode("utf-8", "replace")


@dataclass(frozen=True, kw_only=True)
class _Standard(_Adyen):
    """Signature and message number for number: every item must be signed."""

    def recognises(self, request: Request) -> bool:
        return not optional(request, b"hmacsignature")

    def claim(self, request: Request) -> Claim:
        items = _items(request.body)
        texts = [_signature(item) for item in items]
        return Claim(
            signatures=tuple(
                check_text(text, self.encoding, self.size, "hmacSignature") for text in texts
            ),
            messages=tuple(_message(item) for item in items),
        )

    def fits(self, claim: Claim, secret: Secret) -> bool:
        every = True
        for text, message in zip(claim.signatures, claim.messages, strict=True):
            every &= compare((text,), self.digest(secret, message))
        return every

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        del now
        body = request.body
        for item in _items(body):
            old = re.escape(_signature(item)).replace(rb"/", rb"\\?/")
            new = self.digest(secret, _message(item))
            pattern = rb'("hmacSignature"\s*:\s*")' + old + rb'(?=")'
            body = put_behind(re.compile(pattern), body, new)
        for item in _items(body):
            if not hmac.compare_digest(_signature(item), self.digest(secret, _message(item))):
                raise _bad("hmacSignature cannot be set in this body")
        return with_body(request, body)


SCHEMES = (
    _Standard(
        name="adyen",
        title="Adyen",
        page=_PAGE,
        signed="eight fields of each item, with colons between",
        deadline_s=10,
        uncovered="all but these fields, and time",
        event=telling(
            type="body:notificationItems.0.NotificationRequestItem.eventCode",
            # One payment has several events: the reference alone is not theirs.
            id="body:notificationItems.0.NotificationRequestItem.pspReference"
            " body:notificationItems.0.NotificationRequestItem.eventCode",
        ),
    ),
    _Adyen(
        name="adyen-platform",
        title="Adyen for Platforms",
        source="adyen",
        page=_PAGE,
        header=b"HmacSignature",
        deadline_s=10,
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:type", id="body:data.id"),
    ),
)
