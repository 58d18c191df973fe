"""Deleting captures, and giving their space back, in steps so small that nobody waits for them.

A listener must be able to commit while another process deletes thousands of captures. So each step
is a transaction of a few milliseconds, and after it the file is left alone for longer than it took.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hookcli.captures import rows

_CAPTURES = 32
"""Captures deleted in one step; one with 25 MB takes less than a millisecond."""

_PAGES = 64
"""Pages given back in one step."""

_STEPS = 8
"""Steps after which what they wrote is copied from the write-ahead log into the file: a log that
grows long would be copied by whoever commits next, which may be a listener."""

_LEFT_ALONE = 2.0
"""How many times as long as a step the pause behind it is."""

_TABLES = ("bodies", "attempts", "deliveries", "tags")


def delete(db: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Delete captures with all that belongs to them, then make the file smaller.

    It can be ended at any time: what is deleted is deleted whole, and the next call goes on giving
    space back.
    """
    for step, at in enumerate(range(0, len(ids), _CAPTURES), 1):
        with _leaving_alone(last=at + _CAPTURES >= len(ids)):
            _delete(db, rows.storable(ids[at : at + _CAPTURES]))
        _copy(db, step)
    step = 0
    free = _free_pages(db)
    while free:
        with _leaving_alone(last=free <= _PAGES):
            # As a script, because each page is a step of its own, of which `execute` takes one.
            db.executescript(f"BEGIN IMMEDIATE; PRAGMA incremental_vacuum({_PAGES}); COMMIT")
        step += 1
        _copy(db, step)
        before, free = free, _free_pages(db)
        if free >= before:
            return  # somebody else deletes too, and will go on


def _delete(db: sqlite3.Connection, ids: Sequence[str]) -> None:
    chosen = f"(SELECT rowid FROM captures WHERE id IN ({','.join('?' * len(ids))}))"  # noqa: S608
    db.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        db.execute(f"DELETE FROM {table} WHERE capture IN {chosen}", ids)  # noqa: S608
    db.execute(f"DELETE FROM captures WHERE rowid IN {chosen}", ids)  # noqa: S608
    db.execute("COMMIT")


def _copy(db: sqlite3.Connection, step: int) -> None:
    if step % _STEPS == 0:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _free_pages(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA freelist_count").fetchone()[0])


@contextmanager
def _leaving_alone(*, last: bool) -> Iterator[None]:
    began = time.perf_counter()
    yield
    if not last:
        time.sleep(_LEFT_ALONE * (time.perf_counter() - began))
