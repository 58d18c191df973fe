"""Runs a replay: asks where needed, sends, prints what came of each, and gives the code."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from hookcli.captures.model import Attempt
from hookcli.cli import loop, making, unfinished
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.jobs import jobs_of
from hookcli.cli.progress import Progress
from hookcli.cli.render import ndjson, sent
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import plural, safe
from hookcli.cli.sending import Options
from hookcli.config.values import is_loopback
from hookcli.errors import TargetError, UsageError
from hookcli.workbench import expect as expecting
from hookcli.workbench.diff import Ignore
from hookcli.workbench.expect import Expectation
from hookcli.workbench.pace import Pace
from hookcli.workbench.replay import UNREACHABLE, Job, Sent, Tally, ordered, replay

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.cli.making import Maker

GRACE_S = 3.0
"""How long running attempts may take after ^C."""


def run(here: Here, words: Sequence[str], options: Options, *, typed: Mapping[str, Any]) -> int:
    """Send again what the words name; the exit code.

    Args:
        typed: The options as they were typed, for going on later.
    """
    expect = expectation(options)
    if "-" in words and options.changes.body in ("-", "@-"):
        raise UsageError("stdin can be the captures or the body, not both")
    with here.store() as store:
        jobs = ordered(jobs_of(here, store, words, options), options.order, Random())  # noqa: S311
        return send(here, store, jobs, options, expect, typed=typed)


def resume(here: Here, ctx: Any) -> int:
    """Go on with what a replay left unsent; the exit code."""
    typed, options, jobs = unfinished.left(here, ctx)
    with here.store() as store:
        return send(here, store, jobs, options, expectation(options), typed=typed)


def expectation(options: Options) -> Expectation:
    """What the options expect of the answers.

    Raises:
        UsageError: an `--expect` is wrong.
    """
    return Expectation(
        conditions=tuple(expecting.read(text) for text in options.expect),
        same=options.same,
        ignore=Ignore(options.ignore),
    )


def send(
    here: Here,
    store: "Store",
    jobs: Sequence[Job],
    options: Options,
    expect: Expectation,
    *,
    typed: Mapping[str, Any] | None,
) -> int:
    """Send the jobs; the exit code. Without `typed` it cannot be gone on with later."""
    maker = making.maker(here, store, jobs, options)
    if maker is None:
        return ExitCode.NO
    if options.dry_run:
        making.show(here, store, jobs, maker)
        return ExitCode.YES
    if not may(here, jobs, options):
        return ExitCode.NO
    run = _Run(here, store, options, expect, maker, total=len(jobs) * options.times)
    code = loop.run(partial(run.all, jobs))
    if typed is not None:
        run.resumable = unfinished.keep(here, run.tally.rest, typed)
    return run.judged(code)


def may(here: Here, jobs: Sequence[Job], options: Options) -> bool:
    """Real webhooks are not sent to strangers by a slip of the finger."""
    away = sorted({job.target for job in jobs if not is_loopback(job.target)})
    if not away or options.yes:
        return True
    count = plural(sum(job.target in away for job in jobs) * options.times, "request")
    if not here.console.can_ask():
        text = "needs --yes for a target that is not this machine"
        raise UsageError(text, why=(f"{count} to {safe(', '.join(away))}",), hint="--yes")
    return here.console.ask(f"replay {count} to {safe(', '.join(away))}?")


@dataclass(slots=True)
class _Run:
    """One replay: what it works with, and what has come of it."""

    here: Here
    store: "Store"
    options: Options
    expect: Expectation
    maker: "Maker"
    total: int
    tally: Tally = field(default_factory=Tally)
    took_s: float = 0.0
    resumable: bool = False
    worst: Sent | None = None
    """The first request that nobody answered."""

    async def all(self, jobs: Sequence[Job], stops: loop.Stops) -> ExitCode | None:
        """Send everything; the code of the signal that ended it, if one did."""
        began = time.monotonic()

        def elapsed() -> float:
            return time.monotonic() - began

        def text() -> str:
            return sent.progress(self.tally, elapsed())

        progress = Progress(self.here.console, text, on=self.total > 1)
        try:
            async with making.sender(self.maker, self.options, self._print_copy) as make:
                work = asyncio.ensure_future(
                    replay(
                        jobs,
                        make,
                        self._keep,
                        partial(self._tell, progress, elapsed),
                        pace=self._pace,
                        expect=self.expect,
                        before=lambda job: self.store.attempts(job.capture),
                        tally=self.tally,
                        fail_fast=self.options.fail_fast,
                        stop=stops.asked,
                    )
                )
                await _until_stopped(work, stops, self.here.console.say)
        finally:
            self.took_s = elapsed()
            progress.above()
        return stops.code

    @property
    def _pace(self) -> Pace:
        one = self.options
        return Pace(times=one.times, concurrency=one.concurrency, per_s=one.rate, speed=one.speed)

    async def _keep(self, attempt: Attempt) -> Attempt:
        return keep(self.store, attempt)

    def _tell(self, progress: Progress, elapsed: Callable[[], float], one: Sent) -> None:
        console = self.here.console
        if self.worst is None and one.attempt.outcome in UNREACHABLE:
            self.worst = one
        progress.above()
        if console.json:
            console.out(ndjson.dumped(sent.record(one, judged=self.expect.judges)))
        else:
            for line in sent.lines(one, Paint(console.colors()), console.width() or 120):
                console.out(line)
        console.stdout.flush()
        progress.step(elapsed())

    def _print_copy(self, made: making.Made) -> None:
        console = self.here.console
        if console.json:
            console.out(ndjson.dumped(made.record))
        elif self.total == 1:
            for line in made.sentences:
                console.say(line)

    def judged(self, code: ExitCode | None) -> int:
        """The last words and the code: a signal, nobody there, not as expected, or yes."""
        console, tally = self.here.console, self.tally
        if self.total > 1 or tally.left or tally.cut:
            if console.json:
                console.out(ndjson.dumped(sent.done(tally, self.took_s, self.here.now)))
            else:
                console.say(sent.summary(tally, self.took_s))
        making.tell_remarks(self.here, self.maker.remarks)
        if tally.rest and self.resumable:
            console.notice("what was not sent can be gone on with", "hookcli replay --resume")
        if code is not None:
            return code
        if self.worst is not None:
            raise unreachable(self.worst, tally)
        failed = self.options.fail_fast and tally.good < tally.sent
        return ExitCode.NO if tally.unexpected or failed else ExitCode.YES


def keep(store: "Store", attempt: Attempt) -> Attempt:
    """Put an attempt into the store; numbered, unless its capture is gone."""
    from hookcli.captures.store import Batch

    kept = store.commit(Batch(attempts=(attempt,))).attempts
    return kept[0] if kept else attempt


async def _until_stopped(
    work: "asyncio.Future[None]", stops: loop.Stops, say: Callable[[str], None]
) -> None:
    """Wait for the end; after a first signal for a while only, after a second one no more."""
    asked = asyncio.ensure_future(stops.asked.wait())
    try:
        await asyncio.wait((work, asked), return_when=asyncio.FIRST_COMPLETED)
        if not work.done() and stops.code is not None:
            say(f"stopping: what runs may take {GRACE_S:g} s; ^C again for at once")
            now = asyncio.ensure_future(stops.now.wait())
            await asyncio.wait((work, now), timeout=GRACE_S, return_when=asyncio.FIRST_COMPLETED)
            now.cancel()
            work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    finally:
        asked.cancel()


def unreachable(one: Sent, tally: Tally) -> TargetError:
    """The failure that ends a replay of which nobody answered something."""
    from hookcli.captures.model import Outcome

    host = one.job.target.partition("://")[2] or one.job.target
    words = {
        Outcome.REFUSED: "refuses connections",
        Outcome.TIMED_OUT: "does not answer in time",
        Outcome.TLS: "fails the TLS handshake",
    }
    what = words.get(one.attempt.outcome, "cannot be reached")
    why = (safe(one.attempt.error),) if one.attempt.error else ()
    if tally.sent > 1:
        why = (*why, f"{tally.unreachable} of {tally.sent} requests")
    return TargetError(
        f"{safe(host)} {what}", why=why, hint="start your app, or --to another address"
    )
