"""Every exit code is produced once, by a command that ends with it, and is on the help page."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hookcli.cli import presence
from hookcli.cli.console import MEANINGS, ExitCode
from tests.hookcli.cli.inprocess import Ended
from tests.hookcli.cli.inprocess import hookcli as in_process
from tests.hookcli.cli.shelf import Shelf
from tests.support.processes import Process, environment, hookcli


def waited(shelf: Shelf) -> Ended:
    with presence.held(shelf.file, "ep_x"):
        return shelf.run("wait", "--timeout", "50ms")


CASES: dict[ExitCode, Callable[[Shelf], Ended]] = {
    ExitCode.YES: lambda shelf: shelf.run("ls"),
    ExitCode.NO: lambda shelf: shelf.run("diff", "@", "@2"),
    ExitCode.USAGE: lambda shelf: shelf.run("ls", "ms>fast"),
    ExitCode.RELAY: lambda shelf: shelf.run("endpoint", "ls", "--relay", "http://127.0.0.1:9", env={"HOOKCLI_TOKEN": "hk_x"}),
    ExitCode.AUTH: lambda shelf: shelf.run("endpoint", "ls", "--relay", "http://127.0.0.1:9"),
    ExitCode.NOT_FOUND: lambda shelf: shelf.run("show", ":nobody"),
    ExitCode.TARGET: lambda shelf: shelf.run("replay", "@", "--to", "9"),
    ExitCode.WAITED: waited,
}  # fmt: skip


@pytest.mark.parametrize("code", CASES, ids=lambda code: code.name)
def test_how_commands_end(shelf: Shelf, code: ExitCode) -> None:
    shelf.put(b"1")
    shelf.put(b"2")
    ended = CASES[code](shelf)
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    assert ended.err.startswith("error: ") == (code not in (ExitCode.YES, ExitCode.NO))


def test_a_bug_has_a_code_of_its_own(monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> None:
    from hookcli.cli import selecting

    monkeypatch.setattr(selecting, "split", lambda _: 1 / 0)
    assert shelf.run("ls").code == ExitCode.BUG


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGHUP, ExitCode.HUNG_UP),
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
    ],
)
async def test_signals_end_a_command_at_once(
    tmp_path: Path, shelf: Shelf, number: int, code: ExitCode
) -> None:
    shelf.put()
    env = environment(tmp_path, {"HOOKCLI_STORE": str(shelf.file)})
    process = await Process.start([hookcli(), "ls", "--follow"], env=env)
    await process.line("^01JA8PZQ4M", stream="out")
    process.signal(number)
    assert await process.wait(5) == code
    assert process.err == []


def test_a_reader_that_leaves_is_no_failure_to_speak_of(tmp_path: Path, shelf: Shelf) -> None:
    for _ in range(300):
        shelf.put(status=None)
    line = f"{hookcli()} ls -n 0 --json | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    env = environment(tmp_path, {"HOOKCLI_STORE": str(shelf.file)})
    done = subprocess.run(["bash", "-c", line], env=env, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (str(int(ExitCode.READER_GONE)), "")


def test_every_code_is_produced_and_on_the_page() -> None:
    signals = {ExitCode.HUNG_UP, ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.READER_GONE}
    assert set(CASES) | signals | {ExitCode.BUG} == set(ExitCode) == set(MEANINGS)
    page = in_process("help", "exit-codes").out
    assert [int(line.split()[0]) for line in page.splitlines()] == [code.value for code in ExitCode]
