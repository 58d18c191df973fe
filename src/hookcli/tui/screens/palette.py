"""Every action by name, with the command line that does the same for the selected event."""

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.actions import Action
from hookcli.tui.paint import Line, Piece, left, right, spread
from hookcli.tui.screens.help import keys_of
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.painted import PaintedLines

MOST = 12


def ranked(actions: Sequence[Action], typed: str) -> list[Action]:
    """Actions whose title, id or help has all the words; titles that begin so come first."""
    wanted = typed.lower().split()
    found = [
        action for action in actions
        if all(word in f"{action.title} {action.id} {action.help}".lower() for word in wanted)
    ]  # fmt: skip
    return sorted(
        found, key=lambda action: not all(word in action.title.lower() for word in wanted)
    )


class Palette(Acting, ModalScreen[str | None]):
    """The result is an action to run, or `copy:` with a command line to copy."""

    def __init__(self, actions: Sequence[Action], command: Callable[[Action], str], *,
                 keys: Mapping[str, str], ascii_only: bool) -> None:  # fmt: skip
        super().__init__()
        self._actions, self._command, self._keys, self._ascii = actions, command, keys, ascii_only
        self.found: list[Action] = list(actions)
        self.place = 0

    def compose(self) -> ComposeResult:
        """Search line, actions, command line."""
        with Vertical(classes="box"):
            self.input = Bar(id="palette-search", placeholder="what to do")
            self.list = PaintedLines(id="palette-list")
            yield self.input
            yield self.list

    def on_mount(self) -> None:
        """Draw."""
        focus_now(self.input)
        self._draw()

    @property
    def chosen(self) -> Action | None:
        """The action the bar is on."""
        return self.found[self.place] if self.found else None

    def _draw(self) -> None:
        width = max(min(78, self.app.size.width - 6), 40)
        room = max(min(MOST, self.app.size.height - 9), 4)
        first = max(0, min(self.place - room // 2, len(self.found) - room))
        lines: list[Line] = []
        for number, action in enumerate(self.found[first : first + room], first):
            here = number == self.place
            bar = (">" if self._ascii else "▌") if here else " "
            lines.append((Piece(bar, "accent"), Piece(left(action.title, width - 18), "strong" if here else ""),
                          Piece(right(keys_of(action, self._keys), 14), "key")))  # fmt: skip
        if not self.found:
            lines.append((Piece("  no action has these words", "dim"),))
        dash = "-" if self._ascii else "─"
        lines.append((Piece(dash * width, "dim"),))
        lines.append(self._command_line(width))
        lines.append((Piece(" up/down choose  enter run  tab complete  esc close", "dim"),))
        self.list.show(lines)

    def _command_line(self, width: int) -> Line:
        command = self._command(self.chosen) if self.chosen else ""
        if not command:
            return (Piece(" only here: no command does this", "dim"),)
        return spread((Piece(f" {command}", "accent"),), (Piece("ctrl+y copies ", "dim"),), width)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search."""
        event.stop()
        self.found, self.place = ranked(self._actions, event.value), 0
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
            command = self._command(self.chosen)
            if command:
                _ = self.dismiss(f"copy:{command}")
