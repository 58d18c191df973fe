"""What our line-drawing widgets share: roles as styles, lines of pieces, clicks on pieces."""

from collections.abc import Sequence

from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from hookcli.tui.acting import Acting
from hookcli.tui.messages import Clicked
from hookcli.tui.paint import Line, at, strip_of
from hookcli.tui.widgets.styled import Styled


def with_selection(widget: Widget, strip: Strip, row: int) -> Strip:
    """The row with what the mouse selected of it laid over; Textual leaves that to such widgets."""
    selection = widget.text_selection
    span = selection.get_span(row) if selection is not None else None
    if span is None:
        return strip
    start, end = span
    end = strip.cell_length if end < 0 else min(end, strip.cell_length)
    style = widget.screen.get_component_rich_style("screen--selection")
    chosen = [
        segment._replace(style=segment.style + style if segment.style else style)
        for segment in strip.crop(start, end)
    ]
    return Strip.join([strip.crop(0, start), Strip(chosen), strip.crop(end, strip.cell_length)])


class PaintedLines(Acting, Styled, Widget):
    """A few lines of pieces, drawn as they are given; as high as they are many."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()

    @property
    def lines(self) -> Sequence[Line]:
        """What is drawn."""
        return self._lines

    @property
    def text(self) -> str:
        """What is drawn, without its roles."""
        return "\n".join("".join(piece.text for piece in line) for line in self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Draw these lines; nothing happens when they are the same as before."""
        if lines == self._lines:
            return
        height_changed = len(lines) != len(self._lines)
        self._lines = lines
        self.refresh(layout=height_changed)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as lines."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line, cut or filled to the width."""
        gutter = self.styles.gutter
        width = self.size.width + gutter.width
        line = self._lines[y - gutter.top] if 0 <= y - gutter.top < len(self._lines) else ()
        return strip_of(line, width, self.role)

    def render_lines(self, crop):  # type: ignore[no-untyped-def]
        """Bypass the box model: these widgets have neither border nor padding."""
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def on_click(self, event: events.Click) -> None:
        """Run what the piece under the pointer stands for."""
        if 0 <= event.y < len(self._lines):
            piece = at(self._lines[event.y], event.x)
            if piece is not None and piece.action:
                event.stop()
                self.post_message(Clicked(piece.action))
