"""`ls` and `show`: which captures, in which form, whole into a pipe."""

import asyncio
import re
from pathlib import Path

import pytest

from hookcli.captures.model import Told
from hookcli.captures.store import Batch, NewCapture
from hookcli.cli.console import ExitCode
from tests.hookcli.cli import made
from tests.hookcli.cli.shelf import Shelf, records
from tests.hookcli.cli.test_questions import command
from tests.hookcli.tui.terminal import terminal
from tests.support.processes import Process, environment, hookcli


@pytest.fixture
def four(shelf: Shelf) -> list[str]:
    """Four captures, the second of which failed slowly."""
    ids = [shelf.put(b"%d" % n, event_type=f"t{n}", status=None) for n in range(4)]
    for number, id_ in enumerate(ids):
        status, ms = (500, 900.0) if number == 1 else (200, 10.0 * number)
        shelf.commit(Batch(attempts=(made.attempt(id_, status=status, ms=ms),)))
    return ids


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ([], [3, 2, 1, 0]),
        (["-n", "2"], [3, 2]),
        (["-n", "2", "--reverse"], [2, 3]),
        (["status:200"], [3, 2, 0]),
        (["--sort", "ms", "-n", "2"], [1, 3]),
        (["@2", "4700"], [2, 0]),
        (["4701..", "status:200"], [3, 2]),
        (["type:t1", "status:500"], [1]),
        (["-n", "0"], [3, 2, 1, 0]),
    ],
)
def test_which_and_in_which_order(
    shelf: Shelf, four: list[str], arguments: list[str], numbers: list[int]
) -> None:
    ended = shelf.run("ls", "-o", "ids", *arguments)
    assert ended.out.split() == [four[number] for number in numbers]


def test_columns_are_chosen_and_named(shelf: Shelf, four: list[str]) -> None:
    ended = shelf.run("ls", "--fields", "type,status,ms,size", "--header", "-n", "2", "--reverse")
    assert ended.out == "type\tstatus\tms\tsize\nt2\t200\t20.0\t1\nt3\t200\t30.0\t1\n"
    assert shelf.run("ls", "--count", "status:200").out == "3\n"
    assert shelf.run("ls", "--count", "@", "@2").out == "2\n"
    assert [one["id"] for one in records(shelf.run("ls", "--json"), "event")] == four[::-1]
    for wrong in (["--fields", "colour"], ["--sort", "colour"], ["-o", "yaml"], ["-f", "--count"]):
        assert shelf.run("ls", *wrong).code == ExitCode.USAGE


def test_nothing_that_matches_is_an_answer_of_its_own(shelf: Shelf, four: list[str]) -> None:
    ended = shelf.run("ls", "status:404")
    assert (ended.code, ended.out) == (ExitCode.NOT_FOUND, "")
    assert ended.err.startswith("error: no capture matches status:404\n  4 captures in all")


async def test_follow_goes_on_where_the_list_ended_and_waits_for_an_answer(
    shelf: Shelf, four: list[str], tmp_path: Path
) -> None:
    env = environment(tmp_path, {"HOOKCLI_STORE": str(shelf.file)})
    argv = [hookcli(), "ls", "--follow", "-n", "1", "--fields", "type,status"]
    process = await Process.start(argv, env=env)
    try:
        await process.line("^t3\t200$", stream="out")
        one = made.capture("01JA8ZZZZZ0000000000000001", event_type="held")
        target = "http://127.0.0.1:9"
        new = NewCapture(capture=one, body=b"", targets=(target,))
        await asyncio.to_thread(shelf.commit, Batch(captures=(new,)))
        await asyncio.to_thread(shelf.put, event_type="behind", status=None)
        answer = made.attempt(one.id, status=204)
        await asyncio.to_thread(shelf.commit, Batch(attempts=(answer,)))
        await process.line("^behind\tskip$", stream="out")
        assert process.out == ["t3\t200", "held\t204", "behind\tskip"]
    finally:
        await process.kill()


# Showing one


@pytest.fixture
def shown(shelf: Shelf) -> str:
    """A capture with two attempts."""
    id_ = shelf.put(b'{"a": 1}', event_type="x", told=Told(status=200, by="app", ms=4.0))
    failed = made.attempt(id_, status=500, body=b"oops", headers=((b"X-E", b"1"),))
    shelf.commit(Batch(attempts=(failed,)))
    return id_


def test_all_of_a_capture(shelf: Shelf, shown: str) -> None:
    out = shelf.run("show", shown).out
    for text in ("POST /webhooks/stripe HTTP/1.1", '"a": 1', "500", "X-E: 1", "oops", "2 attempts"):
        assert text in out
    first = shelf.run("show", shown, "--attempt", "1").out
    assert "HTTP/1.1 200 OK" in first
    assert shelf.run("show", f"{shown}/1").out == first
    assert shelf.run("show", shown, "--attempt", "7").code == ExitCode.NOT_FOUND


def test_parts_of_it(shelf: Shelf, shown: str) -> None:
    assert shelf.run("show", "@", "-p", "B").out == '{\n  "a": 1\n}\n'
    assert shelf.run("show", "@", "--body", "--raw").out == '{"a": 1}'
    assert shelf.run("show", "@", "-p", "b", "--raw").out == "oops"
    raw = shelf.run("show", "@", "--raw").out
    assert raw == (
        "POST /webhooks/stripe HTTP/1.1\r\nContent-Type: application/json\r\n"
        'Content-Length: 8\r\n\r\n{"a": 1}'
    )
    assert shelf.run("show", "@", "-p", "z").code == ExitCode.USAGE
    kinds = [one["type"] for one in shelf.run("show", "@", "--json").records]
    assert kinds == ["event", "attempt", "attempt", "reply"]


def test_bytes_go_to_a_file(shelf: Shelf, tmp_path: Path) -> None:
    body = bytes(range(256))
    shelf.put(body)
    file = tmp_path / "body.bin"
    ended = shelf.run("show", "@", "--body", "-O", str(file))
    assert (ended.out, ended.err, file.read_bytes()) == ("", f"wrote 256 B to {file}\n", body)
    assert shelf.run("show", "@", "--body", "-O", "/proc/nowhere/x").code == ExitCode.NO


def test_a_pager_is_named_and_used_on_a_terminal_only(
    shelf: Shelf, shown: str, tmp_path: Path
) -> None:
    assert "oops" in shelf.run("show", "@", "--pager", env={"PAGER": "/nowhere"}).out
    env = {"HOOKCLI_STORE": str(shelf.file), "NO_COLOR": "1", "PAGER": "sed s/^/paged:/"}
    with terminal(tmp_path, env=env, program=command("show", "@", "--pager")) as screen:
        assert screen.wait() == ExitCode.YES
        assert b"paged:oops" in screen.output
    with terminal(
        tmp_path, env=env | {"PAGER": ""}, program=command("show", "--pager", "@")
    ) as screen:
        assert screen.wait() == ExitCode.USAGE
        assert b"neither HOOKCLI_PAGER nor PAGER" in screen.output


def test_a_picked_capture_is_shown_where_none_is_named(shelf: Shelf, tmp_path: Path) -> None:
    ended = shelf.run("show")
    assert (ended.code, "nothing is named" in ended.err) == (ExitCode.USAGE, True)
    assert re.search("try: @ for the latest capture", ended.err)
