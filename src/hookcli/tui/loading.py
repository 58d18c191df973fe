"""Between the store and the screen: rows, details, ids; tags and notes. The only user of its queries."""

from collections.abc import Sequence
from functools import cache

from msgspec.structs import replace

from hookcli.captures.model import Summary, Why
from hookcli.captures.store import Store
from hookcli.tui.details import Details
from hookcli.tui.rows import Row, row_of
from hookcli.tui.setup import MARK


def row_from(summary: Summary) -> Row:
    """The row of a stored capture."""
    row = row_of(summary.capture, marked=MARK)
    last = summary.last
    row = replace(row, state=summary.state, attempts=summary.attempts)
    if last is None:
        return row
    again = last.why in (Why.REPLAY, Why.MUTATION) if getattr(last, "why", None) else False
    return replace(
        row,
        outcome=last.outcome,
        status=last.status,
        ms=last.ms,
        error=last.error,
        next_retry_at=last.next_retry_at,
        replays=int(again and summary.attempts > 1),
    )


def older(
    store: Store, before: int | None, limit: int, *, now: int
) -> tuple[list[Row], int | None]:
    """Rows older than `before`, oldest first, and where the next ones begin."""
    summaries = list(store.summaries(limit=limit, now=now, before_rowid=before))
    mark = summaries[-1].rowid if summaries else before
    return [row_from(summary) for summary in reversed(summaries)], mark


def pending(store: Store, *, now: int) -> list[Row]:
    """Rows of captures whose delivery is not finished."""
    ids = dict.fromkeys(delivery.capture for delivery in store.pending(None))
    if not ids:
        return []
    from hookcli.captures.filters import parse

    rows = [row_from(summary) for summary in store.summaries(parse("is:pending", now=now), now=now)]
    return sorted((row for row in rows if row.id in ids), key=lambda row: row.at)


def details(store: Store, id: str) -> Details | None:  # noqa: A002
    """A capture with its body and attempts."""
    from hookcli import signatures

    capture = store.get(id)
    if capture is None:
        return None
    body = store.body(id)
    found = signatures.identify(capture.request(body))
    budget = found.deadline_s * 1000 if found.deadline_s else None
    return Details(capture=capture, body=body, attempts=tuple(store.attempts(id)), budget_ms=budget)


@cache
def budget_ms(scheme: str) -> float | None:
    """How long a scheme's provider waits for an answer; None when it does not say."""
    from hookcli import signatures

    found = signatures.load(scheme)
    return found.deadline_s * 1000 if found is not None and found.deadline_s else None


def count(store: Store, text: str, *, now: int) -> int:
    """How many captures a filter lets through; FilterError when it is wrong."""
    if not text.strip():
        return store.count(None)
    from hookcli.captures.filters import parse

    return store.count(parse(text, now=now))


def matching(store: Store, texts: Sequence[str], *, now: int) -> set[str]:
    """The ids that pass all of these filters."""
    from hookcli.captures.filters import parse

    found: set[str] | None = None
    for text in texts:
        ids = store.ids(parse(text, now=now))
        found = ids if found is None else found & ids
    return found or set()


def set_tag(store: Store, id: str, name: str, *, on: bool) -> None:  # noqa: A002
    """Give a capture a tag, or take it off."""
    if on:
        store.tag(id, add=(name,))
    else:
        store.tag(id, remove=(name,))


def set_note(store: Store, id: str, text: str) -> None:  # noqa: A002
    """Write a capture's note."""
    store.note(id, text)
