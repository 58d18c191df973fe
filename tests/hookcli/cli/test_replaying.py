"""Replays of many: chosen, ordered, paced, judged, stopped and gone on with."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.shelf import Shelf, records
from tests.support import rawhttp
from tests.support.processes import Process, environment, hookcli

Answers = Callable[[rawhttp.Message], bytes]


def answering(answers: Answers) -> rawhttp.Answer:
    """An answer that depends on the request."""

    async def write(message: rawhttp.Message, writer: asyncio.StreamWriter) -> None:
        writer.write(answers(message))
        await writer.drain()

    return write


def told(status: int, body: bytes = b'{"ok": true}', extra: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status, extra, len(body)) + body


def bodies(app: rawhttp.Program) -> list[bytes]:
    return [one.body for one in app.received]


def some(shelf: Shelf, app: rawhttp.Program, count: int = 4, **changes: object) -> list[str]:
    return [shelf.put(b"%d" % n, to=app.url, **changes) for n in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "sent", "stdin"),
    [
        (["--last", "2"], b"23", ""),
        (["--last", "9"], b"0123", ""),
        (["--last", "2", "seq<4703"], b"12", ""),
        (["4701..4702"], b"12", ""),
        (["status:200"], b"0123", ""),
        (["--filter", "body:2"], b"2", ""),
        (["@", "@3"], b"31", ""),
        (["@", "@3", "--order", "seq"], b"13", ""),
        (["status:200", "--order", "reverse"], b"3210", ""),
        (["4700..", "seq>4702"], b"3", ""),
        (["-"], b"20", "IDS"),
        ([":set"], b"13", ""),
        (["@", "--times", "3"], b"333", ""),
    ],
)
def test_captures_are_chosen_and_ordered(
    shelf: Shelf, app: rawhttp.Program, arguments: list[str], sent: bytes, stdin: str
) -> None:
    ids = some(shelf, app)
    for one in (ids[1], ids[3]):
        shelf.run("tag", one, "set")
    text = f"{ids[2]}\n\n{ids[0]} and more\n" if stdin else ""
    ended = shelf.run("replay", *arguments, stdin=text)
    assert (ended.code, b"".join(bodies(app))) == (ExitCode.YES, sent), ended.err


def test_ids_come_from_ndjson_too(shelf: Shelf, app: rawhttp.Program) -> None:
    some(shelf, app, 3)
    lines = shelf.run("ls", "--json", "--reverse", "seq>4700").out
    shelf.run("replay", "-", stdin=lines)
    assert bodies(app) == [b"1", b"2"]


def test_a_shuffle_sends_each_once(shelf: Shelf, app: rawhttp.Program) -> None:
    some(shelf, app, 30)
    shelf.run("replay", "status:200", "--order", "shuffle")
    assert sorted(bodies(app)) == sorted(b"%d" % n for n in range(30)) != bodies(app)


def test_many_at_once_are_as_many_as_is_said(shelf: Shelf, app: rawhttp.Program) -> None:
    some(shelf, app, 12)
    app.answer = rawhttp.after(0.05, rawhttp.respond())
    shelf.run("replay", "status:200", "-c", "4")
    assert app.most_busy == 4
    assert len(app.received) == 12


def test_a_summary_for_people_and_a_record_for_programs(shelf: Shelf, app: rawhttp.Program) -> None:
    some(shelf, app, 3)
    app.script = [rawhttp.respond(500)]
    people = shelf.run("replay", "status:200")
    first, *_ = people.out.splitlines()
    assert " -> 500 " in first
    assert "(was 200)" in first
    assert people.err.startswith("3 requests sent, 3 answered, 2 with 2xx; p50 ")
    ended = shelf.run("replay", "4700..", "--json")
    (last,) = records(ended, "replayed")
    assert (last["total"], last["sent"], last["good"], last["left"]) == (3, 3, 3, 0)
    assert ended.out.splitlines()[-1] == json.dumps(last, separators=(",", ":"))
    assert records(shelf.run("replay", "@", "--json"), "replayed") == []


def test_progress_is_told_on_stderr_where_nobody_looks_now_and_then(
    shelf: Shelf, app: rawhttp.Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookcli.cli import progress

    monkeypatch.setattr(progress, "TELL_S", 0.0)
    some(shelf, app, 3)
    ended = shelf.run("replay", "status:200")
    assert "1 of 3 sent · 1 are 2xx" in ended.err
    assert len(ended.out.splitlines()) == 3
    assert "sent" not in shelf.run("replay", "4700..", "-q").err


# Judging


def test_answers_are_held_against_what_is_expected(shelf: Shelf, app: rawhttp.Program) -> None:
    shelf.put(b"1", to=app.url)
    app.answer = answering(lambda _: told(201, b'{"ok": false}', b"X-Id: 7\r\n"))
    well = ["--expect", "2xx", "--expect", "body.ok:=false", "--expect", "header.x-id=7"]
    assert shelf.run("replay", "@", *well).code == ExitCode.YES
    ended = shelf.run("replay", "@", "--expect", "204", "--expect", "body.ok:=true")
    assert ended.code == ExitCode.NO
    assert ended.out.splitlines()[1:] == [
        "  not as expected: status 201, not 204",
        "  not as expected: body.ok is false, not true",
    ]
    (attempt,) = records(shelf.run("replay", "@", "--expect", "200", "--json"), "attempt")
    assert attempt["unexpected"] == ["status 201, not 200"]
    assert attempt["added"][-1] == "not as expected: status 201, not 200"
    assert shelf.run("replay", "@", "--expect", "nonsense").code == ExitCode.USAGE


def test_a_saved_set_is_a_test_that_goes_on_failing_until_it_is_mended(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    some(shelf, app, 2)
    app.answer = answering(
        lambda m: told(200, b'{"id": %b, "at": %d}' % (m.body, len(app.received)))
    )
    assert shelf.run("replay", "4700..").code == ExitCode.YES  # what is recorded from now on
    same = ["replay", "4700..", "--same", "--ignore", "at"]
    assert shelf.run(*same).code == ExitCode.YES
    app.answer = answering(lambda m: told(200, b'{"id": 9, "at": 0}'))
    for _ in range(2):  # a wrong answer is never what later ones are compared with
        ended = shelf.run(*same)
        assert ended.code == ExitCode.NO
        assert "not as expected: response.body.id  1 → 9" in ended.out
        assert "2 not as expected" in ended.err
    app.answer = answering(lambda m: told(200, b'{"id": %b, "at": 5}' % m.body))
    assert shelf.run(*same).code == ExitCode.YES


def test_without_a_recorded_answer_nothing_is_the_same(shelf: Shelf, app: rawhttp.Program) -> None:
    shelf.put(b"x", status=None)
    ended = shelf.run("replay", "@", "--same", "--to", app.url)
    assert ended.code == ExitCode.NO
    assert "no recorded answer to compare with" in ended.out


def test_the_first_that_fails_can_end_it_and_it_is_gone_on_with(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    some(shelf, app, 5)
    app.script = [rawhttp.respond(), rawhttp.respond(404)]
    ended = shelf.run("replay", "status:200", "--fail-fast", "--expect", "2xx", "--no-mark")
    assert (ended.code, bodies(app)) == (ExitCode.NO, [b"0", b"1"])
    assert "3 not sent" in ended.err
    assert "try: hookcli replay --resume" in ended.err
    again = shelf.run("replay", "--resume")
    assert (again.code, bodies(app)[2:]) == (ExitCode.YES, [b"2", b"3", b"4"])
    assert app.received[-1].values(b"hookcli-replay-of") == []  # as it was asked for then
    nothing = shelf.run("replay", "--resume")
    assert (nothing.code, "anything unsent" in nothing.err) == (ExitCode.NOT_FOUND, True)


def test_going_on_keeps_what_was_asked_for_unless_told_otherwise(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    some(shelf, app, 3)
    app.script = [rawhttp.respond(500)]
    shelf.run("replay", "4700..", "--fail-fast", "--times", "2", "--set", "$:=7", "--expect", "2xx")
    assert bodies(app) == [b"7"]
    assert shelf.run("replay", "--resume", "@").code == ExitCode.USAGE
    other = shelf.run("replay", "--resume", env={"HOOKCLI_STORE": str(shelf.file) + ".other"})
    assert (other.code, "--store" in other.err) == (ExitCode.USAGE, True)
    ended = shelf.run("replay", "--resume", "--expect", "2xx", "--json")
    assert ended.code == ExitCode.YES
    assert bodies(app)[1:] == [b"7"] * 5
    assert len({one["event"] for one in records(ended, "attempt")}) == 3


def test_what_was_typed_into_stdin_cannot_be_gone_on_with(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    some(shelf, app, 2)
    app.answer = rawhttp.respond(500)
    ended = shelf.run("replay", "4700..", "--fail-fast", "--body", "-", stdin="x")
    assert (bodies(app), "--resume" in ended.err) == ([b"x"], False)


async def started(shelf: Shelf, tmp_path: Path, *arguments: str) -> Process:
    env = environment(tmp_path, {"HOOKCLI_STORE": str(shelf.file)})
    return await Process.start([hookcli(), "replay", *arguments], env=env, cwd=tmp_path)


async def test_an_interrupt_lets_what_runs_finish_and_the_rest_be_gone_on_with(
    shelf: Shelf, tmp_path: Path
) -> None:
    release = asyncio.Event()

    async def held(_: rawhttp.Message, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(told(200))

    async with rawhttp.program() as app:
        some(shelf, app, 6)
        app.script = [rawhttp.respond(), rawhttp.respond(), held]
        process = await started(shelf, tmp_path, "status:200")
        await app.wait_for(3)
        process.signal(signal.SIGINT)
        await process.line("^stopping: ", stream="err")
        release.set()
        assert await process.wait() == ExitCode.INTERRUPTED
        assert len(process.out) == 3
        assert any("3 not sent" in line for line in process.err), process.err
        again = await started(shelf, tmp_path, "--resume")
        assert await again.wait() == ExitCode.YES
        assert bodies(app) == [b"0", b"1", b"2", b"3", b"4", b"5"]


async def test_a_second_interrupt_waits_for_nothing(shelf: Shelf, tmp_path: Path) -> None:
    async with rawhttp.program(rawhttp.hang()) as app:
        some(shelf, app, 3)
        process = await started(shelf, tmp_path, "status:200", "--json")
        await app.wait_for(1)
        process.signal(signal.SIGTERM)
        await process.line("^stopping: ", stream="err")
        process.signal(signal.SIGTERM)
        assert await process.wait(2.0) == ExitCode.TERMINATED
        (last,) = [json.loads(line) for line in process.out]
        assert (last["type"], last["sent"], last["left"]) == ("replayed", 0, 3)


def test_the_gaps_are_kept_at_a_speed(shelf: Shelf, app: rawhttp.Program) -> None:
    some(shelf, app, 4)  # a second apart
    ended = shelf.run("replay", "status:200", "--speed", "30x", "--json")
    (last,) = records(ended, "replayed")
    assert last["ms"] >= 95
    assert shelf.run("replay", "@", "--speed", "fast").code == ExitCode.USAGE
    assert shelf.run("replay", "@", "--rate", "fast").code == ExitCode.USAGE
    assert shelf.run("replay", "@", "--order", "random").code == ExitCode.USAGE


def test_what_nobody_answers_ends_with_its_own_code(shelf: Shelf) -> None:
    shelf.put(to="http://127.0.0.1:9")
    ended = shelf.run("replay", "@", "--times", "2")
    assert ended.code == ExitCode.TARGET
    assert "error: 127.0.0.1:9 refuses connections" in ended.err
    assert "2 of 2 requests" in ended.err


def test_nothing_named_is_told_at_once(shelf: Shelf) -> None:
    ended = shelf.run("replay")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "try: @ for the latest capture" in ended.err or "hookcli replay @" in ended.err


# As `listen` would send it


def test_a_replay_goes_out_as_the_settings_say_that_events_do(
    shelf: Shelf, app: rawhttp.Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shelf.put(to=app.url)
    (tmp_path / "hookcli.toml").write_text(
        'path = "/api"\nheader = ["X-Env: dev"]\nhost_header = "shop.test"\n'
    )
    shelf.run("replay", "@")
    shelf.run("edit", "@", "--set", "amount:=6", "--send")
    assert len(app.received) == 2
    for one in app.received:
        assert one.target.startswith(b"/api/")
        assert (b"X-Env", b"dev") in one.headers
        assert [value for name, value in one.headers if name == b"Host"] == [b"shop.test"]
