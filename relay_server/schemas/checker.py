"""Asks whether bodies fit their endpoints' schemas, on a thread, in fair turns, and never for long."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from relay_server.schemas.messages import Ask, Explained, explained_in, found_in
from relay_server.schemas.process import WorkerProcess
from relay_server.schemas.turns import Patience, Turns

PAUSE_S = 60.0
"""A schema whose check was given up is not tried again for so long: others wait for their turn."""
_NO_WORDS = Explained("", "", "it does not fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a check."""

    fits: bool
    problem: Explained | None = None
    """The first thing that does not fit, when one does not."""
    fault: str = ""
    """Why it could not be checked."""


Told = Callable[[Verdict], object]


@dataclass(frozen=True, slots=True)
class _Job:
    whose: str
    schema: bytes
    body: bytes | None
    told: Told


class Checker:
    """Of one relay; its process is started when something is to be checked, and again after a kill."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        """How long one check may take."""
        self._loop = loop
        self._turns: Turns[_Job] = Turns()
        self._news = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._process: WorkerProcess | None = None
        self._checks, self._words = Patience(PAUSE_S), Patience(PAUSE_S)

    def check(self, whose: str, schema: bytes, body: bytes | None, told: Told) -> None:
        """From the event loop: check a body, or without one the schema; `told` hears on the loop.

        Args:
            whose: The endpoint: each has its turn.
        """
        with self._news:
            self._turns.add(whose, _Job(whose, schema, body, told))
            self._news.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="relay-schemas", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End; nobody who still waits is told anything. Blocks for as long as one check may take."""
        with self._news:
            self._stopping = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    # -- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while (job := self._next()) is not None:
            verdict = self._verdict(job)
            # The loop is gone only when the whole process is being torn down.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(job.told, verdict)
        self._give_up()

    def _next(self) -> _Job | None:
        with self._news:
            while not (self._turns or self._stopping):
                self._news.wait()
            return None if self._stopping else self._turns.take()

    def _verdict(self, job: _Job) -> Verdict:
        who, now = (job.whose, job.schema), time.monotonic()
        if not self._checks.may(who, now):
            return Verdict(fits=False, fault="the last check took too long")
        try:
            process = self._process = self._process or WorkerProcess()
            explain = self._words.may(who, now)
            until = time.monotonic() + self.timeout_s
            found = found_in(process.ask(Ask(job.schema, job.body, explain), until))
        except OSError as error:
            self._give_up()
            self._checks.lost(who, time.monotonic())
            slow = isinstance(error, TimeoutError)
            return Verdict(fits=False, fault="it took too long" if slow else "the check failed")
        if found.fits or found.fault:
            return Verdict(fits=found.fits, fault=found.fault)
        return Verdict(
            fits=False, problem=self._problem(process, who, until) if explain else _NO_WORDS
        )

    def _problem(self, process: WorkerProcess, who: object, until: float) -> Explained:
        """The words may take much longer than the answer: without them it holds all the same."""
        try:
            return explained_in(process.answer(until))
        except OSError:
            self._give_up()
            self._words.lost(who, time.monotonic())
            return _NO_WORDS

    def _give_up(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
