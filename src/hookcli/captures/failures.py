"""What SQLite and the file system refuse, told as failures of the capture store."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hookcli.errors import StoreError

_PRIMARY = 0xFF
"""The bits of an extended result code that name its kind."""

_REFUSED = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
"""Results by which the disk says no, and the closest error of the operating system."""


@contextmanager
def failing(path: Path) -> Iterator[None]:
    """Raise what goes wrong inside as StoreError, caused by an OSError where the disk is at fault.

    A misuse of the database is a bug and stays what it is.
    """
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) is None:
            raise
        raise told(error, path) from _cause(error, path)
    except OSError as error:
        raise StoreError(f"cannot use the capture store {path}: {_reason(error)}") from error


def told(error: sqlite3.Error, path: Path) -> StoreError:
    """The failure in words."""
    kind = error.sqlite_errorcode & _PRIMARY
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path)
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"another program keeps the capture store {path} locked",
            hint="end what holds it, then again",
        )
    if kind == sqlite3.SQLITE_FULL:
        return StoreError(f"cannot write captures: no space left on {path.parent}")
    return StoreError(f"cannot use the capture store {path}: {error}")


def _cause(error: sqlite3.Error, path: Path) -> Exception:
    """The operating system's side of a failure, where the disk is at fault."""
    number = _REFUSED.get(error.sqlite_errorcode & _PRIMARY)
    if number is None:
        return error
    refused = OSError(number, os.strerror(number), str(path))
    refused.__cause__ = error
    return refused


def old_sqlite(oldest: tuple[int, int]) -> StoreError:
    """The interpreter was built with an SQLite that lacks what the store uses."""
    return StoreError(
        f"captures need SQLite {oldest[0]}.{oldest[1]} or newer, "
        f"and this Python has {sqlite3.sqlite_version}",
        hint="install hookcli with another Python",
    )


def damaged(path: Path) -> StoreError:
    """The file is a capture store, and what is in it makes no sense."""
    return StoreError(
        f"the capture store {path} is damaged",
        why=("what the relay still keeps can be captured again: hookcli listen --since 7d",),
        hint=f"mv {path} {path}.damaged",
    )


def foreign(path: Path) -> StoreError:
    """Somebody else's file."""
    return StoreError(
        f"{path} is not a capture store of hookcli; nothing was changed", hint="--store FILE"
    )


def newer(path: Path, version: int, known: int) -> StoreError:
    """The file is laid out by a version to come."""
    return StoreError(
        f"the capture store {path} was written by a newer hookcli",
        why=(f"its format is {version}; this one knows {known}; nothing was changed",),
        hint="pip install -U hookcli",
    )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
