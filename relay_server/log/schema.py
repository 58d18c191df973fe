"""The log's file: how it is opened, locked to one relay, and laid out."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from relay_server.log.base import StorageError
from relay_server.log.folders import make_folder

VERSION = 1
"""`PRAGMA user_version`: a relay refuses a file that a newer one has written."""

OLDEST = (3, 37)
"""The SQLite that can read the tables: they are strict (https://www.sqlite.org/stricttables.html)."""

WAL_KEPT = 16 << 20
"""Bytes to which the write-ahead log is cut when it starts over; overwriting costs less than growing."""

_TABLES = """
create table meta (key text primary key, value text not null) strict, without rowid;
create table endpoint (
  no integer primary key,
  id text not null unique,
  document blob not null,
  purged_to integer not null default 0,  -- every event up to here is gone
  deleted integer not null default 0     -- its events are being removed
) strict;
create table event (
  place integer primary key,             -- over all endpoints, in the order of arrival
  endpoint integer not null,
  seq integer not null,
  at integer not null,                   -- received, µs since the Unix epoch
  clock integer not null,                -- seconds that the log had been open, see retention.py
  size integer not null,
  file integer, offset integer,          -- where a large message stands, see large.py
  message blob                           -- the encoded wire.messages.Event
) strict;
create index event_seq on event (endpoint, seq, size, at);
create index event_file on event (file) where file is not null;
create table reply (
  endpoint integer not null, seq integer not null, status integer not null,
  by text not null, ms real not null,
  primary key (endpoint, seq)
) strict, without rowid;
create table gap (
  endpoint integer not null, from_seq integer not null, to_seq integer not null,
  count integer not null, reason text not null,
  primary key (endpoint, from_seq)
) strict, without rowid;
"""


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """One connection to the log, for use by one thread at a time."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        # FULL: in WAL mode NORMAL does not sync on commit, and a 2xx must mean on disk.
        db.execute("pragma synchronous=full")
        db.execute("pragma fullfsync=1")  # where fsync alone does not reach the disk
        db.execute("pragma wal_autocheckpoint=0")
        db.execute(f"pragma journal_size_limit={WAL_KEPT}")
        db.execute("pragma cache_size=-4096")
        # Removed events are overwritten wherever that costs no further write.
        db.execute("pragma secure_delete=fast")
        if not write:
            db.execute("pragma query_only=1")
    except BaseException:
        db.close()
        raise
    return db


def require_sqlite() -> None:
    """StorageError where the interpreter's SQLite is older than the tables need."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise StorageError(
            f"SQLite {OLDEST[0]}.{OLDEST[1]} or newer is needed, "
            f"and this Python has {sqlite3.sqlite_version}"
        )


def prepare(path: Path) -> None:
    """Create the file with its tables, or check that this relay may use it.

    Raises:
        StorageError: it is damaged, not a log, or written by a newer relay; or SQLite is too old.
    """
    require_sqlite()
    make_folder(path.parent)
    os.close(_own(path, os.O_CREAT | os.O_RDWR))
    with closing(connect(path, write=True)) as db:
        version = int(db.execute("pragma user_version").fetchone()[0])
        if version > VERSION:
            raise StorageError(f"{path} was written by a newer relay (format {version})")
        if version == 0:
            _create(db, path)


def _create(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("select count(*) from sqlite_master").fetchone()[0]:
        raise StorageError(f"{path} is a database, but not a relay's log")
    db.execute("pragma journal_mode=wal")
    # In one transaction with the version: a crash leaves nothing or everything.
    db.executescript(f"begin immediate; {_TABLES} pragma user_version={VERSION}; commit;")


def _own(path: str | Path, flags: int) -> int:
    """Open a file that nobody but its owner may read."""
    return os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)


def lock(folder: Path) -> BinaryIO:
    """Keep other relays away from the folder for as long as the result stays open.

    Raises:
        StorageError: another relay uses it.
    """
    make_folder(folder)
    holder = open(folder / "relay.lock", "ab", opener=_own)  # noqa: SIM115
    try:
        import fcntl
    except ImportError:  # no advisory locks on this platform
        return holder
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder.close()
        raise StorageError(f"another relay uses {folder}") from None
    return holder


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it is committed and synced, or none of it."""
    db.execute("begin immediate")
    try:
        yield
        db.execute("commit")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("rollback")
        raise


def disk_failed(error: Exception) -> bool:
    """Whether SQLite was told so; a disk that is merely full is no such case."""
    code = getattr(error, "sqlite_errorcode", 0) if isinstance(error, sqlite3.Error) else 0
    return bool(code & 0xFF == sqlite3.SQLITE_IOERR)


def corrupt(error: Exception) -> bool:
    """Whether what lies in the file makes no sense: reading it again would not help."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def settle(db: sqlite3.Connection) -> None:
    """After a failed sync: bring the write-ahead log into the file, and begin it anew.

    The kernel may take pages for clean that it could not write, so that the next sync says yes
    without them. What is to be kept is therefore written once more, to another place.

    Raises:
        StorageError: somebody reads just now; to be tried again.
    """
    busy, *_ = db.execute("pragma wal_checkpoint(truncate)").fetchone()
    if busy:
        raise StorageError("the log is being read")


def short_of_disk(total: int, free: int, size: int, *, low_water: int, kept_back: float) -> bool:
    """Whether so many bytes may not be written, because a part of the disk is kept back.

    The part is `low_water`, on a small disk a twentieth of it: SQLite must always have room to
    finish what it has begun. `kept_back` is the share of it that this write must leave.
    """
    return free - size < min(low_water, total // 20) * kept_back
