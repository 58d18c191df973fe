"""Sending captures again from the screen: on the engine's loop, kept in the store, told to the board."""

import asyncio
import ipaddress
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from hookcli.captures.model import Attempt, Outcome, Why
from hookcli.captures.store import Batch
from hookcli.tui import words
from hookcli.tui.bridge import Engine
from hookcli.tui.desk import Desk
from hookcli.tui.rows import Row
from hookcli.tunnel.observe import AttemptFinished, AttemptStarted
from hookcli.wire.http import Request

Send = Callable[[Request, str, Why, str], Coroutine[Any, Any, Attempt]]
"""Request, target, why, id of the capture: makes one attempt, and never raises for the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One request to send for a capture."""

    capture: str
    request: Request
    target: str
    why: Why = Why.REPLAY
    added: tuple[str, ...] = ()
    """Remarks that stay with the attempt."""


class Replayer:
    """Sends, keeps, tells; in this order."""

    def __init__(self, engine: Engine, desk: Desk, send: Send) -> None:
        self._engine, self._desk, self._send = engine, desk, send

    async def send(self, parcel: Parcel) -> Attempt:
        """Make one attempt; it is in the store before this returns."""
        started = AttemptStarted(capture=parcel.capture, target=parcel.target, n=0)
        self._engine.observe(started)
        work = self._send(parcel.request, parcel.target, parcel.why, parcel.capture)
        attempt = await asyncio.wrap_future(self._engine.submit(work))
        if parcel.added:
            attempt = replace(attempt, added=(*attempt.added, *parcel.added))
        numbered = attempt
        try:
            kept = await self._desk.run(lambda store: store.commit(Batch(attempts=(attempt,))))
            numbered = kept.attempts[0]
        finally:
            # It was made, whether or not it could be kept.
            self._engine.observe(AttemptFinished(attempt=numbered))
        return numbered


def is_loopback(target: str) -> bool:
    """Whether a target is this machine; a name counts only if it is `localhost` or below it."""
    host = (urlsplit(target).hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(text: str) -> str:
    """A target as people write it: `8000`, `:8000`, `localhost:8000/hooks`, `https://…`."""
    text = text.strip()
    if text.isdigit():
        return f"http://localhost:{text}"
    if text.startswith(":"):
        return f"http://localhost{text}"
    return text if "://" in text else f"http://{text}"


def outcome_word(outcome: Outcome | None, status: int) -> str:
    """`200`, `refused`."""
    if outcome is None:
        return "never sent"
    return str(status) if outcome is Outcome.RESPONDED else outcome.value


def told(row: Row | None, attempt: Attempt) -> tuple[str, str]:
    """`replayed 01JA8Q4M → 200 in 16 ms (was 500)`, and its role."""
    good = attempt.outcome is Outcome.RESPONDED and 200 <= attempt.status < 300
    now = outcome_word(attempt.outcome, attempt.status)
    took = words.long_span(attempt.ms)
    was = ""
    if row is not None and row.outcome is not None:
        was = f" (was {outcome_word(row.outcome, row.status)})"
    verb = "sent" if attempt.why is Why.MUTATION else "replayed"
    text = f"{verb} {attempt.capture[-10:]} → {now} in {took}{was}"
    if attempt.outcome is not Outcome.RESPONDED and attempt.error:
        text += f": {attempt.error}"
    return text, "ok" if good else "bad"
