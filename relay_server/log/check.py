"""Is a log whole? Every event is read and its digest computed again; a running relay is not disturbed."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hookcli.wire import codec
from hookcli.wire.messages import Event
from relay_server.log.base import StorageError
from relay_server.log.large import LargeMessages
from relay_server.log.schema import VERSION, require_sqlite

FILE, LARGE = "relay.sqlite", "large"
_MOST_DAMAGES = 100
"""Pages of one database that are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Something that is not as it was written."""

    where: str
    """`endpoint ep_…, seq 12`, `relay.sqlite`."""
    what: str


@dataclass(slots=True)
class Checked:
    """How far the check is."""

    events: int = 0
    bytes: int = 0
    endpoints: int = 0
    of_events: int = 0
    """How many there are."""


def check(folder: Path, told: Callable[[Checked], None] = lambda _: None) -> Iterator[Damage]:
    """Everything that is wrong, as it is found; `told` hears how far it is after each event.

    Raises:
        StorageError: there is no log in the folder, or it cannot be opened at all.
    """
    require_sqlite()
    path = folder / FILE
    if not path.is_file():
        raise StorageError(f"{path}: there is no such file")
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{_alone(path)}", uri=True)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error
    with closing(db):
        _open(db, path)
        yield from _to_the_end("looking at its pages", _pages(db))
        events = _events(db, LargeMessages(folder / LARGE), told)
        yield from _to_the_end("reading its events", events)


def _to_the_end(doing: str, damages: Iterator[Damage]) -> Iterator[Damage]:
    try:
        yield from damages
    except sqlite3.Error as error:
        yield Damage(where=FILE, what=f"{doing} stopped: {error}")


def _alone(path: Path) -> str:
    """On a read-only disk SQLite cannot make its shared memory, and needs none: nobody writes."""
    if not os.statvfs(path).f_flag & os.ST_RDONLY:
        return ""
    wal = path.with_name(f"{path.name}-wal")
    if wal.is_file() and wal.stat().st_size:
        raise StorageError(
            f"{path}: the disk is read-only, and {wal.name} holds what is not in it yet; "
            "copy the folder to where it may be written, and check the copy"
        )
    return "&immutable=1"


def _open(db: sqlite3.Connection, path: Path) -> None:
    try:
        db.execute("pragma query_only=1")
        version = int(db.execute("pragma user_version").fetchone()[0])
        tables = {name for (name,) in db.execute("select name from sqlite_master")}
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error
    if version > VERSION:
        raise StorageError(f"{path} was written by a newer relay (format {version})")
    if not {"endpoint", "event", "meta"} <= tables:
        raise StorageError(f"{path} is not a relay's log")


def _pages(db: sqlite3.Connection) -> Iterator[Damage]:
    for (text,) in db.execute(f"pragma integrity_check({_MOST_DAMAGES})"):
        if text != "ok":
            yield Damage(where=FILE, what=" ".join(str(text).split()))


def _events(
    db: sqlite3.Connection, large: LargeMessages, told: Callable[[Checked], None]
) -> Iterator[Damage]:
    names = dict(db.execute("select no, id from endpoint"))
    (count,) = db.execute("select count(*) from event").fetchone()
    sofar = Checked(endpoints=len(names), of_events=count)
    before: tuple[int, int] | None = None
    # Places are in an index, so that a page of events that is lost ends nothing.
    for no, seq, place in db.execute(
        "select endpoint, seq, place from event order by endpoint, seq"
    ):
        where = f"endpoint {names.get(no, no)}, seq {seq}"
        if no not in names:
            yield Damage(where=where, what="it belongs to no endpoint")
        if before == (no, seq):
            yield Damage(where=where, what="two events have this place")
        before = (no, seq)
        size, message = _message(db, large, place)
        fault = _fault(seq, size, message)
        if fault:
            yield Damage(where=where, what=fault)
        sofar.events, sofar.bytes = sofar.events + 1, sofar.bytes + size
        told(sofar)


def _message(db: sqlite3.Connection, large: LargeMessages, place: int) -> tuple[int, bytes | str]:
    """The size and the message stored at a place, or why there is none."""
    try:
        row = db.execute(
            "select size, file, offset, message from event where place = ?", (place,)
        ).fetchone()
    except sqlite3.Error as error:
        return 0, f"it cannot be read: {error}"
    if row is None:
        return 0, "it is missing"
    return row[0], _content(large, *row)


def _content(
    large: LargeMessages, size: int, file: int | None, offset: int | None, message: bytes | None
) -> bytes | str:
    if message is not None:
        return bytes(message)
    if file is None or offset is None:
        return "its message is missing"
    try:
        return large.read(file, offset, size)
    except OSError as error:
        return f"its message cannot be read: {error}"


def _fault(seq: int, size: int, message: bytes | str) -> str:
    if isinstance(message, str):
        return message
    if len(message) != size:
        return f"its message has {len(message)} bytes instead of {size}"
    try:
        event = codec.decode_relay(message)
    except codec.WireError as error:
        return str(error)
    if not isinstance(event, Event) or event.seq != seq:
        return "another message stands there"
    return ""
