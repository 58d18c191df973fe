"""Moving committed pages from the write-ahead log into the file, beside the writer."""

import contextlib
import sqlite3
import threading
from pathlib import Path

from relay_server.log.schema import connect

_BEGIN = 16 << 20
"""Bytes written after which a checkpoint begins in the background."""
_OVERDUE = 64 << 20
"""Bytes after which the writer completes it itself: only then can the write-ahead log start over,
since somebody who writes without a pause is always a little ahead of the background."""


class Checkpointer:
    """A thread with a connection of its own; copying and syncing the file holds up no commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._running = threading.Lock()
        self._news = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="relay-log-checkpoint", daemon=True)

    def start(self) -> None:
        """Begin to wait for work."""
        self._thread.start()

    def stop(self) -> None:
        """End after the current checkpoint; blocks."""
        self._stopping = True
        self._news.set()
        self._thread.join()

    def wrote(self, size: int) -> None:
        """From the writer: so many bytes were committed."""
        before, self._written = self._written, self._written + size
        if before // _BEGIN != self._written // _BEGIN:
            self._news.set()

    @property
    def overdue(self) -> bool:
        """Whether the writer has to complete the checkpoint."""
        return self._written >= _OVERDUE

    def finish(self, db: sqlite3.Connection) -> None:
        """From the writer, between two commits: copy what the background has not."""
        with self._running:
            busy, pages, done = db.execute("pragma wal_checkpoint(passive)").fetchone()
        # A reader may still need old pages; then this is tried again after as much again.
        self._written = 0 if not busy and pages == done else _BEGIN

    def _run(self) -> None:
        while True:
            self._news.wait()
            self._news.clear()
            if self._stopping:
                return
            # A broken disk shows in the writer, which tells everybody.
            with contextlib.suppress(sqlite3.Error), self._running:
                db = connect(self._path, write=True)
                try:
                    db.execute("pragma wal_checkpoint(passive)")
                finally:
                    db.close()
