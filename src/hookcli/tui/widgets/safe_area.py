"""A TextArea that shows no control character of what is edited, and colours JSON by itself.

No `language`: the grammars that would be loaded end some processes with a segmentation fault.
"""

from rich.text import Text
from textual.strip import Strip
from textual.widgets import TextArea

from hookcli.captures.display import display_text
from hookcli.tui.highlight import json_pieces
from hookcli.tui.paint import signed, width_of
from hookcli.tui.widgets.styled import Styled


def one_to_one(text: str) -> str:
    """Each character as exactly one that a terminal does not obey, so that columns stay right."""
    if display_text(text) == text:
        return text
    return "".join(map(_safe, text))


def _safe(char: str) -> str:
    if char == "\t" or display_text(char) == char:
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


class SafeArea(Styled, TextArea):
    """The editor's text."""

    def __init__(
        self,
        *,
        json: bool = False,
        id: str | None = None,  # noqa: A002
        numbers: bool = True,
        wrap: bool = False,
    ) -> None:
        super().__init__(id=id, show_line_numbers=numbers, soft_wrap=wrap, tab_behavior="focus")
        self.json = json

    def render_line(self, y: int) -> Strip:
        """What is longer than there is room is signed where it goes on."""
        strip = super().render_line(y)
        number, left = y + self.scroll_offset.y, self.scroll_offset.x
        if self.soft_wrap or number >= self.document.line_count:
            return strip
        gutter, width = self.gutter_width, self.scrollable_content_region.width
        cells = width_of(one_to_one(self.document.get_line(number).expandtabs(self.indent_width)))
        text = signed(
            strip.crop(gutter, width), before=0 < left < cells, after=left + width - gutter < cells
        )
        return Strip.join([strip.crop(0, gutter), text, strip.crop(width)])

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn."""
        text = one_to_one(self.document.get_line(line_index))
        if not self.json or len(text) > 4096:
            return Text(text, end="", no_wrap=True)
        line = Text("", end="", no_wrap=True)
        for piece in json_pieces(text):
            line.append(piece.text, self.role(piece.role) if piece.role else None)
        return line
