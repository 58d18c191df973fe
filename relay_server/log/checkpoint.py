"""Moving committed pages from the write-ahead log into the file, beside the writer."""

import contextlib
import sqlite3
import threading
from pathlib import Path

from relay_server.log.schema import connect

_STEP = 8 << 20
"""Bytes written after which the background copies what there is."""
_NEARLY = 1 << 20
"""Bytes behind which the writer may finish: copying them takes a few milliseconds."""
_MOST = 256 << 20
"""Bytes of write-ahead log at which the writer finishes at any cost, and senders wait."""


class Checkpointer:
    """A thread with a connection of its own; copying and syncing the file holds up no commit.

    The write-ahead log starts over only once all of it is in the file, and against somebody who
    writes without a pause the background is always a little behind. So it copies until little is
    left, and that the writer does itself, between two commits.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        """Bytes committed, ever."""
        self._from = 0
        """Where in them the write-ahead log began."""
        self._copied = 0
        """Up to where they are surely in the file."""
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
        self._written += size
        if self._written - self._copied >= _STEP:
            self._news.set()

    @property
    def due(self) -> bool:
        """Whether the writer should finish now."""
        if self._written - self._from >= _MOST:
            return True
        nearly = self._copied > self._from and self._written - self._copied <= _NEARLY
        return nearly and not self._running.locked()

    def finish(self, db: sqlite3.Connection) -> None:
        """From the writer, between two commits: copy what the background has not."""
        with self._running:
            busy, pages, done = db.execute("pragma wal_checkpoint(passive)").fetchone()
        self._copied = self._written
        # A reader may still need old pages: then this is tried again after another step.
        if not busy and pages == done:
            self._from = self._written

    def _run(self) -> None:
        while True:
            self._news.wait()
            self._news.clear()
            if self._stopping:
                return
            # A broken disk shows in the writer, which tells everybody.
            with contextlib.suppress(sqlite3.Error):
                self._copy()

    def _copy(self) -> None:
        db = connect(self._path, write=True)
        try:
            behind = 1 << 62
            while not self._stopping:
                until = self._written
                with self._running:
                    db.execute("pragma wal_checkpoint(passive)")
                self._copied = until
                before, behind = behind, self._written - until
                if behind <= _NEARLY or behind > before // 2:
                    return
        finally:
            db.close()
