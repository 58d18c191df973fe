"""Questions that commands ask on a terminal, and what becomes of the answers."""

import stat
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.shelf import Shelf
from tests.hookcli.tui.terminal import Terminal, terminal
from tests.support import rawhttp

BODY = b'{"amount": 5}'


def command(*arguments: str) -> str:
    """A program that runs a command line."""
    return (
        "import sys; from hookcli.cli import main;"
        f" sys.argv[1:] = {list(arguments)!r}; sys.exit(main())"
    )


@pytest.fixture
def editor(tmp_path: Path) -> str:
    """An editor that needs the terminal for itself: it reads a key."""
    path = tmp_path / "editor"
    path.write_text('#!/bin/sh\nprintf \'EDITING? \'\nread key\nsed -i "s/5/$key/" "$1"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def edited(shelf: Shelf, editor: str, id_: str, answer: str) -> Terminal:
    env = {"HOOKCLI_STORE": str(shelf.file), "EDITOR": editor, "NO_COLOR": "1"}
    with terminal(shelf.file.parent, env=env, program=command("edit", id_)) as screen:
        screen.until("EDITING? ")
        screen.press("7\r")
        screen.until("send, save or discard the copy? [send/save/discard]")
        screen.press(f"{answer}\r")
        screen.wait()
        return screen


def test_an_edited_copy_is_sent_saved_or_discarded(
    shelf: Shelf, app: rawhttp.Program, editor: str
) -> None:
    id_ = shelf.put(BODY, to=app.url)
    discarded = edited(shelf, editor, id_, "d")
    assert discarded.process.returncode == ExitCode.NO
    assert b"discarded; the original is as it was" in discarded.output
    assert shelf.run("ls", "--count").out == "1\n"
    saved = edited(shelf, editor, id_, "")  # the answer that loses nothing
    assert saved.process.returncode == ExitCode.YES
    assert app.received == []
    sent = edited(shelf, editor, id_, "se")
    assert sent.process.returncode == ExitCode.YES
    assert [one.body for one in app.received] == [b'{"amount": 7}']
    assert "body.amount  5 → 7".encode() in sent.output
    ids = shelf.run("ls", "-o", "ids").out.split()
    assert len(ids) == 3
    assert ids[0].encode() in sent.output
    assert shelf.get(id_)[1] == BODY


def test_a_stranger_is_asked_about_once(shelf: Shelf) -> None:
    shelf.put(to="http://api.acme.test")
    shelf.put(to="http://api.acme.test")
    env = {"HOOKCLI_STORE": str(shelf.file), "NO_COLOR": "1"}
    program = command("replay", "--last", "2", "--times", "2")
    with terminal(shelf.file.parent, env=env, program=program) as screen:
        screen.until("replay 4 requests to http://api.acme.test? [y/N]")
        screen.press("n\r")
        assert screen.wait() == ExitCode.NO
    assert all(len(shelf.attempts(one)) == 1 for one in shelf.run("ls", "-o", "ids").out.split())


def test_where_nobody_can_be_asked_a_stranger_needs_yes(shelf: Shelf) -> None:
    id_ = shelf.put(to="http://api.acme.test")
    ended = shelf.run("replay", id_)
    assert ended.code == ExitCode.USAGE
    assert "needs --yes for a target that is not this machine" in ended.err
    assert len(shelf.attempts(id_)) == 1, "nothing was sent"


def test_the_settings_are_edited_and_what_is_wrong_with_them_is_told(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "editor"
    path.write_text('#!/bin/sh\nprintf "$LINE" >> "$1"\nexit $CODE\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def edit(line: str, code: int = 0) -> tuple[int, str]:
        monkeypatch.setenv("LINE", line)
        monkeypatch.setenv("CODE", str(code))
        ended = shelf.run("config", "edit", env={"EDITOR": str(path)})
        return ended.code, ended.err

    assert edit("retry = 3\\n") == (ExitCode.YES, "")
    assert shelf.run("config", "get", "retry").out == "3\n"
    assert edit("", 1) == (ExitCode.USAGE, f"error: {path} ended with 1\n")
    code, said = edit("retri = 4\\n")
    assert (code, "unknown key retri" in said) == (ExitCode.USAGE, True)
    assert edit("# still to be mended\\n")[0] == ExitCode.USAGE
