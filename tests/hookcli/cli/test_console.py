"""Colour and characters follow the terminal and what its user said; every failure has its code."""

import io

import pytest

from hookcli.cli.console import Console, ExitCode, exit_code
from hookcli.errors import (
    AuthError,
    ConfigError,
    HookcliError,
    NotFoundError,
    RelayError,
    StoreError,
    TargetError,
    UsageError,
    WaitError,
)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Latin(io.StringIO):
    encoding = "iso-8859-1"


def console(environ: dict[str, str] | None = None, out: io.StringIO | None = None) -> Console:
    return Console(
        stdin=io.StringIO(), stdout=out or Terminal(), stderr=Terminal(), environ=environ or {}
    )


@pytest.mark.parametrize(
    ("environ", "on"),
    [
        ({"TERM": "xterm"}, True),
        ({}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "CLICOLOR": "0"}, False),
        ({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, True),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"TERM": "xterm", "FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_on_a_terminal(environ: dict[str, str], on: bool) -> None:
    assert console(environ).colors() is on


def test_no_colour_into_a_pipe_unless_forced() -> None:
    assert not console({"TERM": "xterm"}, io.StringIO()).colors()
    assert console({"FORCE_COLOR": "1"}, io.StringIO()).colors()
    forced = console({"NO_COLOR": "1"}, io.StringIO())
    forced.color = "always"
    assert forced.colors()


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({"LANG": "C.UTF-8"}, False),
        ({}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX", "LC_CTYPE": "C.UTF-8"}, True),  # what Python makes of LANG=POSIX
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8", "LC_ALL": "en_US.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "C", "LC_ALL": "en_US.UTF-8"}, False),
        ({"HOOKCLI_ASCII": "1"}, True),
        ({"HOOKCLI_ASCII": "0"}, False),
    ],
)
def test_ascii_where_the_locale_has_nothing_else(environ: dict[str, str], ascii_only: bool) -> None:
    made = console(environ)
    assert made.ascii_only() is ascii_only
    shown = made.encodable("a → b … “c” ✓ 日")
    assert shown == ('a -> b ... "c" ok \\u65e5' if ascii_only else "a → b … “c” ✓ 日")


def test_ascii_where_the_stream_cannot_carry_more() -> None:
    assert console({}, Latin()).ascii_only()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (ConfigError, 2),
        (RelayError, 3),
        (AuthError, 4),
        (NotFoundError, 5),
        (TargetError, 6),
        (WaitError, 7),
        (StoreError, 2),
    ],
)
def test_each_kind_of_failure_has_its_code(kind: type[HookcliError], code: int) -> None:
    assert exit_code(kind("x")) == code


def test_a_full_disk_is_no_fault_of_the_command_line() -> None:
    error = StoreError("cannot write captures")
    error.__cause__ = OSError(28, "No space left on device")
    assert exit_code(error) == ExitCode.NO


def test_an_error_is_three_lines_and_its_causes_on_request() -> None:
    made = console()
    error = NotFoundError("no capture matches x", why=("128 captures",), hint="hookcli ls")
    error.__cause__ = ValueError("inner")
    assert made.fail(error) == ExitCode.NOT_FOUND
    expected = "error: no capture matches x\n  128 captures\n  try: hookcli ls\n"
    assert isinstance(made.stderr, io.StringIO)
    assert made.stderr.getvalue() == expected
    made.verbose = 1
    made.fail(error)
    assert made.stderr.getvalue().endswith("caused by: ValueError: inner\n")


def test_what_a_stranger_named_is_harmless_in_an_error() -> None:
    made = console()
    made.fail(NotFoundError("no capture matches \x1b[2Jx\x07"))
    assert isinstance(made.stderr, io.StringIO)
    assert made.stderr.getvalue().replace("\n", "").isprintable()


def test_nobody_is_asked_without_a_terminal_or_when_told_not_to() -> None:
    assert not console().can_ask()
    asked = console()
    asked.stdin = Terminal("y\n")
    assert asked.can_ask()
    assert asked.ask("really?")
    asked.environ = {"HOOKCLI_NO_PROMPT": "1"}
    assert not asked.can_ask()
