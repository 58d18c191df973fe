"""The user's editor on a request as an HTTP message; whatever goes wrong, nothing written is lost."""

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hookcli.cli.console import Console, is_terminal
from hookcli.cli.here import Here
from hookcli.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from hookcli.wire.http import Request

VARIABLES = ("VISUAL", "EDITOR")
"""After `ui.editor`, which is HOOKCLI_EDITOR."""


def command(here: Here) -> list[str]:
    """The editor's command line.

    Raises:
        UsageError: no variable names one; an editor is never guessed.
    """
    named = (here.console.environ.get(name) for name in VARIABLES)
    text = _set(here) or next((one for one in named if one), "")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the editor {text} cannot be read: {error}") from None
    if not words:
        raise UsageError(
            "no editor: none of HOOKCLI_EDITOR, VISUAL, EDITOR is set",
            hint="export HOOKCLI_EDITOR=vim, or --set path=value without an editor",
        )
    return words


def _set(here: Here) -> str | None:
    """What the settings say; where these are at fault, the editor is what mends them."""
    try:
        return here.settings.text("ui.editor")
    except ConfigError:
        return here.console.environ.get("HOOKCLI_EDITOR")


def edited(here: Here, request: "Request", *, http_version: str, about: str) -> "Request | None":
    """The request as it comes back; None when it was left as it was or discarded, which is said.

    Raises:
        UsageError: there is no editor, it cannot be started, or what it left is no request; then
            the file with it is named.
    """
    from hookcli.workbench import message
    from hookcli.workbench.mutate import with_length_of

    words = command(here)
    notes = (about, "an editor that fails, or an empty file, discards")
    before = message.write(request, http_version=http_version, comments=notes)
    path = _file(before)
    keep = False
    try:
        status = run(here.console, [*words, str(path)])
        after = path.read_bytes()
        if status or not after.strip():
            why = f"the editor ended with {status}" if status else "the file is empty"
            here.console.say(f"{why}: discarded")
            return None
        if after == before:
            here.console.say("nothing was changed")
            return None
        try:
            return with_length_of(request, message.read(after).request)
        except UsageError as error:
            keep = True
            facts = (*error.why, f"what you wrote is in {path}")
            raise UsageError(error.message, why=facts, hint=error.hint) from None
    finally:
        if not keep:
            path.unlink(missing_ok=True)


def _file(data: bytes) -> Path:
    """A file that only its owner reads."""
    handle, name = tempfile.mkstemp(prefix="hookcli-", suffix=".http")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return Path(name)


def run(console: Console, words: list[str]) -> int:
    """Run it on this terminal, and never into a piped stdout, which is for data."""
    with contextlib.ExitStack() as stack:
        out: IO[bytes] | int | None = None
        if not is_terminal(console.stdout):
            out = subprocess.DEVNULL
            with contextlib.suppress(OSError):
                out = stack.enter_context(open("/dev/tty", "wb"))
        try:
            process = subprocess.Popen(words, stdout=out)  # noqa: S603 - the user's own
        except OSError as error:
            raise UsageError(f"{words[0]} cannot be started: {error.strerror}") from None
        with _left_to_the_editor():
            return process.wait()


@contextlib.contextmanager
def _left_to_the_editor() -> Iterator[None]:
    """^C belongs to the program on the terminal while it runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
