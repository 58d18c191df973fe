"""The tabs of the detail that have to be worked out: Signature and Diff, and going between tabs."""

from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen

from hookcli.tui.acting import latest
from hookcli.tui.details import Details
from hookcli.tui.messages import SheetWanted
from hookcli.tui.rows import Row
from hookcli.tui.sheets import diff_lines, signature_lines

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector
    from hookcli.tui.widgets.detail_pane import DetailPane
    from hookcli.tui.widgets.event_list import EventList

SIGNATURE, DIFF = 4, 5


class TabContents(Screen[None]):
    """Part of the main screen."""

    app: "Inspector"
    detail: "DetailPane"
    event_list: "EventList"
    details: Details | None

    def open_detail(self) -> None:
        """Given by the main screen."""
        raise NotImplementedError

    def fill_sheet(self) -> None:
        """Work out the lines of the tab that is shown, if it is one of these."""
        if self.detail.tab in (SIGNATURE, DIFF) and self.details is not None:
            latest(self, "sheet", work=partial(self._fill, self.details))

    def on_sheet_wanted(self, message: SheetWanted) -> None:
        """Another width."""
        message.stop()
        self.fill_sheet()

    async def _fill(self, details: Details) -> None:
        width = max(self.detail.size.width, 40)
        ascii_only = self.app.setup.ascii_only
        if self.detail.tab == SIGNATURE:
            lines = signature_lines(details, width, ascii_only=ascii_only)
        else:
            other, why = await self._partner(details)
            lines = diff_lines(details, other, why, width, ascii_only=ascii_only)
        if self.details is details:
            self.detail.sheet_lines(lines)

    async def _partner(self, details: Details) -> tuple[Details | None, str]:
        """What to compare with: a marked event, the last of the type that went otherwise, the parent."""
        row = self.app.board.feed.get(details.capture.id)
        if row is None:
            return None, ""
        found = partner(row, list(self.app.board.feed.every()))
        if found is None:
            if row.parent:
                return await self.app.details_of(row.parent), "its original"
            return None, ""
        return await self.app.details_of(found[0].id), found[1]

    def _go(self, tab: int) -> None:
        self.detail.go(tab)
        if not self.detail.display or not self.detail.size.width:
            self.open_detail()
        self.fill_sheet()

    def do_tab_1(self) -> None:
        """Request."""
        self._go(1)

    def do_tab_2(self) -> None:
        """Response."""
        self._go(2)

    def do_tab_3(self) -> None:
        """Attempts."""
        self._go(3)

    def do_tab_4(self) -> None:
        """Signature."""
        self._go(4)

    def do_tab_5(self) -> None:
        """Diff."""
        self._go(5)

    def do_tab_6(self) -> None:
        """Raw."""
        self._go(6)

    def do_tab_before(self) -> None:
        """The tab to the left."""
        self._go(self.detail.tab - 1 or 6)

    def do_tab_after(self) -> None:
        """The tab to the right."""
        self._go(self.detail.tab % 6 + 1)

    def do_diff(self) -> None:
        """The diff, in full."""
        self.detail.tab = DIFF
        self.open_detail()
        self._go(DIFF)


def partner(row: Row, others: list[Row]) -> tuple[Row, str] | None:
    """The event to compare with, and why that one; None when only the parent is left."""
    before = [other for other in reversed(others) if other.id != row.id]
    for other in before:
        if other.marked:
            return other, "marked"
    alike = [other for other in before if (other.source, other.title) == (row.source, row.title)]
    if row.parent:
        return next(((other, "its original") for other in before if other.id == row.parent), None)
    for other in alike:
        if other.outcome is not None and other.failed != row.failed:
            return other, "the last that went otherwise"
    return (alike[0], "the last of this type") if alike else None
