"""Brings reports from the engine to a stream, on a thread of its own: a slow reader delays no webhook.

The engine's thread only appends to a queue. The thread takes what has gathered, renders it, writes
it in one piece and flushes when there is nothing left. A reader that does not keep up makes the
queue long: then bodies are left in the store and read again when their turn comes; beyond
`MOST_REPORTS` reports are left out, and how many is said in the output itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, TextIO

from msgspec.structs import replace

from hookcli.captures.model import Attempt
from hookcli.tunnel import observe

MOST_BYTES = 32 << 20
"""Bytes of bodies that wait in memory for a slow reader."""

GATHER_S = 0.02
"""How long news may wait for more: each time this thread runs, the engine's must wait for it."""

MOST_REPORTS = 50_000
"""Reports that wait for a slow reader."""


class Face(Protocol):
    """How reports look; pure."""

    def lines(self, report: observe.Report, now: int) -> Sequence[str]:
        """Lines for stdout."""
        ...

    def due(self, now: int) -> Sequence[str]:
        """Lines that have waited long enough, for stdout."""
        ...

    def rest(self) -> Sequence[str]:
        """Lines that still wait, at the end."""
        ...

    @property
    def next_due(self) -> int | None:
        """When `due` has something, µs since the epoch."""
        ...

    def talk(self, report: observe.Report) -> Sequence[str]:
        """Lines for stderr."""
        ...

    def left_out(self, count: int, now: int) -> str:
        """The line that says how many reports were left out."""
        ...


class Bodies(Protocol):
    """Where bodies can be read again."""

    def body(self, id: str, /) -> bytes:  # noqa: A002 - as in the store
        """The body of a capture."""
        ...

    def attempts(self, id: str, /) -> list[Attempt]:  # noqa: A002 - as in the store
        """The attempts of a capture."""
        ...

    def close(self) -> None:
        """Done with it."""
        ...


class Pump:
    """An observer; call `start` before the engine and `close` after it."""

    def __init__(
        self,
        face: Face,
        out: TextIO,
        err: TextIO,
        *,
        bodies: Callable[[], Bodies],
        gone: Callable[[], None],
    ) -> None:
        self._face, self._out, self._err = face, out, err
        self._bodies, self._gone = bodies, gone
        self._queue: deque[tuple[int, observe.Report]] = deque()
        self._brought = self._taken = 0
        """Bytes of bodies that the engine's thread has put into the queue, and this one taken out."""
        self._news = threading.Event()
        self._end = threading.Event()
        self._woken = False
        """Whether the thread was told that there is something; it looks at all there is then."""
        self._left_out = self._left_out_told = 0
        self._store: Bodies | None = None
        self._thread = threading.Thread(target=self._run, name="hookcli-output", daemon=True)
        self.broken = False
        """The reader of stdout went away."""
        self.failed: BaseException | None = None
        """A bug while rendering."""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def __call__(self, report: observe.Report) -> None:
        """Take a report; returns at once, whatever the reader does."""
        if isinstance(report, observe.AttemptStarted):
            return  # no face shows it
        if len(self._queue) >= MOST_REPORTS:
            self._left_out += 1
            return
        if size := _body_size(report):
            if self._brought - self._taken + size > MOST_BYTES:
                report = _slim(report)
            else:
                self._brought += size
        self._queue.append((time.time_ns() // 1000, report))
        if not self._woken:
            self._woken = True
            self._news.set()

    def close(self, within_s: float = 10.0) -> None:
        """Write what is left; a reader that has stopped reading is not waited for for ever."""
        self._end.set()
        self._news.set()
        self._thread.join(within_s)

    def _run(self) -> None:
        try:
            while not self._end.is_set() or self._queue:
                if self._news.wait(self._patience()):
                    self._end.wait(GATHER_S)
                self._news.clear()
                self._woken = False  # before it looks: what comes from now on wakes it again
                self._drain()
            self._write(self._face.rest())
        except (BrokenPipeError, ValueError):
            self.broken = True
            self._gone()
        except Exception as error:  # told by the command, which must not look like a success
            self.failed = error
            self._gone()
        finally:
            if self._store is not None:
                self._store.close()

    def _patience(self) -> float | None:
        if self._end.is_set():
            return 0.0
        if (due := self._face.next_due) is None:
            return None
        return max(due / 1e6 - time.time(), 0.001)

    def _drain(self) -> None:
        while batch := self._take(500):
            lines: list[str] = []
            for now, report in batch:
                lines += self._face.lines(self._whole(report), now)
                if talk := self._face.talk(report):
                    self._write(lines)
                    lines = []
                    self._err.write("".join(f"{line}\n" for line in talk))
                    self._err.flush()
            self._write(lines)
        now = time.time_ns() // 1000
        if left_out := self._left_out - self._left_out_told:
            self._left_out_told += left_out
            self._write([self._face.left_out(left_out, now)])
        self._write(self._face.due(now))
        self._out.flush()

    def _take(self, most: int) -> list[tuple[int, observe.Report]]:
        batch = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        self._taken += sum([_body_size(report) for _, report in batch])
        return batch

    def _write(self, lines: Sequence[str]) -> None:
        if lines:
            self._out.write("\n".join(lines) + "\n")

    def _whole(self, report: observe.Report) -> observe.Report:
        """The report with its body, read again if it was left in the store."""
        match report:
            case observe.Captured(capture=capture, body=b"") if capture.body_size:
                return replace(report, body=self._read().body(capture.id))
            case observe.AttemptFinished(attempt=attempt) if attempt.body_size > len(attempt.body):
                stored = self._read().attempts(attempt.capture)
                found = (one for one in stored if one.n == attempt.n)
                return replace(report, attempt=next(found, attempt))
            case _:
                return report

    def _read(self) -> Bodies:
        if self._store is None:
            self._store = self._bodies()
        return self._store


def _body_size(report: observe.Report) -> int:
    match report:
        case observe.Captured(body=body):
            return len(body)
        case observe.AttemptFinished(attempt=attempt):
            return len(attempt.body)
        case _:
            return 0


def _slim(report: observe.Report) -> observe.Report:
    """The report without its body."""
    match report:
        case observe.Captured():
            return replace(report, body=b"")
        case observe.AttemptFinished(attempt=attempt):
            return replace(report, attempt=replace(attempt, body=b""))
        case _:
            return report
