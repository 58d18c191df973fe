"""What the screens ask of the store, and what they have it keep."""

from collections.abc import Callable, Sequence

from hookcli.captures.store import Store
from hookcli.tui import loading
from hookcli.tui.acting import work
from hookcli.tui.bridge import Engine
from hookcli.tui.desk import Desk
from hookcli.tui.details import Details
from hookcli.tui.part import Part
from hookcli.tui.rows import Row


class Storing(Part):
    """Part of the application."""

    desk: Desk
    scans: Desk
    engine: Engine
    _deleted: list[list[Row]]

    async def details_of(self, id: str) -> Details | None:  # noqa: A002
        """All that is known of a capture; None when it is gone."""
        return await self.desk.run(lambda store: loading.details(store, id))

    async def older_rows(self, before: int | None, limit: int) -> tuple[list[Row], int | None]:
        """Rows older than `before`, oldest first, and where the next ones begin."""
        rows, mark = await self.desk.run(lambda s: loading.older(s, before, limit, now=self.now))
        return [self.board.flying_row(row) for row in rows], mark

    async def newest_rows(self, limit: int) -> list[Row]:
        """The newest rows, without those that were deleted here."""
        rows, _ = await self.older_rows(None, limit)
        gone = {row.id for rows in self._deleted for row in rows}
        return [row for row in rows if row.id not in gone]

    async def pending_rows(self) -> list[Row]:
        """Rows of captures that an earlier run left undelivered."""
        return await self.desk.run(lambda store: loading.pending(store, now=self.now))

    async def count_earlier(self) -> int:
        """Captures that are in the store and not on the screen."""
        total = await self.count("")
        return max(total - self.board.feed.rows, 0)

    async def count(self, text: str) -> int:
        """How many captures a filter lets through."""
        return await self.scans.run(lambda store: loading.count(store, text, now=self.now))

    async def matching(self, texts: Sequence[str]) -> set[str]:
        """The ids that pass all of these filters."""
        return await self.scans.run(lambda store: loading.matching(store, texts, now=self.now))

    def write(self, change: Callable[[Store], object]) -> None:
        """Change the store; a failure is told in words."""
        work(self, "write", self.desk.run(change))

    def change_row(self, row: Row) -> None:
        """Show a row otherwise."""
        place = self.board.feed.put(row)
        self.main.event_list.row_changed(place)
        self.main.draw_views()

    def delete(self, ids: Sequence[str]) -> None:
        """Take captures off the screen; the store forgets them when the screen is left."""
        self._deleted.append(self.board.feed.remove(ids))

    def undelete(self) -> list[Row]:
        """Bring back what was deleted last."""
        if not self._deleted:
            return []
        rows = self._deleted.pop()
        self.board.feed.restore(rows)
        return rows
