"""Moving committed pages from the write-ahead log into the file, beside the thread that commits."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable

_COPY = "PRAGMA wal_checkpoint(PASSIVE)"

_STEP = 32 << 20
"""Bytes committed after which the background copies what there is: pages that were written several
times meanwhile are copied once, and two syncs do for some thousand events."""

_ROUNDS = 8
"""The log starts over only when all of it is copied, and meanwhile more is committed: then again."""

_LONG = 6144
"""Pages of log at which the thread that commits copies the rest itself, and nothing more comes in."""


class Checkpointer:
    """A thread with a connection of its own: copying and syncing the file holds up no commit."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._written = 0
        """Bytes committed, ever; only the committing thread changes it."""
        self._asked = 0
        self._news = threading.Event()
        self._stopping = False
        self._rest_is_yours = False
        """The log is long and nearly copied; the background leaves it to who commits."""
        self._thread: threading.Thread | None = None

    def wrote(self, db: sqlite3.Connection, size: int) -> None:
        """About so many bytes were committed; the thread begins with the first that are worth one."""
        self._written += size
        if self._rest_is_yours:
            with contextlib.suppress(sqlite3.Error):  # what was committed stays committed
                db.execute(_COPY)
            self._rest_is_yours = False
        if self._written - self._asked < _STEP:
            return
        self._asked = self._written
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="hookcli-checkpoint", daemon=True
            )
            self._thread.start()
        self._news.set()

    def stop(self) -> None:
        """End after what is under way; blocks."""
        self._stopping = True
        self._news.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        # What is wrong with the file shows in the thread that commits, which tells it.
        with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(self._connect()) as db:
            while self._news.wait() and not self._stopping:
                self._news.clear()
                if not self._rest_is_yours:
                    self._copy(db)

    def _copy(self, db: sqlite3.Connection) -> None:
        for _ in range(_ROUNDS):
            before = self._written
            busy, pages, copied = db.execute(_COPY).fetchone()
            caught_up = pages == copied and self._written == before
            if busy or caught_up or self._stopping:
                return
            if pages > _LONG:
                self._rest_is_yours = True
                return
