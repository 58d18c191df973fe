"""Bytes that are no UTF-8 on the command line: text they are not, bytes and names of files they are."""

import os
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.inprocess import hookcli
from tests.hookcli.cli.shelf import Shelf, records
from tests.support import rawhttp

ODD = os.fsdecode(b"a\xffb")
"""As the interpreter hands it on."""


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls", ODD],
        ["ls", "--json", f"type:{ODD}"],
        ["rm", ODD, "--yes"],
        ["tag", "@", ODD],
        ["tag", "@", "fine", "--note", ODD],
        ["replay", "@", "--set", f"id={ODD}"],
        ["replay", "@", "--expect", f"body.a={ODD}"],
        ["wait", f"type:{ODD}", "--timeout", "1ms"],
        ["endpoint", "create", ODD],
        ["endpoint", "set", "x", "--name", ODD],
        ["config", "set", "endpoint", ODD],
        ["trigger", "--body", "@none", "--scheme", ODD],
        ["listen", "8000", "-e", ODD],
        ["-p", ODD, "ls"],
        [ODD],
    ],
)
def test_where_text_is_wanted_it_is_refused(shelf: Shelf, arguments: list[str]) -> None:
    id_ = shelf.put(note="\\xff")
    ended = shelf.run(*arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "is not UTF-8" in ended.err
    assert "b\\xff" in ended.err or "a\\" in ended.err
    assert len(shelf.attempts(id_)) == 1


@pytest.mark.parametrize("name", ["HOOKCLI_ENDPOINT", "HOOKCLI_TOKEN", "HOOKCLI_FORWARD"])
def test_a_variable_that_is_no_text_is_named(name: str) -> None:
    ended = hookcli("ls", env={name: ODD})
    assert (ended.code, ended.err) == (ExitCode.USAGE, f"error: {name} is not UTF-8\n")


def test_what_is_sent_as_bytes_is_sent_as_it_was_typed(shelf: Shelf, app: rawhttp.Program) -> None:
    shelf.put(to=app.url)
    given = ["-H", f"X-One: {ODD}", f"--header=X-Two: {ODD}", f"-HX-Three: {ODD}"]
    ended = shelf.run("replay", "@", *given, "--path", f"/{ODD}", "--query", f"q={ODD}", "--json")
    assert ended.code == ExitCode.YES
    (got,) = app.received
    for name in (b"X-One", b"X-Two", b"X-Three"):
        assert got.values(name) == [b"a\xffb"]
    assert got.start == b"POST /a%FFb?q=a%FFb HTTP/1.1"
    assert "\\ud" not in ended.out
    assert len(records(ended, "event")) == 1


def test_a_file_may_be_called_anything(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / f"{ODD}.http"
    shelf.put()
    assert shelf.run("export", "http", "@", "-O", str(file)).code == ExitCode.YES
    assert shelf.run("import", str(file)).code == ExitCode.YES
    store = tmp_path / f"{ODD}.sqlite"
    assert shelf.run("--store", str(store), "import", str(file)).code == ExitCode.YES
    assert shelf.run("--store", str(store), "ls", "--count").out == "1\n"
    assert store.exists()
