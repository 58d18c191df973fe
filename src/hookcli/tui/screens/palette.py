"""A list that typing narrows, each line with the command line that does the same: actions, samples."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.paint import Line, Piece, left, right, spread
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.painted import PaintedLines

MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line."""

    id: str
    title: str
    note: str = ""
    """At the right: its keys, or what is to be known before it is taken."""
    words: str = ""
    """Found by these as well."""
    command: str = ""
    """The command line that does the same; empty where none does."""


def ranked(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """Entries that have all the words; those with all of them in the title come first."""
    wanted = typed.lower().split()
    found = [
        entry for entry in entries
        if all(word in f"{entry.title} {entry.id} {entry.words}".lower() for word in wanted)
    ]  # fmt: skip
    return sorted(found, key=lambda entry: not all(word in entry.title.lower() for word in wanted))


class Palette(Acting, ModalScreen[str | None]):
    """The result is the entry that was taken, or `copy:` with a command line to copy."""

    def __init__(self, entries: Sequence[Entry], *, asks: str, none: str, take: str,
                 ascii_only: bool) -> None:  # fmt: skip
        """Take what to offer.

        Args:
            asks: Stands in the empty search line.
            none: Said when nothing has the words that were typed.
            take: What `enter` does, as a verb.
        """
        super().__init__()
        self._entries, self._asks, self._none, self._take = entries, asks, none, take
        self._ascii = ascii_only
        self.found: list[Entry] = list(entries)
        self.place = 0

    def compose(self) -> ComposeResult:
        """Search line, entries, command line."""
        with Vertical(classes="box"):
            self.input = Bar(id="palette-search", placeholder=self._asks)
            self.list = PaintedLines(id="palette-list")
            yield self.input
            yield self.list

    def on_mount(self) -> None:
        """Draw."""
        focus_now(self.input)
        self._draw()

    @property
    def chosen(self) -> Entry | None:
        """The entry the bar is on."""
        return self.found[self.place] if self.found else None

    def _draw(self) -> None:
        width = max(min(78, self.app.size.width - 6), 40)
        room = max(min(MOST, self.app.size.height - 9), 4)
        first = max(0, min(self.place - room // 2, len(self.found) - room))
        lines: list[Line] = []
        for number, entry in enumerate(self.found[first : first + room], first):
            here = number == self.place
            bar = (">" if self._ascii else "▌") if here else " "
            lines.append((Piece(bar, "accent"), Piece(left(entry.title, width - 18), "strong" if here else ""),
                          Piece(right(entry.note, 14), "key")))  # fmt: skip
        if not self.found:
            lines.append((Piece(f"  {self._none}", "dim"),))
        dash = "-" if self._ascii else "─"
        lines.append((Piece(dash * width, "dim"),))
        lines.append(self._command_line(width))
        lines.append(
            (Piece(f" up/down choose  enter {self._take}  tab complete  esc close", "dim"),)
        )
        self.list.show(lines)

    def _command_line(self, width: int) -> Line:
        if self.chosen is None or not self.chosen.command:
            return (Piece(" only here: no command does this", "dim"),)
        command = Piece(f" {self.chosen.command}", "accent")
        return spread((command,), (Piece("ctrl+y copies ", "dim"),), width)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search."""
        event.stop()
        self.found, self.place = ranked(self._entries, event.value), 0
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Run."""
        event.stop()
        _ = self.dismiss(self.chosen.id if self.chosen else None)

    def on_bar_left(self, message: Bar.Left) -> None:
        """Close."""
        message.stop()
        _ = self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Arrows move although the search line has the focus."""
        if self.input.take(event):
            return
        moves = {"down": 1, "up": -1, "pagedown": 8, "pageup": -8}
        if event.key in moves:
            event.stop()
            self.place = min(max(self.place + moves[event.key], 0), max(len(self.found) - 1, 0))
            self._draw()
        elif event.key == "tab" and self.chosen:
            event.stop()
            event.prevent_default()
            self.input.put(self.chosen.title)
        elif event.key == "ctrl+y" and self.chosen:
            event.stop()
            if self.chosen.command:
                _ = self.dismiss(f"copy:{self.chosen.command}")
