"""Runs a replay: asks where needed, sends, prints what came of each, and gives the code."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from hookcli.captures.model import Attempt, Outcome
from hookcli.cli import loop, selecting
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.render import ndjson
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import first_line, fit, plural, safe, short, span
from hookcli.cli.replay import Options
from hookcli.config.values import is_loopback
from hookcli.errors import TargetError, UsageError
from hookcli.workbench import records
from hookcli.workbench.replay import (
    Expectation,
    Job,
    Pace,
    Sent,
    Tally,
    read_expectation,
    replay,
    target_of,
)

if TYPE_CHECKING:
    from hookcli.captures.store import Store

GRACE_S = 3.0
"""How long running attempts may take after ^C."""


def run(here: Here, words: Sequence[str], options: Options) -> int:
    """Send again what the words name; the exit code."""
    expect = read_expectation(options.expect) if options.expect else Expectation()
    with here.store() as store:
        jobs = _jobs(here, store, words, options)
        if options.dry_run:
            _print_jobs(here, store, jobs)
            return ExitCode.YES
        if not _may(here, jobs, options):
            return ExitCode.NO
        before = {job.capture.id: store.attempts(job.capture.id)[-1:] for job in jobs}
        told: list[Sent] = []
        tally, code = loop.run(partial(_send_all, here, store, jobs, options, expect, before, told))
    return _judge(here, tally, told, code, judged=bool(options.expect))


def _jobs(here: Here, store: "Store", words: Sequence[str], options: Options) -> list[Job]:
    default = here.settings.text("forward")
    jobs = []
    for capture in selecting.captures(here, store, words):
        attempts, due = store.attempts(capture.id), store.deliveries(capture.id)
        target = target_of(options.to, attempts, due, default)
        if target is None:
            text = f"{short(capture.id)} was captured without a target"
            raise UsageError(text, hint=f"hookcli replay {short(capture.id)} --to 8000")
        jobs.append(Job(capture=capture, target=target))
    return jobs


def _print_jobs(here: Here, store: "Store", jobs: Sequence[Job]) -> None:
    from hookcli.cli.render.detail import body, request_head

    for job in jobs:
        if here.console.json:
            record = records.event_record(job.capture, store.body(job.capture.id))
            here.console.out(ndjson.dumped(record | {"target": job.target}))
            continue
        here.console.out(f"# {short(job.capture.id)} to {job.target}")
        for line in request_head(job.capture, Paint(here.console.colors())):
            here.console.out(line)
        here.console.out("")
        for line in body(job.capture.headers, store.body(job.capture.id)):
            here.console.out(line)
        here.console.out("")


def _may(here: Here, jobs: Sequence[Job], options: Options) -> bool:
    """Real webhooks are not sent to strangers by a slip of the finger."""
    away = sorted({job.target for job in jobs if not is_loopback(job.target)})
    if not away or options.yes:
        return True
    count = plural(sum(job.target in away for job in jobs) * options.times, "request")
    if not here.console.can_ask():
        text = "needs --yes for a target that is not this machine"
        raise UsageError(text, why=(f"{count} to {safe(', '.join(away))}",), hint="--yes")
    return here.console.ask(f"replay {count} to {safe(', '.join(away))}?")


async def _send_all(
    here: Here,
    store: "Store",
    jobs: Sequence[Job],
    options: Options,
    expect: Expectation,
    before: dict[str, list[Attempt]],
    told: list[Sent],
    stops: loop.Stops,
) -> tuple[Tally, ExitCode | None]:
    from hookcli.cli.forwarding import sender

    def tell(sent: Sent) -> None:
        told.append(sent)
        _print_sent(here, sent, many=len(jobs) * options.times)

    async def keep(attempt: Attempt) -> Attempt:
        return _kept(store, attempt)

    async with sender(store, options) as send:
        tally = await replay(
            jobs,
            send,
            keep,
            tell,
            pace=Pace(times=options.times, concurrency=options.concurrency, per_s=options.rate),
            expect=expect,
            before=lambda id_: next(iter(before[id_]), None),
            fail_fast=options.fail_fast,
            stop=stops.asked,
        )
    return tally, stops.code


def _kept(store: "Store", attempt: Attempt) -> Attempt:
    from hookcli.captures.store import Batch

    return store.commit(Batch(attempts=(attempt,))).attempts[0]


def _print_sent(here: Here, sent: Sent, *, many: int) -> None:
    attempt, console = sent.attempt, here.console
    if console.json:
        console.out(ndjson.dumped(records.attempt_record(attempt)))
        console.stdout.flush()
        return
    paint = Paint(console.colors())
    answered = attempt.outcome is Outcome.RESPONDED
    status = str(attempt.status) if answered else attempt.outcome.value
    color = paint.status(attempt.status) if answered else "red"
    was = ""
    if (before := sent.before) is not None:
        old = str(before.status) if before.outcome is Outcome.RESPONDED else before.outcome.value
        was = "" if old == status else f"  (was {old})"
    text = first_line(attempt.body) if answered else safe(attempt.error)
    mark = "" if sent.as_expected else f"  {paint('red', 'not as expected')}"
    width = max((console.width() or 120) - 50 - len(was), 20)
    console.out(
        f"{short(attempt.capture)} -> {paint(color, f'{status:<7}')} {span(attempt.ms):>8}"
        f"{was}  {fit(text, width).rstrip()}{mark}"
    )
    console.stdout.flush()


def _judge(
    here: Here, tally: Tally, told: Sequence[Sent], code: ExitCode | None, *, judged: bool
) -> int:
    """The last line and the code: a signal, nobody there, not as expected, or yes."""
    if not here.console.json and (tally.sent > 1 or tally.left):
        left = f", {tally.left:,} not sent" if tally.left else ""
        here.console.say(f"{plural(tally.sent, 'request')} sent, {tally.answered:,} answered{left}")
    if code is not None:
        return code
    if tally.unreachable:
        worst = next(one for one in told if not one.attempt.status and one.attempt.error)
        raise _unreachable(worst, tally)
    if judged and tally.unexpected:
        return ExitCode.NO
    return ExitCode.YES


def _unreachable(sent: Sent, tally: Tally) -> TargetError:
    host = sent.job.target.partition("://")[2] or sent.job.target
    words = {
        Outcome.REFUSED: "refuses connections",
        Outcome.TIMED_OUT: "does not answer in time",
        Outcome.TLS: "fails the TLS handshake",
    }
    what = words.get(sent.attempt.outcome, "cannot be reached")
    why = (safe(sent.attempt.error),) if sent.attempt.error else ()
    if tally.sent > 1:
        why = (*why, f"{tally.unreachable} of {tally.sent} requests")
    return TargetError(
        f"{safe(host)} {what}", why=why, hint="start your app, or --to another address"
    )
