"""Replaying, editing, copying, exporting, marking, deleting: what happened is told, nothing is lost."""

import asyncio
import hashlib
import json
import os
import shlex
import stat
import threading
from functools import partial
from pathlib import Path

import pytest

from hookcli.captures.model import Why
from hookcli.captures.store import Store
from hookcli.tui.memory import Memory
from hookcli.tui.rows import Row
from hookcli.tui.screens.edit import EditScreen
from hookcli.tui.screens.replay_form import ReplayForm
from hookcli.tui.screens.replay_many import ManyScreen
from hookcli.tui.setup import MARK
from tests.hookcli.tui.rig import Drive, attempt, capture, driven, identity, put
from tests.support import rawhttp


def answered(edit: EditScreen, status: int) -> bool:
    return bool(edit.answers) and edit.answers[-1].status == status


def stored(it: Drive) -> Store:
    return Store.open(it.store)


async def test_a_replay_sends_the_captured_bytes_and_says_what_came_of_it(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        await it.press("r")
        request, target, why, id_ = it.program.sent[0]
        assert (target, why, id_) == ("http://localhost:8000", Why.REPLAY, identity(1))
        assert hashlib.sha256(request.body).digest() == capture(1)[0].body_sha256
        assert request.headers == capture(1)[0].headers
        assert f"replayed {identity(1)[:12]} → 200 in 16 ms (was 500)" in it.screen
        assert it.app.board.log[-1].text.startswith("replayed")


async def test_three_replays_are_four_rows_with_status_time_and_difference(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        for status in (500, 200, 200):
            it.program.status = status
            await it.press("r")
        await it.press("3")
        rows = [line for line in it.screen.splitlines() if "14:32:31" in line and ":8000" in line]
        assert len(rows) == 4
        assert ["=" in row or "≠" in row for row in rows] == [False, True, True, True]
        assert [row.split()[-1] for row in rows[1:]] == ["=", "≠", "="]
        row = it.app.board.feed.get(identity(1))
        assert row is not None
        assert row.kind == "replayed"
        assert len(stored(it).attempts(identity(1))) == 4


async def test_attempts_are_compared_with_the_one_before_or_the_marked_one(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        for status in (500, 200):
            it.program.status = status
            await it.press("r")
        await it.press("3")
        await it.until(lambda: "attempt 3 compared with 2" in it.screen, "the last two compared")
        assert "500 → 200" in it.screen
        await it.press("g", "k", "k", "m", "j", "j")
        assert "attempt 3 compared with 1" in it.screen
        await it.press("enter")
        assert "attempt 3 of 3" in it.screen


async def test_marked_events_are_replayed_together_and_recorded(tmp_path: Path) -> None:
    async with driven(tmp_path, 8) as it:
        await it.press("g", "m", "m", "m", "r")
        await it.until(
            lambda: isinstance(it.app.screen, ManyScreen) and it.app.screen.finished, "finished"
        )
        assert [capture for *_, capture in it.program.sent] == [identity(n) for n in range(3)]
        assert "3 / 3" in it.screen
        assert "fixed" in it.screen
        await it.press("escape")
        assert it.app.screen is it.app.main
        assert "replayed 3 of 3: 3 now 2xx, 0 failing" in it.app.board.log[-1].text


async def test_a_replay_of_many_can_be_paused_and_stopped(tmp_path: Path) -> None:
    async with driven(tmp_path, 30) as it:
        it.program.allowed = threading.Semaphore(3)
        it.app.replay_many([identity(n) for n in range(30)], resign=False)
        await it.settle()
        await it.press("y")
        await it.until(lambda: len(it.program.sent) == 4, "three answered, one held")
        many = it.app.screen
        assert isinstance(many, ManyScreen)
        await it.pilot.press("space")
        assert many.paused
        it.program.allowed.release(26)
        await it.until(lambda: many.progress.sent == 4, "the held one")
        for _ in range(20):
            await it.pilot.pause(0.01)
        assert len(it.program.sent) == 4
        many.do_many_pause()
        await it.until(lambda: many.progress.sent > 4, "on again")
        many.do_many_stop()
        await it.until(lambda: many.finished, "stopped")
        sent = {capture for *_, capture in it.program.sent}
        assert 4 < len(sent) < 30
        store = stored(it)
        assert all(store.attempts(id_)[-1].why is Why.REPLAY for id_ in sent)


async def test_another_machine_is_asked_about_once(tmp_path: Path) -> None:
    made, body = capture(9)
    away = attempt(made.id, 500, target="https://api.example.com")
    put(tmp_path / "captures.db", made, body, away)
    async with driven(tmp_path) as it:
        await it.press("r")
        assert "Send 1 capture to https://api.example.com? It is not this machine." in it.screen
        await it.press("n")
        assert it.program.sent == []
        await it.press("r", "y")
        await it.until(lambda: len(it.program.sent) == 1, "sent")
        await it.press("r")
        await it.until(lambda: len(it.program.sent) == 2, "sent without asking")


async def test_the_form_shows_the_command_that_does_the_same(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        await it.press("R", "down", "down", "right", "down", "down", "right", "right")
        form = it.app.screen
        assert isinstance(form, ReplayForm)
        assert form.command() == (
            f"hookcli replay {identity(1)} --to localhost:8000 --no-resign --times 3"
            " --order reverse"
        )
        assert f"hookcli replay {identity(1)} --to" in it.screen
        await it.press("enter")
        await it.until(lambda: len(it.program.sent) == 3, "three times")
        await it.until(
            lambda: isinstance(it.app.screen, ManyScreen) and it.app.screen.finished, "done"
        )


async def test_without_a_secret_re_signing_says_so(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        await it.press("ctrl+r")
        assert it.program.sent == []
        assert "no secret for stripe" in it.screen


async def test_editing_makes_a_copy_and_leaves_the_original(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        before = stored(it).body(identity(1))
        await it.press("e")
        edit = it.app.screen
        assert isinstance(edit, EditScreen)
        edit.body.text = edit.body.text.replace('"amount": 1', '"amount": 99')
        await it.settle()
        await it.press("ctrl+j")
        await it.until(lambda: len(it.program.sent) == 1, "sent")
        await it.settle()
        request, _, why, made = it.program.sent[0]
        assert json.loads(request.body)["data"]["object"]["amount"] == 99
        assert why is Why.MUTATION
        store = stored(it)
        assert store.body(identity(1)) == before
        assert hashlib.sha256(before).digest() == capture(1)[0].body_sha256
        kept = store.get(made)
        assert kept is not None
        assert kept.parent == identity(1)
        assert store.body(made) == request.body
        (remark,) = store.attempts(made)[-1].added
        assert remark == "changed, stripe signature left as it was: no secret for stripe"
        await it.press("escape")
        row = it.app.board.feed.get(made)
        assert row is not None
        assert (row.kind, row.change) == ("mutation", "amount=99")


async def test_before_sending_a_changed_body_that_cannot_be_signed_is_warned_about(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, 2, size=(160, 45)) as it:
        await it.press("e")
        assert "no secret for stripe: it cannot be signed again" in it.screen


async def test_an_edit_touches_only_what_it_names(tmp_path: Path) -> None:
    odd = (
        b'{"b":1.50,"a":{"x":"\\u00e9","n":1E+2},"b":2, "c":[1,2 ,3],"long":"' + b"x" * 120 + b'"}'
    )
    made, body = capture(0, odd)
    put(tmp_path / "captures.db", made, body, attempt(made.id))
    async with driven(tmp_path) as it:
        await it.press("e")
        edit = it.app.screen
        assert isinstance(edit, EditScreen)
        assert "\n" in edit.body.text
        edit.body.text = edit.body.text.replace("1E+2", "7")
        await it.settle()
        assert edit.request().body == odd.replace(b"1E+2", b"7")


async def test_a_draft_is_kept_and_taken_up_again(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        await it.press("e")
        edit = it.app.screen
        assert isinstance(edit, EditScreen)
        edit.body.text = edit.body.text.replace('"amount": 1', '"amount": 55')
        edit.save_draft()
        # As after a kill: a new process reads what is on disk now.
        draft = Memory.load(it.state).draft(identity(1))
        assert draft is not None
        assert b'"amount": 55' in draft.message
        assert stat.S_IMODE(os.stat(it.state / "drafts" / f"{identity(1)}.json").st_mode) == 0o600
        await it.press("escape")
        assert it.app.screen is it.app.main
    async with driven(tmp_path) as again:
        await again.press("e")
        edit = again.app.screen
        assert isinstance(edit, EditScreen)
        assert '"amount": 55' in edit.body.text


async def test_the_same_draft_again_is_the_same_mutation_and_answers_stay_in_sight(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, 2, size=(160, 45)) as it:
        await it.press("e")
        edit = it.app.screen
        assert isinstance(edit, EditScreen)
        edit.body.text = edit.body.text.replace('"amount": 1', '"amount": 7')
        for status in (500, 422, 200):
            it.program.status = status
            await it.press("ctrl+j")
            await it.until(partial(answered, edit, status), "answered")
        await it.settle()
        assert len({capture for *_, capture in it.program.sent}) == 1
        assert "#1 500" in it.screen
        assert "#3 200" in it.screen


async def test_the_editor_shows_the_command_that_does_the_same(tmp_path: Path) -> None:
    async with driven(tmp_path, 2, size=(160, 45)) as it:
        await it.press("e")
        edit = it.app.screen
        assert isinstance(edit, EditScreen)
        edit.body.text = edit.body.text.replace('"amount": 1', '"amount": 99')
        await it.until(lambda: "body.data.object.amount  1 → 99" in it.screen, "described")
        assert "--set data.object.amount:=99" in it.screen


async def test_the_editor_tells_the_size_of_what_is_sent_not_of_what_is_shown(
    tmp_path: Path,
) -> None:
    body = b'{"a":{"b":[1,2,3]},"long":"' + b"x" * 160 + b'"}'
    made, _ = capture(0, body)
    put(tmp_path / "captures.db", made, body, attempt(made.id))
    async with driven(tmp_path) as it:
        await it.press("e")
        assert f"application/json  {len(body)} B  indented here only" in it.screen
        await it.press("f3", "f3", "f3")
        assert f"hookcli replay {made.id}" in it.screen, "in full, where there is room"


@pytest.mark.parametrize(
    ("text", "words"), [("no colon here", "header line 4"), ("X: \u65e5", "cannot carry")]
)
async def test_a_header_that_is_none_is_pointed_at(tmp_path: Path, text: str, words: str) -> None:
    async with driven(tmp_path, 2, size=(160, 45)) as it:
        await it.press("e")
        edit = it.app.screen
        assert isinstance(edit, EditScreen)
        edit.headers.text += f"\n{text}"
        await it.until(lambda: words in it.screen, words)


def program(folder: Path, name: str, script: str) -> Path:
    """A small program."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


async def test_copy_as_curl_is_one_key_and_gives_the_same_bytes(tmp_path: Path) -> None:
    sink = tmp_path / "copied"
    tool = program(tmp_path, "clip", f"cat > {shlex.quote(str(sink))}")
    async with driven(tmp_path, 2, clipboard=str(tool), env=dict(os.environ)) as it:
        await it.press("y")
        await it.until(sink.exists, "copied")
        await it.settle()
        text = sink.read_text()
        assert text.startswith("curl ")
        assert "http://localhost:8000/webhooks/stripe?n=1" in text
        assert "Stripe-Signature: t=1763908351,v1=3a9bf41c" in text
        assert '"evt_1"' in text
        assert "copied (" in it.screen


async def test_without_a_clipboard_a_file_is_written_and_named(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        await it.press("y")
        await it.until(lambda: "written to" in it.app.board.log[-1].text, "told")
        files = list((it.state / "copied").glob("copied-*.txt"))
        assert len(files) == 1
        assert str(files[0]) in it.app.board.log[-1].text
        assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


async def test_the_copy_menu(tmp_path: Path) -> None:
    sink = tmp_path / "copied"
    tool = program(tmp_path, "clip", f"cat > {shlex.quote(str(sink))}")
    async with driven(tmp_path, 2, clipboard=str(tool), env=dict(os.environ)) as it:
        await it.press("Y", "2")
        await it.until(lambda: sink.exists() and sink.read_text() == identity(1), "the id")
        await it.press("Y", "7")
        await it.until(lambda: "```http" in sink.read_text(), "markdown")


async def test_export_writes_a_file_and_says_what_was_left_out(tmp_path: Path) -> None:
    made, body = capture(
        0, headers=(*capture(0)[0].headers, (b"Authorization", b"Bearer canary-1"))
    )
    put(tmp_path / "captures.db", made, body, attempt(made.id))
    async with driven(tmp_path) as it:
        await it.press("x", "3", "enter")
        await it.until(
            lambda: "wrote" in it.app.board.log[-1].text if it.app.board.log else False, "told"
        )
        data = (tmp_path / f"{made.id}.http").read_bytes()
        assert b"POST /webhooks/stripe?n=0 HTTP/1.1" in data
        assert b"canary-1" not in data
        assert "1 secret left out" in it.app.board.log[-1].text


async def test_marks_notes_and_tags_are_kept(tmp_path: Path) -> None:
    async with driven(tmp_path, 3) as it:
        await it.press("g", "m")
        assert it.app.board.feed.marked == 1
        await it.press("semicolon")
        await it.type("look here")
        await it.press("enter", "t")
        await it.type("odd")
        await it.press("enter")
    store = Store.open(tmp_path / "captures.db")
    first, second = store.get(identity(0)), store.get(identity(1))
    assert first is not None
    assert MARK in first.tags
    assert second is not None
    assert (second.note, second.tags) == ("look here", ("odd",))
    async with driven(tmp_path) as again:
        assert again.app.board.feed.marked == 1
        await again.press("U")
        assert again.app.board.feed.marked == 0


async def test_delete_has_undo_and_is_done_when_the_screen_is_left(tmp_path: Path) -> None:
    async with driven(tmp_path, 4) as it:
        await it.press("delete")
        assert it.app.board.feed.rows == 3
        await it.press("u")
        assert it.app.board.feed.rows == 4
        await it.press("g", "delete")
        assert stored(it).get(identity(0)) is not None
    assert Store.open(tmp_path / "captures.db").get(identity(0)) is None


async def test_only_marked_and_all_again(tmp_path: Path) -> None:
    async with driven(tmp_path, 5) as it:
        await it.press("g", "m", "m", "M")
        await it.until(lambda: len(it.app.board.feed) == 2, "two")
        await it.press("M")
        await it.until(lambda: len(it.app.board.feed) == 5, "all")


async def test_an_editor_that_fails_discards_and_none_names_the_variable(tmp_path: Path) -> None:
    async with driven(tmp_path, 2) as it:
        await it.press("E")
        assert "set HOOKCLI_EDITOR, VISUAL or EDITOR" in it.screen
        assert it.app.screen is it.app.main


async def test_stats_count_and_filter_to_a_row(tmp_path: Path) -> None:
    async with driven(tmp_path, 24) as it:
        await it.press("S")
        assert "events   24" in it.screen
        assert "failed 8 (33.3%)" in it.screen
        await it.press("b")
        assert "SOURCE" in it.screen
        await it.press("enter")
        await it.until(lambda: it.app.main.typed.startswith("source="), "filtered")


async def test_search_in_a_body(tmp_path: Path) -> None:
    body = json.dumps([{"name": f"n{n}", "amount": n} for n in range(3000)]).encode()
    made, data = capture(0, body)
    put(tmp_path / "captures.db", made, data, attempt(made.id))
    async with driven(tmp_path) as it:
        await it.press("enter", "slash")
        await it.type("amount")
        await it.until(lambda: len(it.app.main.detail.message.body_view.hits) == 3000, "all hits")
        await it.press("enter", "n", "n")
        assert "3000 matches for “amount”  3/3000" in it.screen
        await it.press("N")
        assert "2/3000" in it.screen
        assert isinstance(it.app.main.event_list.row, Row)


async def test_folding_and_views_of_a_body(tmp_path: Path) -> None:
    async with driven(tmp_path, 1) as it:
        await it.press("enter", "j", "j", "enter")
        assert '▸ "data": { 1 item }' in it.screen
        await it.press("l")
        assert '▾ "object": {' in it.screen
        assert "$.data" in it.screen
        await it.press("v")
        assert "raw" in it.screen
        await it.press("v")
        assert "00000000  7b 22 69 64" in it.screen
        assert "0x0" in it.screen


async def test_help_in_the_editor_is_about_the_editor_and_runs_what_is_chosen(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, 2) as it:
        await it.press("e", "f1")
        assert "for the editor" in it.screen
        await it.type("next part")
        await it.press("enter")
        edit = it.app.screen
        assert isinstance(edit, EditScreen)
        assert edit.part == 2


BODIES = {
    "text": (b'{"a": "it\'s $HOME `x` \\u00e9", "b": "\xe6\x97\xa5"}', b"application/json"),
    "binary": (bytes(range(256)) * 20, b"application/octet-stream"),
    "empty": (b"", b"text/plain"),
    "5 MB": (b"[" + b"1234567," * 625_000 + b"0]", b"application/json"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_the_copied_line_sends_the_same_bytes_when_it_is_run(
    tmp_path: Path, name: str
) -> None:
    body, kind = BODIES[name]
    sink = tmp_path / "copied"
    tool = program(
        tmp_path, "clip", f"cat > {shlex.quote(str(sink))}.part && mv {sink}.part {sink}"
    )
    headers = (
        (b"Host", b"hooks.example.com"),
        (b"content-TYPE", kind),
        (b"X-Twice", b"1"),
        (b"X-Twice", b"2"),
    )
    async with rawhttp.program() as receiver:
        made, _ = capture(0, body, headers=headers, target=b"/a%2fb//c?q=%7e&q=", method="PUT")
        put(tmp_path / "captures.db", made, body, attempt(made.id, target=receiver.url))
        async with driven(tmp_path, clipboard=str(tool), env=dict(os.environ)) as it:
            await it.press("y")
            await it.until(sink.exists, "copied")
        run = await asyncio.create_subprocess_exec("bash", str(sink))
        assert await run.wait() == 0
        (got,) = receiver.received
    assert got.start == b"PUT /a%2fb//c?q=%7e&q= HTTP/1.1"
    assert got.body == body
    assert [pair for pair in got.headers if pair in headers] == list(headers)
