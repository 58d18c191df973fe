"""Removing the oldest events in slices small enough that nobody waits for them.

Age is counted by the log's own clock, which runs only while the log is open: a system clock that
jumps ten years, or a relay that was switched off for a month, deletes nothing.
"""

import sqlite3
from collections.abc import Sequence

from relay_server.log.base import Reason, Retention
from relay_server.log.large import LargeMessages
from relay_server.log.schema import transaction
from relay_server.log.shares import Shares
from relay_server.log.shelves import Shelf, Shelves

_EVENTS = 256
_BYTES = 16 << 20
_GAPS = 32
"""How many gaps an endpoint remembers; older ones are joined."""

_Row = tuple[int, int, int, int | None]
"""place, seq, size, file"""


class Retainer:
    """Decides what is too old or too much, and removes it, one slice a call."""

    def __init__(self, limits: Retention, shelves: Shelves, large: LargeMessages) -> None:
        self._large = large
        self._shelves = shelves
        self._shares = Shares(limits, shelves)
        self._next_look = 0
        self._look_at_all = False
        self._over: set[int] = set()

    def limit(self, limits: Retention) -> None:
        """Other limits from now on; from any thread."""
        self._shares.limits = limits
        self._look_at_all = True

    def note(self, shelf: Shelf) -> None:
        """The endpoint holds more than before."""
        if self._shares.excess(shelf) > 0:
            self._over.add(shelf.no)

    def due(self, clock: int) -> bool:
        """Whether `step` has something to do or to look for."""
        if self._look_at_all:
            self._look_at_all, self._next_look = False, 0
            for shelf in self._shelves.by_no.values():
                self.note(shelf)
        found = self._shelves.dead or self._over or self._shares.full
        return clock >= self._next_look or bool(found)

    @property
    def lags(self) -> bool:
        """Whether more comes in than slices between commits remove."""
        shelves = (self._shelves.by_no.get(no) for no in self._over)
        return self._shares.overfull or any(map(self._shares.overflows, filter(None, shelves)))

    def step(self, db: sqlite3.Connection, clock: int) -> bool:
        """Remove one slice; True when there may be more to do at once."""
        if self._shelves.dead:
            return self._bury(db, next(iter(self._shelves.dead)))
        if self._over:
            return self._shrink(db, self._over.pop())
        if (payer := self._shares.payer()) is not None:
            return self._shrink(db, payer.no)
        more = self._expire(db, clock - self._shares.limits.age_s)
        self._next_look = clock if more else clock + 1
        return more

    def _shrink(self, db: sqlite3.Connection, no: int) -> bool:
        shelf = self._shelves.by_no.get(no)
        if shelf is None:
            return True
        excess = self._shares.excess(shelf)
        if excess <= 0:
            return True
        rows: list[_Row] = []
        for row in db.execute(
            "select place, seq, size, file from event where endpoint=? order by seq limit ?",
            (shelf.no, _EVENTS),
        ):
            rows.append(row)
            excess -= row[2]
            if excess <= 0:
                break
        if rows:
            with transaction(db):
                self._remove(db, shelf, rows, "size")
            self._removed(rows, shelf)
            self.note(shelf)
        return bool(rows)

    def _expire(self, db: sqlite3.Connection, before: int) -> bool:
        """Places follow the order of arrival, so the oldest of all endpoints are the first."""
        found: dict[int, list[_Row]] = {}
        seen = size = 0
        for place, no, seq, bytes_, file, clock in db.execute(
            "select place, endpoint, seq, size, file, clock from event order by place limit ?",
            (_EVENTS,),
        ):
            if clock >= before or (seen and size > _BYTES):
                break
            found.setdefault(no, []).append((place, seq, bytes_, file))
            seen, size = seen + 1, size + bytes_
        if not found:
            return False

        with transaction(db):
            for no, rows in found.items():
                self._remove(db, self._shelves.by_no[no], rows, "age")
        for no, rows in found.items():
            self._removed(rows, self._shelves.by_no[no])
        return seen == _EVENTS or size > _BYTES

    def _remove(
        self, db: sqlite3.Connection, shelf: Shelf, rows: Sequence[_Row], reason: Reason
    ) -> None:
        last = rows[-1][1]
        db.executemany("delete from event where place=?", [(row[0],) for row in rows])
        db.execute("delete from reply where endpoint=? and seq<=?", (shelf.no, last))
        _note_gap(db, shelf.no, last, len(rows), reason)
        db.execute("update endpoint set purged_to=max(purged_to, ?) where no=?", (last, shelf.no))

    def _bury(self, db: sqlite3.Connection, no: int) -> bool:
        """Remove a slice of a deleted endpoint, and at last the endpoint."""
        rows = db.execute(
            "select place, seq, size, file from event where endpoint=? order by seq limit ?",
            (no, _EVENTS),
        ).fetchall()
        with transaction(db):
            db.executemany("delete from event where place=?", [(row[0],) for row in rows])
            if not rows:
                db.execute("delete from reply where endpoint=?", (no,))
                db.execute("delete from gap where endpoint=?", (no,))
                db.execute("delete from endpoint where no=?", (no,))
        if not rows:
            self._shelves.dead.discard(no)
        self._removed(rows)
        return True

    def _removed(self, rows: Sequence[_Row], shelf: Shelf | None = None) -> None:
        """After the commit: a file may go only when no row points into it any more."""
        if shelf is not None:
            self._shelves.changed(shelf, -len(rows), -sum(row[2] for row in rows))
        self._large.freed(file for *_, file in rows if file is not None)


def _note_gap(db: sqlite3.Connection, no: int, to_seq: int, count: int, reason: Reason) -> None:
    """What is removed is always the beginning of what is left, so gaps follow each other."""
    rows = db.execute(
        "select from_seq, to_seq, count, reason from gap where endpoint=? order by from_seq desc",
        (no,),
    ).fetchall()
    last_to = rows[0][1] if rows else 0
    if rows and (rows[0][3] == reason or len(rows) >= _GAPS):
        db.execute(
            "update gap set to_seq=?, count=count+?, reason=? where endpoint=? and from_seq=?",
            (to_seq, count, reason, no, rows[0][0]),
        )
    else:
        db.execute(
            "insert into gap (endpoint, from_seq, to_seq, count, reason) values (?,?,?,?,?)",
            (no, last_to + 1, to_seq, count, reason),
        )
