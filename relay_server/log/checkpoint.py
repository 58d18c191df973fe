"""Moving committed pages from the write-ahead log into the file, beside the writer."""

import contextlib
import os
import sqlite3
import threading
from pathlib import Path

from relay_server.log.schema import WAL_KEPT, connect

_STEP = 16 << 20
"""Bytes of write-ahead log after which the background copies what there is."""
_NEARLY = 1 << 20
"""Bytes behind which the writer may finish: copying them takes a few milliseconds."""
_UNSEEN = 16
"""Commits, or MiB, after which its size is looked at again: asking costs as much as a small insert."""
_MOST = 256 << 20
"""Bytes of write-ahead log at which the writer finishes at any cost, and senders wait."""


class Checkpointer:
    """A thread with a connection of its own; copying and syncing the file holds up no commit.

    The write-ahead log starts over only once all of it is in the file, and against somebody who
    writes without a pause the background is always a little behind. So it copies until little is
    left, and that the writer does itself, between two commits.

    A small event changes several pages, so what counts is the size of the write-ahead log itself. When it
    starts over SQLite cuts it to `WAL_KEPT`; how much of that is in use is not seen.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wal = f"{path}-wal"
        self._size = 0
        """Of the write-ahead log, in bytes."""
        self._unseen = 0.0
        """Commits or MiB since it was looked at, whichever are more."""
        self._copied = WAL_KEPT
        """Up to where it is surely in the file, or need not be yet."""
        self._nearly = False
        """The background has copied all but a little."""
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

    def look(self, written: int) -> None:
        """From the writer, after a commit of so many bytes: has the write-ahead log become large?"""
        self._unseen += max(1.0, written / (1 << 20))
        # Where it is to be decided what the writer copies itself, an old size would mislead.
        if self._unseen < _UNSEEN and not self._nearly and self._size < _MOST:
            return
        self._unseen = 0.0
        before = self._size
        self._size = self._now()
        if self._size < before:
            self._copied, self._nearly = WAL_KEPT, False
        if self._size - self._copied >= _STEP:
            self._news.set()

    @property
    def due(self) -> bool:
        """Whether the writer should finish now."""
        if self._size >= _MOST:
            return True
        return self._nearly and self._size - self._copied <= _NEARLY and not self._running.locked()

    def finish(self, db: sqlite3.Connection) -> None:
        """From the writer, between two commits: copy what the background has not.

        Where a reader still needs old pages, the write-ahead log goes on, and this is tried again
        after another step.
        """
        with self._running:
            db.execute("pragma wal_checkpoint(passive)")
        self._copied, self._nearly = self._size, False

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
                until = self._now()
                with self._running:
                    db.execute("pragma wal_checkpoint(passive)")
                self._copied = until
                before, behind = behind, self._now() - until
                if behind <= _NEARLY or behind > before // 2:
                    self._nearly = True
                    return
        finally:
            db.close()

    def _now(self) -> int:
        try:
            return os.stat(self._wal).st_size
        except OSError:
            return 0
