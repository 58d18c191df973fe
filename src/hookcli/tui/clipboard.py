"""Copying that says how: the first way that can be relied on, and a file where none can."""

import base64
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

LARGE = 100_000
"""Bytes above which terminals may drop OSC 52; a file is written as well."""
_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to the clipboard."""

    name: str
    """As people are told: `pbcopy`, `tmux`, `OSC 52`."""
    command: tuple[str, ...] = ()
    """A program that reads the text from stdin; empty for OSC 52."""
    sure: bool = True
    """Whether success means that the text is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What became of it."""

    how: str
    file: Path | None = None

    @property
    def sentence(self) -> str:
        """`copied (tmux)`, `sent to the terminal (OSC 52), also in FILE`."""
        if self.file is None:
            return f"copied ({self.how})"
        if not self.how:
            return f"no clipboard here; written to {self.file}"
        return f"sent to the terminal ({self.how}); also in {self.file}"


def ways(
    env: Mapping[str, str],
    *,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
    wanted: str = "auto",
) -> list[Way]:
    """What may work here, best first. `wanted` is `auto`, `osc52`, `tmux` or a command."""
    osc = Way(name="OSC 52", sure=False)
    if wanted == "osc52":
        return [osc]
    if wanted not in ("auto", "tmux", ""):
        return [Way(name=shlex.split(wanted)[0], command=tuple(shlex.split(wanted))), osc]
    out: list[Way] = []
    remote = bool(env.get("SSH_TTY") or env.get("SSH_CONNECTION"))
    if not remote and wanted == "auto":
        out += _local(env, platform, which)
    if env.get("TMUX") and which("tmux"):
        out.append(Way(name="tmux", command=("tmux", "load-buffer", "-w", "-")))
        out.append(Way(name="tmux", command=("tmux", "load-buffer", "-")))
    return [*out, osc]


def _local(env: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> list[Way]:
    out: list[Way] = []
    if platform == "darwin" and which("pbcopy"):
        out.append(Way(name="pbcopy", command=("pbcopy",)))
    if env.get("WAYLAND_DISPLAY") and which("wl-copy"):
        out.append(Way(name="wl-copy", command=("wl-copy",)))
    if env.get("DISPLAY") and which("xclip"):
        out.append(Way(name="xclip", command=("xclip", "-selection", "clipboard")))
    if env.get("DISPLAY") and which("xsel"):
        out.append(Way(name="xsel", command=("xsel", "--clipboard", "--input")))
    if (platform == "win32" or env.get("WSL_DISTRO_NAME")) and which("clip.exe"):
        out.append(Way(name="clip.exe", command=("clip.exe",)))
    return out


def copy(
    text: str,
    env: Mapping[str, str],
    *,
    terminal: Callable[[str], None] | None,
    folder: Path,
    wanted: str = "auto",
) -> Copied:
    """Copy; `terminal` writes an escape sequence of ours, `folder` takes the file if one is needed.

    Blocks for up to three seconds a program: call it in a thread.
    """
    for way in ways(env, wanted=wanted):
        if way.command:
            if _piped(way.command, text, env):
                return Copied(how=way.name)
        elif terminal is not None:
            terminal(osc52(text))
            return Copied(how=way.name, file=write_file(text, folder))
    return Copied(how="", file=write_file(text, folder))


def osc52(text: str) -> str:
    """The sequence that asks a terminal to take text into the clipboard."""
    return f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'surrogatepass')).decode()}\a"


def _piped(command: tuple[str, ...], text: str, env: Mapping[str, str]) -> bool:
    data = text.encode("utf-8", "surrogatepass")
    try:
        # xclip stays in the background and would hold a captured stdout open for ever.
        done = subprocess.run(  # noqa: S603 - a fixed list, or what the user configured
            command, input=data, timeout=_TIMEOUT_S, env=dict(env), check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def write_file(text: str, folder: Path) -> Path:
    """A new file that only its owner reads."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix="copied-", suffix=".txt", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8", "surrogatepass"))
    return Path(name)
