"""The store's file: looked at before it is touched, created for its user only, brought up to date."""

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from hookcli.captures import failures
from hookcli.captures.schema import APPLICATION_ID, MIGRATIONS, VERSION
from hookcli.errors import StoreError

_MAGIC = b"SQLite format 3\0"
_HEAD = 100
"""Bytes of an SQLite file's header (https://www.sqlite.org/fileformat.html §1.3)."""

_OLDEST = (3, 32)
"""The SQLite with all that statements and filters use: `iif` is its latest."""

_PATIENCE_S = 5.0
"""How long a statement waits for another process."""

_PRAGMAS = (
    # In WAL mode a commit is then not synced: the relay's log is, and sends again after a power cut.
    "PRAGMA synchronous = NORMAL",
    # The last resort only: `checkpoint.py` copies before, beside who commits.
    "PRAGMA wal_autocheckpoint = 8192",
    # A log that is made short has to be given its blocks again.
    "PRAGMA journal_size_limit = 67108864",
    # What is deleted is overwritten wherever that costs no further write.
    "PRAGMA secure_delete = FAST",
    # What a statement may have to undo is a few pages: else each batch makes and removes a file.
    "PRAGMA temp_store = MEMORY",
)


def open_file(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection to the store in this file, which is created if it is wanted and missing.

    Raises:
        StoreError: there is none, it is not a store, a newer one, damaged, or cannot be used; or
            SQLite is too old.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        raise failures.old_sqlite(_OLDEST)
    with failures.failing(path):
        _look(path, create=create)
        db = connect(path)
        try:
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
        return db


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there, for use by one thread at a time."""
    db = sqlite3.connect(
        f"file:{quote(os.fsencode(path.absolute()))}?mode=rw",
        uri=True,
        timeout=_PATIENCE_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        for pragma in _PRAGMAS:
            db.execute(pragma)
    except BaseException:
        db.close()
        raise
    return db


def _look(path: Path, *, create: bool) -> None:
    """Read the header without SQLite, which might write to a file that is not ours."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        if not create:
            raise StoreError(
                f"there is no capture store {path}", hint="hookcli listen 8000"
            ) from None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))
        return
    if not head:
        return
    if not head.startswith(_MAGIC) or int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise failures.foreign(path)
    version = int.from_bytes(head[60:64], "big")
    if version > VERSION:
        raise failures.newer(path, version, VERSION)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    if _version(db) < VERSION:
        _migrate(db)
    if (version := _version(db)) > VERSION:
        raise failures.newer(path, version, VERSION)
    _use_wal(db)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _migrate(db: sqlite3.Connection) -> None:
    """All steps in one transaction: a crash leaves the old store or the new one."""
    # Bodies are several pages, and each costs two calls of the system to write and one to read.
    db.execute("PRAGMA page_size = 8192")
    db.execute("BEGIN")
    try:
        # Deleted captures are to give their space back. It counts only before the first page is
        # there, and begins to write, so other processes wait here.
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        for step in MIGRATIONS[_version(db) :]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _use_wal(db: sqlite3.Connection) -> None:
    # Only now, so that the header of the file itself says at any time whose it is. The change wants
    # the file alone for a moment, and SQLite does not wait for that by itself.
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            time.sleep(0.005)
