"""Small boxes over the screen: ask for a line, choose one of several, yes or no."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.paint import Line, Piece, left, right, width_of
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.painted import PaintedLines


class LineBox(Acting, ModalScreen[str | None]):
    """Asks for one line; the result is None when it was given up."""

    def __init__(self, question: str, begin: str = "") -> None:
        super().__init__()
        self._question, self._begin = question, begin

    def compose(self) -> ComposeResult:
        """The question, the line, the keys."""
        with Vertical(classes="box"):
            self.title_line = PaintedLines()
            self.input = Bar(id="line")
            self.hint = PaintedLines()
            yield self.title_line
            yield self.input
            yield self.hint

    def on_mount(self) -> None:
        """Fill and focus."""
        self.title_line.show([(Piece(f" {self._question}", "strong"),)])
        self.hint.show([(Piece(" enter keeps, esc gives up", "dim"),)])
        self.input.put(self._begin)
        focus_now(self.input)

    def on_key(self, event: events.Key) -> None:
        """What was typed before the line was there."""
        self.input.take(event)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Done."""
        event.stop()
        _ = self.dismiss(event.value)

    def on_bar_left(self, message: Bar.Left) -> None:
        """Given up."""
        message.stop()
        _ = self.dismiss(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of a choice."""

    id: str
    text: str
    note: str = ""


class ChoiceBox(Acting, ModalScreen[str | None]):
    """Choose by arrows, by letters, or by a click; the result is the id."""

    BINDINGS = [  # noqa: RUF012 - Textual reads it from the class
        Binding("escape,q", "leave", "close", id="choice-leave", tooltip="Choose nothing."),
        Binding("down,j", "move(1)", "next", id="choice-down", tooltip="The next one."),
        Binding("up,k", "move(-1)", "previous", id="choice-up", tooltip="The one before."),
        Binding("enter", "take", "take", id="choice-take", tooltip="Take this one."),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], *, ascii_only: bool = False,
                 below: Callable[[str], str] | None = None) -> None:  # fmt: skip
        super().__init__()
        self._title, self.choices, self._below = title, choices, below
        self._ascii = ascii_only
        self.place = 0

    def compose(self) -> ComposeResult:
        """Title and choices."""
        with Vertical(classes="box"):
            self.list = PaintedLines()
            yield self.list

    def on_mount(self) -> None:
        """Draw."""
        self._draw()

    def _draw(self) -> None:
        lines: list[Line] = [(Piece(f" {self._title}", "strong"),)]
        column = max((width_of(choice.text) for choice in self.choices), default=0) + 3
        for number, choice in enumerate(self.choices):
            here = number == self.place
            bar = (">" if self._ascii else "▌") if here else " "
            key = str(number + 1) if number < 9 else " "
            lines.append((Piece(bar, "accent"), Piece(f"{key} ", "key", f"take:{number}"),
                          Piece(left(choice.text, column), "strong" if here else "", f"take:{number}"),
                          Piece(choice.note, "dim", f"take:{number}")))  # fmt: skip
        if self._below is not None and self.choices:
            lines.append((Piece(f" {self._below(self.choices[self.place].id)}", "accent"),))
        lines.append((Piece(" up/down or a number choose, enter takes, esc closes", "dim"),))
        self.list.show(lines)

    def on_key(self, event: events.Key) -> None:
        """Numbers take at once."""
        if event.character and event.character.isdigit():
            number = int(event.character) - 1
            if 0 <= number < len(self.choices):
                event.stop()
                _ = self.dismiss(self.choices[number].id)

    def on_clicked(self, message: object) -> None:
        """A click takes."""
        action = getattr(message, "action", "")
        if action.startswith("take:"):
            _ = self.dismiss(self.choices[int(action[5:])].id)

    def action_move(self, by: int) -> None:
        """Another one."""
        self.place = min(max(self.place + by, 0), len(self.choices) - 1)
        self._draw()

    def action_take(self) -> None:
        """This one."""
        _ = self.dismiss(self.choices[self.place].id if self.choices else None)

    def action_leave(self) -> None:
        """None."""
        _ = self.dismiss(None)


class YesNoBox(Acting, ModalScreen[bool]):
    """A question that is asked once, with what happens either way."""

    BINDINGS = [  # noqa: RUF012 - Textual reads it from the class
        Binding("y,enter", "answer(True)", "yes", id="yes", tooltip="Do it."),
        Binding("n,escape,q", "answer(False)", "no", id="no", tooltip="Do nothing."),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question, self._yes = question, yes

    def compose(self) -> ComposeResult:
        """The question and its keys."""
        with Vertical(classes="box"):
            self.list = PaintedLines()
            yield self.list

    def on_mount(self) -> None:
        """Draw."""
        self.list.show([
            (Piece(f" {self._question}", "strong"),), (),
            (Piece(" y", "key"), Piece(f" {self._yes}   "), Piece("n", "key"), Piece(" no")),
        ])  # fmt: skip

    def action_answer(self, yes: bool) -> None:
        """Told."""
        _ = self.dismiss(yes)


def columns(text: str, note: str, width: int) -> Line:
    """Text at the left and a note at the right, for lists in boxes."""
    return (Piece(left(text, width - len(note) - 1)), Piece(right(note, len(note)), "dim"))
