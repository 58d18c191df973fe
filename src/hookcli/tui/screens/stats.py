"""Counts, failures and latency of what is listed, over a window of time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.screen import Screen

from hookcli.tui import stats
from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.actions import bindings
from hookcli.tui.footer import footer
from hookcli.tui.messages import Clicked
from hookcli.tui.paint import Line, Piece, spread
from hookcli.tui.rows import Row
from hookcli.tui.widgets.lines_view import LinesView
from hookcli.tui.widgets.painted import PaintedLines

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector


class StatsScreen(Acting, Screen[str | None], inherit_bindings=False):
    """The result is a filter for the list."""

    BINDINGS = bindings("stats") + bindings("full")  # type: ignore[assignment]
    app: "Inspector"

    def __init__(self) -> None:
        super().__init__()
        self.window = "all"
        self.by = "type"
        self._groups: list[stats.Group] = []

    def compose(self) -> ComposeResult:
        """Title, totals, table, keys."""
        self.head = PaintedLines(id="header")
        self.totals = PaintedLines(id="stats-totals")
        self.view = LinesView(ascii_only=self.app.setup.ascii_only, id="stats-table")
        self.foot = PaintedLines(id="footer")
        yield self.head
        yield self.totals
        yield self.view
        yield self.foot

    def on_mount(self) -> None:
        """Draw now and every two seconds."""
        focus_now(self.view)
        self.draw()
        self.set_interval(2.0, self.draw)

    def on_resize(self) -> None:
        """Other widths."""
        self.draw()

    def places(self) -> tuple[str, ...]:
        """Where one is here, in the words of the table."""
        return ("stats", "full", "any")

    def draw(self) -> None:
        """Reckon and show."""
        width, ascii_only = self.app.size.width, self.app.setup.ascii_only
        rows = [item for item in self.app.board.feed.items if isinstance(item, Row)]
        found = stats.reckon(rows, now=self.app.now, window_s=stats.WINDOWS[self.window], by=self.by,
                             slots=max(min(width - 18, 100), 10), repeats=self.app.board.feed.repeats)  # fmt: skip
        self._groups = list(found.groups)
        what = self.app.main.typed or "everything"
        windows = tuple(
            Piece(text, role, f"act:window-{number}")
            for number, name in enumerate(stats.WINDOWS, 1)
            for text, role in (
                (f"  {number}", "key"),
                (" ", ""),
                (name, "title" if name == self.window else "dim"),
            )
        )
        self.head.show([spread((Piece(" Stats   ", "strong"), Piece(what)), windows, width)])
        self.totals.show(
            [
                (),
                *stats.head_lines(
                    found, width, through=sorted(self.app.board.through_ms), ascii_only=ascii_only
                ),
            ]
        )
        lines, choices = stats.table(found, self.by, width - 1, ascii_only=ascii_only)
        self.view.show([*lines, *self._foot(rows)], choices, keep=True)
        self.foot.show(
            [footer(("stats", "full", "any"), width, self.app.setup.keys, ascii_only=ascii_only)]
        )

    def _foot(self, rows: Sequence[Row]) -> list[Line]:
        app = self.app
        try:
            size = app.setup.store.stat().st_size
        except OSError:
            size = 0
        oldest = min((row.at for row in rows), default=app.now)
        return stats.foot_lines(app.board.link, len(rows), size, oldest, app.now)

    def on_clicked(self, message: Clicked) -> None:
        """A window was clicked."""
        self.action_act(message.action.partition(":")[2])

    def _over(self, number: int) -> None:
        self.window = list(stats.WINDOWS)[number - 1]
        self.draw()

    def do_window_1(self) -> None:
        """The last hour."""
        self._over(1)

    def do_window_2(self) -> None:
        """Six hours."""
        self._over(2)

    def do_window_3(self) -> None:
        """A day."""
        self._over(3)

    def do_window_4(self) -> None:
        """Everything."""
        self._over(4)

    def do_stats_by(self) -> None:
        """The next way to count."""
        names = list(stats.BY)
        self.by = names[(names.index(self.by) + 1) % len(names)]
        self.draw()

    def do_stats_filter(self) -> None:
        """List what the row counts."""
        if self._groups:
            _ = self.dismiss(stats.filter_for(self.by, self._groups[self.view.choice].name))

    def do_stats_down(self) -> None:
        """The next row."""
        self.view.do_line_down()

    def do_stats_up(self) -> None:
        """The row before."""
        self.view.do_line_up()

    def do_close(self) -> None:
        """Back."""
        _ = self.dismiss(None)

    def do_back(self) -> None:
        """Back."""
        _ = self.dismiss(None)
