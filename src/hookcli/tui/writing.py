"""Events as files and texts for elsewhere: exports, an issue's markdown, an editor's file."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hookcli.tui import words
from hookcli.tui.details import Details, content_type, outcome_title
from hookcli.tui.peek import answer_line

if TYPE_CHECKING:
    from hookcli.workbench import export


def item_of(details: Details) -> "export.Item":
    """What an export takes."""
    from hookcli.workbench import export

    return export.Item(capture=details.capture, body=details.body, attempts=details.attempts)


def suffix_of(details: Details) -> str:
    """What a file with the body may be called: `.json`, `.png`; `.bin` where nothing is known."""
    import mimetypes

    kind = content_type(details.capture.headers).partition(";")[0].strip().lower()
    return mimetypes.guess_extension(kind) or ".bin"


def expanded(text: str) -> Path:
    """A path as people type it."""
    return Path(text).expanduser()


def write_export(made: "export.Exported", path: Path) -> None:
    """Write an export and what belongs beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.data)
    for beside, data in made.files.items():
        (path.parent / beside).write_bytes(data)


def markdown(details: Details) -> str:
    """An event for an issue: what came, what was answered; credentials left out."""
    from hookcli.workbench import export

    item = item_of(details)
    message = export.export("http", [item]).data.decode("utf-8", "replace").rstrip()
    last = details.last
    answer = "No attempt was made."
    if last is not None:
        answer = f"Answer: `{outcome_title(last)}` after {words.long_span(last.ms)}"
        answer += f": {answer_line(last)}" if answer_line(last) else ""
    return f"```http\n{message}\n```\n\n{answer}\n"


def editor_file(data: bytes, suffix: str = ".http") -> Path:
    """A file for an editor that only its owner reads."""
    handle, name = tempfile.mkstemp(prefix="hookcli-", suffix=suffix)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return Path(name)


def run_program(command: Sequence[str]) -> int:
    """Run a program on this terminal; its exit status, 127 when it cannot be started."""
    try:
        # Its stdout is the terminal too, although ours may be a pipe.
        done = subprocess.run(list(command), check=False, stdout=sys.__stderr__)  # noqa: S603 - the user's own
        return done.returncode
    except OSError:
        return 127
