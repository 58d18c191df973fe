"""A one-line input that looks like part of the line it is in."""

from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from hookcli.captures.display import display_text
from hookcli.tui.acting import Acting
from hookcli.tui.paint import signed, width_of


class Bar(Acting, Input):
    """An Input without a frame; `esc` is told to the parent."""

    BINDINGS = [  # noqa: RUF012 - Textual reads it from the class
        Binding("escape", "leave", "clear", show=False, id="bar-leave", tooltip="Give up."),
    ]

    @dataclass
    class Left(Message):
        """Escape was pressed."""

        bar: "Bar"

    def action_leave(self) -> None:
        """Tell the parent."""
        self.post_message(self.Left(self))

    def render_line(self, y: int) -> Strip:
        """What is longer than the bar is signed where it goes on."""
        room = self.scrollable_content_region.width
        left = self.scroll_offset.x
        after = left + room < width_of(self.value)
        return signed(super().render_line(y).crop(0, room), before=left > 0, after=after)

    def take(self, event: events.Key) -> bool:
        """Type a key that arrived before the focus did; whether it is one that is typed."""
        if self.has_focus or not event.is_printable or event.character is None:
            return False
        event.stop()
        self.insert_text_at_cursor(event.character)
        return True

    def _on_paste(self, event: events.Paste) -> None:
        """The first line of what is pasted, with nothing in it that the terminal would obey."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(display_text(event.text.split("\n")[0].rstrip("\r")))

    def put(self, text: str) -> None:
        """Set the text from elsewhere: what strangers named must not reach the terminal as it is."""
        self.value = display_text(text)
        self.cursor_position = len(self.value)
