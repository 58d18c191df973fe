"""The providers' own libraries, each as a function that says whether it accepts a request.

They read the clock themselves; `at` is set for those that look at it, through their own arguments
where they have any, else by putting a clock in the place of theirs.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from unittest import mock
from urllib.parse import parse_qsl

from hookcli.signatures import Secret
from hookcli.wire.http import Request

Judge = Callable[[Request, Secret, int], bool]


def fields(request: Request) -> dict[str, str]:
    """What a framework hands to a library: names in lower case, the last of several."""
    return {
        key.decode("latin-1").lower(): value.decode("latin-1") for key, value in request.headers
    }


@contextlib.contextmanager
def clock(at: int) -> Iterator[None]:
    """`time.time` and `datetime.now` say `at` (µs since the Unix epoch)."""

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Frozen":
            del tz
            return cls.fromtimestamp(at / 1e6, UTC)

    with (
        mock.patch.object(time, "time", return_value=at / 1e6),
        mock.patch("standardwebhooks.webhooks.datetime", Frozen),
        mock.patch("paddle_billing.Notifications.Verifier.time", return_value=at / 1e6),
    ):
        yield


def text(secret: Secret) -> str:
    return secret.raw.decode()


def stripe(request: Request, secret: Secret, at: int) -> bool:
    import stripe as library

    with clock(at):
        try:
            header = fields(request).get("stripe-signature")
            library.WebhookSignature.verify_header(
                request.body.decode(), header, text(secret), library.Webhook.DEFAULT_TOLERANCE
            )
        except (library.SignatureVerificationError, UnicodeDecodeError, TypeError):
            return False
    return True


def github(request: Request, secret: Secret, at: int) -> bool:
    from gidgethub import ValidationFailure, sansio

    del at
    signature = fields(request).get("x-hub-signature-256", "")
    try:
        sansio.validate_event(request.body, signature=signature, secret=text(secret))
    except (ValidationFailure, TypeError):
        return False
    return True


def slack(request: Request, secret: Secret, at: int) -> bool:
    from slack_sdk.signature import Clock, SignatureVerifier

    class Frozen(Clock):
        def now(self) -> float:
            return at / 1e6

    try:
        return SignatureVerifier(text(secret), Frozen()).is_valid_request(
            request.body, fields(request)
        )
    except (ValueError, TypeError):
        return False


def standardwebhooks(request: Request, secret: Secret, at: int) -> bool:
    import standardwebhooks as library

    with clock(at):
        try:
            named = {key.replace("svix-", "webhook-"): v for key, v in fields(request).items()}
            library.Webhook(text(secret)).verify(request.body, named, json_parse=False)
        except (library.WebhookVerificationError, ValueError, binascii.Error):
            return False
    return True


def shopify(request: Request, secret: Secret, at: int) -> bool:
    """The steps of Shopify's page: there is no Python library of theirs that checks webhooks."""
    del at
    digest = hmac.new(secret.raw, request.body, hashlib.sha256).digest()
    given = fields(request).get("x-shopify-hmac-sha256", "").encode("latin-1")
    return hmac.compare_digest(base64.b64encode(digest), given)


def twilio(request: Request, secret: Secret, at: int) -> bool:
    from twilio.request_validator import RequestValidator

    del at
    told = fields(request)
    url = request.url + request.target.decode("latin-1")
    body: object = request.body.decode("utf-8", "replace")
    kind = told.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        body = _Many(parse_qsl(str(body), keep_blank_values=True))
    elif "bodySHA256" not in url:
        # What is neither a form nor hashed has no parameters that could be signed.
        body = None
    signature = told.get("x-twilio-signature", "")
    return bool(RequestValidator(text(secret)).validate(url, body, signature))


class _Many(dict[str, str]):
    """Form fields as web frameworks hold them: several values a name."""

    def __init__(self, told: list[tuple[str, str]]) -> None:
        super().__init__(told)
        self._told = told

    def getall(self, name: str) -> list[str]:
        return [value for key, value in self._told if key == name]


def paddle(request: Request, secret: Secret, at: int) -> bool:
    from types import SimpleNamespace

    from paddle_billing.Notifications import Secret as PaddleSecret
    from paddle_billing.Notifications import Verifier

    with clock(at):
        asked = SimpleNamespace(body=request.body, content=None, data=None, headers=fields(request))
        asked.headers["Paddle-Signature"] = asked.headers.get("paddle-signature", "")
        try:
            return bool(Verifier().verify(asked, PaddleSecret(text(secret))))
        except (ValueError, TypeError, ConnectionRefusedError, UnicodeDecodeError):
            return False


def adyen(request: Request, secret: Secret, at: int) -> bool:
    from Adyen.util import is_valid_hmac_notification

    del at
    try:
        return bool(is_valid_hmac_notification(json.loads(request.body), text(secret)))
    except (ValueError, KeyError, TypeError, IndexError):
        return False


def adyen_platform(request: Request, secret: Secret, at: int) -> bool:
    from Adyen.util import is_valid_hmac_payload

    del at
    signature = fields(request).get("hmacsignature", "")
    try:
        return bool(is_valid_hmac_payload(signature, text(secret), request.body))
    except (ValueError, TypeError):
        return False


def discord(request: Request, public: Secret, at: int) -> bool:
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey

    del at
    told = fields(request)
    signed = told.get("x-signature-timestamp", "").encode("latin-1") + request.body
    try:
        signature = bytes.fromhex(told.get("x-signature-ed25519", ""))
        VerifyKey(bytes.fromhex(text(public))).verify(signed, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def sendgrid(request: Request, public: Secret, at: int) -> bool:
    from sendgrid.helpers.eventwebhook import EventWebhook

    del at
    told = fields(request)
    try:
        return bool(
            EventWebhook(text(public)).verify_signature(
                request.body.decode(),
                told.get("x-twilio-email-event-webhook-signature", ""),
                told.get("x-twilio-email-event-webhook-timestamp", ""),
            )
        )
    except ValueError:
        return False


JUDGES: dict[str, Judge] = {
    "adyen": adyen,
    "adyen-platform": adyen_platform,
    "discord": discord,
    "github": github,
    "paddle": paddle,
    "sendgrid": sendgrid,
    "shopify": shopify,
    "slack": slack,
    "standard-webhooks": standardwebhooks,
    "stripe": stripe,
    "svix": standardwebhooks,
    "twilio": twilio,
}
