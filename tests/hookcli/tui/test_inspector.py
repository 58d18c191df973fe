"""The screen driven by keys: finding, opening, following, filtering."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual import events
from textual.geometry import Offset
from textual.selection import Selection

from hookcli.captures.filters.page import PAGE
from hookcli.tui.actions import ACTIONS, BY_ID
from hookcli.tui.layout import panes, theme_for
from hookcli.tui.rows import Row
from hookcli.tui.screens import finding
from hookcli.tui.screens.help import help_lines
from hookcli.tunnel import observe
from tests.hookcli.tui.rig import (
    KINDS,
    NOW,
    READY,
    Drive,
    Listener,
    attempt,
    capture,
    driven,
    identity,
    listening,
    put,
)

SIZES = [(60, 15), (80, 24), (100, 40), (110, 30), (160, 45), (300, 80)]
FEW = [(60, 15), (160, 45)]
"""Sizes of the default tier; the others are for the slow one."""


def row(it: Drive) -> Row:
    found = it.app.main.event_list.row
    assert found is not None
    return found


async def test_the_newest_is_chosen_and_keys_move_from_it(tmp_path: Path) -> None:
    async with driven(tmp_path, 30) as it:
        assert row(it).id == identity(29)
        await it.press("k", "k")
        assert row(it).id == identity(27)
        await it.press("g")
        assert row(it).id == identity(0)
        await it.press("ctrl+d", "pagedown")
        assert row(it).id > identity(15)
        await it.press("G")
        assert row(it).id == identity(29)


async def test_the_list_screen_says_why_without_a_key(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        assert row(it).status == 500
        for text in (
            "✗ 500 in 31 ms",
            "unknown customer",
            "signature ok (stripe)",
            "sender saw 500",
        ):
            assert text in it.screen


async def test_enter_opens_and_escape_goes_back_and_never_out(tmp_path: Path) -> None:
    async with driven(tmp_path, 5) as it:
        await it.press("enter")
        assert it.app.main.showing == "detail"
        assert '"evt_4"' in it.screen
        assert "Stripe-Signature" in it.screen
        await it.press(*["escape"] * 10)
        assert it.app.main.showing == "list"
        assert it.app.is_running


async def test_escape_closes_whatever_is_open_and_never_leaves(tmp_path: Path) -> None:
    async with driven(tmp_path, 5) as it:
        for keys in (("question_mark",), ("colon",), ("slash", "x"), ("L",), ("i",), ("S",), ("R",), ("Y",), ("x",),
                     ("semicolon",), ("e",), ("enter", "slash", "z")):  # fmt: skip
            await it.press(*keys)
            await it.press(*["escape"] * 10)
            assert it.app.is_running
            assert it.app.screen is it.app.main
            assert it.app.main.showing == "list"


async def test_the_tabs(tmp_path: Path) -> None:
    said = ("evt_6", "received", "live", "stripe", "the last of this type", "00000000  7b 22")
    async with driven(tmp_path, 8) as it:
        await it.press("k")
        for tab, text in enumerate(said, 1):
            await it.press(str(tab))
            assert it.app.main.detail.tab == tab
            assert text in it.screen
            await it.press("right_square_bracket")
            assert it.app.main.detail.tab == tab % 6 + 1


async def test_capitals_in_the_detail_go_to_the_next_event_in_the_same_tab(tmp_path: Path) -> None:
    async with driven(tmp_path, 8) as it:
        await it.press("g", "3", "J")
        assert row(it).id == identity(1)
        assert it.app.main.detail.tab == 3
        assert it.app.main.detail.attempts.details is not None
        assert it.app.main.detail.attempts.details.capture.id == identity(1)


async def test_follow_stops_at_the_first_key_and_another_goes_back(tmp_path: Path) -> None:
    async with driven(tmp_path, 10, listen=listening()) as it:
        it.report(READY)
        await it.press("H")
        await it.until(lambda: it.app.board.feed.rows == 10, "history")
        await it.press("k")
        chosen = row(it).id
        for number in range(10, 1010):
            made, body = capture(number)
            it.report(observe.Captured(capture=made, body=body))
        await it.settle()
        assert row(it).id == chosen
        assert it.app.main.event_list.new == 1000
        assert "1000 new" in it.screen
        await it.press("F")
        assert row(it).id == identity(1009)
        made, body = capture(1010)
        it.report(observe.Captured(capture=made, body=body))
        await it.settle()
        assert row(it).id == identity(1010)


async def test_a_filter_narrows_and_a_wrong_one_keeps_the_last_good_list(tmp_path: Path) -> None:
    async with driven(tmp_path, 24) as it:
        await it.press("slash")
        await it.type("source:slack")
        await it.until(lambda: len(it.app.board.feed) == 4, "four of slack")
        assert "4 of 24" in it.screen
        it.app.main.filter_bar.input.value = "source:slack ms>fast"
        await it.until(lambda: "last good" in it.screen, "the fault")
        assert len(it.app.board.feed) == 4
        line = next(line for line in it.screen.splitlines() if "▲" in line)
        typed = next(line for line in it.screen.splitlines() if "source:slack ms>fast" in line)
        assert line.index("▲") in range(typed.index("ms>"), typed.index("fast") + 5)


async def test_the_name_of_a_field_empties_nothing_while_it_is_typed(tmp_path: Path) -> None:
    async with driven(tmp_path, 12) as it:
        await it.press("slash")
        for text, shown in (("sche", 12), ("me", 12), (":slack", 2), (" xyz", 0)):
            await it.type(text)
            await it.until(lambda wanted=shown: len(it.app.board.feed) == wanted, text)  # type: ignore[misc]
        await it.press("escape", "slash")
        await it.type("scheme")
        await it.press("enter")
        assert len(it.app.board.feed) == 0, "when it is kept it is meant"


@pytest.mark.parametrize(
    "width",
    [60, 126, *(pytest.param(width, marks=pytest.mark.slow) for width in (80, 110, 140, 160))],
)
async def test_facts_about_bodies_are_left_out_and_not_cut(tmp_path: Path, width: int) -> None:
    async with driven(tmp_path, 3, size=(width, 45)) as it:
        await it.press("enter", "1")
        rules = [line.partition("─── ")[2] for line in it.screen.splitlines() if "─── " in line]
        assert any(rule.startswith("body") for rule in rules)
        assert not any("…" in rule for rule in rules), rules


async def test_what_a_scroll_bar_may_cover_is_left_free(tmp_path: Path) -> None:
    async with driven(tmp_path, 3, size=(60, 15), listen=listening()) as it:
        it.report(replace(READY, url="https://hooks.example.com/" + "x" * 80))
        await it.press("i")
        line = next(line for line in it.screen.splitlines() if "hooks.example.com/x" in line)
        assert line[57:59] == "xx"
        assert "x" not in line[59:]


@pytest.mark.parametrize("size", FEW)
async def test_the_replay_form_says_its_keys_at_any_size(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with driven(tmp_path, 12, size=size) as it:
        await it.press("g", "m", "m", "R")
        assert "enter sends" in it.screen
        assert "hookcli replay" in it.screen


async def test_a_kept_filter_stays_and_escape_takes_it_away(tmp_path: Path) -> None:
    async with driven(tmp_path, 24) as it:
        await it.press("slash")
        await it.type("source:slack")
        await it.press("enter")
        await it.until(lambda: len(it.app.board.feed) == 4, "filtered")
        assert it.app.main.event_list.has_focus
        assert it.app.memory.kept.filters == ["source:slack"]
        await it.press("escape")
        await it.until(lambda: len(it.app.board.feed) == 24, "all again")


async def test_what_comes_while_a_filter_is_on_is_judged_too(tmp_path: Path) -> None:
    async with driven(tmp_path, 6, listen=listening(), history=True) as it:
        it.report(READY)
        await it.press("slash")
        await it.type("source:slack")
        await it.press("enter")
        await it.until(lambda: len(it.app.board.feed) == 1, "one of slack")
        for number in (9, 10):
            made, body = capture(number)
            put(it.store, made, body)
            it.report(observe.Captured(capture=made, body=body))
        await it.until(lambda: len(it.app.board.feed) == 2, "the new one of slack")
        assert it.app.board.feed.rows == 8


async def test_completion_proposes_fields_and_the_values_that_are_there(tmp_path: Path) -> None:
    async with driven(tmp_path, 24) as it:
        await it.press("slash")
        await it.type("sou")
        await it.press("tab")
        assert it.app.main.filter_bar.value == "source:"
        await it.type("str")
        assert "source:stripe" in it.screen
        await it.press("tab", "enter")
        await it.until(lambda: it.app.main.typed == "source:stripe", "kept")


async def test_views_have_counts_and_are_chosen_by_keys(tmp_path: Path) -> None:
    async with driven(tmp_path, 24, size=(100, 24), views={"stripe": "source:stripe"}) as it:
        assert "All 24   Failed 8   Bad sig 4   Marked 0   stripe 8" in it.screen
        await it.press("greater_than_sign")
        await it.until(lambda: len(it.app.board.feed) == 8, "the failed ones")
        await it.press("less_than_sign", "less_than_sign")
        await it.until(lambda: len(it.app.board.feed) == 8, "stripe")
        assert {r.source for r in it.app.board.feed.items if isinstance(r, Row)} == {"stripe"}


async def test_an_empty_list_says_what_keeps_everything_out(tmp_path: Path) -> None:
    async with driven(tmp_path, 1) as it:
        await it.press(">")
        assert "Nothing is in the view Failed; < and > choose another." in it.screen
        await it.press("slash")
        await it.type("zzz")
        await it.press("enter")
        assert "Nothing in the view Failed passes this filter" in it.screen
        await it.press("escape", "escape", "slash")
        await it.type("zzz")
        await it.press("enter")
        assert "No capture passes this filter." in it.screen


async def test_a_view_can_be_saved(tmp_path: Path) -> None:
    async with driven(tmp_path, 24) as it:
        await it.press("slash")
        await it.type("source:slack")
        await it.press("ctrl+s")
        await it.type("mine")
        await it.press("enter")
        assert it.app.memory.kept.views == {"mine": "source:slack"}
        assert "mine 4" in it.screen


async def test_a_saved_view_counts_what_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "RECOUNT_S", 0.0)
    views = {"chat": "source:slack", "odd": "ms>fast"}
    async with driven(tmp_path, listen=listening(), history=False, views=views) as it:
        it.report(READY)
        for number in (4, 5, 10):
            made, body = capture(number)
            put(it.store, made, body)
            it.report(observe.Captured(capture=made, body=body))
        await it.until(lambda: "chat 2" in it.screen, "counted")
        blamed = [line.text for line in it.app.board.log if line.text.startswith("view odd")]
        assert len(blamed) == 1


async def test_views_that_do_not_fit_are_said_and_reached(tmp_path: Path) -> None:
    views = {f"number {n}": f"path:{n}" for n in range(9)}
    async with driven(tmp_path, 6, views=views) as it:
        line = it.screen.splitlines()[1]
        assert line.startswith(" All 6   Failed 2")
        assert "…" in line
        for _ in range(12):
            await it.press(">")
        line = it.screen.splitlines()[1]
        assert line.startswith(" … ")
        assert "number 8" in line
        assert "follow" in line


async def test_the_first_event_comes_with_its_heading_and_why(tmp_path: Path) -> None:
    async with driven(tmp_path, listen=listening(), history=False) as it:
        it.report(READY)
        await it.settle()
        made, body = capture(0)
        it.report(observe.Captured(capture=made, body=body))
        await it.settle()
        assert "TIME      SOURCE" in it.screen
        assert "waiting for your app since" in it.screen


@pytest.mark.parametrize(
    "size", [SIZES[0], *[pytest.param(size, marks=pytest.mark.slow) for size in SIZES[1:]]]
)
async def test_every_screen_fits_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with driven(tmp_path, 30, size=size, history=True) as it:
        for keys in ((), ("enter",), ("2",), ("3",), ("4",), ("5",), ("6",), ("escape", "slash"), ("escape", "question_mark"),
                     ("escape", "colon"), ("escape", "S"), ("escape", "L"), ("escape", "i"), ("escape", "R"),
                     ("escape", "e"), ("f3",), ("f3",), ("f3",), ("f3",)):  # fmt: skip
            await it.press(*keys)
            lines = it.screen.splitlines()
            assert len(lines) <= size[1]
            assert len(lines[-1]) > 10, it.screen


def test_layouts() -> None:
    assert panes(80, 24, "auto", opened=False, zoomed=False) == "list"
    assert panes(80, 24, "auto", opened=True, zoomed=False) == "detail"
    assert panes(110, 24, "auto", opened=False, zoomed=False) == "side"
    assert panes(80, 35, "auto", opened=True, zoomed=False) == "stacked"
    assert panes(160, 45, "auto", opened=True, zoomed=True) == "detail"


@pytest.mark.slow
async def test_resizing_in_a_loop(tmp_path: Path) -> None:
    async with driven(tmp_path, 30) as it:
        for width, height in [*SIZES, *reversed(SIZES), (40, 10), (20, 5), (80, 24)]:
            await it.pilot.resize_terminal(width, height)
            await it.settle()
        assert row(it).id == identity(29)


async def test_layout_and_zoom(tmp_path: Path) -> None:
    async with driven(tmp_path, 5, size=(160, 45)) as it:
        assert it.app.main.showing == "side"
        await it.press("z")
        assert it.app.main.showing == "list"
        await it.press("z")
        assert it.app.main.showing == "side"
        await it.press("tab", "z")
        assert it.app.main.showing == "detail"
        await it.press("z", "minus", "minus")
        assert it.app.memory.kept.layout == "stacked"
        assert it.app.main.showing == "stacked"


async def test_the_empty_screen_says_what_to_do(tmp_path: Path) -> None:
    async with driven(tmp_path, listen=listening()) as it:
        assert "Connecting" in it.screen
        it.report(READY, observe.TargetState(target="http://localhost:8000", state="up", waiting=0))
        await it.settle()
        for text in (READY.url, "curl https://hooks.example.com/ep_test/hello", "hookcli trigger stripe/invoice.paid",
                     "localhost:8000 accepts connections", "keeps events for 7 days", "u copy URL"):  # fmt: skip
            assert text in it.screen
        made, body = capture(0)
        it.report(observe.Captured(capture=made, body=body))
        await it.settle()
        assert it.app.main.showing == "list"


async def test_the_local_screen_does_not_call_itself_live(tmp_path: Path) -> None:
    local = observe.Ready(**{name: getattr(READY, name) for name in READY.__struct_fields__} | {
        "local": True, "url": "http://127.0.0.1:4747/dev", "relay": "http://127.0.0.1:4747"})  # fmt: skip
    async with driven(tmp_path, listen=listening()) as it:
        it.report(
            local, observe.TargetState(target="http://localhost:8000", state="refused", waiting=0)
        )
        await it.settle()
        for text in ("local only", "http://127.0.0.1:4747/dev", "hookcli login", "hookcli relay --public-url",
                     "any tunnel that points at 127.0.0.1:4747", "localhost:8000 refuses connections"):  # fmt: skip
            assert text in it.screen
        assert "live" not in it.screen.splitlines()[0]
        await it.press("i")
        assert "local only" in it.screen
        assert "live" not in it.screen
        await it.press("escape", "c")
        assert "on the server" in it.screen


async def test_earlier_captures_are_a_key_away_while_listening(tmp_path: Path) -> None:
    async with driven(tmp_path, 7, listen=listening(), history=False) as it:
        it.report(READY)
        await it.settle()
        assert "7 captures from earlier runs" in it.screen
        await it.press("H")
        await it.until(lambda: it.app.board.feed.rows == 7, "history")


async def test_the_listener_is_steered(tmp_path: Path) -> None:
    made: list[Listener] = []
    async with driven(tmp_path, 2, listen=listening(made), history=True) as it:
        it.report(READY)
        await it.press("p")
        assert "paused" in it.screen
        await it.press("full_stop", "p", "ctrl+t")
        await it.until(
            lambda: made[0].asked == ["pause", "deliver_one", "resume", "try_now"], "all asked"
        )


async def test_with_the_relay_gone_replay_edit_diff_and_export_succeed(tmp_path: Path) -> None:
    """Acceptance 18."""
    async with driven(tmp_path, 12, listen=listening(), history=True) as it:
        it.report(READY, observe.Lost(reason="timeout"))
        await it.press("g", "j", "r")
        assert "replayed" in it.screen
        await it.press("e", "ctrl+j")
        await it.until(lambda: len(it.program.sent) == 2, "the edited copy is sent")
        await it.press("escape", "d")
        assert it.app.main.comparison is not None
        assert "OTHER" in it.screen or "- other" in it.screen
        await it.press("escape", "escape", "x")
        await it.press("1", "enter")
        await it.until(lambda: any(tmp_path.glob("*.sh")), "written")
        assert "relay lost" in it.screen


PLACES = ("list", "body", "detail", "main", "attempts", "signature", "diff", "raw")
ENDING = ("leave", "leave-now", "interrupt", "suspend", "edit-outside", "pager")
"""They leave the screen, or hand the terminal over: `test_terminal` and `test_leaving` do them."""


@pytest.mark.parametrize(
    "place",
    [pytest.param(place, marks=() if place == "list" else pytest.mark.slow) for place in PLACES],
)
async def test_with_the_relay_gone_the_keys_of_a_place_work(tmp_path: Path, place: str) -> None:
    """Acceptance 18: all that the table has for it."""
    where = {"attempts": "3", "signature": "4", "diff": "5", "raw": "6"}
    async with driven(tmp_path, 12, listen=listening(), history=True) as it:
        it.report(READY, observe.Lost(reason="timeout"))
        for action in ACTIONS:
            if action.where != place or action.id in ENDING:
                continue
            there = () if place in ("list", "main") else ("enter", where.get(place, "1"))
            await it.press("g", *there)
            for key in action.keys.split(","):
                await it.press(key)
                assert it.app.is_running, action.id
            await it.press(*["escape"] * 3)
            assert it.app.screen is it.app.main, action.id
        assert "relay lost" in it.screen


async def test_leaving_asks_only_while_an_answer_is_under_way(tmp_path: Path) -> None:
    async with driven(tmp_path, 2, listen=listening(), history=True) as it:
        it.report(
            READY, observe.AttemptStarted(capture=identity(1), target="http://localhost:8000", n=1)
        )
        it.clock.seconds = 1.2
        await it.press("q")
        assert it.app.is_running
        assert (
            "1 request is being answered by your app (1.2 s). q again leaves, esc stays."
            in it.screen
        )
        await it.press("escape")
        assert "q again" not in it.screen
        it.report(observe.AttemptFinished(attempt=attempt(identity(1))))
        await it.pilot.press("q")
        assert it.app.return_value == 0


async def test_keys_of_the_user_are_used(tmp_path: Path) -> None:
    async with driven(tmp_path, 3, keys={"replay": "f9"}) as it:
        await it.press("r")
        assert it.program.sent == []
        await it.press("f9")
        assert len(it.program.sent) == 1


@pytest.mark.parametrize(
    "size",
    [(60, 60), *[pytest.param(size, marks=pytest.mark.slow) for size in [(80, 90), (120, 90)]]],
)
async def test_help_in_the_filter_bar_has_the_whole_language(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with driven(tmp_path, 2, size=size) as it:
        await it.press("slash", "f1")
        lines = help_lines(("filter", "any"), size[0] - 1, {}, "")[0]
        said = " ".join(" ".join(piece.text for piece in line) for line in lines)
        assert said.count("…") == PAGE.count("…"), "nothing is cut"
        for word in PAGE.split():
            assert word in said
        assert "THE FILTER" in it.screen


async def test_help_is_about_the_focus_and_runs_what_is_chosen(tmp_path: Path) -> None:
    async with driven(tmp_path, 3) as it:
        await it.press("question_mark")
        assert "for the event list" in it.screen
        await it.type("same bytes")
        await it.press("enter")
        assert len(it.program.sent) == 1


async def test_the_palette_shows_the_command_of_every_action(tmp_path: Path) -> None:
    async with driven(tmp_path, 3) as it:
        offered = it.app.offered()
        assert len(offered) > 50
        for action in offered:
            shown = it.app.command_for(action)
            assert bool(shown) == bool(action.command)
            assert "{" not in shown
        assert it.app.command_for(BY_ID["replay"]) == f"hookcli replay {identity(2)} --no-resign"
        await it.press("colon")
        await it.type("same bytes")
        assert f"hookcli replay {identity(2)}" in it.screen
        await it.press("enter")
        assert [capture for *_, capture in it.program.sent] == [identity(2)]


async def test_the_events_are_sorted_by_a_click_on_a_column(tmp_path: Path) -> None:
    async with driven(tmp_path, 12) as it:
        it.app.main.sort_by("status")
        statuses = [item.status for item in it.app.board.feed.items if isinstance(item, Row)]
        assert statuses == sorted(statuses)
        it.app.main.sort_by("status")
        it.app.main.sort_by("status")
        assert not it.app.board.feed.filtered
        await it.settle()


async def test_ascii_mode_draws_no_other_character(tmp_path: Path) -> None:
    async with driven(tmp_path, 12, ascii_only=True, size=(120, 40)) as it:
        for keys in ((), ("enter",), ("2",), ("3",), ("4",), ("6",), ("escape",)):
            await it.press(*keys)
            odd = {char for char in it.screen if not char.isascii()} - set("▏▁▂▃▄▅▆▇▔")
            assert odd == set(), it.screen  # the frame and scroll bar are the terminal library's


async def test_states_are_words_and_glyphs_without_colour(tmp_path: Path) -> None:
    async with driven(tmp_path, 12) as it:
        text = it.screen
        for glyph in ("✓", "✗", "!", "⊘"):
            assert glyph in text
        assert "BAD" in text
        assert len(KINDS) == 6
        assert NOW


async def test_what_another_process_captures_appears(tmp_path: Path) -> None:
    async with driven(tmp_path, 3) as it:
        made, body = capture(10)
        put(it.store, made, body, attempt(made.id))
        await it.until(lambda: it.app.board.feed.rows == 4, "the new one")
        assert row(it).id == made.id
        await it.press("delete")
        await it.app.main.look_again()
        assert it.app.board.feed.rows == 3


async def test_a_look_at_the_store_takes_nothing_back_that_was_changed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(tmp_path, 3) as it:
        read, id_ = it.app.newest_rows, row(it).id

        async def read_before_a_change(limit: int) -> list[Row]:
            rows = await read(limit)
            it.app.main.do_mark()
            return rows

        monkeypatch.setattr(it.app, "newest_rows", read_before_a_change)
        await it.app.main.look_again()
        monkeypatch.undo()
        await it.settle()
        marked = it.app.board.feed.get(id_)
        assert marked is not None
        assert marked.marked


async def test_many_are_asked_about_once(tmp_path: Path) -> None:
    async with driven(tmp_path, 30) as it:
        it.app.replay_many([identity(n) for n in range(30)], resign=False)
        await it.settle()
        assert "Replay 30 captures?" in it.screen
        await it.press("n")
        assert it.program.sent == []


async def test_what_is_pasted_into_a_line_is_made_visible(tmp_path: Path) -> None:
    async with driven(tmp_path, 3) as it:
        await it.press("slash")
        it.app.post_message(events.Paste("status\x1b[2J\x07:5xx\r\nmore"))
        await it.settle()
        assert it.app.main.filter_bar.value == r"status\x1b[2J\x07:5xx"


@pytest.mark.parametrize(
    ("wanted", "env", "theme"),
    [("", {}, "textual-dark"), ("auto", {"COLORFGBG": "0;15"}, "textual-light"), ("auto", {"COLORFGBG": "15;0"}, "textual-dark"),
     ("nord", {"COLORFGBG": "0;15"}, "nord"), ("none", {"COLORFGBG": "x"}, "textual-dark")],
)  # fmt: skip
def test_the_theme_is_the_users_or_fits_the_terminal(
    wanted: str, env: dict[str, str], theme: str
) -> None:
    assert theme_for(wanted, ("nord", "textual-light"), env) == theme


@pytest.mark.parametrize(
    "theme",
    [
        "ansi-dark",
        *[pytest.param(t, marks=pytest.mark.slow) for t in ("textual-light", "ansi-light", "nord")],
    ],
)
async def test_other_themes_draw_the_same_text(tmp_path: Path, theme: str) -> None:
    async with driven(tmp_path, 6, theme=theme) as it:
        assert it.app.theme == theme
        for word in ("✓", "✗", "⊘", "BAD", "payment_failed"):
            assert word in it.screen


async def test_the_mouse_chooses_opens_and_clicks_keys_and_tabs(tmp_path: Path) -> None:
    async with driven(tmp_path, 12) as it:
        await it.pilot.click("#events", offset=(10, 2))
        assert row(it).id == identity(2)
        await it.pilot.double_click("#events", offset=(10, 4))
        await it.settle()
        assert it.app.main.showing == "detail"
        assert row(it).id == identity(4)
        where = it.screen.splitlines()[1].index("2 Response")
        await it.pilot.click("#tabs", offset=(where + 2, 0))
        await it.settle()
        assert it.app.main.detail.tab == 2
        await it.pilot.click("#footer", offset=(2, 0))
        await it.settle()
        assert it.app.main.showing == "list"
        where = it.screen.splitlines()[1].index("Failed")
        await it.pilot.click("#views", offset=(where, 0))
        await it.until(lambda: len(it.app.board.feed) == 4, "the view")


async def test_a_piece_of_a_body_can_be_selected_without_its_line_numbers(tmp_path: Path) -> None:
    async with driven(tmp_path, 3) as it:
        await it.press("enter")
        view = it.app.main.detail.message.body_view
        everything = view.get_selection(Selection(None, None))
        assert everything is not None
        assert json.loads(everything[0].replace("▾", "")) == json.loads(view.data)
        part = view.get_selection(Selection(Offset(7, 1), Offset(11, 1)))
        assert part is not None
        assert part[0] in '"id": "evt_2",'
        assert part[0]


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_the_wheel_scrolls_the_pane_under_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async with driven(tmp_path, 60, size=size) as it:
        await it.press("g")
        chosen = row(it).id
        it.app.main.event_list.scroll_relative(y=10, animate=False, force=True)
        await it.settle()
        assert row(it).id == chosen
        assert it.app.main.event_list.scroll_offset.y == 10


async def test_what_is_new_is_counted_of_what_is_shown(tmp_path: Path) -> None:
    """Another filter, another list: nothing in it is new but what comes after."""
    async with driven(tmp_path, 12, listen=listening()) as it:
        it.report(READY)
        await it.press("k")
        for number in (12, 13, 14):
            made, body = capture(number)
            it.report(observe.Captured(capture=made, body=body))
        await it.settle()
        assert "3 new" in it.screen
        await it.press("slash", *"source:stripe", "enter")
        await it.until(lambda: len(it.app.board.feed) == 4, "the filter")
        assert "new (F)" not in it.screen
