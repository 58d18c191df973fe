"""One table feeds bindings, footer, help, palette, key file and docs."""

import ast
import tomllib
from pathlib import Path

import pytest
from textual.binding import Binding

import hookcli.tui
from hookcli.tui.acting import handler_name
from hookcli.tui.actions import (
    ACTIONS,
    BY_ID,
    GROUPS,
    PLACES,
    Action,
    bindings,
    command_line,
    key_file,
)
from hookcli.tui.footer import footer, footer_actions
from hookcli.tui.inspector import Inspector
from hookcli.tui.paint import length
from hookcli.tui.picker import Picker
from hookcli.tui.screens.edit import EditScreen
from hookcli.tui.screens.help import help_lines
from hookcli.tui.screens.main import EmptyView, MainScreen
from hookcli.tui.screens.reading import ReadingScreen
from hookcli.tui.screens.replay_many import ManyScreen
from hookcli.tui.screens.stats import StatsScreen
from hookcli.tui.widgets.body_view import BodyView
from hookcli.tui.widgets.detail_pane import AttemptsView, DetailPane
from hookcli.tui.widgets.event_list import EventList
from hookcli.tui.widgets.filter_bar import FilterBar
from hookcli.tui.widgets.lines_view import LinesView
from hookcli.tui.widgets.message_pane import MessagePane
from hookcli.tui.widgets.raw_pane import RawPane
from hookcli.tui.widgets.sheet_views import DiffView

ROOM = Path(hookcli.tui.__path__[0])
HOMES: dict[str, tuple[type, ...]] = {
    "list": (EventList, MainScreen), "detail": (BodyView, LinesView, MainScreen),
    "body": (BodyView, MessagePane), "raw": (RawPane, MainScreen), "signature": (MainScreen,), "diff": (DiffView, MainScreen), "pick": (Picker,),
    "main": (MainScreen,), "empty": (EmptyView, MainScreen), "any": (Inspector, MainScreen),
    "filter": (FilterBar, MainScreen), "edit": (EditScreen,), "many": (ManyScreen,), "stats": (StatsScreen,),
    "attempts": (AttemptsView, DetailPane), "full": (ReadingScreen, StatsScreen),
}  # fmt: skip
"""Who answers the actions of a place."""
NESTED = (("list", "main", "any"), ("body", "detail", "main", "any"),
          ("raw", "body", "detail", "main", "any"),
          ("attempts", "detail", "main", "any"), ("signature", "detail", "main", "any"),
          ("diff", "detail", "main", "any"), ("edit", "any"), ("many", "any"),
          ("stats", "full", "any"), ("full", "any"), ("empty", "any"), ("filter", "any"))  # fmt: skip


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_is_whole(action: Action) -> None:
    assert action.keys
    assert action.title.count(":") >= 1
    assert action.help.endswith(".")
    assert action.group in GROUPS
    assert action.where in PLACES
    assert not action.footer or action.short


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_is_done_by_somebody(action: Action) -> None:
    homes = HOMES[action.where]
    assert any(hasattr(home, handler_name(action.id)) for home in homes), handler_name(action.id)


@pytest.mark.parametrize("chain", NESTED, ids=lambda chain: chain[0])
def test_no_key_means_two_things_in_one_place(chain: tuple[str, ...]) -> None:
    for place in chain:
        keys = [key for a in ACTIONS if a.where == place for key in a.keys.split(",")]
        assert len(keys) == len(set(keys)), place


def test_bindings_carry_id_and_tooltip() -> None:
    for place in PLACES:
        for binding in bindings(place):
            assert binding.id in BY_ID
            assert binding.tooltip


def test_no_binding_is_made_elsewhere_without_id_and_tooltip() -> None:
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == Binding.__name__:
                names = {keyword.arg for keyword in node.keywords}
                assert {"id", "tooltip"} <= names, f"{file.name}:{node.lineno}"


def test_the_key_file_is_toml_with_every_id() -> None:
    assert tomllib.loads(key_file())["keys"] == {a.id: a.keys for a in ACTIONS}


@pytest.mark.parametrize("place", PLACES)
def test_help_lists_every_action_of_a_place(place: str) -> None:
    _, _, ids = help_lines((place,), 80, {}, "")
    assert set(ids) == {action.id for action in ACTIONS if action.where == place}


@pytest.mark.parametrize("chain", NESTED, ids=lambda chain: chain[0])
@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_footer_fits_and_always_says_how_to_get_help(
    chain: tuple[str, ...], width: int
) -> None:
    line = footer(chain, width, {})
    assert length(line) <= width
    text = "".join(piece.text for piece in line)
    typing = chain[0] in ("edit", "filter")
    assert ("F1 help" if typing else "? help") in text
    commands = "commands" if width > 80 else "more"
    assert (f"ctrl+p {commands}" if typing else f": {commands}") in text
    if footer_actions(chain):
        assert len(text.split("  ")) > 3


def test_a_key_of_the_user_shows_in_the_footer() -> None:
    text = "".join(piece.text for piece in footer(("list",), 80, {"open": "f9"}))
    assert "F9 open" in text


def test_command_lines_name_what_is_selected() -> None:
    both = command_line(BY_ID["replay"], refs="01A 01B")
    assert both == "hookcli replay 01A 01B --no-resign"
    assert command_line(BY_ID["replay"]) == "hookcli replay @ --no-resign"
    assert command_line(BY_ID["zoom"]) == ""


def test_the_ascii_footer_is_ascii() -> None:
    for chain in NESTED:
        text = "".join(piece.text for piece in footer(chain, 200, {}, ascii_only=True))
        assert text.isascii(), text


def test_what_does_nothing_in_a_place_is_not_offered_there() -> None:
    typing = "".join(piece.text for piece in footer(("filter", "any"), 200, {}))
    assert "q quit" not in typing
    alone = ("empty", "unheard", "first", "reached", "any")
    assert "".join(piece.text for piece in footer(alone, 200, {})).split("  ")[0] == " q quit"
