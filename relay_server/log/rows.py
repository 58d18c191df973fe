"""Events and replies as rows: what is written in one transaction, and where large ones stand."""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec import Struct

from hookcli.wire.messages import Reply
from relay_server.log.base import Told
from relay_server.log.large import LARGE, LargeMessages
from relay_server.log.shelves import Shelf

_INSERT = "insert into event (endpoint, seq, at, clock, size, file, offset, message) values "


class Coded(Struct, frozen=True):
    """One event, ready to be written."""

    shelf: Shelf
    seq: int
    at: int
    """Received, µs since the Unix epoch."""
    message: bytes
    told: Told


def insert_events(
    db: sqlite3.Connection, large: LargeMessages, coded: Sequence[Coded], clock: int
) -> list[int]:
    """Write events, large ones beside the database; the files that rows now point into.

    Several rows a statement: the interpreter lock is given up and taken once for all of them.
    """
    places = iter(large.write(one.message for one in coded if len(one.message) >= LARGE))
    rows: list[tuple[object, ...]] = []
    files = []
    for one in coded:
        size = len(one.message)
        row = (one.shelf.no, one.seq, one.at, clock, size)
        if size >= LARGE:
            file, offset = next(places)
            files.append(file)
            rows.append((*row, file, offset, None))
        else:
            rows.append((*row, None, None, one.message))
    at = 0
    while at < len(rows):
        # Powers of two: few different statements, so that each is compiled once.
        count = 1 << ((len(rows) - at).bit_length() - 1)
        values = chain.from_iterable(rows[at : at + count])
        db.execute(_INSERT + ",".join(["(?,?,?,?,?,?,?,?)"] * count), tuple(values))
        at += count
    return files


def insert_replies(db: sqlite3.Connection, replies: Iterable[tuple[Shelf, Reply]]) -> None:
    """Write what senders were told."""
    db.executemany(
        "insert or replace into reply (endpoint, seq, status, by, ms) values (?,?,?,?,?)",
        [(shelf.no, it.seq, it.status, it.by, it.ms) for shelf, it in replies],
    )


def saved_clock(db: sqlite3.Connection) -> int:
    """The log's own clock, as far as the file knows it."""
    saved = db.execute("select value from meta where key='clock'").fetchone()
    newest = db.execute("select clock from event order by place desc limit 1").fetchone()
    return max(int(saved[0]) if saved else 0, int(newest[0]) if newest else 0)
