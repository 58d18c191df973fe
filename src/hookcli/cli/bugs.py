"""A bug of ours: a report that holds no bodies and no secrets, and two lines on stderr."""

import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here

STOPPED = "hookcli stopped on a bug of its own. Nothing captured is lost."


def tell(
    error: BaseException, arguments: Sequence[str], here: Here, what: str = STOPPED
) -> ExitCode:
    """Write the report and say where it is."""
    text = report(error, arguments)
    console = here.console
    console.err(what)
    try:
        folder = here.paths.reports
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / time.strftime("bug-%Y%m%d-%H%M%S.txt", time.gmtime())
        file.write_text(text, "utf-8", "backslashreplace")
        console.err(f"  report: {file} (no bodies, no secrets inside)")
    except OSError:
        console.err(text)
    return ExitCode.BUG


def report(error: BaseException, arguments: Sequence[str]) -> str:
    """Types, files, lines and names of functions. Messages and values may hold anything: left out."""
    from importlib.metadata import version

    lines = [
        f"hookcli {version('hookcli')}, Python {sys.version.split()[0]}, {sys.platform}",
        f"command: {' '.join(_words(arguments))}",
        "",
    ]
    seen: set[int] = set()
    pending: list[tuple[str, BaseException]] = [("", error)]
    while pending and len(seen) < 20:
        label, one = pending.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        lines += [f"{label}{type(one).__module__}.{type(one).__qualname__}", *_frames(one)]
        inner = getattr(one, "exceptions", ())
        pending += [("one of the group: ", each) for each in inner]
        if (cause := one.__cause__ or one.__context__) is not None:
            pending.append(("caused by: ", cause))
    return "\n".join(lines) + "\n"


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"  {Path(*Path(one.filename).parts[-3:])}:{one.lineno} in {one.name}" for one in frames
    ]


def _words(arguments: Sequence[str]) -> list[str]:
    """The command and the names of its flags, without any value."""
    names = [one.partition("=")[0] for one in arguments if one.startswith("--")]
    command = [one for one in arguments[:1] if one.isalpha() and len(one) < 12]
    return [*command, *names]
