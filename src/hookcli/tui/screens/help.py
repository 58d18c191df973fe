"""Help for what has the focus, from the table of actions; typing searches it, enter runs a line."""

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.actions import ACTIONS, GROUPS, PLACES, Action, key_file, of, shown_key
from hookcli.tui.paint import Line, Piece, hanging, left, wrapped
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.lines_view import LinesView
from hookcli.tui.widgets.painted import PaintedLines

KEYS = 15
ROW = 38
RULE = "Capital letters act on the other pane, or ask for more (R, Y, E, M)."


def keys_of(action: Action, keys: Mapping[str, str]) -> str:
    """All keys of an action, as people read them."""
    return " ".join(shown_key(key.strip()) for key in keys.get(action.id, action.keys).split(","))


def help_lines(
    places: tuple[str, ...], width: int, keys: Mapping[str, str], wanted: str
) -> tuple[list[Line], list[int], list[str]]:
    """Lines, which of them can be chosen, and the actions these stand for."""
    lines: list[Line] = []
    choices: list[int] = []
    ids: list[str] = []
    for group, title in GROUPS.items():
        found = [
            action for action in of(*places)
            if action.group == group and _matches(action, keys, wanted)
        ]  # fmt: skip
        if not found:
            continue
        if lines:
            lines.append(())
        lines.append((Piece(f"  {title}", "strong"),))
        for action in found:
            choices.append(len(lines))
            ids.append(action.id)
            first, *more = wrapped(action.help, max(width - KEYS - 4, 20), 3)
            key = Piece(left(keys_of(action, keys), KEYS), "key")
            lines.append((Piece("   "), key, Piece(first)))
            lines += [(Piece(" " * (KEYS + 3) + part),) for part in more]
    lines += [(), *((Piece(f"  {part}", "dim"),) for part in wrapped(RULE, width - 3, 2))]
    if "filter" in places:
        lines += filter_page(width)
    return lines, choices, ids


def filter_page(width: int) -> list[Line]:
    """The filter language, as `hookcli help filters` prints it."""
    from hookcli.captures.filters.page import PAGE

    parts = (part for line in PAGE.splitlines() for part in hanging(f"  {line}", width))
    return [(), (Piece("  THE FILTER", "strong"),), *((Piece(part),) for part in parts)]


def _matches(action: Action, keys: Mapping[str, str], wanted: str) -> bool:
    text = f"{action.id} {action.title} {action.help} {keys_of(action, keys)}".lower()
    return all(word in text for word in wanted.lower().split())


class HelpScreen(Acting, ModalScreen[str | None]):
    """The keys of a place; the result is an action to run."""

    def __init__(
        self, places: tuple[str, ...], keys: Mapping[str, str], *, ascii_only: bool
    ) -> None:
        super().__init__()
        self._places, self._keys, self._ascii = places, keys, ascii_only
        self._ids: list[str] = []
        self._file = False

    def compose(self) -> ComposeResult:
        """Title, search line, keys."""
        with Vertical(classes="full"):
            self.head = PaintedLines(id="header")
            self.input = Bar(id="help-search", placeholder="type to search")
            self.view = LinesView(ascii_only=self._ascii, id="help-lines")
            self.foot = PaintedLines(id="footer")
            yield self.head
            yield self.input
            yield self.view
            yield self.foot

    def on_mount(self) -> None:
        """Draw."""
        focus_now(self.input)
        self._draw("")

    def _draw(self, wanted: str) -> None:
        where = PLACES.get(self._places[0], "this screen")
        self.head.show([(Piece(f" Help   for {where}", "strong"),)])
        self.foot.show([(Piece(" enter", "key"), Piece(" runs the chosen line  "), Piece("F2", "key"),
                         Piece(" the key file  "), Piece("esc F1", "key"), Piece(" close"))])  # fmt: skip
        if self._file:
            lines: list[Line] = [
                (Piece(f"  {line}"),) for line in key_file(self._keys).splitlines()
            ]
            self.view.show(lines)
            return
        lines, choices, self._ids = help_lines(
            self._places, self.app.size.width - 1, self._keys, wanted
        )
        self.view.show(lines, choices)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search."""
        event.stop()
        if event.value.endswith("?"):
            _ = self.dismiss(None)
            return
        self._draw(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Run the chosen line."""
        event.stop()
        if self._ids and not self._file:
            _ = self.dismiss(self._ids[self.view.choice])

    def on_bar_left(self, message: Bar.Left) -> None:
        """Close."""
        message.stop()
        _ = self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Arrows move although the search line has the focus."""
        if self.input.take(event):
            return
        moves = {"down": 1, "up": -1, "pagedown": 15, "pageup": -15}
        if event.key in moves:
            event.stop()
            self.view._move(moves[event.key])
        elif event.key in ("f1", "escape"):
            event.stop()
            _ = self.dismiss(None)
        elif event.key == "f2":
            event.stop()
            self._file = not self._file
            self._draw(self.input.value)


def documented() -> frozenset[str]:
    """Every action that help shows somewhere."""
    return frozenset(action.id for action in ACTIONS)
