"""What a listener reads of the file: gaps, events and replies of one moment.

An event that the disk no longer gives back whole must not hold up those behind it: it is told as a
gap, as what retention has removed is.
"""

import logging
import sqlite3
from collections.abc import Sequence

from hookcli.wire.messages import Gap, Reply
from relay_server.log.base import Page
from relay_server.log.large import CutError, LargeMessages
from relay_server.log.schema import corrupt

_log = logging.getLogger("relay")


def read_page(
    db: sqlite3.Connection,
    large: LargeMessages,
    no: int,
    after: int,
    head: int,
    *,
    events: int,
    size: int,
) -> Page:
    """The next events after `after`, up to `head`: at most so many, and bytes; one always may.

    Raises:
        sqlite3.Error, OSError: nothing can be read now.
    """
    gaps: tuple[Gap, ...] = ()
    db.execute("begin")
    try:
        gaps = _gaps(db, no, after)
        found = _events(db, large, no, after, head, events, size)
        return Page(
            gaps=gaps, events=tuple(found), replies=_replies(db, no, found) if found else {}
        )
    except _DamagedError as damage:
        error, place, seq = damage.error, damage.place, damage.seq
    finally:
        db.execute("rollback")
    if isinstance(error, FileNotFoundError) and not _is_there(db, place):
        raise error  # retention was faster; the next look finds a gap
    _log.error("event %s of endpoint number %s is damaged: %s", seq, no, error)
    return Page(gaps=(*gaps, Gap(from_seq=seq, to_seq=seq, count=1, reason="damaged")))


class _DamagedError(Exception):
    """The first event of a page cannot be read, and never will be."""

    def __init__(self, error: Exception, seq: int, place: int) -> None:
        super().__init__(seq)
        self.error, self.seq, self.place = error, seq, place


def _events(
    db: sqlite3.Connection,
    large: LargeMessages,
    no: int,
    after: int,
    head: int,
    events: int,
    size: int,
) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    # The index alone says which rows fit; only those are read.
    places = db.execute(
        "select seq, size, place from event indexed by event_seq"
        " where endpoint=? and seq>? and seq<=? order by seq limit ?",
        (no, after, head, events),
    ).fetchall()
    for seq, length, place in places:
        size -= length
        if found and size < 0:
            break
        try:
            found.append((seq, _message(db, large, place, length)))
        except (sqlite3.Error, CutError, FileNotFoundError) as error:
            if isinstance(error, sqlite3.Error) and not corrupt(error):
                raise
            if found:
                break  # the next page begins with it
            raise _DamagedError(error, seq, place) from error
    return found


def _message(db: sqlite3.Connection, large: LargeMessages, place: int, length: int) -> bytes:
    sql = "select message, file, offset from event where place=?"
    message, file, offset = db.execute(sql, (place,)).fetchone()
    return message or large.read(file, offset, length)


def _is_there(db: sqlite3.Connection, place: int) -> bool:
    return db.execute("select 1 from event where place=?", (place,)).fetchone() is not None


def _gaps(db: sqlite3.Connection, no: int, after: int) -> tuple[Gap, ...]:
    rows = db.execute(
        "select from_seq, to_seq, count, reason from gap where endpoint=? and to_seq>?"
        " order by from_seq",
        (no, after),
    )
    return tuple(
        Gap(
            from_seq=max(first, after + 1),
            to_seq=last,
            count=count if first > after else min(count, last - after),
            reason=reason,
        )
        for first, last, count, reason in rows
    )


def _replies(
    db: sqlite3.Connection, no: int, events: Sequence[tuple[int, bytes]]
) -> dict[int, Reply]:
    rows = db.execute(
        "select seq, status, by, ms from reply where endpoint=? and seq between ? and ?",
        (no, events[0][0], events[-1][0]),
    )
    return {seq: Reply(seq=seq, status=status, by=by, ms=ms) for seq, status, by, ms in rows}
