"""Dispatch under anything: whatever ends how and when, with restarts, nothing is lost or doubled."""

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hookcli.captures.model import Delivery, DeliveryState, Outcome
from hookcli.tunnel.dispatch import Dispatch, Probe, Settled, Start
from hookcli.tunnel.retries import Retry
from tests.hookcli.tunnel.test_dispatch import APP, OTHER, SECOND, WALL, answer

ENDS = st.sampled_from(
    [
        (Outcome.RESPONDED, 200),
        (Outcome.RESPONDED, 500),
        (Outcome.REFUSED, 0),
        (Outcome.TIMED_OUT, 0),
        (Outcome.ABORTED, 0),
        (Outcome.GARBLED, 0),
    ]
)


class Deliveries(RuleBasedStateMachine):
    """A dispatch, the store beside it, and a program that does what it likes."""

    concurrency = 3
    retry = Retry(times=2)

    def __init__(self) -> None:
        super().__init__()
        self.now, self.wall = 500.0, WALL
        self.stored: dict[tuple[str, str], Delivery] = {}
        self.captures: list[str] = []
        self.running: dict[str, Start] = {}
        self.probing: set[str] = set()
        self.first: list[str] = []
        """Captures in the order of their first attempts."""
        self.allowed = 0
        self.it = self.dispatch()

    def dispatch(self, target: str = APP) -> Dispatch:
        return Dispatch(
            target=target, concurrency=self.concurrency, retry=self.retry, random=lambda: 0.7
        )

    def store(self, deliveries: tuple[Delivery, ...] | list[Delivery]) -> None:
        for one in deliveries:
            self.stored[one.capture, one.target] = one

    def pending(self) -> list[Delivery]:
        return sorted(
            (one for one in self.stored.values() if one.state is DeliveryState.PENDING),
            key=lambda one: self.captures.index(one.capture),
        )

    def work(self) -> None:
        while (one := self.it.take(self.now)) is not None:
            if isinstance(one, Probe):
                assert one.target not in self.probing
                self.probing.add(one.target)
                continue
            assert one.capture not in self.running
            assert not (self.it.paused and self.allowed <= 0)
            self.allowed -= self.it.paused
            self.running[one.capture] = one
            if one.capture not in self.first:
                self.first.append(one.capture)
        self.it.news(self.now)

    @rule(count=st.integers(1, 4))
    def events_are_captured(self, count: int) -> None:
        for _ in range(count):
            capture = f"{len(self.captures):04}"
            self.captures.append(capture)
            assert self.it.target is not None
            self.store(
                [Delivery(capture=capture, target=self.it.target, state=DeliveryState.PENDING)]
            )
            assert self.it.captured(capture, self.it.target) == []
        self.work()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), end=ENDS)
    def an_attempt_ends(self, data: st.DataObject, end: tuple[Outcome, int]) -> None:
        capture = data.draw(st.sampled_from(sorted(self.running)))
        start = self.running.pop(capture)
        one = answer(capture, *end, target=start.target)
        settled = self.it.finished(capture, start.target, one, self.now, self.wall)
        assert isinstance(settled, Settled)
        self.store(settled.deliveries)
        self.work()

    @precondition(lambda self: self.probing)
    @rule(data=st.data(), outcome=st.sampled_from([None, Outcome.REFUSED, Outcome.TIMED_OUT]))
    def a_probe_ends(self, data: st.DataObject, outcome: Outcome | None) -> None:
        target = data.draw(st.sampled_from(sorted(self.probing)))
        self.probing.discard(target)
        self.it.probed(target, outcome, self.now)
        self.work()

    @rule(seconds=st.floats(0.01, 30.0), jump=st.sampled_from([0, -10, 10]))
    def time_passes(self, seconds: float, jump: int) -> None:
        self.now += seconds
        self.wall += round(seconds * SECOND) + jump * 365 * 86_400 * SECOND
        self.work()

    @rule()
    def delivery_is_paused(self) -> None:
        self.it.pause()
        self.allowed = 0

    @rule()
    def delivery_goes_on(self) -> None:
        self.it.resume()
        self.work()

    @rule()
    def one_is_let_go(self) -> None:
        self.it.deliver_one()
        self.allowed += 1
        self.work()

    @rule()
    def somebody_is_impatient(self) -> None:
        self.it.try_now(self.now)
        self.work()

    @rule(where=st.sampled_from([APP, OTHER]))
    def the_target_changes(self, where: str) -> None:
        self.store(self.it.retarget(where, self.now))
        self.work()

    @rule(where=st.sampled_from([APP, OTHER]))
    def the_process_dies_and_starts_anew(self, where: str) -> None:
        self.running.clear()
        self.probing.clear()
        self.it = self.dispatch(where)
        self.store(self.it.adopt(self.pending(), self.now, self.wall))
        self.work()

    @invariant()
    def nothing_is_lost(self) -> None:
        pending = self.pending()
        assert len({one.capture for one in pending}) == len(pending) == self.it.unfinished
        assert {one.capture for one in self.stored.values()} == set(self.captures)

    @invariant()
    def no_more_run_than_may(self) -> None:
        assert self.it.running == len(self.running) <= self.concurrency

    @invariant()
    def nothing_is_due_that_was_looked_at(self) -> None:
        self.work()
        assert self.it.due is None or self.it.due > self.now

    @invariant()
    def every_wait_has_an_end(self) -> None:
        if self.it.unfinished and not self.running and not self.probing and not self.it.paused:
            assert self.it.due is not None

    def teardown(self) -> None:
        """Once the program is there and answers well, everything is delivered."""
        self.it.resume()
        self.work()
        for _ in range(10_000):
            for target in sorted(self.probing):
                self.probing.discard(target)
                self.it.probed(target, None, self.now)
            for capture, start in list(self.running.items()):
                del self.running[capture]
                one = answer(capture, target=start.target)
                settled = self.it.finished(capture, start.target, one, self.now, self.wall)
                self.store(settled.deliveries)
            self.work()
            if not self.it.unfinished:
                break
            if not self.running and not self.probing:
                assert self.it.due is not None
                self.now = max(self.now, self.it.due)
                self.work()
        assert not self.pending()


class StrictOrder(Deliveries):
    """One at once: nothing overtakes, whatever the program does, unless the target changes."""

    concurrency = 1
    retry = Retry()

    @invariant()
    def first_attempts_are_in_order(self) -> None:
        assert self.first == sorted(self.first)


TestDeliveries = Deliveries.TestCase
TestStrictOrder = StrictOrder.TestCase
