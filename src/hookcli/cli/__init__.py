"""The command line: parse, call, render. The only room that prints, reads streams and exits.

`main` is the door. The front page, `--version` and the help pages need no parser; a command's
module is imported when it runs, and imports what it runs when it runs it.
"""

import sys
from collections.abc import Sequence

if sys.version_info < (3, 11):  # noqa: UP036 - a checkout is run with whatever is there
    # Said here, for the modules below are nothing that an older one can read.
    sys.stderr.write(
        f"error: hookcli needs Python 3.11 or newer, and this is {sys.version.split()[0]}\n"
        "  try: make setup, or install it with a newer python3\n"
    )
    raise SystemExit(2)

from hookcli.cli.console import Console, ExitCode


def main() -> int:
    """The console script; returns the exit code."""
    _open_closed()
    console = Console()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:], console)
    _flush(console)
    return code


def _open_closed() -> None:
    """Put nothing in the place of a standard stream that was closed.

    The next file or socket would get its number, be taken for the stream, and libuv refuses to
    close such a one.
    """
    import os

    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        # The lowest free number is given out: this one.
        handle = os.open(os.devnull, os.O_RDWR)
        mode = "r" if number == 0 else "w"
        setattr(sys, name, open(handle, mode, closefd=False))  # noqa: SIM115 - open to the end


def run(arguments: Sequence[str], console: Console) -> int:
    """One command line; the exit code. Nothing escapes but what ends the process at once."""
    try:
        code = _page(list(arguments), console)
        if code is None:
            from hookcli.cli.app import invoke

            code = invoke(list(arguments) or ["ui"], console)
        console.stdout.flush()
    except BrokenPipeError:
        return ExitCode.READER_GONE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _page(arguments: list[str], console: Console) -> int | None:
    """The answers that need no parser; None when there is one to ask."""
    if not arguments and _can_draw(console):
        return None
    if arguments in ([], ["--help"], ["-h"], ["help"]):
        from hookcli.cli.front import page

        console.out(page())
        return ExitCode.YES
    if arguments in (["--version"], ["version"]):
        from importlib.metadata import version

        console.out(f"hookcli {version('hookcli')}")
        return ExitCode.YES
    if arguments[:1] == ["__complete"]:
        return _complete(arguments[1:], console)
    return None


def _can_draw(console: Console) -> bool:
    """Whether the bare command opens the screen."""
    if not console.stdout.isatty():
        return False  # the usual case: nothing more needs to be imported
    from hookcli.cli import face

    return not face.not_alone(console)


def _complete(words: list[str], console: Console) -> int:
    """Answer a shell; a prompt is no place for complaints, so a failure offers nothing."""
    import contextlib

    from hookcli.cli.completing import candidates, for_bash

    with contextlib.suppress(Exception):
        if words[:1] == ["--bash"]:
            for text in for_bash(words[1], words[2], console.environ):
                console.out(text)
            return ExitCode.YES
        for word, text in candidates(words, console.environ):
            console.out(f"{word}\t{text}" if text else word)
    return ExitCode.YES


def _flush(console: Console) -> None:
    try:
        console.stdout.flush()
        console.stderr.flush()
    except (BrokenPipeError, ValueError):
        # The interpreter flushes once more at its end and would complain.
        import os

        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
