"""Captures sent again: which ones to which target, in which order, and what came of each.

Works on the store alone; no relay is needed. Each answer becomes an attempt of its capture.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from msgspec.structs import replace

from hookcli.captures.model import Attempt, Delivery, Outcome
from hookcli.errors import UsageError
from hookcli.workbench.expect import WRONG, Expectation, recorded
from hookcli.workbench.pace import Clock, Pace, offsets

UNREACHABLE = frozenset({Outcome.REFUSED, Outcome.TLS, Outcome.TIMED_OUT})
"""Outcomes that say that nobody is there, or nobody who answers."""

ORDERS = ("seq", "reverse", "shuffle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One capture to be sent to one target; light, because there may be very many."""

    capture: str
    """The capture's id."""
    received_at: int
    """µs since the Unix epoch."""
    target: str
    """An origin with an optional base path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request of a replay and what came of it."""

    job: Job
    attempt: Attempt
    before: Attempt | None
    """The latest attempt before the replay began, if there is one."""
    faults: tuple[str, ...] = ()
    """What is not as expected, a sentence each."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a replay came to; it can be read while the replay runs."""

    total: int = 0
    begun: int = 0
    sent: int = 0
    """Requests whose end was seen, whatever it was."""
    answered: int = 0
    good: int = 0
    """Answers of 2xx."""
    unexpected: int = 0
    unreachable: int = 0
    took: list[float] = field(default_factory=list)
    """ms of each answer, in the order they came."""
    gone: int = 0
    """Captures that were deleted meanwhile."""
    rest: tuple[Job, ...] = ()
    """What was not begun because it was stopped."""

    @property
    def left(self) -> int:
        """How many were not begun."""
        return self.total - self.begun

    @property
    def cut(self) -> int:
        """How many were begun and given up before their end."""
        return self.begun - self.sent - self.gone


class Send(Protocol):
    """Sends a job's bytes; never raises for what the network does."""

    async def __call__(self, job: Job, /) -> Attempt | None:
        """The attempt, not yet numbered; None when the capture is gone."""
        ...


def target_of(
    override: str | None,
    attempts: Sequence[Attempt],
    deliveries: Sequence[Delivery],
    default: str | None,
) -> str | None:
    """Where a capture goes: as told, where it went before, where it was to go, the settings' target."""
    if override:
        return override
    if went := next((one.target for one in reversed(attempts) if one.target), ""):
        return went
    return deliveries[0].target if deliveries else default


def ordered(jobs: Sequence[Job], order: str, random: Random) -> list[Job]:
    """The jobs in the order asked for; as they were named when none is.

    Raises:
        UsageError: it is no order.
    """
    if not order:
        return list(jobs)
    if order not in ORDERS:
        raise UsageError(f"--order {order}: {', '.join(ORDERS)}", hint="--order seq")
    found = sorted(jobs, key=lambda job: (job.received_at, job.capture))
    if order == "reverse":
        found.reverse()
    elif order == "shuffle":
        random.shuffle(found)
    return found


async def replay(
    jobs: Iterable[Job],
    send: Send,
    keep: Callable[[Attempt], Awaitable[Attempt]],
    tell: Callable[[Sent], None],
    *,
    pace: Pace,
    expect: Expectation,
    before: Callable[[Job], Sequence[Attempt]],
    tally: Tally,
    fail_fast: bool = False,
    stop: asyncio.Event | None = None,
) -> None:
    """Send every job, in order, as the pace allows.

    Args:
        keep: Stores an attempt; gives it back numbered.
        tell: Is told of each request as it ends.
        before: The attempts of a job's capture; asked once, before its first request.
        tally: Is kept up to date, so that it is right even when this is cancelled.
        fail_fast: End at the first answer that is not as expected, or not 2xx if nothing is.
        stop: Nothing new is sent once it is set; what is under way is waited for.
    """
    queue = [job for job in jobs for _ in range(pace.times)]
    run = _Run(send, keep, tell, pace, expect, before, tally, fail_fast, stop or asyncio.Event())
    await run.all(queue)


@dataclass(slots=True)
class _Run:
    send: Send
    keep: Callable[[Attempt], Awaitable[Attempt]]
    tell: Callable[[Sent], None]
    pace: Pace
    expect: Expectation
    before: Callable[[Job], Sequence[Attempt]]
    tally: Tally
    fail_fast: bool
    stop: asyncio.Event
    uses: Counter[str] = field(default_factory=Counter)
    """Per capture: requests that are still to be sent."""
    earlier: dict[str, "_Earlier"] = field(default_factory=dict)
    """Per capture under way: what was answered before."""

    async def all(self, jobs: list[Job]) -> None:
        self.tally.total = len(jobs)
        self.uses = Counter(job.capture for job in jobs)
        due = offsets([job.received_at for job in jobs], self.pace.speed)
        begun = bytearray(len(jobs))
        queue = iter(enumerate(jobs))
        clock = Clock(self.pace.per_s)

        async def worker() -> None:
            for at, job in queue:
                if self.stop.is_set() or not await clock.turn(due[at], self.stop):
                    return
                begun[at] = 1
                self.tally.begun += 1
                await self._one(job)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.pace.concurrency, len(jobs))):
                    group.create_task(worker())
        finally:
            self.tally.rest = tuple(job for at, job in enumerate(jobs) if not begun[at])

    async def _one(self, job: Job) -> None:
        earlier = self._earlier(job)
        attempt = await self.send(job)
        if attempt is None:
            self.tally.gone += 1
            return
        faults = self.expect.faults(attempt, earlier.recorded)
        if faults:
            remark = f"{WRONG}: {'; '.join(faults)}"
            attempt = replace(attempt, added=(*attempt.added, remark))
        attempt = await self.keep(attempt)
        self._count(attempt, faults)
        self.tell(Sent(job=job, attempt=attempt, before=earlier.last, faults=faults))

    def _earlier(self, job: Job) -> "_Earlier":
        """Asked before a capture's first request, forgotten with its last one."""
        key = job.capture
        if key not in self.earlier:
            attempts = self.before(job)
            last = attempts[-1] if attempts else None
            self.earlier[key] = _Earlier(last=last, recorded=recorded(attempts))
        self.uses[key] -= 1
        return self.earlier[key] if self.uses[key] else self.earlier.pop(key)

    def _count(self, attempt: Attempt, faults: tuple[str, ...]) -> None:
        tally = self.tally
        answered = attempt.outcome is Outcome.RESPONDED
        good = answered and 200 <= attempt.status < 300
        tally.sent += 1
        tally.answered += answered
        tally.good += good
        tally.unexpected += bool(faults)
        tally.unreachable += attempt.outcome in UNREACHABLE
        if answered:
            tally.took.append(attempt.ms)
        if self.fail_fast and (faults if self.expect.judges else not good):
            self.stop.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    last: Attempt | None
    recorded: Attempt | None
