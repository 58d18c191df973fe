"""Terminals that are odd: tmux, plain ASCII, a screen that is blocked while webhooks come."""

import asyncio
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hookcli.captures.store import Store
from tests.hookcli.tui.rig import fill, identity
from tests.hookcli.tui.terminal import PROGRAM, ROOT, run, terminal
from tests.support import rawhttp
from tests.support.processes import PATIENCE, environment
from tests.support.running import Listener, relay
from tests.support.slowness import allowed

pytestmark = pytest.mark.slow


class Tmux:
    """A tmux server of its own, with the settings it has by default."""

    def __init__(self, folder: Path, command: str) -> None:
        self._socket = folder / "tmux"
        self("new-session", "-d", "-x", "120", "-y", "36", command)

    def __call__(self, *arguments: str) -> str:
        """Run a tmux command; its output."""
        done = subprocess.run(
            ["tmux", "-f", "/dev/null", "-S", str(self._socket), *arguments], text=True,
            capture_output=True, timeout=20 * PATIENCE, check=True, env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        return done.stdout

    def until(self, text: str, *what: str) -> str:
        """Ask again until a text is there."""
        asked = what or ("capture-pane", "-p")
        until = time.monotonic() + 15 * PATIENCE
        shown = self(*asked)
        while text not in shown and time.monotonic() < until:
            time.sleep(0.05)
            shown = self(*asked)
        assert text in shown
        return shown


def test_inside_tmux_the_paste_buffer_holds_what_was_copied(tmp_path: Path) -> None:
    """With default settings, where OSC 52 alone leaves the buffer empty and says nothing."""
    fill(tmp_path / "captures.db", 2)
    line = shlex.join([sys.executable, "-c", PROGRAM, str(tmp_path)])
    it = Tmux(tmp_path, f"cd {ROOT} && PYTHONPATH={ROOT} DISPLAY= WAYLAND_DISPLAY= {line}")
    try:
        it.until("2 seen")
        it("send-keys", "y")
        it.until("copied (tmux)")
        assert it("show-buffer").startswith("curl ")
        flags = ("display-message", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}")
        assert it(*flags).split() == ["1", "1", "0"]
        it("set-option", "remain-on-exit", "on")
        it("send-keys", "q")
        it.until("left with 0")
        assert it(*flags).split() == ["0", "0", "1"]
    finally:
        it("kill-server")


@pytest.mark.parametrize("variable", ["LC_ALL", "HOOKCLI_ASCII"])
def test_where_only_ascii_can_be_shown_only_ascii_is_drawn(tmp_path: Path, variable: str) -> None:
    fill(tmp_path / "captures.sqlite", 12)
    env = environment(tmp_path) | {"TERM": "xterm-256color", "NO_COLOR": "", "LC_ALL": "C.UTF-8"}
    env |= {variable: "C" if variable == "LC_ALL" else "1", "COLUMNS": "", "LINES": ""}
    argv = [str(Path(sys.executable).with_name("hookcli")), "ui", "--store"]
    with run(*argv, str(tmp_path / "captures.sqlite"), env=env, size=(100, 30)) as it:
        it.until("12 seen")
        for keys in (
            "\r",
            "2",
            "3",
            "4",
            "6",
            "\x1b",
            "?",
            "\x1b",
            "S",
            "\x1b",
            "/sta",
            "\x1b",
            "\x1b",
        ):
            it.press(keys, quiet=0.15)
        it.press("Q")
        assert it.wait() == 0
        odd = {char for char in it.output.decode() if not char.isascii()}
        assert odd - set("▏▁▂▃▄▅▆▇█▔╭╮╰╯─│▎▊▕") == set()  # the frames of the terminal library


BLOCKED = """
import sys, time
from hookcli.tui.screens.main import MainScreen
def blocked(self):
    until = time.perf_counter() + 2.0
    while time.perf_counter() < until:
        sum(range(1000))
MainScreen.do_redraw = blocked
from hookcli.cli import main
sys.argv[0] = "hookcli"
sys.exit(main())
"""


async def test_a_screen_that_is_blocked_for_two_seconds_delays_no_webhook(tmp_path: Path) -> None:
    async with (
        relay(tmp_path / "server") as server,
        rawhttp.program(rawhttp.respond(200)) as program,
    ):
        endpoint = await server.endpoint()
        laptop = Listener(tmp_path / "laptop", server.url, endpoint, program.url)
        env = laptop.env | {"TERM": "xterm-256color", "NO_COLOR": "", "PYTHONPATH": str(ROOT),
                            "COLUMNS": "", "LINES": ""}  # fmt: skip
        argv = [sys.executable, "-c", BLOCKED, "listen", program.url]
        with run(*argv, env=env, cwd=laptop.home) as it:
            await asyncio.to_thread(it.until, "live")
            raw = rawhttp.request("POST", f"{endpoint.path}/hooks", [], b"{}")
            quiet = [await _seconds(server.port, raw) for _ in range(20)]
            it.output.clear()
            await asyncio.to_thread(it.press, "\x0c", 0.01, 0.05)
            busy = [await _seconds(server.port, raw) for _ in range(40)]
            await asyncio.to_thread(it.until, "60 seen")
            await asyncio.to_thread(it.press, "Q")
            await asyncio.to_thread(it.wait)
    assert len(program.received) == 60
    assert max(busy) - min(quiet) < allowed(0.1)


async def _seconds(port: int, raw: bytes) -> float:
    begin = time.perf_counter()
    assert (await rawhttp.once(port, raw)).status == 200
    await asyncio.sleep(0.02)
    return time.perf_counter() - begin - 0.02


SLOW = PROGRAM.replace("App()", "App(takes_s=0.05)")


def test_a_thousand_are_replayed_while_keys_are_served(tmp_path: Path) -> None:
    """Acceptance 39: paused, slowed, stopped; what was sent is recorded; keys stay quick."""
    fill(tmp_path / "captures.db", 1000)
    store = Store.open(tmp_path / "captures.db")
    for number in range(1000):
        store.tag(identity(number), add=("marked",))
    store.close()
    with terminal(tmp_path, size=(100, 30), program=SLOW) as it:
        it.until("1000 seen", within=30)
        it.press("r", quiet=0.3)
        it.until("Replay 1000 captures?")
        it.press("y", quiet=0.1, within=1)
        it.until("/ 1000")
        times = []
        for _ in range(9):
            begin = time.perf_counter()
            it.press("+", quiet=0.01, within=0.3)
            times.append(time.perf_counter() - begin)
        assert sorted(times)[4] < allowed(0.05) + 0.01
        it.press(" ", quiet=0.3, within=2)
        it.until("paused")
        it.press("\x1b", quiet=0.5, within=3)
        it.until("done")
        it.press("\x1b", quiet=0.3)
        it.until("replayed")
        it.press("Q")
        assert it.wait() == 0
    store = Store.open(tmp_path / "captures.db")
    sent = sum(one.attempts > 1 or (one.capture.source == "shopify" and one.attempts == 1)
               for one in store.summaries())  # fmt: skip
    assert 0 < sent < 1000
    store.close()
