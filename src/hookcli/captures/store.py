"""The captures on this machine, in one SQLite file that several hookcli processes use at once.

A batch of events and the cursor go into one transaction before anything is attempted: whatever dies
when, nothing is missed or doubled. Bodies are in a table of their own, so lists read none of them.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

from hookcli.captures import batch as batches
from hookcli.captures import deleting, rows
from hookcli.captures.batch import Batch, Committed, NewCapture
from hookcli.captures.checkpoint import Checkpointer
from hookcli.captures.failures import damaged, failing
from hookcli.captures.model import Attempt, Capture, Delivery, Summary
from hookcli.captures.opening import connect, open_file
from hookcli.errors import NotFoundError

__all__ = ["Batch", "Committed", "Condition", "NewCapture", "Store"]

_FIRST_PAGE, _PAGE = 32, 512
"""Rows read at once: few at first, because somebody waits for the first line."""

_ENDPOINTS_WITH = """
    WITH RECURSIVE known (endpoint) AS (
        SELECT min(endpoint) FROM captures WHERE seq IS NOT NULL
        UNION ALL
        SELECT (SELECT min(endpoint) FROM captures WHERE endpoint > k.endpoint AND seq IS NOT NULL)
        FROM known k WHERE k.endpoint IS NOT NULL
    )
    SELECT k.endpoint FROM known k WHERE EXISTS (
        SELECT 1 FROM captures c WHERE c.endpoint = k.endpoint AND c.seq BETWEEN ? AND ?)
    ORDER BY 1
"""
"""From endpoint to endpoint in the index, not through all captures."""


class Condition(Protocol):
    """What narrows a list; `filters.Filter` is one."""

    @property
    def functions(self) -> Mapping[str, tuple[int, Callable[..., Any]]]:
        """SQL functions that the expression calls: how many arguments each takes, and its code."""
        ...

    def where(self) -> tuple[str, tuple[object, ...]]:
        """A boolean SQL expression over `captures c`, and its parameters."""
        ...


class Store:
    """One connection to the captures, for use by one thread at a time.

    Every method raises StoreError when the file cannot be read or written, or is damaged.
    """

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self._db = db
        self._file = (found := path.stat()).st_dev, found.st_ino
        self._checkpoints = Checkpointer(lambda: connect(path))
        self._functions: dict[str, Callable[..., Any]] = {}

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> "Store":
        """The store in a file, which is created unless `create` is false.

        Raises:
            StoreError: it is not there, not a store, newer than this hookcli, or damaged; then
                it is left byte for byte as it is.
        """
        return cls(path, open_file(path, create=create))

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def check(self) -> None:
        """Look whether the file is whole.

        Raises:
            StoreError: it is damaged.
        """
        found = [str(text) for (text,) in self._all("PRAGMA quick_check(5)")]
        if found != ["ok"]:
            raise damaged(self.path)

    def close(self) -> None:
        """Let go of the file; further use is a bug."""
        self._checkpoints.stop()
        self._db.close()

    def commit(self, batch: Batch) -> Committed:
        """Keep all of a batch, or on an error nothing of it.

        An id that is there already is left as it is, but for what its sender was told. The cursor
        never goes backwards, unless the batch says so.
        """
        self._still_there()
        with self._transaction():
            committed = batches.write(self._db, batch)
        self._checkpoints.wrote(self._db, batches.size(batch))
        return committed

    def _still_there(self) -> None:
        # SQLite goes on writing to a file that has no name any more, and nobody would find it.
        with failing(self.path):
            found = self.path.stat()
            if (found.st_dev, found.st_ino) != self._file:
                raise FileNotFoundError(errno.ENOENT, "it was removed or replaced")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._undoing():
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")

    @contextmanager
    def _undoing(self) -> Iterator[None]:
        """Undo the transaction that a failure leaves open."""
        with failing(self.path):
            try:
                yield
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[rows.Row]:
        with failing(self.path):
            return batches.run(self._db, sql, values).fetchall()

    def get(self, id: str) -> Capture | None:  # noqa: A002
        """The capture of this id; None when there is none."""
        found = self.captures("c.id = ?", (id,))
        return found[0] if found else None

    def captures(
        self, where: str, values: Sequence[object] = (), *, order: str = "c.rowid", limit: int = -1
    ) -> list[Capture]:
        """Captures by an SQL expression over `captures c`, for the modules of this room."""
        sql = f"{rows.CAPTURES} FROM captures c WHERE {where} ORDER BY {order} LIMIT ?"
        return [rows.capture_of(row) for row in self._all(sql, (*values, limit))]

    def tags(self) -> list[str]:
        """Every tag that a capture has, sorted."""
        return [tag for (tag,) in self._all("SELECT DISTINCT tag FROM tags ORDER BY tag")]

    def endpoints_with(self, first: int, last: int) -> list[str]:
        """The endpoints of which an event with a `seq` in this range was captured, sorted."""
        return [endpoint for (endpoint,) in self._all(_ENDPOINTS_WITH, (first, last))]

    def body(self, id: str) -> bytes:  # noqa: A002
        """The body of a capture; empty when the capture is gone."""
        sql = "SELECT body FROM bodies WHERE capture = (SELECT rowid FROM captures WHERE id = ?)"
        found = self._all(sql, (id,))
        return bytes(found[0][0]) if found else b""

    def attempts(self, id: str) -> list[Attempt]:  # noqa: A002
        """Every attempt of a capture with its answer, the first one first."""
        of = "WHERE capture = (SELECT rowid FROM captures WHERE id = ?) ORDER BY n"
        return [rows.attempt_of(id, row) for row in self._all(f"{rows.ATTEMPTS} {of}", (id,))]

    def deliveries(self, id: str) -> list[Delivery]:  # noqa: A002
        """The deliveries of a capture."""
        return self._deliveries("c.id = ?", (id,))

    def pending(self, endpoint: str | None) -> list[Delivery]:
        """What is not delivered yet, of one endpoint or of all, the oldest capture first."""
        if endpoint is None:
            return self._deliveries("d.state = 'pending'")
        return self._deliveries("d.state = 'pending' AND c.endpoint = ?", (endpoint,))

    def _deliveries(self, where: str, values: Sequence[object] = ()) -> list[Delivery]:
        sql = f"""SELECT c.id, d.target, d.state, d.tries, d.due_at, d.first_try_at
            FROM deliveries d JOIN captures c ON c.rowid = d.capture
            WHERE {where} ORDER BY d.capture, d.target"""  # noqa: S608 - ours, from above
        return [rows.delivery_of(row) for row in self._all(sql, values)]

    def summaries(
        self,
        filter: Condition | None = None,  # noqa: A002
        *,
        limit: int | None = None,
        newest_first: bool = True,
        now: int = 0,
        before_rowid: int | None = None,
        after_rowid: int | None = None,
    ) -> Iterator[Summary]:
        """Captures as lists show them, in the order of capturing.

        They are read in pages as they are taken, so nothing is held while the taker is slow: no
        memory, no snapshot of the file. What is captured meanwhile comes only with the oldest first.
        """
        expression, values = self._where(filter)
        low, high = after_rowid or 0, before_rowid or (1 << 62)
        order = "DESC" if newest_first else "ASC"
        sql = f"""{rows.SUMMARIES} FROM captures c WHERE ({expression})
            AND c.rowid > ? AND c.rowid < ? ORDER BY c.rowid {order} LIMIT ?"""
        size = _FIRST_PAGE
        left = limit if limit is not None else 1 << 62
        while left > 0:
            wanted = min(size, left)
            page = self._all(sql, (*values, low, high, wanted))
            for row in page:
                summary = rows.summary_of(row)
                low, high = (low, summary.rowid) if newest_first else (summary.rowid, high)
                yield summary
            if len(page) < wanted:
                return
            left -= len(page)
            size = min(size * 2, _PAGE)

    def count(self, filter: Condition | None = None) -> int:  # noqa: A002
        """How many captures there are, or pass a filter."""
        expression, values = self._where(filter)
        sql = f"SELECT count(*) FROM captures c WHERE {expression}"  # noqa: S608
        return int(self._all(sql, values)[0][0])

    def ids(self, filter: Condition) -> set[str]:  # noqa: A002
        """The ids of the captures that pass a filter."""
        expression, values = self._where(filter)
        sql = f"SELECT c.id FROM captures c WHERE {expression}"  # noqa: S608
        return {id_ for (id_,) in self._all(sql, values)}

    def _where(self, filter: Condition | None) -> tuple[str, tuple[object, ...]]:  # noqa: A002
        if filter is None:
            return "1", ()
        for name, (arguments, code) in filter.functions.items():
            if self._functions.get(name) is not code:
                with failing(self.path):
                    self._db.create_function(name, arguments, code, deterministic=True)
                self._functions[name] = code
        return filter.where()

    def tag(self, id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:  # noqa: A002
        """Give a capture names, and take names off it.

        Raises:
            NotFoundError: the capture is gone.
        """
        with self._transaction():
            rowid = self._rowid(id)
            for name in remove:
                sql = "DELETE FROM tags WHERE tag = ? AND capture = ?"
                batches.run(self._db, sql, (name, rowid))
            for name in add:
                sql = "INSERT INTO tags (tag, capture) VALUES (?, ?) ON CONFLICT DO NOTHING"
                batches.run(self._db, sql, (name, rowid))

    def note(self, id: str, text: str) -> None:  # noqa: A002
        """Replace a capture's note.

        Raises:
            NotFoundError: the capture is gone.
        """
        with self._transaction():
            sql = "UPDATE captures SET note = ? WHERE rowid = ?"
            batches.run(self._db, sql, (text, self._rowid(id)))

    def _rowid(self, id: str) -> int:  # noqa: A002
        found = batches.run(self._db, "SELECT rowid FROM captures WHERE id = ?", (id,)).fetchone()
        if found is None:
            raise NotFoundError(f"no capture is called {id}")
        return int(found[0])

    def delete(self, ids: Iterable[str]) -> None:
        """Forget captures with all that belongs to them; an id that is not there is no error.

        The file becomes smaller. Other processes can commit meanwhile.
        """
        with self._undoing():
            deleting.delete(self._db, list(ids))

    def cursor(self, endpoint: str) -> int | None:
        """The `seq` up to which an endpoint's events are captured; None before the first."""
        found = self._all("SELECT seq FROM cursors WHERE endpoint = ?", (endpoint,))
        return int(found[0][0]) if found else None
