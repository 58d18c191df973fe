"""The front page, the pages behind it, and what a mistyped command line is told."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import hookcli as hookcli_package
from hookcli import cli
from hookcli.cli.commands import ALIASES, COMMANDS, TOPICS, Command
from hookcli.cli.console import ExitCode
from hookcli.cli.topics import PAGES, VARIABLES
from tests.hookcli.cli.inprocess import hookcli


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_the_front_page_lists_what_there_is(arguments: list[str]) -> None:
    ended = hookcli(*arguments)
    assert ended.code == ExitCode.YES
    for command in COMMANDS:
        assert f"\n  {command.name} " in ended.out
        assert command.summary in ended.out
    assert max(map(len, ended.out.splitlines())) <= 110


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_every_command_exists_and_explains_itself(command: Command) -> None:
    name = command.name
    importlib.import_module(f"hookcli.cli.{command.module or name}")
    ended = hookcli(name, "--help")
    assert ended.code == ExitCode.YES
    assert ended.out.startswith(f"Usage: hookcli {name}")
    assert "Shared by all:" in ended.out
    assert hookcli("help", name).out == ended.out


def test_an_old_python_is_told_which_one_is_needed() -> None:
    """As far as its first words every interpreter since 3.6 understands the program."""
    ast.parse(Path(hookcli_package.__file__).read_text(), feature_version=(3, 6))
    ast.parse(Path(cli.__file__).read_text(), feature_version=(3, 6))
    program = (
        "import sys; sys.version_info, sys.version = (3, 9, 18, 'final', 0), '3.9.18 (main)'\n"
        "import hookcli.cli"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == ExitCode.USAGE
    assert (
        done.stderr.splitlines()[0]
        == "error: hookcli needs Python 3.11 or newer, and this is 3.9.18"
    )
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_version_is_the_distributions() -> None:
    from importlib.metadata import version

    assert hookcli("--version").out == f"hookcli {version('hookcli')}\n"
    assert hookcli("version").out == f"hookcli {version('hookcli')}\n"


@pytest.mark.parametrize("topic", TOPICS)
def test_every_page_is_there(topic: str) -> None:
    ended = hookcli("help", topic)
    assert (ended.code, ended.err) == (ExitCode.YES, "")
    assert ended.out == PAGES[topic]() + "\n"


def test_the_exit_codes_page_names_every_code() -> None:
    page = hookcli("help", "exit-codes").out
    assert [int(line.split()[0]) for line in page.splitlines()] == [code.value for code in ExitCode]


def test_the_environment_page_names_every_variable_of_the_schema() -> None:
    from hookcli.config.schema import KEYS

    named = {name for names in VARIABLES for name in names.split()}
    assert {key.env for key in KEYS if key.env} <= named


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        (["lisen"], "no command is called lisen", "hookcli listen"),
        (["shwo"], "no command is called shwo", "hookcli show"),
        (["xyzzy"], "no command is called xyzzy", "hookcli --help"),
        (["listen", "--forwrd", "1"], "no such option: --forwrd", "--forward"),
        (["ls", "--limt", "3"], "no such option: --limt", "--limit"),
        (["--nonsense"], "no such option: --nonsense", ""),
        (["export"], "missing argument", "hookcli export --help"),
        (["help", "exitcodes"], "no page is called exitcodes", "exit-codes"),
        (["listen", "8000", "--count", "x"], "--count", "hookcli listen --help"),
        (["listen", "8000", "--timeout", "soon"], "--timeout 'soon': a time is wanted", ""),
        (["listen", "8000", "--now", "--from", "3"], "only one place to start", ""),
        (["listen", "8000", "-f", "9000"], "two targets", ""),
        (["completion", "tcsh"], "no script for tcsh", "bash|zsh|fish|pwsh"),
        (["--color", "red", "ls"], "auto, always or never", ""),
    ],
)
def test_a_mistyped_line_is_told_what_is_nearest(
    arguments: list[str], what: str, hint: str
) -> None:
    ended = hookcli(*arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.out == ""
    first, *rest = ended.err.splitlines()
    assert first.startswith("error: ")
    assert what in first
    assert hint in "\n".join(rest)
    assert "Traceback" not in ended.err


def test_an_alias_works_once_told_and_names_the_documented_word() -> None:
    ended = hookcli("whoami")
    assert ended.code == ExitCode.YES
    assert "`whoami` is `hookcli config list` here" in ended.err
    assert ended.out == hookcli("config", "list").out
    assert all(words[0] in {one.name for one in COMMANDS} for words in ALIASES.values())


def test_errors_are_one_json_line_where_json_was_asked_for() -> None:
    ended = hookcli("lisen", "--json")
    (line,) = ended.err.splitlines()
    record = json.loads(line)
    assert list(record)[:3] == ["v", "type", "at"]
    assert (record["type"], record["level"]) == ("notice", "error")
    assert "lisen" in record["text"]
    assert ended.out == ""


def test_a_bug_ends_with_its_own_code_and_a_report_without_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hookcli.cli.here import Here

    def broken(_: object) -> None:
        local = "canary-local"
        raise ZeroDivisionError(f"canary-message {local}")

    monkeypatch.setattr(Here, "settings", property(broken))
    ended = hookcli("config", "list", "--profile", "canary-value")
    assert ended.code == ExitCode.BUG
    first, second = ended.err.splitlines()
    assert first == "hookcli stopped on a bug of its own. Nothing captured is lost."
    file = second.removeprefix("  report: ").partition(" (")[0]
    with open(file) as stream:
        report = stream.read()
    assert "ZeroDivisionError" in report
    assert "in broken" in report
    assert "--profile" in report
    assert "canary" not in report


def test_completion_offers_commands_flags_and_pages() -> None:
    assert hookcli("__complete", "lis").out.startswith("listen\treceive")
    assert "exit-codes\thow commands end" in hookcli("__complete", "help", "").out
    assert "create\t" in hookcli("__complete", "endpoint", "").out
    assert "--forward\t" in hookcli("__complete", "listen", "--fo").out
    assert hookcli("__complete", "nonsense", "").out == ""
    for shell in ("bash", "zsh", "fish", "pwsh"):
        assert "hookcli __complete" in hookcli("completion", shell).out
