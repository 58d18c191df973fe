"""A log in a file as somebody reads it who takes it elsewhere; nothing of it is changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relay_server.log.base import Page, StorageError
from relay_server.log.check import FILE, LARGE
from relay_server.log.large import LargeMessages
from relay_server.log.pages import read_page
from relay_server.log.schema import VERSION, connect, lock, require_sqlite
from relay_server.log.shelves import Shelf, Shelves


@dataclass(frozen=True, slots=True)
class Kept:
    """One endpoint in the file."""

    shelf: Shelf
    document: bytes


class FileLog:
    """An open file that no relay uses meanwhile."""

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        self._db = db
        self._large = LargeMessages(folder / LARGE)

    def endpoints(self) -> list[Kept]:
        """Every endpoint, in order of creation."""
        shelves = Shelves()
        shelves.load(self._db)
        documents = dict(self._db.execute("select id, document from endpoint where not deleted"))
        return [Kept(one, documents[one.id]) for _, one in sorted(shelves.by_no.items())]

    def fact(self, key: str) -> str | None:
        """A fact about the whole log."""
        row = self._db.execute("select value from meta where key=?", (key,)).fetchone()
        return str(row[0]) if row else None

    def page(self, shelf: Shelf, after: int, *, events: int, size: int) -> Page:
        """The next events of an endpoint, with gaps and replies."""
        return read_page(
            self._db, self._large, shelf.no, after, shelf.stored, events=events, size=size
        )


@contextmanager
def opened(folder: Path) -> Iterator[FileLog]:
    """The log in a folder, kept from relays while it is open.

    Raises:
        StorageError: there is none, a relay uses it, or this version cannot read it.
    """
    require_sqlite()
    path = folder / FILE
    if not path.is_file():
        raise StorageError(f"{path}: there is no such file")
    holder = lock(folder)
    try:
        db = connect(path, write=False)
        try:
            version = int(db.execute("pragma user_version").fetchone()[0])
            if version != VERSION:
                raise StorageError(f"{path} is not of format {VERSION} but {version}")
            yield FileLog(folder, db)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error
    finally:
        holder.close()
