"""hookcli as real processes: started alone in a home of their own, watched, killed by pid."""

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

T = TypeVar("T")
TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = float(os.environ.get("HOOKCLI_TEST_PATIENCE", "1"))
"""Stretches every limit here: 3 on a machine that is busy with other things."""


def hookcli() -> str:
    """The console script of the environment that runs the tests."""
    beside = Path(sys.executable).with_name("hookcli")
    found = str(beside) if beside.exists() else shutil.which("hookcli")
    if not found:
        raise RuntimeError("the console script hookcli is not installed: run `make setup`")
    return found


_NOT_HANDED_ON = frozenset({"CI", "PYTHONDONTWRITEBYTECODE"})
"""`CI` changes what commands show; without bytecode each process would compile everything anew."""


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which nothing of the user's is seen or touched."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HOOKCLI_", "XDG_"))
        and key not in _NOT_HANDED_ON
        and not key.lower().endswith("_proxy")
    }
    places = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    plain = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    return kept | places | plain | dict(more or {})


def _writable(log: Path | None) -> BinaryIO:
    return open(log or os.devnull, "ab")


class Process(asyncio.SubprocessProtocol):
    """A started program: its output line by line, its end, its memory and its time."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.out: list[str] = []
        """Complete lines of stdout."""
        self.err: list[str] = []
        """Complete lines of stderr."""
        self.pid = 0
        self.on_line: Callable[[str], None] | None = None
        """Called with each line of stdout as it comes."""
        self.log: Path | None = None
        self._rest = {1: b"", 2: b""}
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._transport: asyncio.SubprocessTransport | None = None

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: int = asyncio.subprocess.DEVNULL,
        preexec: Callable[[], None] | None = None,
        on_line: Callable[[str], None] | None = None,
        log: Path | None = None,
    ) -> "Process":
        """Start a program; it is not ready before its output says so.

        Args:
            log: A file for its output, so that reading it costs nobody anything while the program
                is being measured. Nothing tells when a file grows, so waiting then looks every 10 ms.
        """
        it = cls(" ".join([Path(argv[0]).name, *argv[1:]]))
        it.on_line, it.log = on_line, log
        loop = asyncio.get_running_loop()
        with _writable(log) as file:
            output = file if log else asyncio.subprocess.PIPE
            await loop.subprocess_exec(
                lambda: it,
                *argv,
                stdin=stdin,
                stdout=output,
                stderr=output,
                env=env,
                cwd=cwd,
                preexec_fn=preexec,
            )
        return it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self.pid = self._transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        assert isinstance(data, bytes)
        *lines, self._rest[fd] = (self._rest[fd] + data).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace")
            (self.out if fd == 1 else self.err).append(text)
            if fd == 1 and self.on_line is not None:
                self.on_line(text)
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        # Called once the process has ended and its pipes are drained: nothing can follow. What a
        # kill has torn off is shown, but it is no line.
        self.on_line = None
        for fd, rest in self._rest.items():
            if rest:
                self.pipe_data_received(fd, b"\n")
        if self._transport is not None:
            self._transport.close()  # else it complains when it is collected without a loop
        self._ended.set()
        self._news.set()

    @property
    def returncode(self) -> int | None:
        """The exit code; negative for the signal that ended it; None while it runs."""
        return None if self._transport is None else self._transport.get_returncode()

    def write(self, data: bytes) -> None:
        """Write to its stdin, if it was started with a pipe."""
        assert self._transport is not None
        cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0)).write(data)

    async def line(
        self, pattern: str, *, stream: str = "both", within: float = 20.0, after: int = 0
    ) -> re.Match[str]:
        """The first line that matches, as soon as it is there.

        Args:
            stream: `out`, `err` or `both`.
            after: How many lines of that stream to pass over.
        """
        wanted = re.compile(pattern)
        streams = {"out": [self.out], "err": [self.err], "both": [self.out, self.err]}[stream]

        def look() -> re.Match[str] | None:
            found = (wanted.search(text) for lines in streams for text in lines[after:])
            return next((match for match in found if match), None)

        return await self.until(look, what=f"a line like {pattern!r}", within=within)

    async def until(self, look: Callable[[], T | None], *, what: str, within: float = 20.0) -> T:
        """Look again after every piece of output until there is something to see."""
        try:
            async with asyncio.timeout(within * PATIENCE):
                while (seen := look()) is None:
                    if self._ended.is_set():
                        raise RuntimeError(f"ended without {what}\n{self.tail()}")
                    await self._output()
                return seen
        except TimeoutError:
            raise TimeoutError(f"no {what} in {within} s\n{self.tail()}") from None

    async def _output(self) -> None:
        if self.log is None:
            self._news.clear()
            await self._news.wait()
        else:
            await asyncio.sleep(0.01)
            self.err[:] = self.log.read_text(errors="replace").splitlines()

    async def wait(self, within: float = 20.0) -> int:
        """Wait for its end; the exit code."""
        try:
            async with asyncio.timeout(within * PATIENCE):
                await self._ended.wait()
        except TimeoutError:
            raise TimeoutError(f"{self.what} still runs after {within} s\n{self.tail()}") from None
        assert self.returncode is not None
        return self.returncode

    def signal(self, number: int) -> None:
        """Send a signal to this process and no other."""
        if self.returncode is None and self._transport is not None:
            self._transport.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        await self.wait()

    async def stop(self, within: float = 15.0) -> int:
        """SIGTERM and the exit code; SIGKILL if it does not obey, and then a failure."""
        self.signal(signal.SIGTERM)
        try:
            return await self.wait(within)
        except TimeoutError:
            await self.kill()
            raise

    def tail(self, count: int = 30) -> str:
        """The end of its output, for a failure's text."""
        lines = [f"  out {text[:300]}" for text in self.out[-count:]]
        lines += [f"  err {text[:300]}" for text in self.err[-count:]]
        return f"{self.what} (exit {self.returncode}):\n" + "\n".join(lines)

    def cpu_s(self) -> float:
        """CPU time so far, seconds."""
        return cpu_s(self.pid)

    def rss_kb(self) -> int:
        """Memory resident now, KiB."""
        return memory_kb(self.pid)

    def peak_kb(self) -> int:
        """The most memory resident since the start or `forget_peak`, KiB."""
        return memory_kb(self.pid, "VmHWM")

    def forget_peak(self) -> None:
        """Begin measuring the peak anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


def cpu_s(pid: int) -> float:
    """CPU time of a process so far, seconds, user and system; counted in ticks of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_kb(pid: int, key: str = "VmRSS") -> int:
    """Memory of a process, KiB: resident now, or what else its status tells."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise RuntimeError(f"process {pid} has no {key}: it has ended")
