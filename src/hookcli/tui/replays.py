"""Sending captures again from the screen: on the engine's loop, kept in the store, told to the board."""

import asyncio
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hookcli.captures.model import Attempt, Outcome, Why
from hookcli.captures.store import Batch, NewCapture
from hookcli.tui import words
from hookcli.tui.bridge import Engine
from hookcli.tui.desk import Desk
from hookcli.tui.rows import Row
from hookcli.tunnel.observe import AttemptFinished, AttemptStarted, Captured

if TYPE_CHECKING:
    from hookcli.workbench.parcels import Forward, Parcel


class Replayer:
    """Sends, keeps, tells; in this order."""

    def __init__(self, engine: Engine, desk: Desk, send: "Forward") -> None:
        self._engine, self._desk, self._send = engine, desk, send

    async def send(self, parcel: "Parcel", target: str) -> Attempt:
        """Make one attempt; a copy is kept before, the attempt before this returns."""
        if parcel.is_copy:
            await self.keep(parcel)
        capture = parcel.capture.id
        self._engine.observe(AttemptStarted(capture=capture, target=target, n=0))
        work = self._send(parcel, target)
        attempt = await asyncio.wrap_future(self._engine.submit(work))
        numbered = attempt
        try:
            kept = await self._desk.run(lambda store: store.commit(Batch(attempts=(attempt,))))
            numbered = kept.attempts[0] if kept.attempts else attempt
        finally:
            # It was made, whether or not it could be kept.
            self._engine.observe(AttemptFinished(attempt=numbered))
        return numbered

    async def keep(self, copy: "Parcel") -> None:
        """Keep a changed copy as a capture that names its parent; a second time nothing happens."""
        new = NewCapture(capture=copy.capture, body=copy.request.body)
        kept = await self._desk.run(lambda store: store.commit(Batch(captures=(new,))))
        for one in kept.captures:
            self._engine.observe(Captured(capture=one.capture, body=one.body, skipped=True))


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


def told(row: Row | None, attempt: Attempt, remark: str = "") -> tuple[str, str]:
    """`replayed 01JA8Q4MZX7T → 200 in 16 ms (was 500)`, and its role."""
    good = attempt.outcome is Outcome.RESPONDED and 200 <= attempt.status < 300
    now = outcome_word(attempt.outcome, attempt.status)
    took = words.long_span(attempt.ms)
    was = ""
    if row is not None and row.outcome is not None:
        was = f" (was {outcome_word(row.outcome, row.status)})"
    verb = "sent" if attempt.why is Why.MUTATION else "replayed"
    text = f"{verb} {words.short(attempt.capture)} → {now} in {took}{was}"
    if attempt.outcome is not Outcome.RESPONDED and attempt.error:
        text += f": {attempt.error}"
    if remark:
        text += f"; {remark}"
    return text, "ok" if good else "bad"
