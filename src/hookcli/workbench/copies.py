"""A changed copy as a capture of its own, which names its parent; the parent is only ever read."""

import hashlib
from collections.abc import Sequence

from msgspec.structs import replace

from hookcli import signatures
from hookcli.captures.model import Capture, Signature
from hookcli.signatures import Scheme
from hookcli.wire.http import Request
from hookcli.workbench.describe import describe, value
from hookcli.workbench.diff import Difference
from hookcli.workbench.jsonpath import write

_MOST = 28
"""Characters of a change that stand in a note."""


def copy_of(
    parent: Capture,
    request: Request,
    *,
    id: str,  # noqa: A002
    at: int,
    signature: Signature,
    note: str = "",
    recipes: Sequence[Scheme] = (),
) -> Capture:
    """The copy, made at `at` (µs); what it is about is read anew, and told by its parent if unclear.

    It has no place in a log, and not the provider's id: it is no repeat of its parent.
    """
    found = signatures.identify(request, recipes)
    return replace(
        parent,
        id=id,
        seq=None,
        received_at=at,
        method=request.method,
        target=request.target,
        headers=request.headers,
        body_size=len(request.body),
        body_sha256=hashlib.sha256(request.body).digest(),
        source=found.source or parent.source,
        event_type=found.event_type or parent.event_type,
        provider_id="",
        scheme=found.scheme or parent.scheme,
        signature=signature,
        parent=parent.id,
        note=note,
        tags=(),
        told=None,
    )


def short_note(before: Request, after: Request) -> str:
    """The first change in a few characters, for lists: `amount_paid=0 +2`."""
    changes = [one for one in describe(before, after) if not _follows(one)]
    if not changes:
        return ""
    more = f" +{len(changes) - 1}" if len(changes) > 1 else ""
    return _short(changes[0]) + more


def _follows(change: Difference) -> bool:
    """Whether it only follows from another change."""
    return tuple(str(step).lower() for step in change.path) == ("header", "content-length")


def _short(change: Difference) -> str:
    name = write(change.path[-1:]) if isinstance(change.path[-1], str) else change.where
    text = "(gone)" if change.after is None else value(change, change.after, _MOST).strip('"')
    whole = f"{name}={text}"
    return whole if len(whole) <= _MOST else whole[: _MOST - 1] + "…"


def sentences(changes: Sequence[Difference]) -> list[str]:
    """The changes that somebody made, without what only follows from them."""
    from hookcli.workbench.describe import sentence

    return [sentence(one) for one in changes if not _follows(one)]
