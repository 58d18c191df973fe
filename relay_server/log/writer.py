"""The one thread that writes: everything that gathered since its last commit goes into the next.

A failed commit fails everything in it and closes the connection; the next batch opens it again,
so the log goes on by itself when the disk does.
"""

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msgspec import Struct

from hookcli.wire.messages import Reply
from relay_server.log.base import Draft, Retention, StorageError, Told
from relay_server.log.checkpoint import Checkpointer
from relay_server.log.coding import encode
from relay_server.log.large import LargeMessages
from relay_server.log.retention import Retainer
from relay_server.log.room import Room
from relay_server.log.rows import Coded, insert_events, insert_replies, saved_clock
from relay_server.log.schema import connect, disk_failed, settle, short_of_disk, transaction
from relay_server.log.shelves import Shelf, Shelves

_log = logging.getLogger("relay")
_BATCH_EVENTS = 256
_BATCH_BYTES = 8 << 20
_SMALL = 128 << 10
_REPLIES_WAIT_S = 0.1
"""Replies need no sync of their own: they wait this long for events to be committed with."""
_REPLIES_KEPT = 65_536
"""While nothing can be written, older replies give way."""
_TICK_S = 0.5
_RETRY_S = 0.05
"""A broken disk is asked this often whether it is whole again."""
_CLOCK_EVERY_S = 60


class Appended(Struct, frozen=True):
    """One durable event on its way back to the event loop."""

    endpoint: str
    seq: int
    message: bytes
    told: Told

    def __repr__(self) -> str:
        """Which it is, and nothing of what the sender said."""
        return f"Appended({self.endpoint!r}, {self.seq})"


class _Append(Struct, frozen=True):
    draft: Draft
    seq: int
    message: bytes | None
    told: Told

    def __repr__(self) -> str:
        """Which it is, and nothing of what the sender said."""
        return f"_Append({self.draft!r}, {self.seq})"


@dataclass(frozen=True, slots=True)
class Job:
    """Something else to write, in its own transaction; `done` hears None or the error."""

    run: Callable[[sqlite3.Connection], Callable[[], object] | None]
    """What it returns is called once the transaction is committed, on the writer's thread."""
    done: Callable[[StorageError | None], None]
    like_an_event: bool
    """Whether it needs as much free disk as an event; the rest may use what is kept back."""


class Writer:
    """Takes appends, replies and jobs from the event loop; commits them; reports back to it."""

    def __init__(
        self,
        path: Path,
        large: LargeMessages,
        loop: asyncio.AbstractEventLoop,
        *,
        retention: Retention,
        low_water: int,
        committed: Callable[[Sequence[Appended]], None],
        reloaded: Callable[[dict[str, int]], None],
    ) -> None:
        self.shelves = Shelves()
        self._path = path
        self._loop = loop
        self._low_water = low_water
        self._committed, self._reloaded = committed, reloaded
        self._large = large
        self._retainer = Retainer(retention, self.shelves, large)
        self._checkpointer = Checkpointer(path)
        self._queue: deque[_Append | Job] = deque()
        self._replies: deque[tuple[str, Reply]] = deque(maxlen=_REPLIES_KEPT)
        self._news = threading.Event()
        self._calling = self._stopping = False
        self._db: sqlite3.Connection | None = None
        self._broken: tuple[float, str] | None = None
        """Until when (monotonic) nothing is tried, and what happened."""
        self._doubtful = False
        """The disk has failed: what the file seems to hold may never have been written."""
        self._clock_base: int | None = None
        self._clock_saved = 0
        self._opened = time.monotonic()
        self._room = Room(path.parent)
        self._written = 0
        """Bytes of events since the checkpointer has looked."""
        self._thread = threading.Thread(target=self._run, name="relay-log-writer", daemon=True)

    def start(self) -> None:
        """Open the file and begin to write.

        Raises:
            StorageError: the file cannot be opened.
        """
        try:
            self._connect()
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: {error}") from error
        self._checkpointer.start()
        self._thread.start()

    def stop(self) -> None:
        """Write what was asked, then end; blocks."""
        self._stopping = True
        self._news.set()
        self._thread.join()
        self._checkpointer.stop()

    def limit(self, retention: Retention, low_water: int) -> None:
        """From the event loop; what is too much now goes soon."""
        self._low_water = low_water
        self._retainer.limit(retention)
        self._news.set()

    def append(self, draft: Draft, seq: int, told: Told) -> None:
        """From the event loop.

        Small events are encoded here: hashing gives the interpreter lock up, and getting it back
        costs the writer more than the work. A large one would hold the loop up.
        """
        message = encode(draft, seq) if len(draft.body) <= _SMALL else None
        self._queue.append(_Append(draft, seq, message, told))
        if not self._calling:
            # What else this turn of the loop brings goes into the same commit.
            self._calling = True
            self._loop.call_soon(self._call)

    def _call(self) -> None:
        self._calling = False
        self._news.set()

    def record(self, endpoint: str, reply: Reply) -> None:
        """From the event loop; nobody waits for it, so nobody is woken for it."""
        self._replies.append((endpoint, reply))

    def submit(self, job: Job) -> None:
        """From the event loop."""
        self._queue.append(job)
        self._news.set()

    def clock(self) -> int:
        """Seconds that the log has been open in its whole life."""
        return (self._clock_base or 0) + int(time.monotonic() - self._opened)

    # -- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            woken = self._news.wait(_REPLIES_WAIT_S if self._replies else _TICK_S)
            self._news.clear()
            self._drain()
            if not woken:
                self._flush_replies()
            if self._stopping and not self._queue:
                break
        self._flush_replies()
        self._close()

    def _drain(self) -> None:
        """Everything that waits, and a slice of retention after each batch; more if that lags."""
        tidy = True
        while self._queue or tidy:
            batch = self._take()
            if batch:
                self._commit(batch)
            elif self._queue and isinstance(job := self._queue[0], Job):
                self._queue.popleft()
                self._do(job)
            tidy = self._tidy() and not self._stopping
            while tidy and self._retainer.lags:
                tidy = self._tidy()

    def _take(self) -> list[_Append]:
        batch: list[_Append] = []
        size = 0
        while self._queue and len(batch) < _BATCH_EVENTS and size < _BATCH_BYTES:
            entry = self._queue[0]
            if isinstance(entry, Job):
                break
            self._queue.popleft()
            if entry.draft.endpoint not in self.shelves.by_id:
                self._tell(partial(entry.told, StorageError("the endpoint was deleted")))
                continue
            batch.append(entry)
            size += len(entry.draft.body)
        return batch

    def _commit(self, batch: Sequence[_Append]) -> None:
        try:
            coded = [self._coded(entry) for entry in batch]
            size = sum(len(one.message) for one in coded)
            db = self._ready(size)
            replies = self._take_replies()
            with self._restored(replies), transaction(db):
                files = insert_events(db, self._large, coded, self.clock())
                insert_replies(db, self._with_shelves(replies))
        except Exception as error:
            # Whatever it was, it must not stop the only thread that writes.
            reason = self._fail(error)
            self._tell(partial(_refuse, batch, reason))
            return
        if self._broken is not None:
            self._broken = None
            _log.info("the log can be written again")
        self._account(coded)
        self._large.kept(files)
        done = [Appended(one.shelf.id, one.seq, one.message, one.told) for one in coded]
        self._tell(lambda: self._committed(done))

    @contextlib.contextmanager
    def _restored(self, replies: Sequence[tuple[str, Reply]]) -> Iterator[None]:
        """Put the replies back in front when they could not be written."""
        try:
            yield
        except BaseException:
            self._replies.extendleft(reversed(replies))
            raise

    def _coded(self, entry: _Append) -> Coded:
        shelf = self.shelves.by_id[entry.draft.endpoint]
        message = entry.message or encode(entry.draft, entry.seq)
        return Coded(shelf, entry.seq, entry.draft.received_at, message, entry.told)

    def _take_replies(self) -> list[tuple[str, Reply]]:
        return [self._replies.popleft() for _ in range(len(self._replies))]

    def _with_shelves(self, replies: Iterable[tuple[str, Reply]]) -> Iterator[tuple[Shelf, Reply]]:
        for endpoint, reply in replies:
            shelf = self.shelves.by_id.get(endpoint)
            if shelf is not None:
                yield shelf, reply

    def _flush_replies(self) -> None:
        replies = self._take_replies()
        if not replies:
            return
        try:
            with self._restored(replies):
                db = self._ready(0, kept_back=0.5)
                with transaction(db):
                    insert_replies(db, self._with_shelves(replies))
        except Exception as error:
            self._fail(error)

    def _account(self, coded: Sequence[Coded]) -> None:
        for one in coded:
            one.shelf.stored = one.seq
            self.shelves.changed(one.shelf, 1, len(one.message))
            self._written += len(one.message)
            self._retainer.note(one.shelf)

    def _do(self, job: Job) -> None:
        try:
            db = self._ready(0, kept_back=1.0 if job.like_an_event else 0.5)
            with transaction(db):
                committed = job.run(db)
        except Exception as error:
            self._tell(partial(job.done, self._fail(error)))
            return
        if committed is not None:
            committed()
        self._tell(partial(job.done, None))

    def _tidy(self) -> bool:
        """One slice of retention and of checkpointing; True when there may be more."""
        clock = self.clock()
        try:
            if self._db is None:
                return False
            if clock >= self._clock_saved + _CLOCK_EVERY_S:
                self._save_clock(self._db, clock)
            written, self._written = self._written, 0
            self._checkpointer.look(written)
            if self._checkpointer.due:
                self._checkpointer.finish(self._db)
            return self._retainer.due(clock) and self._retainer.step(self._db, clock)
        except Exception as error:
            self._fail(error)
            return False

    # -- the connection -----------------------------------------------------------------------

    def _ready(self, size: int, *, kept_back: float = 1.0) -> sqlite3.Connection:
        """The connection, if the disk has room for so many bytes beside the part kept back."""
        if self._db is None and self._broken and time.monotonic() < self._broken[0]:
            raise StorageError(self._broken[1])
        db = self._db or self._connect()
        total, free = self._room.left(size)
        if short_of_disk(total, free, size, low_water=self._low_water, kept_back=kept_back):
            self._room.look_again()
            total, free = self._room.left(size)
            # Pages of removed events are as good as free space.
            pages = int(db.execute("pragma freelist_count").fetchone()[0])
            free += pages * int(db.execute("pragma page_size").fetchone()[0])
            if short_of_disk(total, free, size, low_water=self._low_water, kept_back=kept_back):
                raise StorageError(f"the disk is nearly full: {free >> 20} MiB are left")
        return db

    def _connect(self) -> sqlite3.Connection:
        db = connect(self._path, write=True)
        try:
            if self._doubtful:
                settle(db)
                self._doubtful = False
            self.shelves.load(db)
            self._large.open(db)
            for shelf in self.shelves.by_no.values():
                self._retainer.note(shelf)
            if self._clock_base is None:
                self._clock_base = self._clock_saved = saved_clock(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        heads = {shelf.id: shelf.stored for shelf in self.shelves.by_no.values()}
        self._tell(partial(self._reloaded, heads))
        return db

    def _fail(self, error: Exception) -> StorageError:
        """Give the connection up: what a failed write or sync has left behind is not trusted."""
        if isinstance(error, StorageError):
            return error  # refused before anything was tried
        if self._broken is None:
            _log.error("the log cannot be written: %s", error)
        self._broken = (time.monotonic() + _RETRY_S, str(error))
        self._doubtful |= disk_failed(error)
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()
        return StorageError(str(error))

    def _save_clock(self, db: sqlite3.Connection, clock: int) -> None:
        db.execute("insert or replace into meta values ('clock', ?)", (str(clock),))
        self._clock_saved = clock

    def _close(self) -> None:
        db, self._db = self._db, None
        self._large.close()
        if db is None:
            return
        with contextlib.suppress(sqlite3.Error):
            self._save_clock(db, self.clock())
        with contextlib.suppress(sqlite3.Error):
            db.execute("pragma wal_checkpoint(truncate)")
        with contextlib.suppress(sqlite3.Error):
            db.close()

    def _tell(self, what: Callable[[], object]) -> None:
        # The loop is gone only when the whole process is being torn down.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what)


def _refuse(batch: Sequence[_Append], reason: StorageError) -> None:
    for entry in batch:
        entry.told(reason)
