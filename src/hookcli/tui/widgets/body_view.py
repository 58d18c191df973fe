"""The keys of a body: moving over its rows, folding, the three views, going from hit to hit."""

from textual import events

from hookcli.tui import bodies
from hookcli.tui.actions import bindings
from hookcli.tui.messages import BodyMoved
from hookcli.tui.pretty import CLOSER, DEPTH
from hookcli.tui.widgets.body_lines import BodyLines

_SIDEWAYS = 8


class BodyView(BodyLines, inherit_bindings=False):
    """What the keys of the table do to a body."""

    BINDINGS = bindings("body") + bindings("detail")  # type: ignore[assignment]
    HELP = "The event in full."

    def _by_rows(self, rows: int) -> None:
        """Move over rows: folded lines are none, a wrapped line is several."""
        if not self.total:
            return
        row = self._lines.row_of(self.cursor) + rows
        line, part = self._lines.at(row)
        if rows == 1 and part and line == self.cursor:
            line, part = self._lines.at(row + self._height(line) - part)
        self._to(line)

    def on_focus(self) -> None:
        """The cursor shows."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor hides."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there; on a fold mark it folds."""
        row = event.y + self.scroll_offset.y
        if row < self._lines.rows:
            line, _ = self._lines.at(row)
            self._to(line)
            depth = self._lines.line(line)[0] & DEPTH
            if depth and event.x in range(self._gutter, self._gutter + 2 * depth):
                self.do_toggle_fold()

    # Actions

    def do_line_down(self) -> None:
        """A line down."""
        self._by_rows(1)

    def do_line_up(self) -> None:
        """A line up."""
        self._by_rows(-1)

    def do_top(self) -> None:
        """The first line."""
        self._to(0)

    def do_bottom(self) -> None:
        """The last line that is there."""
        self._by_rows(self._lines.rows)

    def do_body_half_down(self) -> None:
        """Half a page down."""
        self._by_rows(max(self.size.height // 2, 1))

    def do_body_half_up(self) -> None:
        """Half a page up."""
        self._by_rows(-max(self.size.height // 2, 1))

    def do_body_page_down(self) -> None:
        """A page down."""
        self._page(1)

    def do_body_page_up(self) -> None:
        """A page up."""
        self._page(-1)

    def _page(self, direction: int) -> None:
        step = direction * max(self.size.height - 1, 1)
        self.scroll_to(y=self.scroll_offset.y + step, animate=False, force=True)
        self._by_rows(step)

    def scroll_by_rows(self, rows: int) -> None:
        """Scroll without the focus, from the other pane."""
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, force=True)

    def do_toggle_fold(self) -> None:
        """Fold or unfold what begins here; on a closing bracket, its container."""
        line = self._foldable()
        if line is not None and self._lines.toggle(line):
            self._resize()
            self._to(line)
            self.refresh()

    def _foldable(self) -> int | None:
        if not self.total:
            return None
        flags = self._lines.line(self.cursor)[0]
        if flags & CLOSER:
            return self._lines.parent_of_closer(self.cursor)
        return self.cursor if self._lines.fold_end(self.cursor) is not None else None

    def do_fold(self) -> None:
        """Fold this container, or the one around it; where nothing folds, scroll left."""
        if self._left:
            self._sideways(-_SIDEWAYS)
            return
        line = self._foldable()
        if line is None or self._lines.folded(line):
            line = self._lines.parent(self.cursor) if self.total else None
        if line is not None and not self._lines.folded(line):
            self.cursor = line
            self.do_toggle_fold()

    def do_unfold(self) -> None:
        """Unfold; where nothing is folded, scroll right."""
        if self.total and self._lines.folded(self.cursor):
            self.do_toggle_fold()
        elif not self.wrapping:
            self._sideways(_SIDEWAYS)

    def _sideways(self, by: int) -> None:
        """No further than something is to be seen."""
        furthest = -(-self._overhang() // _SIDEWAYS) * _SIDEWAYS
        self._left = max(min(self._left + by, max(furthest, self._left + min(by, 0))), 0)
        self.refresh()

    def do_mode(self) -> None:
        """The next of pretty, raw, hex."""
        modes = bodies.MODES
        self.set_mode(modes[(modes.index(self.mode) + 1) % len(modes)])

    def do_wrap(self) -> None:
        """Wrap long lines, or do not."""
        self.wrapping = not self.wrapping
        self._left = 0
        self._wrap()
        self._resize()
        self._in_sight()
        self.refresh()
        self.post_message(BodyMoved())

    def do_next_hit(self) -> None:
        """The next hit."""
        if self.hits:
            self._to_hit((self.hit + 1) % len(self.hits))

    def do_previous_hit(self) -> None:
        """The hit before."""
        if self.hits:
            self._to_hit((self.hit - 1) % len(self.hits))
