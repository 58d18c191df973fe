"""The user's pager: lines go to it on a terminal, straight out elsewhere."""

import contextlib
import os
import shlex
import subprocess
from collections.abc import Iterable

from hookcli.cli.console import is_terminal
from hookcli.cli.here import Here
from hookcli.errors import UsageError

_QUITS_EARLY = "FRX"
"""What `less` is told by those who have not said (less(1), LESS)."""


def show(here: Here, lines: Iterable[str]) -> int:
    """Page through the lines; on no terminal they are printed.

    Raises:
        UsageError: no variable names a pager, or it cannot be started.
    """
    console = here.console
    if not is_terminal(console.stdout):
        for line in lines:
            console.out(line)
        return 0
    named = here.settings.text("ui.pager") or console.environ.get("PAGER", "")
    words = shlex.split(named)
    if not words:
        raise UsageError(
            "no pager: neither HOOKCLI_PAGER nor PAGER is set", hint="export PAGER='less -FRX'"
        )
    environ = {**console.environ, "LESS": console.environ.get("LESS", _QUITS_EARLY)}
    try:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, env=environ)  # noqa: S603 - theirs
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be started: {error.strerror}") from None
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        for line in lines:
            pipe.write(os.fsencode(console.encodable(line) + "\n"))
    return process.wait() and 0
