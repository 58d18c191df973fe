"""Captures sent again: which bytes to which target, how fast, and what counts as well.

Works on the store alone; no relay is needed. Each answer becomes an attempt of its capture.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hookcli.captures.model import Attempt, Capture, Delivery, Outcome
from hookcli.errors import UsageError

UNREACHABLE = frozenset({Outcome.REFUSED, Outcome.TLS, Outcome.TIMED_OUT})
"""Outcomes that say that nobody is there, or nobody who answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One capture to be sent to one target."""

    capture: Capture
    target: str
    """An origin with an optional base path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many and how fast."""

    times: int = 1
    """How often each capture is sent."""
    concurrency: int = 1
    per_s: float | None = None
    """Requests begun in a second; None: as fast as the answers come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request of a replay and what came of it."""

    job: Job
    attempt: Attempt
    before: Attempt | None
    """The capture's attempt before the replay began."""
    as_expected: bool


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a replay came to."""

    sent: int = 0
    answered: int = 0
    unexpected: int = 0
    unreachable: int = 0
    left: int = 0
    """Requests that were not sent because it was stopped."""


class Send(Protocol):
    """Sends a job's bytes; never raises for what the network does."""

    async def __call__(self, job: Job, /) -> Attempt:
        """The attempt, not yet numbered."""
        ...


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which answers are well: the words between the commas, `2xx`, `204`, `any`."""

    words: tuple[str, ...] = ("any",)

    def met(self, attempt: Attempt) -> bool:
        """Whether this attempt ended as expected."""
        if attempt.outcome is not Outcome.RESPONDED:
            return False
        status = f"{attempt.status:03}"
        return any(word in ("any", status, f"{status[0]}xx") for word in self.words)


def read_expectation(text: str) -> Expectation:
    """`2xx`, `200,204`; UsageError if it is neither."""
    words = tuple(word.strip().lower() for word in text.split(","))
    if all(re.fullmatch(r"[1-5](?:xx|\d\d)", word) for word in words):
        return Expectation(words)
    raise UsageError(
        f"--expect {text}: a status is wanted", hint="--expect 2xx, or --expect 200,204"
    )


def read_rate(text: str) -> float:
    """`5/s`, `30/m`, `2`: requests a second; UsageError if it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/(s|m|min|h))?", text.strip())
    per = {"s": 1, "m": 60, "min": 60, "h": 3600, None: 1}
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"--rate {text}: a rate is wanted", hint="--rate 5/s, or --rate 30/m")
    return float(match[1]) / per[match[2]]


def target_of(
    override: str | None,
    attempts: Sequence[Attempt],
    deliveries: Sequence[Delivery],
    default: str | None,
) -> str | None:
    """Where a capture goes: as told, where it went before, where it was to go, the settings' target."""
    if override:
        return override
    if attempts:
        return attempts[-1].target
    return deliveries[0].target if deliveries else default


async def replay(
    jobs: Iterable[Job],
    send: Send,
    keep: Callable[[Attempt], Awaitable[Attempt]],
    tell: Callable[[Sent], None],
    *,
    pace: Pace,
    expect: Expectation,
    before: Callable[[str], Attempt | None],
    fail_fast: bool = False,
    stop: asyncio.Event | None = None,
) -> Tally:
    """Send every job, in order, as the pace allows.

    Args:
        keep: Stores an attempt; gives it back numbered.
        tell: Is told of each request as it ends.
        before: The last attempt of a capture before this replay.
        stop: Nothing new is sent once it is set; what is under way is waited for.
    """
    run = _Run(send, keep, tell, pace, expect, before, fail_fast, stop or asyncio.Event())
    return await run.all([job for job in jobs for _ in range(pace.times)])


@dataclass(slots=True)
class _Run:
    send: Send
    keep: Callable[[Attempt], Awaitable[Attempt]]
    tell: Callable[[Sent], None]
    pace: Pace
    expect: Expectation
    before: Callable[[str], Attempt | None]
    fail_fast: bool
    stop: asyncio.Event

    async def all(self, jobs: list[Job]) -> Tally:
        tally = Tally(left=len(jobs))
        previous = {job.capture.id: self.before(job.capture.id) for job in jobs}
        queue = iter(jobs)
        clock = _Clock(self.pace.per_s)

        async def worker() -> None:
            for job in queue:
                if self.stop.is_set() or not await clock.turn(self.stop):
                    return
                tally.left -= 1
                await self._one(job, previous[job.capture.id], tally)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.pace.concurrency, len(jobs))):
                group.create_task(worker())
        return tally

    async def _one(self, job: Job, previous: Attempt | None, tally: Tally) -> None:
        attempt = await self.keep(await self.send(job))
        met = self.expect.met(attempt)
        tally.sent += 1
        tally.answered += attempt.outcome is Outcome.RESPONDED
        tally.unexpected += not met
        tally.unreachable += attempt.outcome in UNREACHABLE
        if self.fail_fast and not met:
            self.stop.set()
        self.tell(Sent(job=job, attempt=attempt, before=previous, as_expected=met))


class _Clock:
    """Gives turns at a rate: the n-th at n/rate after the first, whoever asks."""

    def __init__(self, per_s: float | None) -> None:
        self._gap = 1 / per_s if per_s else 0.0
        self._next = 0.0

    async def turn(self, stop: asyncio.Event) -> bool:
        """Wait for the next turn; False when stopped meanwhile."""
        now = asyncio.get_running_loop().time()
        at = max(self._next, now)
        self._next = at + self._gap
        if at > now:
            try:
                async with asyncio.timeout_at(at):
                    await stop.wait()
            except TimeoutError:
                return True
            return False
        return True
