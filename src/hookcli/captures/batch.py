"""What a listener has to keep, and how it is written: few statements, whatever the batch.

Each statement that SQLite runs gives the interpreter's lock away and takes it back, which beside a
busy screen costs more than the statement. So rows go in by the dozen, not one by one.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hookcli.captures import rows
from hookcli.captures.model import Attempt, Capture, Delivery, DeliveryState, Told

Row = rows.Row

_Known = dict[str, tuple[int, int]]
"""By capture's id: its row, and how many attempts it has."""

_MOST_ROWS = 64
"""Rows in one statement."""

_ROW = 4096
"""About what a row without its body costs in the write-ahead log, which holds whole pages."""

_TABLES = 32 * 1024
"""About what a transaction costs there by itself: a page of each table, however few rows it has."""

_LARGE = 256 * 1024
"""Bytes of a body that gets a statement of its own: SQLite copies what a statement is given."""


class NewCapture(Struct, frozen=True, kw_only=True):
    """A capture to keep, with the deliveries that it wants."""

    capture: Capture
    body: bytes
    targets: tuple[str, ...] = ()
    """One delivery is pending for each; without any the capture is skipped."""
    skipped: bool = False
    """Captured and not forwarded, whatever the targets."""


class Batch(Struct, frozen=True, kw_only=True):
    """What is committed together."""

    captures: tuple[NewCapture, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    """The new state of deliveries."""
    told: tuple[tuple[str, Told], ...] = ()
    """By capture's id, what its sender was told."""
    cursor: tuple[str, int] | None = None
    """An endpoint's id, and the `seq` up to which everything is captured."""
    rewound: bool = False
    """The cursor may go backwards: the relay's log is younger than it, or was asked for again."""


class Committed(Struct, frozen=True, kw_only=True):
    """What a batch has changed."""

    captures: tuple[NewCapture, ...]
    """Those that were new, in order; one whose id is there already is left as it is."""
    attempts: tuple[Attempt, ...]
    """Numbered, in order; one whose capture is gone is dropped."""


_KNOWN = msgspec.json.Decoder(list[tuple[str, int, int]]).decode

_UPDATE_STATE = """UPDATE captures SET state = coalesce((SELECT max(d.state) FROM deliveries d
    WHERE d.capture = captures.rowid AND d.state != 'skipped'), 'skipped')
    WHERE rowid IN (SELECT value FROM json_each(?))"""
"""A capture's state by those of its deliveries; `done`, `failed`, `pending` sort in this order."""


def size(batch: Batch) -> int:
    """About how many bytes a batch adds to the write-ahead log."""
    bodies = sum(len(new.body) for new in batch.captures)
    answers = sum(len(one.body) for one in batch.attempts)
    rows = len(batch.captures) + len(batch.attempts) + len(batch.told)
    return _TABLES + _ROW * rows + bodies + answers


def write(db: sqlite3.Connection, batch: Batch) -> Committed:
    """Write a batch within the open transaction."""
    captures = _insert_captures(db, batch.captures) if batch.captures else ()
    attempts: tuple[Attempt, ...] = ()
    if batch.attempts or batch.deliveries:
        ids = [one.capture for one in batch.attempts]
        known = _known(db, ids + [one.capture for one in batch.deliveries])
        _put_deliveries(db, batch.deliveries, known)
        attempts = _insert_attempts(db, batch.attempts, known)
    if batch.told:
        _put_told(db, batch.told)
    if batch.cursor is not None:
        _put_cursor(db, *batch.cursor, rewound=batch.rewound)
    return Committed(captures=captures, attempts=attempts)


def run(db: sqlite3.Connection, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
    """Run a statement; values that SQLite cannot hold become those that it can."""
    try:
        return db.execute(sql, values)
    except (UnicodeEncodeError, OverflowError):
        return db.execute(sql, rows.storable(values))


def _many(
    db: sqlite3.Connection, sql: Callable[[str], str], given: Sequence[Row], *, body: bool = False
) -> int:
    """Run a statement over so many rows of VALUES; how many rows of a table it has changed.

    `body`: the last value of each row is bytes that may be many.
    """
    changed = at = 0
    while at < len(given):
        count = 1
        if not (body and _is_large(given[at])):
            end = min(len(given), at + _MOST_ROWS)
            small = next((n for n in range(at, end) if body and _is_large(given[n])), end) - at
            # Powers of two: few different statements, so that each is compiled once.
            count = 1 << (small.bit_length() - 1)
        group = given[at : at + count]
        one = f"({','.join('?' * len(group[0]))})"
        values = tuple(chain.from_iterable(group))
        changed += run(db, sql(",".join([one] * count)), values).rowcount
        at += count
    return changed


def _is_large(row: Row) -> bool:
    body = row[-1]
    return isinstance(body, bytes) and len(body) >= _LARGE


def _insert(table: str, columns: Iterable[str], end: str = "") -> Callable[[str], str]:
    begin = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608 - our own names
    return lambda values: begin + values + end


_CAPTURES = _insert("captures", rows.CAPTURE_COLUMNS, " ON CONFLICT DO NOTHING")
_BODIES = _insert("bodies", ("capture", "body"))
_TAGS = _insert("tags", ("tag", "capture"), " ON CONFLICT DO NOTHING")
_ATTEMPTS = _insert("attempts", rows.ATTEMPT_COLUMNS)
_DELIVERIES = _insert(
    "deliveries",
    ("capture", "target", "state", "tries", "due_at", "first_try_at"),
    " ON CONFLICT (capture, target) DO UPDATE SET state = excluded.state, tries = excluded.tries,"
    " due_at = excluded.due_at, first_try_at = excluded.first_try_at",
)


def _insert_captures(
    db: sqlite3.Connection, given: tuple[NewCapture, ...]
) -> tuple[NewCapture, ...]:
    found = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'captures'").fetchone()
    first = found[0] + 1 if found else 1
    new = list(enumerate(given, first))
    inserted = _many(
        db,
        _CAPTURES,
        [
            rows.capture_row(
                rowid,
                one.capture,
                DeliveryState.SKIPPED if one.skipped or not one.targets else DeliveryState.PENDING,
            )
            for rowid, one in new
        ],
    )
    if inserted < len(new):
        sql = "SELECT rowid FROM captures WHERE rowid >= ?"
        kept = {rowid for (rowid,) in db.execute(sql, (first,))}
        new = [(rowid, one) for rowid, one in new if rowid in kept]
    _many(db, _BODIES, [(rowid, one.body) for rowid, one in new], body=True)
    _many(db, _TAGS, [(tag, rowid) for rowid, one in new for tag in one.capture.tags])
    due = [
        (rowid, target, DeliveryState.PENDING, 0, 0, 0)
        for rowid, one in new
        if not one.skipped
        for target in one.targets
    ]
    _many(db, _DELIVERIES, due)
    return tuple(one for _, one in new)


def _known(db: sqlite3.Connection, ids: list[str]) -> _Known:
    found: _Known = {}
    for at in range(0, len(ids), _MOST_ROWS):
        some = ids[at : at + _MOST_ROWS]
        marks = ",".join("?" * (1 << (len(some) - 1).bit_length()))
        # One row that holds all of them: see above.
        sql = f"""SELECT json_group_array(json_array(id, rowid, attempts)) FROM captures
            WHERE id IN ({marks})"""  # noqa: S608 - marks only
        row = run(db, sql, some + [None] * (marks.count("?") - len(some))).fetchone()
        found |= {id_: (rowid, attempts) for id_, rowid, attempts in _KNOWN(row[0])}
    return found


def _put_deliveries(db: sqlite3.Connection, given: tuple[Delivery, ...], known: _Known) -> None:
    put = [
        (known[one.capture][0], one.target, one.state, one.tries, one.due_at, one.first_try_at)
        for one in given
        if one.capture in known
    ]
    if put:
        _many(db, _DELIVERIES, put)
        changed = msgspec.json.encode([row[0] for row in put]).decode()
        db.execute(_UPDATE_STATE, (changed,))


def _insert_attempts(
    db: sqlite3.Connection, given: tuple[Attempt, ...], known: _Known
) -> tuple[Attempt, ...]:
    numbered: list[Attempt] = []
    made: list[Row] = []
    last: dict[int, Row] = {}
    count: dict[int, int] = {}
    for one in given:
        if one.capture not in known:
            continue
        rowid, before = known[one.capture]
        n = count[rowid] = count.get(rowid, before) + 1
        numbered.append(one if one.n == n else replace(one, n=n))
        made.append(rows.attempt_row(rowid, n, one))
        last[rowid] = rows.last_row(rowid, n, one)
    _many(db, _ATTEMPTS, made, body=True)
    _many(db, _update_last, list(last.values()))
    return tuple(numbered)


def _update_last(values: str) -> str:
    repeated = ", ".join(f"last_{name} = t.column{at}" for at, name in enumerate(rows.LAST, 2))
    return f"""UPDATE captures SET attempts = t.column2, {repeated}
        FROM (VALUES {values}) AS t WHERE captures.rowid = t.column1"""  # noqa: S608 - our own names


def _put_told(db: sqlite3.Connection, told: tuple[tuple[str, Told], ...]) -> None:
    given = dict(told)
    _many(db, _update_told, [(id_, one.status, one.by, one.ms) for id_, one in given.items()])


def _update_told(values: str) -> str:
    return f"""UPDATE captures
        SET told_status = t.column2, told_by = t.column3, told_ms = t.column4
        FROM (VALUES {values}) AS t WHERE captures.id = t.column1"""  # noqa: S608 - marks only


def _put_cursor(db: sqlite3.Connection, endpoint: str, seq: int, *, rewound: bool) -> None:
    new = "excluded.seq" if rewound else "max(seq, excluded.seq)"
    sql = f"""INSERT INTO cursors (endpoint, seq) VALUES (?, ?)
        ON CONFLICT (endpoint) DO UPDATE SET seq = {new}"""  # noqa: S608 - ours, from above
    run(db, sql, (endpoint, seq))
