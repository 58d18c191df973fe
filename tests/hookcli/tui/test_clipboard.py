"""Copying says how, and where nothing can be relied on there is a file."""

import base64
import os
import stat
from pathlib import Path

import pytest

from hookcli.tui.clipboard import copy, osc52, ways


def names(env: dict[str, str], platform: str, *tools: str, wanted: str = "auto") -> list[str]:
    found = ways(
        env, platform=platform, which=lambda tool: tool if tool in tools else None, wanted=wanted
    )
    return list(dict.fromkeys(way.name for way in found))


@pytest.mark.parametrize(
    ("env", "platform", "tools", "expected"),
    [
        ({}, "darwin", ["pbcopy"], ["pbcopy", "OSC 52"]),
        ({"WAYLAND_DISPLAY": "w"}, "linux", ["wl-copy", "xclip"], ["wl-copy", "OSC 52"]),
        ({"DISPLAY": ":0"}, "linux", ["xclip"], ["xclip", "OSC 52"]),
        ({"TMUX": "t"}, "linux", ["tmux"], ["tmux", "OSC 52"]),
        ({"TMUX": "t", "SSH_TTY": "s", "DISPLAY": ":0"}, "linux", ["tmux", "xclip"], ["tmux", "OSC 52"]),
        ({"SSH_TTY": "s"}, "darwin", ["pbcopy"], ["OSC 52"]),
        ({"WSL_DISTRO_NAME": "d"}, "linux", ["clip.exe"], ["clip.exe", "OSC 52"]),
        ({}, "linux", [], ["OSC 52"]),
    ],
)  # fmt: skip
def test_the_ways(
    env: dict[str, str], platform: str, tools: list[str], expected: list[str]
) -> None:
    assert names(env, platform, *tools) == expected


def test_what_the_user_wants_comes_first() -> None:
    assert names({"DISPLAY": ":0"}, "linux", "xclip", wanted="osc52") == ["OSC 52"]
    assert names({}, "linux", wanted="my-copy --now") == ["my-copy", "OSC 52"]


def tool(folder: Path, script: str) -> str:
    path = folder / "copier"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_gets_the_exact_text(tmp_path: Path) -> None:
    done = copy("ä\n$x '", dict(os.environ), terminal=None, folder=tmp_path,
                wanted=tool(tmp_path, f"cat > {tmp_path}/got"))  # fmt: skip
    assert (tmp_path / "got").read_text() == "ä\n$x '"
    assert done.file is None
    assert done.sentence.startswith("copied (")


def test_a_program_that_fails_is_not_believed(tmp_path: Path) -> None:
    sent: list[str] = []
    done = copy("text", dict(os.environ), terminal=sent.append, folder=tmp_path,
                wanted=tool(tmp_path, "exit 3"))  # fmt: skip
    assert sent == [osc52("text")]
    assert done.how == "OSC 52"
    assert done.file is not None
    assert done.file.read_text() == "text"
    assert str(done.file) in done.sentence


def test_without_a_terminal_there_is_a_file_only_for_its_owner(tmp_path: Path) -> None:
    done = copy("secret", {"PATH": ""}, terminal=None, folder=tmp_path / "new", wanted="osc52")
    assert done.file is not None
    assert stat.S_IMODE(done.file.stat().st_mode) == 0o600
    assert "written to" in done.sentence


def test_the_sequence_holds_nothing_but_base64() -> None:
    text = "\x1b]0;x\x07"
    sequence = osc52(text)
    assert base64.b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\a")).decode() == text
