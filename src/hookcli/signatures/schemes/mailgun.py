"""Mailgun: HMAC-SHA-256 over time and token, both in the body; nothing else is signed.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks; there is no
library that checks. Events are JSON with a `signature` object; routes are forms with three fields.
"""

import re
from dataclasses import dataclass

from hookcli.signatures.base import Claim, Fault, Reason, Secret
from hookcli.signatures.bodies import put_behind
from hookcli.signatures.fields import optional, with_body
from hookcli.signatures.forms import is_form, pairs
from hookcli.signatures.hmacs import Hmac, check_text
from hookcli.signatures.peek import Peek
from hookcli.signatures.telling import telling
from hookcli.signatures.times import SECOND, read, write
from hookcli.wire.http import Request

_OBJECT = Peek("signature.timestamp", "signature.token", "signature.signature")
_EVENT = telling(type="body:event-data.event", id="body:event-data.id")
_NAMES = ("timestamp", "token", "signature")
_JSON = rb'"signature"\s*:\s*\{[^{}]*\}'
_IN_JSON = {
    name: re.compile(rb'("' + name.encode() + rb'"\s*:\s*")[^"\\]*(?=")') for name in _NAMES
}
_IN_FORM = {name: re.compile(rb"((?:\A|&)" + name.encode() + rb"=)[^&]*") for name in _NAMES}
_IN_PARTS = {
    name: re.compile(rb'(name="' + name.encode() + rb'"(?:\r\n[^\r\n]+)*\r\n\r\n)[^\r\n]*')
    for name in _NAMES
}


def _values(request: Request) -> tuple[bytes, bytes, bytes]:
    """Time, token and signature as they stand in the body; empty where they do not."""
    body = request.body
    if body.lstrip()[:1] == b"{":
        time, token, text = (value.encode("utf-8", "replace") for value in _OBJECT(body))
        return time, token, text
    if is_form(request):
        told = dict(pairs(body))
        return (
            told.get(b"timestamp", b""),
            told.get(b"token", b""),
            told.get(b"signature", b""),
        )
    if not optional(request, b"content-type").lower().startswith(b"multipart/form-data"):
        return b"", b"", b""
    found = [_IN_PARTS[name].search(body) for name in _NAMES]
    time, token, text = (match[0][len(match[1]) :] if match else b"" for match in found)
    return time, token, text


@dataclass(frozen=True, kw_only=True)
class _Mailgun(Hmac):
    def recognises(self, request: Request) -> bool:
        return all(_values(request))

    def claim(self, request: Request) -> Claim:
        time, token, text = _values(request)
        if not (time and token and text):
            raise Fault(Reason.MISSING_HEADER, "timestamp, token or signature is not in the body")
        return Claim(
            signatures=(check_text(text, self.encoding, self.size, "signature"),),
            messages=(time + token,),
            timestamp=read(time, SECOND, "timestamp"),
        )

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        time, token = write(now, SECOND), _values(request)[1]
        if not token:
            raise Fault(Reason.MALFORMED_BODY, "there is no token in the body")
        text = self.digest(secret, time + token)
        body = _with(request, {"timestamp": time, "signature": text})
        signed = with_body(request, body)
        if _values(signed) != (time, token, text):
            raise Fault(Reason.MALFORMED_BODY, "the signature cannot be set in this body")
        return signed


def _with(request: Request, new: dict[str, bytes]) -> bytes:
    body = request.body
    if body.lstrip()[:1] == b"{":
        return re.sub(_JSON, lambda match: _set(match[0], _IN_JSON, new), body, count=1)
    return _set(body, _IN_FORM if is_form(request) else _IN_PARTS, new)


def _set(text: bytes, places: dict[str, re.Pattern[bytes]], new: dict[str, bytes]) -> bytes:
    # The object's own name is that of one of its keys: look behind it.
    start = text.find(b"{") + 1 if places is _IN_JSON else 0
    head, rest = text[:start], text[start:]
    for name, value in new.items():
        rest = put_behind(places[name], rest, value)
    return head + rest


SCHEMES = (
    _Mailgun(
        name="mailgun",
        title="Mailgun",
        page="https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
        signed="{timestamp}{token}",
        uncovered="the body: only its time and token are signed; Mailgun names no tolerance",
        event=_EVENT,
    ),
)
