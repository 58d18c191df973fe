"""The tabs of the detail that have to be worked out: Signature and Diff, and going between tabs."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen

from hookcli.tui import words
from hookcli.tui.acting import latest
from hookcli.tui.details import IGNORED, Details
from hookcli.tui.messages import SheetWanted
from hookcli.tui.rows import Row
from hookcli.tui.widgets.detail_pane import DIFF, SIGNATURE

if TYPE_CHECKING:
    from hookcli.signatures.explaining import Explanation
    from hookcli.tui.compared import Comparison
    from hookcli.tui.inspector import Inspector
    from hookcli.tui.widgets.detail_pane import DetailPane
    from hookcli.tui.widgets.event_list import EventList


class TabContents(Screen[None]):
    """Part of the main screen."""

    app: "Inspector"
    detail: "DetailPane"
    event_list: "EventList"
    details: Details | None
    zoomed: bool
    showing: str
    open_detail: Callable[[], None]
    zoom_detail: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self.explained: tuple[Details, Explanation | None] | None = None
        self.comparison: Comparison | None = None
        self.ignored: tuple[str, ...] = ()
        """Paths that were ignored here."""
        self.form = "values"
        """How the diff is shown: by value, as text, or whole bodies."""
        self._drawn = ""
        """The capture whose diff is shown."""

    @property
    def ignoring(self) -> tuple[str, ...]:
        """The paths whose differences do not count."""
        return (*IGNORED, *self.ignored)

    def fill_sheet(self) -> None:
        """Work out the lines of the tab that is shown, if it is one of these."""
        if self.detail.tab in (SIGNATURE, DIFF) and self.details is not None:
            latest(self, "sheet", work=partial(self._fill, self.details, self.detail.tab))

    def on_sheet_wanted(self, message: SheetWanted) -> None:
        """Another width."""
        message.stop()
        self.fill_sheet()

    async def _fill(self, details: Details, tab: int) -> None:
        if tab == SIGNATURE:
            await self._fill_signature(details)
        else:
            await self._fill_diff(details)

    async def _fill_signature(self, details: Details) -> None:
        from hookcli.tui.sheets import signature_lines

        fresh = self.explained is None or self.explained[0].capture.id != details.capture.id
        if self.explained is None or self.explained[0] is not details:
            found = await asyncio.to_thread(self.app.explain, details)
            self.explained = (details, found)
        if self.details is details and self.explained is not None:
            width = self._width
            ascii_only = self.app.setup.ascii_only
            lines = signature_lines(details, self.explained[1], width, ascii_only=ascii_only)
            self.detail.signature.show(lines, keep=not fresh)

    async def _fill_diff(self, details: Details) -> None:
        from hookcli.tui.compared import Comparison, diff_sheet, nothing

        other, why = await self._partner(details)
        width, view = self._width, self.detail.diff
        self.comparison = None
        if other is None:
            sheet = nothing(width)
        else:
            self.comparison = Comparison(
                this=details, other=other, why=why, ignore=self.ignoring,
                form=self.form,
            )  # fmt: skip
            ascii_only = self.app.setup.ascii_only
            sheet = await asyncio.to_thread(
                diff_sheet, self.comparison, width, ascii_only=ascii_only
            )
        if self.details is details:
            # Read again, the same capture's details are others: the place in it stays.
            fresh = self._drawn != details.capture.id
            self._drawn = details.capture.id
            view.show(sheet.lines, keep=not fresh)
            view.stop = -1 if fresh else view.stop
            view.mark(sheet.stops, sheet.wheres)

    @property
    def _width(self) -> int:
        """How wide the sheet is, or will be as soon as it is laid out."""
        if self.showing == "detail":
            return self.app.size.width - 1
        return max(self.detail.size.width - 1, 40)

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
        """The diff, on the whole screen: two events stand beside each other there."""
        self.detail.tab = DIFF
        self.open_detail()
        self.zoom_detail()
        self._go(DIFF)

    # The diff

    def do_diff_ignore(self) -> None:
        """Ignore the path that is pointed at."""
        where = self.detail.diff.where
        if not where:
            self.app.say("n goes to a difference; i then ignores its path")
            return
        self.ignored = (*self.ignored, where)
        self.app.say(f"ignored from now on: {where}")
        self.fill_sheet()

    def do_diff_text(self) -> None:
        """As text, or by value."""
        self._show_as("text")

    def do_diff_bodies(self) -> None:
        """The whole bodies beside each other, or by value."""
        self._show_as("bodies")

    def _show_as(self, form: str) -> None:
        self.form = "values" if self.form == form else form
        self._drawn = ""
        self.fill_sheet()

    def do_diff_copy(self) -> None:
        """What is shown, as text."""
        if self.comparison is not None:
            self.app.copy(self.detail.diff.text, "the differences")

    def do_diff_write(self) -> None:
        """A unified diff, into a file."""
        if self.comparison is None:
            self.app.say("nothing to compare with")
            return
        from hookcli.tui.compared import unified_text

        text = unified_text(self.comparison)
        path = self.app.setup.exports / f"{words.short(self.comparison.this.capture.id)}.diff"
        self.app.ask("write to", str(path), lambda name: self.app.write_text(name, text))

    # The signature

    def do_signature_copy(self) -> None:
        """Exactly what is signed."""
        found = self.explained[1] if self.explained else None
        if found is None or found.message is None:
            self.app.say("there is nothing that is known to be signed")
        else:
            self.app.copy(found.message.decode("utf-8", "surrogateescape"), "what is signed")

    def do_signature_page(self) -> None:
        """The provider's page on signing."""
        found = self.explained[1] if self.explained else None
        if found is None or not found.page:
            self.app.say("no page is known")
        else:
            self.app.copy(found.page, found.page)


def partner(row: Row, others: list[Row]) -> tuple[Row, str] | None:
    """The event to compare with, and why that one; None when only the parent is left."""
    place = next((at for at, other in enumerate(others) if other.id == row.id), len(others))
    # What came before it, the last first; then what came after. New events change nothing of that.
    before = [*reversed(others[:place]), *others[place + 1 :]]
    for other in before:
        if other.marked:
            return other, "the marked event"
    alike = [other for other in before if (other.source, other.title) == (row.source, row.title)]
    if row.parent:
        return next(((other, "its original") for other in before if other.id == row.parent), None)
    for other in alike:
        if other.outcome is not None and other.failed != row.failed:
            return other, "the last that went otherwise"
    return (alike[0], "the last of this type") if alike else None
