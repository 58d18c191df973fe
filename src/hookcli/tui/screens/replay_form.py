"""Replay with choices: target, speed, order, re-sign, times; the last line is the command for it."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hookcli.tui import words
from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.paint import Line, Piece, wrapped
from hookcli.tui.replays import is_loopback, origin
from hookcli.tui.rows import Row
from hookcli.tui.screens.replay_many import SPEEDS, ManyScreen, Plan
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.painted import PaintedLines

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector

ORDERS = ("as received", "newest first")
SMALL_ROWS = 20
"""Below so many rows the form makes do without its blank line and the end of a long command."""
FIELDS = ("target", "speed", "order", "resign", "times", "fail")


class ReplayForm(Acting, ModalScreen[None]):
    """Arrows go from line to line and change the value; the target is typed."""

    app: "Inspector"

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self.rows = rows
        self.place = 0
        self.speed = 0.0
        self.order = 0
        self.resign = False
        self.times = 1
        self.fail_fast = False

    def compose(self) -> ComposeResult:
        """Title, target, choices, command."""
        with Vertical(classes="box"):
            self.head = PaintedLines()
            yield self.head
            with Horizontal(classes="bar-row"):
                self.label = PaintedLines(id="form-label")
                self.input = Bar(id="form-target")
                yield self.label
                yield self.input
            self.list = PaintedLines()
            yield self.list

    def on_mount(self) -> None:
        """Fill."""
        app = self.app
        target = app.target or next(iter(app.board.link.targets), app.setup.target)
        self.label.styles.width = 14
        self.input.put((target or "localhost:8000").removeprefix("http://"))
        focus_now(self.input)
        self._draw()

    @property
    def target(self) -> str:
        """As it will be used."""
        return origin(self.input.value)

    def _values(self) -> list[tuple[str, str]]:
        pace = (
            "as fast as the answers come" if not self.speed else f"{self.speed:g} times as received"
        )
        return [
            ("speed", pace), ("order", ORDERS[self.order]), ("re-sign", "yes" if self.resign else "no"),
            ("times", str(self.times)), ("at a failure", "stop" if self.fail_fast else "go on"),
        ]  # fmt: skip

    def command(self) -> str:
        """The command that does the same."""
        refs = [row.id for row in self.rows[:5]] if len(self.rows) <= 5 else ["is:marked"]
        parts = ["hookcli", "replay", *refs, "--to", self.input.value.strip()]
        parts.append("--resign" if self.resign else "--no-resign")
        if self.times > 1:
            parts += ["--times", str(self.times)]
        if self.speed:
            parts += ["--speed", f"{self.speed:g}x"]
        if self.order:
            parts += ["--order", "reverse"]
        if self.fail_fast:
            parts.append("--fail-fast")
        if not is_loopback(self.target):
            parts.append("--yes")
        return shlex.join(parts)

    def _draw(self) -> None:
        bar = ">" if self.app.setup.ascii_only else "▌"
        self.head.show([(Piece(f" Replay {words.plural(len(self.rows), 'capture')}", "strong"),)])
        self.label.show(
            [(Piece(bar if self.place == 0 else " ", "accent"), Piece("target", "dim"))]
        )
        lines: list[Line] = []
        for number, (name, value) in enumerate(self._values(), 1):
            here = number == self.place
            lines.append((Piece(bar if here else " ", "accent"), Piece(f"{name:<13}", "dim"),
                          Piece(value, "strong" if here else ""),
                          Piece("   left, right change" if here else "", "dim")))  # fmt: skip
        room = max(self.list.size.width - 2, 40)
        small = self.app.size.height < SMALL_ROWS
        command = wrapped(self.command(), room, 2 if small else 4)
        lines += [*([] if small else [()]), *((Piece(f" {part}", "accent"),) for part in command)]
        lines.append((Piece(" enter sends, up/down choose, esc closes", "dim"),))
        self.list.show(lines)

    def on_input_changed(self, event: Input.Changed) -> None:
        """The command follows."""
        event.stop()
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send."""
        event.stop()
        self._begin()

    def on_bar_left(self, message: Bar.Left) -> None:
        """Close."""
        message.stop()
        _ = self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Up, down, left, right, enter, esc."""
        if event.key in ("down", "up", "tab", "shift+tab"):
            event.stop()
            event.prevent_default()
            step = 1 if event.key in ("down", "tab") else -1
            self.place = (self.place + step) % len(FIELDS)
            self.set_focus(self.input if self.place == 0 else None)
            self._draw()
        elif self.place and event.key in ("left", "right", "space", "h", "l"):
            event.stop()
            self._change(-1 if event.key in ("left", "h") else 1)
            self._draw()
        elif self.place and event.key == "enter":
            event.stop()
            self._begin()
        elif event.key in ("escape", "q") and self.place:
            event.stop()
            _ = self.dismiss(None)

    def _change(self, by: int) -> None:
        field = FIELDS[self.place]
        if field == "speed":
            self.speed = SPEEDS[(SPEEDS.index(self.speed) + by) % len(SPEEDS)]
        elif field == "order":
            self.order = (self.order + by) % len(ORDERS)
        elif field == "resign":
            self.resign = not self.resign
        elif field == "times":
            self.times = min(max(self.times + by, 1), 1000)
        else:
            self.fail_fast = not self.fail_fast

    def _begin(self) -> None:
        ids = [row.id for row in self.rows]
        if self.order:
            ids.reverse()
        plan = Plan(ids=tuple(ids), resign=self.resign, target=self.target, speed=self.speed,
                    times=self.times, fail_fast=self.fail_fast, order=ORDERS[self.order])  # fmt: skip
        _ = self.dismiss(None)
        _ = self.app.push_screen(ManyScreen(plan))
