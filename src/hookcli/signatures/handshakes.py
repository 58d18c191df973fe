"""Challenges by which providers ask whether an endpoint is its owner's, and the right answers.

The answer is the program's to give; these are for when it cannot. Nothing that a stranger sent comes
back where a browser would take it for a page: answers are plain text or JSON, say `nosniff`, and
what holds angle brackets is not answered at all. Where a signature can be checked, it must hold.
"""

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hookcli.signatures.base import Reason, Secret
from hookcli.signatures.fields import optional
from hookcli.signatures.forms import pairs
from hookcli.signatures.judging import verify
from hookcli.signatures.peek import Peek
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request, Response

_LONGEST = 2048
"""Longer challenges are nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """A challenge that was recognised."""

    provider: str
    """Who asks: `slack`; `cloudevents` and `websub` for the standards."""
    what: str
    """The provider's own name for it: `url_verification`."""
    response: Response | None
    """The right answer; None where hookcli cannot give it."""
    why: str = ""
    """Why there is no answer, for people; empty when there is one."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, and what is needed to answer it."""

    request: Request
    secrets: Mapping[str, Sequence[Secret]]
    at: int
    query: Mapping[bytes, bytes]

    def is_get(self) -> bool:
        return self.request.method == "GET"

    def is_post(self) -> bool:
        return self.request.method == "POST"

    def field(self, name: bytes) -> bytes:
        return optional(self.request, name)


class _Unanswerable(Exception):  # noqa: N818 - never leaves this module
    """Why a challenge is not answered."""


def handshake(
    request: Request, secrets: Mapping[str, Sequence[Secret]] | None = None, *, at: int
) -> Handshake | None:
    """The challenge that a request is, with its answer; None when it is none. Never raises.

    Args:
        secrets: by the scheme's name, as `judge` takes them.
        at: µs since the Unix epoch: when the request came.
    """
    asked = _Asked(request, secrets or {}, at, dict(pairs(request.query)))
    for provider, what, recognises, answer in _KNOWN:
        if not recognises(asked):
            continue
        try:
            response = answer(asked)
        except _Unanswerable as error:
            return Handshake(provider=provider, what=what, response=None, why=str(error))
        return Handshake(provider=provider, what=what, response=response)
    return None


# What is answered


def _response(status: int, kind: bytes, body: bytes, extra: Headers = ()) -> Response:
    fields: Headers = ((b"Content-Type", kind), (b"X-Content-Type-Options", b"nosniff"))
    reason = {200: b"OK", 204: b"No Content", 401: b"Unauthorized"}[status]
    headers = (*fields, *extra) if body else extra
    return Response(status=status, reason=reason, headers=headers, body=body)


def _text(challenge: bytes) -> Response:
    return _response(200, b"text/plain; charset=utf-8", _harmless(challenge))


def _json(**values: str | int) -> Response:
    import json

    text = json.dumps(values, separators=(",", ":"))
    return _response(200, b"application/json", _harmless(text.encode()))


def _empty(status: int = 200, *extra: tuple[bytes, bytes]) -> Response:
    for _, value in extra:
        _ = _harmless(value)
    return _response(status, b"", b"", extra)


def _harmless(given: bytes) -> bytes:
    if not given or len(given) > _LONGEST:
        raise _Unanswerable("the challenge is empty or too long to be one")
    if set(given) & set(b"<>\r\n\0"):
        raise _Unanswerable("the challenge holds what no provider sends")
    return given


def _must_hold(asked: _Asked, scheme: str, *, needed: bool = False) -> None:
    """See that the challenge is signed, where a secret is known; `needed` where one must be."""
    known = asked.secrets.get(scheme, ())
    if not known:
        if needed:
            raise _Unanswerable(f"no secret for {scheme}")
        return
    if not verify(asked.request, scheme, known, at=asked.at).ok:
        raise _Unanswerable("its signature does not hold")


def _secret(asked: _Asked, scheme: str) -> Secret:
    known = asked.secrets.get(scheme, ())
    if not known or not known[0].raw:
        raise _Unanswerable(f"no secret for {scheme}")
    return known[0]


# Who asks, and how


_CHALLENGE = Peek("type", "challenge", "event", "payload.plainToken")
_GRID = Peek("eventType", "data.validationCode")
_DISCORD = Peek("type", "application_id", "event.type")
_XERO = Peek("firstEventSequence", "lastEventSequence", "entropy")


def _is_slack(asked: _Asked) -> bool:
    return asked.is_post() and _CHALLENGE(asked.request.body)[0] == "url_verification"


def _slack(asked: _Asked) -> Response:
    # As JSON: Lark, which asks in the same words, takes no other form; Slack takes each.
    if asked.field(b"x-slack-signature"):
        _must_hold(asked, "slack")
    return _json(challenge=_CHALLENGE(asked.request.body)[1])


def _is_plain_challenge(asked: _Asked) -> bool:
    kind, challenge, event, _ = _CHALLENGE(asked.request.body)
    return asked.is_post() and bool(challenge) and not kind and not event


def _plain_challenge(asked: _Asked) -> Response:
    return _json(challenge=_CHALLENGE(asked.request.body)[1])


def _is_meta(asked: _Asked) -> bool:
    wanted = {b"hub.mode", b"hub.challenge", b"hub.verify_token"}
    return asked.is_get() and wanted <= set(asked.query) and b"hub.topic" not in asked.query


def _hub(asked: _Asked) -> Response:
    known = asked.secrets.get("meta-verify", ())
    given = asked.query.get(b"hub.verify_token", b"")
    if known and not any(hmac.compare_digest(given, secret.raw) for secret in known):
        raise _Unanswerable("hub.verify_token is not the one under [secrets] meta-verify")
    return _text(asked.query[b"hub.challenge"])


def _is_websub(asked: _Asked) -> bool:
    return asked.is_get() and {b"hub.mode", b"hub.challenge", b"hub.topic"} <= set(asked.query)


def _websub(asked: _Asked) -> Response:
    return _text(asked.query[b"hub.challenge"])


def _is_x(asked: _Asked) -> bool:
    return asked.is_get() and b"crc_token" in asked.query


def _x(asked: _Asked) -> Response:
    token = _harmless(asked.query[b"crc_token"])
    digest = hmac.digest(_secret(asked, "x").raw, token, "sha256")
    return _json(response_token="sha256=" + base64.b64encode(digest).decode())


def _is_graph(asked: _Asked) -> bool:
    return asked.is_post() and b"validationToken" in asked.query


def _graph(asked: _Asked) -> Response:
    return _text(asked.query[b"validationToken"])


def _is_cloudevents(asked: _Asked) -> bool:
    return asked.request.method == "OPTIONS" and bool(asked.field(b"webhook-request-origin"))


def _cloudevents(asked: _Asked) -> Response:
    allowed = [(b"WebHook-Allowed-Origin", asked.field(b"webhook-request-origin"))]
    if rate := asked.field(b"webhook-request-rate"):
        allowed.append((b"WebHook-Allowed-Rate", rate))
    return _empty(200, *allowed)


def _is_event_grid(asked: _Asked) -> bool:
    return asked.field(b"aeg-event-type") == b"SubscriptionValidation"


def _event_grid(asked: _Asked) -> Response:
    return _json(validationResponse=_needed(_GRID(asked.request.body)[1]))


def _is_get_challenge(asked: _Asked) -> bool:
    return asked.is_get() and set(asked.query) == {b"challenge"}


def _get_challenge(asked: _Asked) -> Response:
    return _text(asked.query[b"challenge"])


def _is_zoom(asked: _Asked) -> bool:
    return asked.is_post() and _CHALLENGE(asked.request.body)[2] == "endpoint.url_validation"


def _zoom(asked: _Asked) -> Response:
    plain = _needed(_CHALLENGE(asked.request.body)[3])
    secret = _secret(asked, "zoom")
    if asked.field(b"x-zm-signature"):
        _must_hold(asked, "zoom")
    digest = hmac.digest(secret.raw, plain.encode("utf-8", "replace"), "sha256")
    return _json(plainToken=plain, encryptedToken=digest.hex())


def _needed(text: str) -> str:
    if not text:
        raise _Unanswerable("the challenge is missing in the body")
    return text


def _is_asana(asked: _Asked) -> bool:
    return asked.is_post() and bool(asked.field(b"x-hook-secret"))


def _asana(asked: _Asked) -> Response:
    return _empty(200, (b"X-Hook-Secret", asked.field(b"x-hook-secret")))


def _is_twitch(asked: _Asked) -> bool:
    return asked.field(b"twitch-eventsub-message-type") == b"webhook_callback_verification"


def _twitch(asked: _Asked) -> Response:
    _must_hold(asked, "twitch")
    return _text(_CHALLENGE(asked.request.body)[1].encode("utf-8", "replace"))


def _is_okta(asked: _Asked) -> bool:
    return asked.is_get() and bool(asked.field(b"x-okta-verification-challenge"))


def _okta(asked: _Asked) -> Response:
    return _json(verification=asked.field(b"x-okta-verification-challenge").decode("latin-1"))


def _is_discord(asked: _Asked) -> bool:
    if not asked.field(b"x-signature-ed25519"):
        return False
    kind, _, inner = _DISCORD(asked.request.body)
    return kind in ("0", "1") and not inner


def _discord(asked: _Asked) -> Response:
    # Discord sends wrong signatures on purpose and drops the URL unless each gets a 401.
    if (refused := _refusal(asked, "discord")) is not None:
        return refused
    return _json(type=1) if _DISCORD(asked.request.body)[0] == "1" else _empty(204)


def _refusal(asked: _Asked, scheme: str) -> Response | None:
    known = asked.secrets.get(scheme, ())
    verdict = verify(asked.request, scheme, known, at=asked.at)
    if verdict.reason in (Reason.NO_SECRET, Reason.BAD_SECRET, Reason.NOT_SIGNED):
        raise _Unanswerable(f"no secret for {scheme}")
    return None if verdict.ok else _empty(401)


def _is_xero(asked: _Asked) -> bool:
    if not asked.field(b"x-xero-signature"):
        return False
    first, last, entropy = _XERO(asked.request.body)
    return first == last == "0" and bool(entropy)


def _xero(asked: _Asked) -> Response:
    return _refusal(asked, "xero") or _empty(200)


def _is_sns(asked: _Asked) -> bool:
    return asked.field(b"x-amz-sns-message-type") == b"SubscriptionConfirmation"


def _sns(asked: _Asked) -> Response:
    del asked
    raise _Unanswerable("it is confirmed by opening its SubscribeURL, which hookcli never does")


def _is_head(asked: _Asked) -> bool:
    return asked.request.method == "HEAD"


def _head(asked: _Asked) -> Response:
    del asked
    return _empty(200)


_Known = tuple[str, str, Callable[[_Asked], bool], Callable[[_Asked], Response]]

_KNOWN: Sequence[_Known] = (
    ("discord", "PING", _is_discord, _discord),
    ("twitch", "webhook_callback_verification", _is_twitch, _twitch),
    ("asana", "X-Hook-Secret", _is_asana, _asana),
    ("xero", "intent to receive", _is_xero, _xero),
    ("sns", "SubscriptionConfirmation", _is_sns, _sns),
    ("eventgrid", "SubscriptionValidation", _is_event_grid, _event_grid),
    ("okta", "one-time verification", _is_okta, _okta),
    ("cloudevents", "WebHook-Request-Origin", _is_cloudevents, _cloudevents),
    ("graph", "validationToken", _is_graph, _graph),
    ("x", "CRC", _is_x, _x),
    ("meta", "hub.challenge", _is_meta, _hub),
    ("websub", "hub.challenge", _is_websub, _websub),
    ("dropbox", "challenge", _is_get_challenge, _get_challenge),
    ("slack", "url_verification", _is_slack, _slack),
    ("zoom", "endpoint.url_validation", _is_zoom, _zoom),
    ("monday", "challenge", _is_plain_challenge, _plain_challenge),
    ("trello", "HEAD", _is_head, _head),
)
"""In the order of asking: what a field marks goes before what a body or a query looks like."""


def known() -> Iterable[tuple[str, str]]:
    """Who is known to ask, and by what, in the order of asking."""
    return ((provider, what) for provider, what, _, _ in _KNOWN)
