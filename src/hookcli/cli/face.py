"""Which face a command shows: the screen, lines, NDJSON or none. Decided before Textual is imported."""

import os

from hookcli.cli.console import Console, is_terminal
from hookcli.errors import UsageError
from hookcli.tui import layout

_UNSET = ("", "0", "false")


def listening(console: Console, setting: str | None, *, given: bool, ui: bool) -> str:
    """`tui`, `lines`, `json` or `quiet` for `listen`.

    Args:
        setting: What the settings say; with `given`, the command line itself said it.
        ui: `--ui`: the screen although stdout is a pipe.

    Raises:
        UsageError: the screen is asked for, and there is no terminal to draw it on.
    """
    if ui or (given and setting == "tui"):
        if given and setting != "tui":
            raise UsageError(f"--ui and -o {setting}: only one of them")
        if why := cannot_draw(console):
            raise UsageError(f"the screen cannot be drawn: {why}", hint="-o lines, or -o json")
        return "tui"
    if console.json:
        return "json"
    if setting in ("lines", "json", "quiet"):
        return setting
    why = "no terminal" if not is_terminal(console.stdout) else not_alone(console)
    if not why:
        return "tui"
    console.notice(f"{why}, printing lines (-o json for machines)")
    return "lines"


def not_alone(console: Console) -> str:
    """Why the screen is not opened unasked; empty when it is."""
    if not is_terminal(console.stdout):
        return "stdout is no terminal"
    if console.environ.get("CI", "").lower() not in _UNSET:
        return "CI is set"
    return cannot_draw(console)


def cannot_draw(console: Console, *, whole: bool = True) -> str:
    """Why the screen cannot be drawn: it reads keys from stdin and draws on stderr.

    Args:
        whole: The whole terminal is needed, not some lines of it.
    """
    if console.verbose > 1:
        return "the wire log is written to stderr"
    for name, stream in (("stdin", console.stdin), ("stderr", console.stderr)):
        if not is_terminal(stream):
            return f"{name} is no terminal"
    term = console.environ.get("TERM", "")
    if term in ("", "dumb"):
        return f"TERM is {term or 'not set'}"
    if not whole:
        return ""
    try:
        columns, rows = os.get_terminal_size(console.stderr.fileno())
    except (OSError, ValueError):
        return "the terminal has no size"
    # A terminal that does not know its size says 0; then the size comes with the first drawing.
    return layout.too_small(columns, rows) if columns and rows else ""
