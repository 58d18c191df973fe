"""All rows in order and the ones the filter lets through; counts kept as rows change. No drawing."""

from collections.abc import Callable, Iterable, Sequence

from hookcli.captures.model import SignatureState
from hookcli.tui.rows import Item, Row, Separator

Test = Callable[[Row], bool]
Key = Callable[[Row], object]


class Feed:
    """The list's model. Positions are stable while rows are added at either end."""

    def __init__(self) -> None:
        self._all: list[Item] = []
        self._number: dict[str, int] = {}
        """Row id to its running number; the first item's is `_first`."""
        self._first = 0
        self._told: dict[tuple[str, str], dict[str, str | set[str]]] = {}
        """By endpoint and source: rows by the provider's own id of what they tell, one or several."""
        self._shown: list[Item] | None = None
        self._place: dict[str, int] = {}
        self._test: Test | None = None
        self._key: Key | None = None
        self._waiting: dict[str, int] = {}
        """Rows that wait for the program, and when they came."""
        self._received: dict[str, int] = {}
        """Endpoint to how many rows came to it."""
        self.reverse = False
        self.failed = self.bad_signatures = self.marked = self.rows = 0

    @property
    def items(self) -> Sequence[Item]:
        """What is shown, top to bottom."""
        return self._all if self._shown is None else self._shown

    @property
    def filtered(self) -> bool:
        """Whether something keeps rows out or in another order."""
        return self._shown is not None

    def __len__(self) -> int:
        return len(self.items)

    def get(self, id: str) -> Row | None:  # noqa: A002
        """The row of a capture, shown or not."""
        number = self._number.get(id)
        found = None if number is None else self._all[number - self._first]
        return found if isinstance(found, Row) else None

    def place(self, id: str) -> int | None:  # noqa: A002
        """Where the row is shown."""
        if self._shown is not None:
            return self._place.get(id)
        number = self._number.get(id)
        return None if number is None else number - self._first

    def every(self) -> Iterable[Row]:
        """All rows, shown or not, oldest first."""
        return (item for item in self._all if isinstance(item, Row))

    def received(self, endpoint: str) -> int:
        """How many rows came to an endpoint."""
        return self._received.get(endpoint, 0)

    @property
    def oldest_waiting(self) -> int | None:
        """When the first of those came that wait for the program, in µs since the epoch."""
        return min(self._waiting.values(), default=None)

    def among(self, ids: set[str]) -> int:
        """How many of these captures have a row."""
        return len(ids & self._number.keys())

    def repeats(self, row: Row) -> Row | None:
        """The first row that told the same, if it came before this one."""
        ids = self._tellers(row).get(row.provider_id) if row.provider_id else None
        if not isinstance(ids, set) or len(ids) < 2:
            return None
        first = min(ids, key=self._number.__getitem__)
        return None if first == row.id else self.get(first)

    # Changes

    def append(self, items: Iterable[Item]) -> int:
        """Add at the end; ids that are known replace their row. How many lines were added."""
        before = len(self.items)
        for item in items:
            if isinstance(item, Row):
                if item.id in self._number:
                    self.put(item)
                    continue
                self._number[item.id] = self._first + len(self._all)
                self._count(item, 1)
            self._all.append(item)
            self._show(item)
        return len(self.items) - before

    def prepend(self, items: Sequence[Item]) -> int:
        """Add older ones at the beginning; how many lines were added there."""
        fresh = [item for item in items if not isinstance(item, Row) or item.id not in self._number]
        self._first -= len(fresh)
        for offset, item in enumerate(fresh):
            if isinstance(item, Row):
                self._number[item.id] = self._first + offset
                self._count(item, 1)
        self._all[:0] = fresh
        if self._shown is None:
            return len(fresh)
        before = len(self._shown)
        self._refilter()
        return len(self.items) - before

    def put(self, row: Row) -> int | None:
        """Replace a row; the place where it is shown, None when it is not."""
        number = self._number.get(row.id)
        if number is None:
            return None
        old = self._all[number - self._first]
        self._all[number - self._first] = row
        if isinstance(old, Row):
            self._count(old, -1)
        self._count(row, 1)
        if self._shown is None:
            return number - self._first
        place = self._place.get(row.id)
        if place is None:
            self._show(row)
            return self._place.get(row.id)
        self._shown[place] = row
        return place

    def remove(self, ids: Iterable[str]) -> list[Row]:
        """Take rows out; what they were."""
        gone = set(ids)
        removed = [row for row in self.every() if row.id in gone]
        for row in removed:
            self._count(row, -1)
        self._reset([i for i in self._all if not isinstance(i, Row) or i.id not in gone])
        return removed

    def restore(self, rows: Iterable[Row]) -> None:
        """Put removed rows back where they were received."""
        back = [row for row in rows if row.id not in self._number]
        for row in back:
            self._count(row, 1)
        self._reset(sorted([*self._all, *back], key=lambda item: item.at))

    def _reset(self, items: list[Item]) -> None:
        self._all, self._first = items, 0
        self._number = {i.id: n for n, i in enumerate(items) if isinstance(i, Row)}
        if self._shown is not None:
            self._refilter()

    def select(self, test: Test | None, key: Key | None = None, *, reverse: bool = False) -> None:
        """Show only rows that pass, in this order; None shows all as they came."""
        self._test, self._key, self.reverse = test, key, reverse
        if test is None and key is None:
            self._shown = None
            self._place = {}
        else:
            self._refilter()

    # Inside

    def _refilter(self) -> None:
        test = self._test
        rows = [row for row in self.every() if test is None or test(row)]
        if self._key is not None:
            rows.sort(key=self._key, reverse=self.reverse)  # type: ignore[arg-type]
        self._shown = list(rows)
        self._place = {row.id: place for place, row in enumerate(rows)}

    def _show(self, item: Item) -> None:
        if self._shown is None or isinstance(item, Separator):
            return
        if self._test is None or self._test(item):
            self._place[item.id] = len(self._shown)
            self._shown.append(item)

    def _count(self, row: Row, by: int) -> None:
        self.rows += by
        self._received[row.endpoint] = self._received.get(row.endpoint, 0) + by
        if row.provider_id:
            self._tell(row, by)
        if by > 0 and row.waiting:
            self._waiting[row.id] = row.at
        else:
            self._waiting.pop(row.id, None)
        self.failed += by * row.failed
        self.bad_signatures += by * (row.sig is SignatureState.BAD)
        self.marked += by * row.marked

    def _tell(self, row: Row, by: int) -> None:
        """A row tells something, or does no more."""
        told = self._tellers(row)
        ids = told.setdefault(row.provider_id, row.id)
        if isinstance(ids, str) and ids != row.id:
            ids = told[row.provider_id] = {ids}
        if isinstance(ids, set):
            (ids.add if by > 0 else ids.discard)(row.id)
        elif by < 0:
            del told[row.provider_id]

    def _tellers(self, row: Row) -> dict[str, str | set[str]]:
        return self._told.setdefault((row.endpoint, row.source), {})
