"""Where each endpoint's log stands: numbers that the writer keeps and everyone may read."""

import sqlite3
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The numbers of one endpoint. Only the writer's thread changes them; reading is safe."""

    no: int
    """Its number in the file."""
    id: str
    stored: int
    """The newest durable `seq`."""
    count: int
    """Events held."""
    size: int
    """Bytes of encoded events held."""


class Shelves:
    """Every endpoint's shelf, by id and by number."""

    def __init__(self) -> None:
        self.by_id: dict[str, Shelf] = {}
        self.by_no: dict[int, Shelf] = {}
        self.dead: set[int] = set()
        """Numbers of removed endpoints whose events are still to be removed."""
        self.size = 0
        """Bytes of encoded events that all of them hold."""
        self.holders = 0
        """How many of them hold anything."""

    def load(self, db: sqlite3.Connection) -> None:
        """Read every number from the file."""
        held = {
            no: (count, size, top)
            for no, count, size, top in db.execute(
                "select endpoint, count(*), sum(size), max(seq) from event indexed by event_seq"
                " group by endpoint"
            )
        }
        rows = db.execute("select no, id, purged_to, deleted from endpoint").fetchall()
        self.by_id, self.by_no, self.dead = {}, {}, set()
        self.size = self.holders = 0
        for no, name, purged_to, deleted in rows:
            if deleted:
                self.dead.add(no)
                continue
            count, size, top = held.get(no, (0, 0, 0))
            self.add(Shelf(no=no, id=name, stored=max(top, purged_to), count=count, size=size))

    def add(self, shelf: Shelf) -> None:
        """A new endpoint, or one that is known anew."""
        self.by_id[shelf.id] = self.by_no[shelf.no] = shelf
        self.size += shelf.size
        self.holders += shelf.count > 0

    def changed(self, shelf: Shelf, count: int, size: int) -> None:
        """An endpoint holds so many events and bytes more than before, or less."""
        self.holders += (shelf.count + count > 0) - (shelf.count > 0)
        self.size += size
        shelf.count += count
        shelf.size += size

    def remove(self, endpoint: str) -> None:
        """An endpoint that is no more; its events go later."""
        shelf = self.by_id.pop(endpoint, None)
        if shelf is not None:
            self.changed(shelf, -shelf.count, -shelf.size)
            del self.by_no[shelf.no]
            self.dead.add(shelf.no)
