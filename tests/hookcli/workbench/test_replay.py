"""Replays: in order, at their pace, judged, stopped; every answer kept."""

import asyncio
from collections.abc import Callable
from random import Random

import pytest
from msgspec.structs import replace

from hookcli.captures.model import Attempt, Delivery, DeliveryState, Outcome
from hookcli.errors import UsageError
from hookcli.workbench.expect import WRONG, Expectation, StatusIs
from hookcli.workbench.pace import Pace
from hookcli.workbench.replay import Job, Sent, Tally, ordered, replay, target_of
from tests.hookcli.cli.made import AT, attempt

IDS = [f"01JA8PZQ4M000000000000000{n}" for n in range(6)]
JOBS = [
    Job(capture=id_, received_at=AT + n * 30_000, target="http://localhost:8000")
    for n, id_ in enumerate(IDS)
]
ANY = Expectation()


class Bench:
    """Sends as told, keeps and tells in lists."""

    def __init__(self, answer: Callable[[int], Attempt] | None = None) -> None:
        self.answer = answer or (lambda _: attempt())
        self.began: list[tuple[float, str]] = []
        self.kept: list[Attempt] = []
        self.told: list[Sent] = []
        self.busy = self.most_busy = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.stop = asyncio.Event()
        self.tally = Tally()
        self.asked: list[str] = []
        self.gone: set[str] = set()
        self._begun = asyncio.Condition()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10), self._begun:
            await self._begun.wait_for(lambda: len(self.began) >= count)

    async def send(self, job: Job) -> Attempt | None:
        number = len(self.began)
        self.began.append((asyncio.get_running_loop().time(), job.capture))
        async with self._begun:
            self._begun.notify_all()
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.busy -= 1
        if job.capture in self.gone:
            return None
        return replace(self.answer(number), capture=job.capture)

    async def keep(self, one: Attempt) -> Attempt:
        self.kept.append(replace(one, n=len(self.kept) + 7))
        return self.kept[-1]

    def before(self, job: Job) -> list[Attempt]:
        self.asked.append(job.capture)
        id_ = job.capture
        return [attempt(id_, status=500)] if id_ == IDS[0] else []

    async def run(
        self, *, pace: Pace | None = None, expect: Expectation = ANY, fail_fast: bool = False
    ) -> Tally:
        await replay(
            JOBS,
            self.send,
            self.keep,
            self.told.append,
            pace=pace or Pace(),
            expect=expect,
            before=self.before,
            tally=self.tally,
            fail_fast=fail_fast,
            stop=self.stop,
        )
        return self.tally


async def test_everything_is_sent_once_in_order_kept_and_told() -> None:
    bench = Bench()
    tally = await bench.run()
    assert [id_ for _, id_ in bench.began] == IDS
    assert bench.most_busy == 1
    assert [one.attempt for one in bench.told] == bench.kept
    assert bench.kept[0].n == 7
    assert bench.told[0].before is not None
    assert bench.told[1].before is None
    assert (tally.sent, tally.answered, tally.good, tally.left) == (6, 6, 6, 0)
    assert tally.took == [31.0] * 6


async def test_what_was_deleted_meanwhile_is_passed_over() -> None:
    bench = Bench()
    bench.gone = {IDS[1]}
    tally = await bench.run()
    assert (tally.sent, tally.gone, tally.cut, tally.left) == (5, 1, 0, 0)


async def test_times_repeats_each_and_concurrency_is_a_limit() -> None:
    bench = Bench()
    tally = await bench.run(pace=Pace(times=3, concurrency=4))
    assert tally.sent == 18
    assert 2 <= bench.most_busy <= 4
    assert [id_ for _, id_ in bench.began] == [id_ for id_ in IDS for _ in range(3)]
    assert bench.asked == IDS


async def test_a_rate_spaces_the_beginnings() -> None:
    bench = Bench()
    await bench.run(pace=Pace(per_s=100, concurrency=6))
    times = [at for at, _ in bench.began]
    assert times[-1] - times[0] >= 0.045  # five gaps of 10 ms; the first may have begun late


async def test_a_speed_keeps_the_gaps_that_the_events_came_with() -> None:
    bench = Bench()
    await bench.run(pace=Pace(speed=3, concurrency=6))
    times = [at for at, _ in bench.began]
    assert times[-1] - times[0] >= 0.045  # 150 ms at three times the speed
    assert [id_ for _, id_ in bench.began] == IDS


async def test_what_is_not_expected_is_counted_marked_and_can_end_it() -> None:
    def answer(number: int) -> Attempt:
        return attempt(status=500 if number == 2 else 200)

    two = Expectation(conditions=(StatusIs(("2xx",)),))
    bench = Bench(answer)
    assert (await bench.run(expect=two)).unexpected == 1
    assert [one.faults for one in bench.told if one.faults] == [("status 500, not 2xx",)]
    assert [one.added for one in bench.kept if one.added] == [(f"{WRONG}: status 500, not 2xx",)]
    bench = Bench(answer)
    tally = await bench.run(expect=two, fail_fast=True)
    assert (tally.sent, tally.unexpected, tally.left) == (3, 1, 3)
    assert [job.capture for job in tally.rest] == IDS[3:]


async def test_without_an_expectation_what_is_not_2xx_ends_it() -> None:
    bench = Bench(lambda number: attempt(status=302 if number == 1 else 200))
    tally = await bench.run(fail_fast=True)
    assert (tally.sent, tally.unexpected, tally.left) == (2, 0, 4)


async def test_what_runs_can_be_given_up_and_is_told_apart_from_what_was_not_begun() -> None:
    bench = Bench()
    bench.gate.clear()
    running = asyncio.ensure_future(bench.run(pace=Pace(concurrency=2, times=2)))
    await bench.until(2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (bench.tally.sent, bench.tally.cut, bench.tally.left) == (0, 2, 10)
    assert [job.capture for job in bench.tally.rest] == [id_ for id_ in IDS[1:] for _ in "12"]


async def test_a_stop_lets_what_runs_finish_and_sends_nothing_new() -> None:
    bench = Bench()
    bench.gate.clear()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(bench.run(pace=Pace(concurrency=2)))
        await bench.until(2)
        bench.stop.set()
        bench.gate.set()
    assert (running.result().sent, running.result().left) == (2, 4)
    assert len(bench.kept) == 2


async def test_a_stop_ends_the_wait_for_a_turn() -> None:
    bench = Bench()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(bench.run(pace=Pace(per_s=0.001)))
        await bench.until(1)
        bench.stop.set()
    assert running.result().sent == 1


async def test_nobody_there_is_told_apart_from_a_bad_answer() -> None:
    outcomes = [Outcome.REFUSED, Outcome.TLS, Outcome.TIMED_OUT, Outcome.ABORTED, Outcome.GARBLED]

    def answer(number: int) -> Attempt:
        return attempt(outcome=outcomes[number], status=0) if number < 5 else attempt()

    tally = await Bench(answer).run()
    assert (tally.answered, tally.unreachable, tally.unexpected) == (1, 3, 0)


def test_orders() -> None:
    mixed = [JOBS[at] for at in (3, 0, 5, 1, 4, 2)]

    def ids(order: str) -> list[str]:
        return [job.capture for job in ordered(mixed, order, Random(7))]

    assert ids("") == [job.capture for job in mixed]
    assert ids("seq") == IDS
    assert ids("reverse") == IDS[::-1]
    assert sorted(ids("shuffle")) == IDS != ids("shuffle")
    with pytest.raises(UsageError, match="--order random"):
        ids("random")


def test_a_capture_goes_where_it_is_told_else_where_it_went() -> None:
    went = [attempt(target="http://a"), attempt(target="http://b")]
    due = [Delivery(capture=IDS[0], target="http://c", state=DeliveryState.PENDING)]
    assert target_of("http://x", went, due, "http://d") == "http://x"
    assert target_of(None, went, due, "http://d") == "http://b"
    assert target_of(None, [], due, "http://d") == "http://c"
    assert target_of(None, [], [], "http://d") == "http://d"
    assert target_of(None, [], [], None) is None
