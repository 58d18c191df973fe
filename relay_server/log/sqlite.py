"""The log in one SQLite file: write-ahead log, `synchronous=FULL`, one writer, group commit.

The event loop asks and is told; `writer.py` is the thread that writes, two more threads read pages
for listeners that catch up, and a listener that keeps up reads from memory (`tail.py`).
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from hookcli.wire.messages import Reply
from relay_server.log.base import Done, Draft, Page, Retention, StorageError, Told, Wire
from relay_server.log.large import LargeMessages
from relay_server.log.pages import read_page
from relay_server.log.recent import Recent
from relay_server.log.schema import connect, lock, prepare
from relay_server.log.shelves import Shelf
from relay_server.log.tail import Tail
from relay_server.log.writer import Appended, Job, Writer

T = TypeVar("T")
_log = logging.getLogger("relay")


class SqliteLog:
    """`base.Log` on the file `relay.sqlite` of a folder that no other relay uses meanwhile."""

    def __init__(
        self, folder: Path, *, retention: Retention, low_water: int, tail_bytes: int
    ) -> None:
        self.path = folder / "relay.sqlite"
        self.where = f"in {folder}"
        self.wire: Wire | None = None
        self.taken: Callable[[str, int, str], None] = lambda _, __, ___: None
        self.replied: Callable[[str, Reply], None] = lambda _, __: None
        self.changed: Callable[[str, bytes | None], None] = lambda _, __: None
        self._retention = retention
        self._low_water = low_water
        self._large = LargeMessages(folder / "large")
        self._tail = Tail(tail_bytes)
        self._heads: dict[str, int] = {}
        """As the loop has been told; the writer may be ahead. Nobody may read an event before the
        turn in which its sender's side hears of it."""
        self._given: dict[str, int] = {}
        """The newest `seq` given to any draft, stored or not: none is given twice."""
        self._watchers: dict[str, set[Callable[[], None]]] = {}
        self._recent = Recent()
        self._lock: BinaryIO | None = None
        self._writer: Writer | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._reading = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._unreadable = ""
        """Why the latest read failed; told once, for streams ask again and again."""

    async def open(self) -> None:
        """Lock the folder, open or create the file, and start the threads.

        Raises:
            StorageError: the folder or the file cannot be used.
        """
        await asyncio.to_thread(self._open, asyncio.get_running_loop())

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._lock = lock(self.path.parent)
            prepare(self.path)
            writer = Writer(
                self.path,
                self._large,
                loop,
                retention=self._retention,
                low_water=self._low_water,
                committed=self._committed,
                reloaded=self._reloaded,
            )
            writer.start()
        except (OSError, sqlite3.Error, StorageError) as error:
            if self._lock is not None:
                self._lock.close()
            if isinstance(error, StorageError):
                raise
            raise StorageError(f"{self.path}: {error}") from error
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="relay-log-reader")
        self._writer = writer

    async def close(self) -> None:
        """Write what was asked, and let go of the file."""
        if self._writer is not None:
            await asyncio.to_thread(self._close)

    def _close(self) -> None:
        if self._readers is not None:
            self._readers.shutdown()
        for db in self._connections:
            db.close()
        self._write.stop()
        if self._lock is not None:
            self._lock.close()

    def limit(self, retention: Retention, *, low_water: int, tail_bytes: int) -> None:
        """Keep less or more from now on."""
        self._retention, self._low_water = retention, low_water
        self._tail.limit = tail_bytes
        if self._writer is not None:
            self._writer.limit(retention, low_water)

    @property
    def _write(self) -> Writer:
        if self._writer is None:
            raise RuntimeError("the log is not open")
        return self._writer

    def append(self, draft: Draft, told: Told) -> None:
        """Give the event the next place; `told` hears, on the loop, when it is synced."""
        seq = self._given[draft.endpoint] = self._given.get(draft.endpoint, 0) + 1
        self._write.append(draft, seq, told)

    def record(self, endpoint: str, reply: Reply) -> None:
        """Remember what a sender was told."""
        self._recent.note(endpoint, reply)
        self._write.record(endpoint, reply)

    def look(self, endpoint: str, done: Done) -> None:
        """All is known already."""
        del endpoint
        done(None)

    def head(self, endpoint: str) -> int:
        """The newest durable `seq`."""
        return self._heads.get(endpoint, 0)

    def held(self, endpoint: str) -> tuple[int, int]:
        """Events and bytes."""
        shelf = self._shelf(endpoint)
        return (shelf.count, shelf.size) if shelf else (0, 0)

    def size(self) -> tuple[int | None, int]:
        """Events and bytes of all endpoints."""
        shelves = tuple(self._write.shelves.by_id.values())
        return sum(one.count for one in shelves), sum(one.size for one in shelves)

    def gauges(self) -> Sequence[tuple[str, str, float]]:
        """A file has no more to it than its size."""
        return ()

    def counters(self) -> Sequence[tuple[str, str, float]]:
        """Nothing happens to it that is worth counting."""
        return ()

    def _shelf(self, endpoint: str) -> Shelf | None:
        return self._write.shelves.by_id.get(endpoint)

    def watch(self, endpoint: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after every append, until the result is called."""
        watchers = self._watchers.setdefault(endpoint, set())
        watchers.add(wake)
        self._tail.follow(endpoint, self.head(endpoint))

        def end() -> None:
            watchers.discard(wake)
            if not watchers and self._watchers.get(endpoint) is watchers:
                del self._watchers[endpoint]
                self._tail.forget(endpoint)

        return end

    def _committed(self, batch: Sequence[Appended]) -> None:
        """On the loop: those who wait for more first, as their way on is the longer one."""
        for one in batch:
            self._tail.add(one.endpoint, one.seq, one.message)
            self._heads[one.endpoint] = one.seq
        try:
            for endpoint in {one.endpoint for one in batch}:
                for wake in tuple(self._watchers.get(endpoint, ())):
                    wake()
        finally:
            for one in batch:
                one.told(one.seq)

    def _reloaded(self, heads: dict[str, int]) -> None:
        """On the loop, after the file was opened anew: a failed commit may have stored events."""
        self._heads = heads
        for endpoint, head in heads.items():
            self._given[endpoint] = max(head, self._given.get(endpoint, 0))
        for endpoint, watchers in tuple(self._watchers.items()):
            self._tail.restart(endpoint, self.head(endpoint))
            for wake in tuple(watchers):
                wake()

    def peek(self, endpoint: str, after: int, *, events: int, size: int) -> Page | None:
        """The next events after `after`, if they are in memory."""
        found = self._tail.after(endpoint, after, events=events, size=size)
        return None if found is None else self._recent.onto(endpoint, Page(events=found))

    def read(
        self,
        endpoint: str,
        after: int,
        done: Callable[[Page | StorageError], None],
        *,
        events: int,
        size: int,
    ) -> None:
        """The next events after `after`, from the file."""

        def finish(found: Page | StorageError) -> None:
            done(self._recent.onto(endpoint, found) if isinstance(found, Page) else found)

        self._ask(partial(self._page, endpoint, after, events, size), finish)

    def _page(
        self, endpoint: str, after: int, events: int, size: int, db: sqlite3.Connection
    ) -> Page:
        shelf = self._shelf(endpoint)
        if shelf is None:
            return Page()
        head = self.head(endpoint)
        return read_page(db, self._large, shelf.no, after, head, events=events, size=size)

    def before(self, endpoint: str, since: int, done: Callable[[int | StorageError], None]) -> None:
        """The place in front of the first event received at or after `since`."""

        def find(db: sqlite3.Connection) -> int:
            shelf = self._shelf(endpoint)
            if shelf is None:
                return 0
            sql = "select min(seq) from event indexed by event_seq where endpoint=? and at>=?"
            row = db.execute(sql, (shelf.no, since)).fetchone()
            return int(row[0]) - 1 if row[0] is not None else self.head(endpoint)

        self._ask(find, done)

    async def endpoints(self) -> dict[str, bytes]:
        """Every endpoint's id and document."""
        sql = "select id, document from endpoint where not deleted order by no"
        return await self._call(lambda db: dict(db.execute(sql).fetchall()))

    def put_endpoint(self, endpoint: str, document: bytes, done: Done) -> None:
        """Store a new or changed document."""

        def put(db: sqlite3.Connection) -> Callable[[], object] | None:
            sql = "insert into endpoint (id, document) values (?,?) on conflict (id)"
            db.execute(f"{sql} do update set document=excluded.document", (endpoint, document))
            sql = "select no, deleted from endpoint where id=?"
            no, deleted = db.execute(sql, (endpoint,)).fetchone()
            if deleted:
                raise StorageError("the endpoint was deleted")
            shelves = self._write.shelves
            if endpoint in shelves.by_id:
                return None
            return partial(shelves.add, Shelf(no=no, id=endpoint, stored=0, count=0, size=0))

        self._job(put, done)

    def remove_endpoint(self, endpoint: str, done: Done) -> None:
        """Forget an endpoint; its events are removed in slices."""

        def remove(db: sqlite3.Connection) -> Callable[[], object]:
            db.execute("update endpoint set deleted=1, document=x'' where id=?", (endpoint,))
            return partial(self._write.shelves.remove, endpoint)

        self._job(remove, done)

    async def get_meta(self, key: str) -> str | None:
        """A fact about the whole log."""
        sql = "select value from meta where key=?"
        row = await self._call(lambda db: db.execute(sql, (key,)).fetchone())
        return str(row[0]) if row else None

    async def settle_meta(self, key: str, value: str) -> str:
        """Store a fact about the whole log unless it is there; what holds now."""

        def put(db: sqlite3.Connection) -> None:
            db.execute("insert or ignore into meta (key, value) values (?,?)", (key, value))

        stored: asyncio.Future[StorageError | None] = asyncio.get_running_loop().create_future()
        self._job(put, stored.set_result)
        error = await stored
        if error is not None:
            raise error
        return await self.get_meta(key) or value

    def probe(self, done: Done) -> None:
        """Write and sync a few bytes."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("insert or replace into meta (key, value) values ('probe', '')")

        self._job(write, done, like_an_event=True)

    def _job(
        self,
        run: Callable[[sqlite3.Connection], Callable[[], object] | None],
        done: Done,
        *,
        like_an_event: bool = False,
    ) -> None:
        self._write.submit(Job(run, done, like_an_event))

    async def _call(self, read: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._with_reader, read)

    def _ask(
        self,
        read: Callable[[sqlite3.Connection], T],
        done: Callable[[T | StorageError], None],
    ) -> None:
        """The same for who cannot wait: `done` is called on the loop."""

        def finish(asked: asyncio.Future[T]) -> None:
            if asked.cancelled():
                return
            error = asked.exception()
            if error is None:
                done(asked.result())
            else:
                done(error if isinstance(error, StorageError) else StorageError(str(error)))

        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._readers, self._with_reader, read)
        asked.add_done_callback(finish)

    def _with_reader(self, read: Callable[[sqlite3.Connection], T]) -> T:
        try:
            db: sqlite3.Connection | None = getattr(self._reading, "db", None)
            if db is None:
                db = self._reading.db = connect(self.path, write=False)
                self._connections.append(db)
            try:
                found = read(db)
            except FileNotFoundError:
                found = read(db)  # retention was faster; what it removed is a gap now
            self._unreadable = ""
            return found
        except (sqlite3.Error, OSError) as error:
            if str(error) != self._unreadable:
                self._unreadable = str(error)
                _log.error("the log cannot be read: %s", error)
            broken: Any = self._reading.__dict__.pop("db", None)
            if broken is not None:
                self._connections.remove(broken)
                broken.close()
            raise StorageError(str(error)) from error
