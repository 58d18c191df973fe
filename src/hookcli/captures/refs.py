"""What people write to name captures: beginnings of ids, `@2`, places in a log, ranges, tags."""

import re
from typing import TYPE_CHECKING

from hookcli.captures.model import Capture
from hookcli.errors import NotFoundError

if TYPE_CHECKING:
    from hookcli.captures.store import Store

LEAST = 4
"""Characters that the beginning of an id has at least."""

SHOWN = 10
"""Captures that are listed when a beginning is that of several."""

_LATEST = re.compile(r"@([0-9]{0,15})|latest", re.IGNORECASE)
_PLACE = re.compile(r"[0-9]{1,18}")
_RANGE = re.compile(r"([0-9]{0,18})\.\.([0-9]{0,18})")
_BEGINNING = re.compile(r"[0-9A-HJKMNP-TV-Z]{4,26}", re.IGNORECASE)
"""Crockford's base32, in which ids are written (https://github.com/ulid/spec)."""

_SPANS = (("d", 86_400), ("h", 3600), ("min", 60))


def resolve(store: "Store", text: str, *, endpoint: str | None, now: int) -> list[Capture]:
    """The captures that a reference names, the oldest first; never none.

    `endpoint` is the one whose places are meant; None when it is not known. `now` is in µs since
    the Unix epoch, and serves the ages of candidates.

    Raises:
        NotFoundError: nothing is called that, or a beginning is that of several.
    """
    if found := _LATEST.fullmatch(text):
        return _latest(store, int(found[1] or 1))
    if text.startswith(":") and len(text) > 1:
        return _tagged(store, text[1:])
    if (found := _RANGE.fullmatch(text)) and (found[1] or found[2]):
        return _places(store, text, found[1], found[2], endpoint)
    if _PLACE.fullmatch(text):
        return _place_or_id(store, text, endpoint, now)
    return _by_id(store, text, now)


def _latest(store: "Store", place: int) -> list[Capture]:
    where = "c.rowid = (SELECT rowid FROM captures ORDER BY rowid DESC LIMIT 1 OFFSET ?)"
    if place and (found := store.captures(where, (place - 1,))):
        return found
    if not (count := store.count()):
        raise NotFoundError("there are no captures yet", hint="hookcli listen 8000")
    raise NotFoundError(f"there is no @{place}: {_captures(count)} in all", hint="hookcli ls")


def _tagged(store: "Store", tag: str) -> list[Capture]:
    if found := store.captures("c.rowid IN (SELECT capture FROM tags WHERE tag = ?)", (tag,)):
        return found
    known = ", ".join(f":{name}" for name in store.tags()[:SHOWN])
    why = (f"there are: {known}",) if known else ()
    raise NotFoundError(f"no capture has the tag {tag}", why=why, hint=f"hookcli tag REF {tag}")


def _place_or_id(store: "Store", text: str, endpoint: str | None, now: int) -> list[Capture]:
    """A word of digits is a place if something stands there, else the beginning of an id."""
    one = _endpoint(store, text, text, text, endpoint)
    # A log that was restored gives a place again: the later event is meant.
    where = "c.endpoint = ? AND c.seq = ?"
    if one is not None and (
        found := store.captures(where, (one, int(text)), order="c.rowid DESC", limit=1)
    ):
        return found
    if len(text) >= LEAST and (found := _beginning(store, text)):
        return _only(text, found, now)
    raise NotFoundError(f"no capture has seq {text}{_of(endpoint)}", hint=_elsewhere(endpoint))


def _places(
    store: "Store", text: str, first: str, last: str, endpoint: str | None
) -> list[Capture]:
    one = _endpoint(store, text, first, last, endpoint)
    where = "c.endpoint = ? AND c.seq BETWEEN ? AND ?"
    values = (one, int(first or 0), int(last or 1 << 62))
    if one is not None and (found := store.captures(where, values, order="c.seq, c.rowid")):
        return found
    raise NotFoundError(f"no capture has seq {text}{_of(endpoint)}", hint=_elsewhere(endpoint))


def _endpoint(store: "Store", text: str, first: str, last: str, endpoint: str | None) -> str | None:
    """The endpoint whose places are meant; None when none has such a place.

    Raises:
        NotFoundError: several have, and it is not said which.
    """
    if endpoint is not None:
        return endpoint
    found = store.endpoints_with(int(first or 0), int(last or 1 << 62))
    if len(found) > 1:
        raise NotFoundError(
            f"seq {text} is in the log of several endpoints: {', '.join(found)}",
            hint="--endpoint NAME",
        )
    return found[0] if found else None


def _by_id(store: "Store", text: str, now: int) -> list[Capture]:
    if exact := store.get(text):
        return [exact]
    if _BEGINNING.fullmatch(text) and (found := _beginning(store, text)):
        return _only(text, found, now)
    raise NotFoundError(f"no capture is called {text}", hint="hookcli ls, or hookcli help ids")


def _beginning(store: "Store", text: str) -> list[Capture]:
    """The latest captures whose id begins so, at most one more than is shown."""
    low = text.upper()
    where = "c.id >= ? AND c.id < ?"  # all of base32 sorts before ~
    return store.captures(where, (low, f"{low}~"), order="c.rowid DESC", limit=SHOWN + 1)


def _only(text: str, found: list[Capture], now: int) -> list[Capture]:
    if len(found) == 1:
        return found
    why = [_candidate(one, now) for one in found[:SHOWN]]
    if len(found) > SHOWN:
        why.append("…")
    raise NotFoundError(
        f"{text} is the beginning of several ids", why=tuple(why), hint="more of the id"
    )


def _candidate(one: Capture, now: int) -> str:
    what = " ".join(filter(None, (one.source, one.event_type))) if one.event_type else ""
    return f"{one.id}  {what or f'{one.method} {one.path}'}  {_ago(now - one.received_at)}"


def _ago(span: int) -> str:
    """How long so many µs are, roughly."""
    seconds = max(span, 0) // 1_000_000
    for unit, size in _SPANS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _captures(count: int) -> str:
    return "1 capture" if count == 1 else f"{count:,} captures"


def _of(endpoint: str | None) -> str:
    return f" in {endpoint}" if endpoint else ""


def _elsewhere(endpoint: str | None) -> str:
    return "--endpoint NAME for another endpoint" if endpoint else "hookcli ls, or hookcli help ids"
