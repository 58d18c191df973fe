"""Large events beside the database, in files that are only ever appended to and then deleted.

SQLite writes a row twice, in pages: measured, a megabyte costs it ten times what a file does. The
row of a large event says where its message stands; it is committed after the file is synced, so
what no row points to (a crash between the two) is nobody's, and goes with its file.
"""

import contextlib
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from relay_server.log.folders import make_folder, sync_folder

LARGE = 32 << 10
"""Messages from here on, in bytes, stand in files."""
_FILE = 64 << 20
"""A file that has grown to this is followed by another."""

_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class CutError(OSError):
    """A file is shorter than what a row says of it."""


class LargeMessages:
    """The files of one log. Written and deleted by the writer's thread, read by any."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._no = 0
        self._fd = -1
        self._size = 0
        self._live: Counter[int] = Counter()
        """How many rows point into each file."""
        self._left: set[int] = set()
        """Files that were followed by another when no row pointed into them yet, or any more."""

    def open(self, db: sqlite3.Connection) -> None:
        """Learn what the rows point to, and delete what they do not."""
        make_folder(self._folder)
        self._live = Counter(
            dict(
                db.execute(
                    "select file, count(*) from event indexed by event_file"
                    " where file is not null group by file"
                )
            )
        )
        self._left.clear()
        self.close()
        # A number that rows know is never given anew, not even when its file is gone.
        self._no = max(self._no, *self._live, 0)
        for path in self._folder.glob("*.events"):
            no = int(path.stem) if path.stem.isdecimal() else 0
            self._no = max(self._no, no)
            if no not in self._live:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Write no more into the current file."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def write(self, messages: Iterable[bytes]) -> list[tuple[int, int]]:
        """Append and sync; the file's number and the place in it of each message.

        Raises:
            OSError: nothing is promised of what was written.
        """
        places = []
        try:
            for message in messages:
                if self._fd < 0 or self._size >= _FILE:
                    self._next()
                places.append((self._no, self._size))
                rest = memoryview(message)
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
                self._size += len(message)
            if places:
                _sync(self._fd)
        except OSError:
            # Where the file ends now is unsure.
            self.close()
            raise
        return places

    def _next(self) -> None:
        if self._fd >= 0:
            _sync(self._fd)
            self.close()
            if self._live[self._no] <= 0:
                self._left.add(self._no)
        self._no += 1
        self._size = 0
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
        self._fd = os.open(self._path(self._no), flags, 0o600)
        sync_folder(self._folder)

    def kept(self, files: Iterable[int]) -> None:
        """Rows that point into these files were committed."""
        self._live.update(files)
        left, self._left = self._left, set()
        self._drop(left)

    def freed(self, files: Iterable[int]) -> None:
        """Rows that pointed into these files are gone; empty files go too."""
        freed = Counter(files)
        self._live.subtract(freed)
        self._drop(freed)

    def _drop(self, files: Iterable[int]) -> None:
        for no in files:
            if self._live[no] <= 0 and (no != self._no or self._fd < 0):
                del self._live[no]
                with contextlib.suppress(OSError):
                    self._path(no).unlink()

    def read(self, no: int, at: int, size: int) -> bytes:
        """One message; from any thread.

        Raises:
            OSError: it cannot be read, or was deleted meanwhile.
        """
        fd = os.open(self._path(no), os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            message = os.pread(fd, size, at)
        finally:
            os.close(fd)
        if len(message) != size:
            raise CutError(f"{self._path(no)} ends too early")
        return message

    def _path(self, no: int) -> Path:
        return self._folder / f"{no}.events"
