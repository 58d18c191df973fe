"""Whether a webhook is rightly signed, and whether it has come before: for endpoints that ask for it.

Providers' libraries disagree about much, so a challenge by which a provider asks for the endpoint's
owner goes in unsigned: without it nobody could register an endpoint that asks for signatures.
"""

from collections import OrderedDict
from dataclasses import dataclass

from hookcli.wire.http import Request
from relay_server import answers
from relay_server.door import Refusal
from relay_server.log.base import Draft
from relay_server.registry import Verify

INLINE = 256 << 10
"""Bytes of a body whose signature is checked at once; larger ones are checked on another thread."""
_MOST = 50_000
"""Ids of events that are remembered, over all endpoints; beyond, the oldest are forgotten."""


def checked(asked: Verify) -> str:
    """What is wrong with what is asked for; empty when nothing is."""
    from hookcli import signatures

    if signatures.load(asked.scheme) is None:
        return f"scheme: none is called {asked.scheme[:60]}"
    if not asked.secrets or not all(0 < len(one) <= 10_000 for one in asked.secrets):
        return "secrets: one or more are wanted"
    return ""


def request_of(draft: Draft) -> Request:
    """What was sent, as signatures look at it."""
    return Request(
        method=draft.method,
        url=draft.url,
        target=draft.target,
        headers=draft.headers,
        body=draft.body,
    )


def refusal(asked: Verify, draft: Draft) -> Refusal | None:
    """Why this one may not come in; None when its signature holds, or it is a provider's challenge."""
    from hookcli import signatures
    from hookcli.signatures import handshakes

    request = request_of(draft)
    secrets = [signatures.Secret(f"{n}", one) for n, one in enumerate(asked.secrets, 1)]
    found = signatures.verify(request, asked.scheme, secrets, at=draft.received_at)
    if found.ok or handshakes.handshake(request, {asked.scheme: secrets}, at=draft.received_at):
        return None
    reason = found.reason.value
    message = f"this endpoint takes only what is signed: {reason.replace('_', ' ')}"
    return Refusal("signature", answers.refusal(401, "signature", message), reason)


@dataclass(frozen=True, slots=True)
class First:
    """The first of several events with one id."""

    event: str
    """Its id here."""
    at: float
    """When it came, on the clock that goes forward."""


class Repeats:
    """Which events came lately, by the id that their provider gives them.

    Kept in memory: after a restart a repeat passes for a first one, and is one more delivery.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._seen: OrderedDict[tuple[str, str], First] = OrderedDict()
        self._coming: dict[str, tuple[str, str]] = {}
        """By event: what it will be remembered as once it is durable."""

    def of(self, draft: Draft, within_s: float, now: float) -> First | None:
        """The one that this repeats; None: it is the first, and is remembered once it is `kept`."""
        from hookcli import signatures

        name = signatures.identify(request_of(draft)).provider_id
        if not name:
            return None
        key = (draft.endpoint, name)
        first = self._seen.get(key)
        if first is not None and now - first.at <= within_s:
            return first
        self._coming[draft.id] = key
        return None

    def kept(self, event: str, now: float, *, durable: bool) -> None:
        """An event is in the log, or could not be put there."""
        key = self._coming.pop(event, None)
        if key is None or not durable:
            return
        self._seen.pop(key, None)
        self._seen[key] = First(event, now)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
