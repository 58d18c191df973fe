"""Lines that scroll, with a cursor over those that can be chosen."""

from collections.abc import Sequence

from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from hookcli.tui.acting import Acting
from hookcli.tui.actions import bindings
from hookcli.tui.messages import Clicked
from hookcli.tui.paint import Line, Piece, at, fit, strip_of
from hookcli.tui.widgets.painted import with_selection
from hookcli.tui.widgets.styled import Styled


class LinesView(Acting, Styled, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows painted lines; j and k move over `choices` when there are some, else they scroll."""

    BINDINGS = bindings("detail")  # type: ignore[assignment]
    HELP = "Lines to read."

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self.lines: Sequence[Line] = ()
        self.choices: Sequence[int] = ()
        """Lines the cursor can be on."""
        self.choice = 0
        self.here = -1
        """A line that stands out, although none can be chosen."""

    def show(
        self, lines: Sequence[Line], choices: Sequence[int] = (), *, keep: bool = False
    ) -> None:
        """Show other lines; `keep` leaves cursor and scrolling where they are."""
        self.lines, self.choices, self.here = lines, choices, self.here if keep else -1
        self.choice = min(self.choice, max(len(choices) - 1, 0)) if keep else 0
        self.virtual_size = Size(self.room, len(lines))
        if not keep:
            self.scroll_to(y=0, animate=False, force=True)
        self.refresh()

    @property
    def room(self) -> int:
        """Cells of a line: the last column is the scroll bar's, whether it shows or not."""
        return max(self.size.width - 1, 0)

    @property
    def text(self) -> str:
        """What is shown, without its roles."""
        return "\n".join("".join(piece.text for piece in line) for line in self.lines)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the scroll bar right."""
        del event
        self.virtual_size = Size(self.room, len(self.lines))

    def render_line(self, y: int) -> Strip:
        """One line."""
        number = y + self.scroll_offset.y
        width = self.size.width
        line = self.lines[number] if number < len(self.lines) else ()
        chosen = number == (self.choices[self.choice] if self.choices else self.here)
        if chosen and line:
            line = (Piece(">" if self.ascii_only else "▌", "accent"), *_without_first(line))
        over = ("cursor" if self.has_focus else "away") if chosen else ""
        strip = strip_of(fit(line, self.room), width, self.role, over)
        return with_selection(self, strip, number).apply_offsets(0, number)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text under a selection."""
        return selection.extract(self.text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        del selection
        self.refresh()

    def _move(self, by: int) -> None:
        if not self.choices:
            self.scroll_to(y=self.scroll_offset.y + by, animate=False, force=True)
            return
        self.choice = min(max(self.choice + by, 0), len(self.choices) - 1)
        line = self.choices[self.choice]
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if not top <= line < top + height:
            target = line if line < top else line - height + 1
            self.scroll_to(y=target, animate=False, force=True)
        self.refresh()
        self.chosen()

    def point(self, line: int) -> None:
        """Let a line stand out, in sight."""
        self.here = line
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if not top <= line < top + height - 1:
            self.scroll_to(y=max(line - height // 3, 0), animate=False, force=True)
        self.refresh()

    def chosen(self) -> None:
        """Another line was chosen; for those who show something about it."""

    def on_click(self, event: events.Click) -> None:
        """Choose, or run what the piece stands for."""
        number = event.y + self.scroll_offset.y
        if number in self.choices:
            self._move(list(self.choices).index(number) - self.choice)
        if number < len(self.lines):
            piece = at(self.lines[number], event.x)
            if piece is not None and piece.action:
                self.post_message(Clicked(piece.action))

    def on_focus(self) -> None:
        """The cursor looks different."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor looks different."""
        self.refresh()

    # Actions

    def do_line_down(self) -> None:
        """A line down."""
        self._move(1)

    def do_line_up(self) -> None:
        """A line up."""
        self._move(-1)

    def do_top(self) -> None:
        """The first line."""
        self._move(-len(self.lines))

    def do_bottom(self) -> None:
        """The last line."""
        self._move(len(self.lines))

    def do_body_half_down(self) -> None:
        """Half a page down."""
        self._move(max(self.size.height // 2, 1))

    def do_body_half_up(self) -> None:
        """Half a page up."""
        self._move(-max(self.size.height // 2, 1))

    def do_body_page_down(self) -> None:
        """A page down."""
        self._move(max(self.size.height - 1, 1))

    def do_body_page_up(self) -> None:
        """A page up."""
        self._move(-max(self.size.height - 1, 1))

    def scroll_by_rows(self, rows: int) -> None:
        """Scroll without the focus, from the other pane."""
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, force=True)


def _without_first(line: Line) -> Line:
    """The line without its first cell, which the cursor takes."""
    first, *rest = line
    return (first._replace(text=first.text[1:]), *rest)
