"""The screen as the command line opens it: on a real terminal, with a real relay and a real program."""

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from hookcli.cli import face, screen
from hookcli.cli.console import Console, ExitCode
from hookcli.cli.here import Here, Shared
from hookcli.errors import UsageError
from hookcli.tui.sending import Sender
from hookcli.workbench.parcels import Parcel
from tests.hookcli.tui.rig import capture, fill, identity
from tests.hookcli.tui.terminal import Terminal, run
from tests.support import rawhttp
from tests.support.processes import PATIENCE, environment, hookcli
from tests.support.running import Listener, Relay, relay
from tests.support.slowness import allowed

SHELLS = {
    "bash": 'hookcli show "$(hookcli ls --pick)" -p m',
    "zsh": 'hookcli show "$(hookcli ls --pick)" -p m',
    "fish": "hookcli show (hookcli ls --pick) -p m",
}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "server") as running:
        yield running


@pytest.fixture
async def program() -> AsyncIterator[rawhttp.Program]:
    async with rawhttp.program(rawhttp.respond(201, body=b'{"got": "it"}')) as running:
        yield running


def at_home(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment of its own, with a terminal that draws."""
    home.mkdir(exist_ok=True)
    drawn = {"TERM": "xterm-256color", "NO_COLOR": "", "CI": ""}
    return environment(home, drawn | dict(more or {})) | {"COLUMNS": "", "LINES": ""}


@contextmanager
def opened(home: Path, *arguments: str, env: Mapping[str, str] | None = None, piped: bool = False,
           size: tuple[int, int] = (100, 30)) -> Iterator[Terminal]:  # fmt: skip
    """A hookcli on a terminal."""
    with run(
        hookcli(), *arguments, size=size, env=at_home(home, env), piped=piped, cwd=home
    ) as made:
        yield made


async def until(it: Terminal, text: str) -> float:
    """Read the terminal beside the loop."""
    return await asyncio.to_thread(it.until, text)


async def ended(it: Terminal) -> int:
    """The exit code, read beside the loop."""
    return await asyncio.to_thread(it.wait)


# Whether it opens


@contextmanager
def console(**environ: str) -> Iterator[Console]:
    """A console whose three streams are a terminal of 100 × 30."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    streams = [os.fdopen(os.dup(slave), mode) for mode in ("r", "w", "w")]
    try:
        given = {"TERM": "xterm"} | environ
        yield Console(stdin=streams[0], stdout=streams[1], stderr=streams[2], environ=given)
    finally:
        for stream in streams:
            stream.close()
        os.close(slave)
        os.close(master)


@pytest.mark.parametrize(
    ("setting", "given", "ui", "environ", "output"),
    [
        (None, False, False, {}, "tui"),
        ("tui", False, False, {}, "tui"),
        ("lines", False, False, {}, "lines"),
        ("json", True, False, {}, "json"),
        (None, False, False, {"TERM": "dumb"}, "lines"),
        (None, False, False, {"TERM": ""}, "lines"),
        (None, False, False, {"CI": "1"}, "lines"),
        (None, False, False, {"CI": "false"}, "tui"),
        ("tui", True, False, {"CI": "1"}, "tui"),
        (None, False, True, {"CI": "1"}, "tui"),
    ],
)
def test_which_face_a_terminal_gets(
    setting: str | None, given: bool, ui: bool, environ: dict[str, str], output: str
) -> None:
    with console(**environ) as made:
        assert face.listening(made, setting, given=given, ui=ui) == output


def test_the_screen_is_refused_where_it_cannot_be_drawn() -> None:
    with console(TERM="dumb") as made, pytest.raises(UsageError, match="TERM is dumb"):
        face.listening(made, "tui", given=True, ui=False)
    with console() as made, pytest.raises(UsageError, match="only one of them"):
        face.listening(made, "lines", given=True, ui=True)
    with console() as made, open(os.devnull) as nowhere:
        made.stdin = nowhere
        with pytest.raises(UsageError, match="stdin is no terminal"):
            face.listening(made, None, given=False, ui=True)
        assert face.listening(made, None, given=False, ui=False) == "lines"


def test_the_bare_command_opens_the_screen_and_q_leaves_it(tmp_path: Path) -> None:
    with opened(tmp_path) as it:
        it.until("No captures in this store yet")
        it.press("q")
        assert it.wait() == ExitCode.YES
        assert it.clean


@pytest.mark.parametrize(
    "arguments", [("ui", "status:5xx"), pytest.param(("ui",), marks=pytest.mark.slow)]
)
def test_ui_shows_what_is_in_the_store(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    store = tmp_path / "captures.sqlite"
    fill(store, 12)
    with opened(tmp_path, *arguments, "--store", str(store)) as it:
        it.until("12 seen")
        if len(arguments) > 1:
            it.until("/ status:5xx")
        it.press("\x03")
        assert it.wait() == ExitCode.YES


@pytest.mark.parametrize("arguments", [("ui",), ("listen", "8000")])
def test_captures_that_cannot_be_used_are_told_of_before_anything_is_drawn(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    store = tmp_path / "captures.sqlite"
    fill(store, 1)
    with sqlite3.connect(store) as db:
        db.execute("PRAGMA user_version = 99")
    with opened(tmp_path, *arguments, "--store", str(store)) as it:
        assert it.wait() == ExitCode.USAGE
        assert b"was written by a newer hookcli" in it.output
        assert b"\x1b[?1049h" not in it.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["ui"], "the screen cannot be drawn"), (["ls", "--pick"], "nothing can be picked"),
     (["listen", "8000", "-o", "tui"], "the screen cannot be drawn")],
)  # fmt: skip
def test_without_a_terminal_it_is_an_error_of_usage(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = subprocess.run(
        [hookcli(), *arguments], env=environment(tmp_path), stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=20 * PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert words in done.stderr


def test_an_action_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "hookcli.toml").write_text('[keys]\nreply = "f9"\n')
    with opened(tmp_path, "ui") as it:
        assert it.wait() == ExitCode.USAGE
        assert b"[keys]: unknown action reply" in it.output
        assert b"try: replay" in it.output


def test_a_terminal_that_is_too_small_gets_lines(tmp_path: Path) -> None:
    with opened(tmp_path, "listen", "--for", "300ms", size=(50, 12)) as it:
        assert it.wait() == ExitCode.YES
        said = it.output.decode()
        assert "hookcli needs 60 columns and 15 rows; here are 50 and 12" in " ".join(said.split())
        assert "\x1b[?1049h" not in said


# Without a screen


@pytest.mark.parametrize(
    "how",
    [
        "piped",
        "dumb",
        *[
            pytest.param(how, marks=pytest.mark.slow)
            for how in ("ci", "closed stdin", "no controlling terminal")
        ],
    ],
)
def test_no_screen_where_nobody_looks(tmp_path: Path, how: str) -> None:
    """Lines, no escape byte on stdout, no traceback, and an end by `--for` is a success."""
    env = at_home(tmp_path, {"dumb": {"TERM": "dumb"}, "ci": {"CI": "1"}}.get(how, {}))
    argv = [hookcli(), "listen", "8000", "--for", "300ms"]
    if how in ("dumb", "ci"):
        with run(*argv, env=env, cwd=tmp_path) as it:
            assert it.wait() == ExitCode.YES
            said = it.output.decode()
    else:
        command = "exec 0<&-; exec " + " ".join(argv) if how == "closed stdin" else None
        done = subprocess.run(
            ["sh", "-c", command] if command else argv, env=env, cwd=tmp_path, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=20 * PATIENCE, check=False,
            start_new_session=how == "no controlling terminal",
        )  # fmt: skip
        assert done.returncode == ExitCode.YES, done.stderr
        assert "\x1b" not in done.stdout
        said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "\x1b[?1049h" not in said
    assert "Listening" in said


# Listening


async def test_listening_on_a_terminal_from_the_first_drawing_to_the_last_words(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> None:
    endpoint = await server.endpoint()
    laptop = Listener(tmp_path / "laptop", server.url, endpoint, program.url)
    with run(hookcli(), "listen", program.url, env=at_home(laptop.home, laptop.env) |
             {"TERM": "xterm-256color"}, size=(100, 30), cwd=laptop.home) as it:  # fmt: skip
        raw = rawhttp.request("POST", f"{endpoint.path}/hooks", [], b'{"hello":"world"}')
        assert (await rawhttp.once(server.port, raw)).status in (201, 202)  # while it starts
        await until(it, "POST /hooks")
        await until(it, "live")
        await program.wait_for(1)
        assert (await rawhttp.once(server.port, raw)).status == 201
        await until(it, "2 seen")
        await until(it, "sender saw 201")
        it.press("\x03")
        assert await ended(it) == ExitCode.INTERRUPTED
        assert it.clean
        said = " ".join(it.output.decode("utf-8", "replace").split())
        assert "Stopped. 2 captured, 0 failed, 0 waiting here." in said
        assert "Look again: hookcli ui" in said
        assert endpoint.token not in said


@pytest.mark.slow
async def test_the_first_drawing_waits_for_no_network_library(
    program: rawhttp.Program, tmp_path: Path
) -> None:
    """Acceptance 3: 0.6 s to the first screen, 1.2 s to the relay."""
    with opened(tmp_path, "listen", program.url) as it:
        first = await until(it, "Connecting")
        whole = first + await until(it, "local only")
    assert first < allowed(0.6)
    assert whole < allowed(1.2)


@pytest.mark.slow
async def test_a_piped_stdout_carries_every_record_while_the_screen_is_open(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> None:
    endpoint = await server.endpoint()
    laptop = Listener(tmp_path / "laptop", server.url, endpoint, program.url)
    with run(hookcli(), "listen", program.url, "--ui", env=at_home(laptop.home, laptop.env) |
             {"TERM": "xterm-256color"}, size=(160, 45), cwd=laptop.home, piped=True) as it:  # fmt: skip
        await until(it, "live")
        raw = rawhttp.request("POST", f"{endpoint.path}/hooks", [], b'{"hello":"world"}')
        assert (await rawhttp.once(server.port, raw)).status == 201
        await until(it, "sender saw 201")
        # As wide as the terminal, whatever stdout is.
        assert b"SOURCE" in it.output
        assert re.search(rb"PATH", bytes(it.output))
        it.press("q")
        assert await ended(it) == ExitCode.YES
        assert it.process.stdout is not None
        lines = it.process.stdout.read().decode().splitlines()
    records = [json.loads(line) for line in lines]
    kinds = [record["type"] for record in records]
    for kind in ("ready", "event", "attempt", "reply"):
        assert kind in kinds
    assert kinds[-1] == "done"
    assert records[-1]["captured"] == 1
    assert b'"v":1' not in it.output


@pytest.mark.slow
async def test_what_came_to_a_program_that_is_down_is_delivered_when_it_is_up(
    program: rawhttp.Program, tmp_path: Path
) -> None:
    """Acceptance 38 and 36: local only, waiting, then delivered in order; none is marked failed."""
    program.answer = rawhttp.respond(200)
    await program.stop()
    with opened(tmp_path, "listen", program.url, "--concurrency", "1") as it:
        await until(it, "local only")
        found = await asyncio.to_thread(_url, it)
        for number in range(3):
            raw = rawhttp.request("POST", f"{found[1]}/n{number}", [], b"{}")
            assert (await rawhttp.once(int(found[0]), raw)).status == 202
        await until(it, "3 waiting")
        assert b"refuses connections" in it.output
        it.output.clear()
        await program.start()
        began = time.perf_counter()
        got = await program.wait_for(3)
        assert time.perf_counter() - began < allowed(1.0)
        assert [one.target.rpartition(b"/")[2] for one in got] == [b"n0", b"n1", b"n2"]
        await until(it, " up")
        it.press("Q")  # `q` would ask while the last answer is still being told
        assert await ended(it) == ExitCode.YES
        assert b"0 failed" in it.output


def _url(it: Terminal) -> tuple[str, str]:
    """Port and path of the curl line on the screen."""
    it.until("curl http://127.0.0.1:")
    text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", bytes(it.output)).decode("utf-8", "replace")
    match = re.search(r"http://127\.0\.0\.1:(\d+)(/ep_[a-z0-9]+)", text)
    assert match is not None
    return match[1], match[2]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, ExitCode.TERMINATED),
        pytest.param(signal.SIGHUP, ExitCode.HUNG_UP, marks=pytest.mark.slow),
    ],
)
async def test_a_signal_ends_screen_and_listener_with_its_code(
    program: rawhttp.Program, tmp_path: Path, number: int, code: ExitCode
) -> None:
    with opened(tmp_path, "listen", program.url) as it:
        await until(it, "local only")
        it.signal(number)
        assert await ended(it) == code
        assert it.clean
        assert b"Stopped." in it.output


@pytest.mark.slow
async def test_a_token_that_is_not_accepted_is_told_on_the_screen_and_by_the_code(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> None:
    endpoint = await server.endpoint()
    env = {
        "HOOKCLI_RELAY": server.url,
        "HOOKCLI_ENDPOINT": endpoint.id,
        "HOOKCLI_TOKEN": "hk_" + "canary" * 5,
    }
    with opened(tmp_path, "listen", program.url, env=env) as it:
        await until(it, "does not accept this token")
        it.press("q")
        assert await ended(it) == ExitCode.AUTH
        assert b"error:" in it.output
        assert b"canary" not in it.output


# Picking


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param(shell, marks=() if shell == "bash" else pytest.mark.slow)
        for shell in SHELLS
        if shutil.which(shell)
    ],
)
def test_a_capture_is_picked_by_eye_in_a_command_substitution(tmp_path: Path, shell: str) -> None:
    store = tmp_path / "captures.sqlite"
    fill(store, 12)
    path = f"{Path(hookcli()).parent}:{os.environ['PATH']}"
    env = at_home(tmp_path, {"HOOKCLI_STORE": str(store), "PATH": path})
    with run(shell, "-c", SHELLS[shell], env=env, size=(100, 30), cwd=tmp_path) as it:
        it.until("12 of 12")
        it.press("source:slack", quiet=0.3)
        it.until("2 of 12")
        it.press("\x1b[A", quiet=0.2)
        it.press("\r")
        assert it.wait() == ExitCode.YES
        assert identity(4).encode() in it.output
        assert it.clean


def test_picking_nothing_prints_nothing(tmp_path: Path) -> None:
    store = tmp_path / "captures.sqlite"
    fill(store, 3)
    with opened(tmp_path, "ls", "--pick", "--store", str(store), piped=True) as it:
        it.until("3 of 3")
        it.press("\x1b")
        assert it.wait() == ExitCode.INTERRUPTED
        assert it.process.stdout is not None
        assert it.process.stdout.read() == b""


async def test_a_replay_of_the_screen_goes_out_as_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hookcli.toml").write_text('path = "/api"\nheader = ["X-Env: dev"]\n')
    here = Here(console=Console(environ={"HOME": str(tmp_path)}), shared=Shared())
    sender = Sender(screen.setup(here).sender)
    made, body = capture(0, target=b"/hooks")
    parcel = Parcel(capture=made, request=made.request(body))
    async with rawhttp.program() as program:
        await sender.send(parcel, program.url)
        await sender.close()
    (one,) = program.received
    assert one.target == b"/api/hooks"
    assert (b"X-Env", b"dev") in one.headers
