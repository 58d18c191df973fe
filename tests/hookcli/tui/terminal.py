"""A pseudo-terminal with the screen in it: keys are written, output bytes are read and timed."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import PATIENCE

ROOT = Path(__file__).parents[3]
QUIET_S = 0.06
"""Without a byte for so long, what a key caused is drawn."""

PROGRAM = """
import os, sys
from pathlib import Path
from hookcli.tui.app import run_ui
from hookcli.tui.setup import Setup
from tests.hookcli.tui.rig import App

folder = Path(sys.argv[1])
setup = Setup(store=folder / "captures.db", state=folder / "state", exports=folder,
              sender=App().opened, post=App().posted, target="http://localhost:8000", env=dict(os.environ),
              editor=os.environ.get("EDITOR", ""))
code = run_ui(setup)
print("left with", code, flush=True)
sys.exit(code)
"""


class Terminal:
    """A process on a terminal of its own; its stdout may be a pipe instead."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        size: tuple[int, int],
        env: Mapping[str, str],
        piped: bool = False,
        cwd: Path = ROOT,
    ) -> None:
        self.output = bytearray()
        self._gone = False
        self._master, slave = pty.openpty()
        columns, rows = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.process = subprocess.Popen(
            list(argv),
            stdin=slave,
            stdout=subprocess.PIPE if piped else slave,
            stderr=slave,
            start_new_session=True,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
        )

    def read(self, quiet: float = QUIET_S, within: float = 10.0) -> tuple[bytes, float, float]:
        """What comes until it is quiet; seconds to the first byte and to the last."""
        begin = time.perf_counter()
        first = last = 0.0
        got = bytearray()
        while time.perf_counter() - begin < within:
            wait = quiet if got else within
            ready, _, _ = select.select([self._master], [], [], wait)
            if not ready:
                break
            try:
                data = os.read(self._master, 65536)
            except OSError:
                break
            last = time.perf_counter() - begin
            first = first or last
            got += data
        self.output += got
        return bytes(got), first, last

    def press(
        self, keys: str, quiet: float = QUIET_S, within: float = 10.0
    ) -> tuple[bytes, float, float]:
        """Write keys and read what they cause."""
        os.write(self._master, keys.encode())
        return self.read(quiet, within)

    def until(self, text: str, within: float = 15.0) -> float:
        """Read until a text was drawn; the seconds it took."""
        begin = time.perf_counter()
        wanted = text.encode()
        while wanted not in self.output:
            left = begin + within * PATIENCE - time.perf_counter()
            ended = self.process.poll() is not None
            if left <= 0 or (not self._more(min(left, 0.2)) and ended):
                raise AssertionError(f"never drawn: {text!r}; last: {bytes(self.output[-400:])!r}")
        return time.perf_counter() - begin

    def _more(self, within: float) -> bool:
        """Read once; False when nothing came in time, or the terminal is gone."""
        ready, _, _ = select.select([self._master], [], [], within)
        if not ready:
            return False
        try:
            self.output += os.read(self._master, 65536)
        except OSError:
            return False
        return True

    def drawn_after(self, keys: str, text: str, within: float = 15.0) -> float:
        """Press keys; the seconds until a text was drawn that was not there before."""
        self.output.clear()
        os.write(self._master, keys.encode())
        return self.until(text, within)

    def hang_up(self) -> None:
        """Close the window: the terminal is gone."""
        os.close(self._slave)
        os.close(self._master)
        self._gone = True

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self.process.pid, number)

    def wait(self) -> int:
        """Its exit code; reads what it still says."""
        if self._gone:
            return self.process.wait(15 * PATIENCE)
        until = time.perf_counter() + 15 * PATIENCE
        while self.process.poll() is None and time.perf_counter() < until:
            self.read(within=0.3)
        self.read(within=0.2)
        return self.process.wait(1)

    @property
    def resident_mb(self) -> float:
        """Resident memory of the process."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    @property
    def cpu_s(self) -> float:
        """CPU seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def clean(self) -> bool:
        """The terminal is as it was: main screen, no mouse reporting, cursor shown, echo on."""
        data = bytes(self.output)
        modes = (data.rfind(b"\x1b[?1049l") >= data.rfind(b"\x1b[?1049h"),
                 data.rfind(b"\x1b[?1000l") >= data.rfind(b"\x1b[?1000h"),
                 data.rfind(b"\x1b[?25h") >= data.rfind(b"\x1b[?25l"))  # fmt: skip
        return all(modes) and termios.tcgetattr(self._slave)[3] == self.before[3]

    def close(self) -> None:
        """End the process if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        if not self._gone:
            os.close(self._master)
            os.close(self._slave)


@contextmanager
def run(
    *argv: str,
    size: tuple[int, int] = (160, 45),
    env: Mapping[str, str] | None = None,
    piped: bool = False,
    cwd: Path = ROOT,
) -> Iterator[Terminal]:
    """A command on a terminal, killed at the end if it still runs."""
    made = Terminal(argv, size=size, env=env or {}, piped=piped, cwd=cwd)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def terminal(
    folder: Path,
    *,
    size: tuple[int, int] = (160, 45),
    env: Mapping[str, str] | None = None,
    program: str = PROGRAM,
) -> Iterator[Terminal]:
    """The screen on the store in a folder."""
    path = {"PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}
    argv = (sys.executable, "-c", program, str(folder))
    with run(*argv, size=size, env=path | dict(env or {})) as made:
        yield made
