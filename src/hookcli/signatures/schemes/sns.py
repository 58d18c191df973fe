"""AWS SNS: RSA over some fields of the body, with a certificate that the body names by its URL.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html; there is no library
of AWS's in Python that checks. The URL must be Amazon's, else the request is judged bad. Nothing
is ever fetched: a stranger may have written the URL. Give the certificate as the secret, in PEM.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from hookcli.signatures.base import Claim, Fault, Reason, Scheme, Secret
from hookcli.signatures.bodies import put_behind
from hookcli.signatures.fields import optional, with_body
from hookcli.signatures.peek import ERRORS
from hookcli.signatures.telling import telling
from hookcli.signatures.times import RFC3339, read, write
from hookcli.wire.http import Request

_CERTIFICATE = re.compile(
    r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/[A-Za-z0-9-]{1,200}\.pem\Z"
)
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
_KINDS = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_HASHES = {"1": "sha1", "2": "sha256"}


class _Hashed(Claim, frozen=True, kw_only=True):
    hash: str


def _bad(detail: str) -> Fault:
    return Fault(Reason.MALFORMED_BODY, detail)


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except ERRORS:
        raise _bad("the body is not JSON") from None
    if not isinstance(found, dict):
        raise _bad("the body is not a JSON object")
    return found


def _message(document: dict[str, Any]) -> bytes:
    """The signed fields by name, name and value on a line each; an absent subject is left out."""
    kind = document.get("Type")
    names = _KINDS.get(kind) if isinstance(kind, str) else None
    if names is None:
        raise _bad("Type is none of SNS")
    lines = []
    for name in names:
        value = document.get(name)
        if value is None and name == "Subject":
            continue
        if not isinstance(value, str):
            raise _bad(f"{name} is missing")
        lines.append(f"{name}\n{value}\n")
    return "".join(lines).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, kw_only=True)
class _Sns(Scheme):
    kind: str = "rsa"

    asymmetric: ClassVar[bool] = True

    def claim(self, request: Request) -> Claim:
        if optional(request, b"x-amz-sns-rawdelivery").lower() == b"true":
            raise Fault(Reason.NOT_SIGNED, "raw delivery leaves the signature out")
        document = _document(request.body)
        hash_name = _HASHES.get(str(document.get("SignatureVersion")))
        signature = document.get("Signature")
        if not isinstance(signature, str) or not signature.isascii():
            raise _bad("Signature is missing")
        if hash_name is None:
            raise _bad("SignatureVersion is neither 1 nor 2")
        url = document.get("SigningCertURL")
        if not isinstance(url, str) or not _CERTIFICATE.match(url):
            raise Fault(Reason.UNTRUSTED_KEY, "SigningCertURL is not Amazon's")
        message = _message(document)
        time = str(document["Timestamp"]).encode("utf-8", "replace")
        return _Hashed(
            signatures=(_base64(signature),),
            messages=(message,),
            timestamp=read(time, RFC3339, "Timestamp"),
            hash=hash_name,
        )

    def fits(self, claim: Claim, secret: Secret) -> bool:
        from hookcli.signatures.keys import holds, public_key

        hash_name = claim.hash if isinstance(claim, _Hashed) else "sha256"
        signature = base64.b64decode(claim.signatures[0])
        return holds(public_key(secret, self.kind), signature, claim.messages[0], hash_name)

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        from hookcli.signatures.keys import is_private, made, private_key

        if not is_private(secret):
            self.refuse()
        document = _document(request.body)
        stamped = _set(request.body, "Timestamp", document, write(now, RFC3339))
        document = _document(stamped)
        hash_name = _HASHES.get(str(document.get("SignatureVersion")))
        if hash_name is None:
            raise _bad("SignatureVersion is neither 1 nor 2")
        signature = base64.b64encode(made(private_key(secret), _message(document), hash_name))
        return with_body(request, _set(stamped, "Signature", document, signature))


def _base64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    if not raw or base64.b64encode(raw).decode() != text:
        raise _bad("Signature is not base64")
    return text.encode()


def _set(body: bytes, name: str, document: dict[str, Any], value: bytes) -> bytes:
    """The body with another string under a key of its top level, all else as it was."""
    pattern = re.compile(rb'("' + name.encode() + rb'"\s*:\s*")[^"\\]*(?=")')
    made = put_behind(pattern, body, value)
    if name not in document or _document(made).get(name) != value.decode():
        raise _bad(f"{name} cannot be set in this body")
    return made


SCHEMES = (
    _Sns(
        name="sns",
        title="AWS SNS",
        page="https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html",
        algorithm="RSA with SHA-256 (version 2) or SHA-1 (version 1), base64",
        signed="the fields of the message, by name",
        deadline_s=15,
        uncovered="age: AWS names no tolerance",
        event=telling(type="header:x-amz-sns-message-type", id="header:x-amz-sns-message-id"),
    ),
)
