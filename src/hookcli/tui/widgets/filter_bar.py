"""The filter: one line with a live count, proposals under it, and a caret under a fault."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input

from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.actions import bindings
from hookcli.tui.messages import FilterCleared, FilterKept, FilterTyped
from hookcli.tui.paint import Line, Piece, left, right, width_of
from hookcli.tui.rows import Row
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.painted import PaintedLines

if TYPE_CHECKING:
    from hookcli.tui.completion import Proposal

DEBOUNCE_S = 0.08
_LABEL = 3


class FilterInput(Bar):
    """The input; its keys are actions of the table."""

    BINDINGS = bindings("filter")  # type: ignore[assignment]
    HELP = "Filter words: status:5xx type:invoice.* ms>500 body.path=value -is:replay."


class FilterBar(Acting, Vertical):
    """Asks for a filter; what is typed is told 80 ms after the last key."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self.input = FilterInput(id="filter-input")
        self.label = PaintedLines(id="filter-label")
        self.result = PaintedLines(id="filter-result")
        self.fault = PaintedLines(id="filter-fault")
        self.proposals = PaintedLines(id="proposals")
        self.history: Sequence[str] = ()
        self.seen: Callable[[], Iterable[Row]] = list
        self._shown: list[Proposal] = []
        self._choice = -1
        self._old = -1
        self._wait: Timer | None = None
        self._quiet = False

    def compose(self) -> ComposeResult:
        """Label, input, count; the fault under them. The screen places the proposals above the list."""
        with Horizontal(id="filter-row"):
            yield self.label
            yield self.input
            yield self.result
        yield self.fault

    def on_mount(self) -> None:
        """The label never changes."""
        self.label.show([(Piece(" / ", "accent"),)])

    @property
    def value(self) -> str:
        """What is typed."""
        return self.input.value

    def open(self, text: str) -> None:
        """Show with this text and take the focus."""
        self.add_class("-open")
        self._old = -1
        self.put(text)
        focus_now(self.input)

    def put(self, text: str) -> None:
        """Set the text without proposals popping up."""
        self._quiet = True
        self.input.put(text)
        self._hide()

    def close(self) -> None:
        """Hide."""
        self.remove_class("-open")
        self._hide()

    def tell(self, text: str, role: str = "dim") -> None:
        """The count at the right."""
        line: Line = (Piece(f" {text} ", role),)
        self.result.styles.width = width_of(text) + 2
        self.result.show([line])

    def blame(self, position: int | None, wanted: str) -> None:
        """Point at a fault in what is typed; None when there is none."""
        if position is None:
            self.fault.show([])
            return
        mark = "^" if self.ascii_only else "▲"
        column = _LABEL + width_of(self.input.value[:position]) - self.input.scroll_offset.x
        column = max(column, 0)
        room = max(self.size.width - column - 3, 0)
        if width_of(wanted) <= room:
            line: Line = (Piece(" " * column), Piece(f"{mark} ", "bad"), Piece(wanted, "warn"))
        else:
            text = right(wanted + " ", column) if width_of(wanted) < column else ""
            line = (Piece(text or " " * column, "warn"), Piece(mark, "bad"))
            if not text:
                self.fault.show([line, (Piece(f"   {wanted}", "warn"),)])
                return
        self.fault.show([line])

    # Typing

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell after a silence; propose at once."""
        event.stop()
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(DEBOUNCE_S, self._tell)
        if self._quiet:
            self._quiet = False
        elif self.has_class("-open"):
            self._propose()

    def _tell(self) -> None:
        self.post_message(FilterTyped(self.input.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps; the table has it as an action."""
        event.stop()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """No proposals while something else has the focus."""
        del event
        self._hide()

    # Proposals

    def _propose(self) -> None:
        from hookcli.tui.completion import proposals, word_at

        _, word = word_at(self.input.value, self.input.cursor_position)
        self._shown = proposals(word, self.seen())
        self._choice = 0 if self._shown else -1
        self._draw()

    def _draw(self) -> None:
        width = 56
        lines: list[Line] = []
        for number, each in enumerate(self._shown):
            here = number == self._choice
            bar = (">" if self.ascii_only else "▌") if here else " "
            role = "strong" if here else ""
            lines.append((Piece(f"   {bar}", "accent"), Piece(left(each.text, width - 12), role),
                          Piece(left(each.note, 24), "dim")))  # fmt: skip
        if lines:
            lines.append((Piece("    up/down choose  tab complete  enter keep" if self.ascii_only
                                else "    ↑↓ choose  tab complete  ⏎ keep  esc clear", "dim"),))  # fmt: skip
        self.proposals.show(lines)
        self.proposals.set_class(bool(lines), "-open")

    def _hide(self) -> None:
        self._shown, self._choice = [], -1
        self.proposals.remove_class("-open")

    # Actions

    def do_filter_complete(self) -> None:
        """Take the proposed word."""
        if self._choice < 0:
            self._propose()
            return
        from hookcli.tui.completion import word_at

        start, _ = word_at(self.input.value, self.input.cursor_position)
        value = self.input.value
        text = self._shown[self._choice].text
        self._quiet = not text.endswith((":", "."))
        self.input.put(value[:start] + text + value[self.input.cursor_position :])
        self.input.cursor_position = start + len(text)
        if self._quiet:
            self._hide()

    def do_filter_older(self) -> None:
        """The proposal above, or an older filter."""
        if self._shown:
            self._choice = (self._choice - 1) % len(self._shown)
            self._draw()
        elif self._old + 1 < len(self.history):
            self._old += 1
            self.put(self.history[self._old])

    def do_filter_newer(self) -> None:
        """The proposal below, or a newer filter."""
        if self._shown:
            self._choice = (self._choice + 1) % len(self._shown)
            self._draw()
        elif self._old >= 0:
            self._old -= 1
            self.put(self.history[self._old] if self._old >= 0 else "")

    def do_filter_keep(self) -> None:
        """Keep it and go to the list."""
        self._hide()
        self.post_message(FilterKept(self.input.value))

    def do_filter_clear(self) -> None:
        """First the proposals go, then the filter."""
        if self._shown:
            self._hide()
        else:
            self.post_message(FilterCleared())
