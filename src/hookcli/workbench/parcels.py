"""What is sent for a capture: its own bytes, or a changed copy; signed again where that is needed."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from msgspec.structs import replace

from hookcli import signatures
from hookcli.captures.model import Attempt, Capture, Why
from hookcli.wire.http import Request
from hookcli.workbench.copies import copy_of, short_note
from hookcli.workbench.resign import Wish, signed

Change = Callable[[Request], Request]
"""What is done to a request; UsageError where it cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One request, and the capture whose attempt it becomes."""

    capture: Capture
    """The capture itself; of a changed request the copy, which is not kept yet."""
    request: Request
    why: Why = Why.REPLAY
    remark: str = ""
    """What is to be known of its signature, for people."""
    is_copy: bool = False


class Forwards(Protocol):
    """What makes attempts, as `tunnel.forward.Forwarder` does."""

    async def send(
        self,
        request: Request,
        target: str,
        *,
        why: Why,
        capture: str,
        timeout_s: float,
        peer: str = "",
    ) -> Attempt:
        """Make one attempt; never raises for what the network or the program does."""
        ...


Forward = Callable[[Parcel, str], Coroutine[Any, Any, Attempt]]
"""Parcel and target: one attempt, not yet numbered; never raises for what the network does."""


async def forward(parcel: Parcel, target: str, by: Forwards, timeout_s: float) -> Attempt:
    """One attempt, not yet numbered, with what is to be known of its signature."""
    capture = parcel.capture
    attempt = await by.send(
        parcel.request,
        target,
        why=parcel.why,
        capture=capture.id,
        timeout_s=timeout_s,
        peer=capture.peer,
    )
    return replace(attempt, added=(*attempt.added, parcel.remark)) if parcel.remark else attempt


def make(
    capture: Capture,
    body: bytes,
    wish: Wish,
    *,
    now: int,
    new_id: Callable[[], str],
    change: Change | None = None,
    copy_signed: bool = False,
) -> Parcel:
    """The parcel for a capture at `now` (µs). The capture's own bytes are only read.

    A change makes a copy. Signing again alone makes none unless `copy_signed`: it is what lets the
    program take a replay for the same.

    Raises:
        UsageError: it cannot be changed or signed as asked.
    """
    before = capture.request(body)
    after = change(before) if change is not None else before
    scheme = capture.scheme or signatures.identify(before, wish.recipes).scheme
    made = signed(before, after, scheme, wish, now=now)
    if after == before and not (copy_signed and made.again):
        return Parcel(capture=capture, request=made.request, remark=made.remark)
    copy = copy_of(
        capture,
        made.request,
        id=new_id(),
        at=now,
        signature=made.signature,
        note=short_note(before, after) or "signed again",
        recipes=wish.recipes,
    )
    return Parcel(
        capture=copy, request=made.request, why=Why.MUTATION, remark=made.remark, is_copy=True
    )
