"""Deliveries: in order, some at once, never lost, never twice at once, and every wait has an end."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from hookcli.captures.model import Attempt, Delivery, DeliveryState, Outcome, Timing, Why
from hookcli.tunnel.dispatch import Dispatch, Probe, Settled, Start
from hookcli.tunnel.retries import MOST_S, Retry

APP, OTHER = "http://localhost:8000", "http://localhost:9000"
WALL = 1_763_908_351_000_000
SECOND = 1_000_000


def answer(
    capture: str, outcome: Outcome = Outcome.RESPONDED, status: int = 200, *, target: str = APP
) -> Attempt:
    away = outcome in (Outcome.REFUSED, Outcome.TIMED_OUT)
    return Attempt(
        capture=capture,
        n=0,
        why=Why.LIVE,
        target=target,
        started_at=WALL,
        ms=1.0,
        timing=Timing(connect=None if away else 0.1),
        outcome=outcome,
        status=status if outcome is Outcome.RESPONDED else 0,
        error="connection refused" if outcome is Outcome.REFUSED else "",
    )


class Desk:
    """A dispatch with a clock, and its probes answered."""

    def __init__(
        self,
        *,
        concurrency: int = 16,
        retry: Retry | None = None,
        target: str | None = APP,
        random: Callable[[], float] = lambda: 0.999999,
    ) -> None:
        self.it = Dispatch(
            target=target, concurrency=concurrency, retry=retry or Retry(), random=random
        )
        self.now = 1000.0
        self.wall = WALL

    def capture(self, *ids: str) -> None:
        for each in ids:
            if self.it.target is not None:
                assert self.it.captured(each, self.it.target) == []

    def take(self) -> list[Start | Probe]:
        found = []
        while (one := self.it.take(self.now)) is not None:
            found.append(one)
        return found

    def starts(self) -> list[str]:
        return [one.capture for one in self.take() if isinstance(one, Start)]

    def end(self, capture: str, outcome: Outcome = Outcome.RESPONDED, status: int = 200) -> Settled:
        one = answer(capture, outcome, status)
        return self.it.finished(capture, APP, one, self.now, self.wall)

    def wait(self) -> float:
        """Let time pass until something is due; for how many seconds."""
        assert self.it.due is not None
        waited = max(self.it.due - self.now, 0.0)
        self.pass_(waited)
        return waited

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.wall += round(seconds * SECOND)


def up(desk: Desk) -> Desk:
    """The first probe has found the program."""
    assert desk.take() == [Probe(APP)]
    desk.it.probed(APP, None, desk.now)
    desk.it.news(desk.now)
    return desk


def test_deliveries_start_in_order_and_so_many_at_once() -> None:
    desk = up(Desk(concurrency=3))
    desk.capture("a", "b", "c", "d", "e")
    assert desk.starts() == ["a", "b", "c"]
    assert desk.starts() == []
    settled = desk.end("b")
    assert settled == Settled(
        deliveries=(
            Delivery(capture="b", target=APP, state=DeliveryState.DONE, tries=1, first_try_at=WALL),
        )
    )
    assert desk.starts() == ["d"]
    assert (desk.it.running, desk.it.unfinished) == (3, 4)


def test_one_at_once_is_strict_order() -> None:
    desk = up(Desk(concurrency=1))
    desk.capture("a", "b")
    assert desk.starts() == ["a"]
    desk.end("a", Outcome.REFUSED)
    desk.capture("c")
    assert desk.wait() > 0
    assert desk.take() == [Probe(APP)]
    desk.it.probed(APP, None, desk.now)
    for each in ("a", "b", "c"):
        assert desk.starts() == [each]
        desk.end(each)


def test_without_a_target_nothing_is_dispatched() -> None:
    desk = Desk(target=None)
    desk.capture("a")
    assert (
        desk.it.adopt([Delivery(capture="b", target=APP, state=DeliveryState.PENDING)], 0, 0) == []
    )
    assert desk.take() == []
    assert desk.it.due is None
    assert not desk.it.answers


@pytest.mark.parametrize(
    ("outcome", "status", "state", "failed"),
    [
        (Outcome.RESPONDED, 204, DeliveryState.DONE, 0),
        (Outcome.RESPONDED, 500, DeliveryState.DONE, 1),
        (Outcome.TOO_LARGE, 0, DeliveryState.FAILED, 1),
        (Outcome.GARBLED, 0, DeliveryState.FAILED, 1),
        (Outcome.TLS, 0, DeliveryState.FAILED, 1),
    ],
)
def test_how_a_delivery_ends_when_no_retries_are_asked_for(
    outcome: Outcome, status: int, state: DeliveryState, failed: int
) -> None:
    desk = up(Desk())
    desk.capture("a")
    desk.take()
    (delivery,) = desk.end("a", outcome, status).deliveries
    assert delivery.state is state
    assert (desk.it.failed, desk.it.unfinished, desk.it.due) == (failed, 0, None)


def test_a_retry_holds_up_nobody_and_is_due_at_a_told_time() -> None:
    desk = up(Desk(concurrency=1, retry=Retry(times=2)))
    desk.capture("a", "b")
    desk.take()
    settled = desk.end("a", status=500)
    assert settled.next_retry_at == WALL + SECOND - 1 or settled.next_retry_at == WALL + SECOND
    (delivery,) = settled.deliveries
    assert (delivery.state, delivery.tries) == (DeliveryState.PENDING, 1)
    assert delivery.due_at == settled.next_retry_at
    assert desk.take() == [Start("b", APP, Why.LIVE, 1)]
    desk.end("b")
    assert desk.take() == []
    assert desk.wait() == pytest.approx(1.0, rel=0.01)
    assert desk.take() == [Start("a", APP, Why.RETRY, 2)]
    desk.end("a", status=500)
    assert desk.wait() == pytest.approx(2.0, rel=0.01)
    desk.take()
    (last,) = desk.end("a", status=500).deliveries
    assert (last.state, last.tries) == (DeliveryState.FAILED, 3)


def test_a_program_that_is_down_is_looked_for_by_one_probe_for_all() -> None:
    desk = Desk(concurrency=2)
    desk.capture("a", "b", "c")
    probe, *starts = desk.take()
    assert probe == Probe(APP)
    assert [one.capture for one in starts if isinstance(one, Start)] == ["a", "b"]
    desk.end("a", Outcome.REFUSED)
    desk.end("b", Outcome.REFUSED)
    (told,) = desk.it.news(desk.now)
    assert (told.state, told.waiting, told.error) == ("refused", 1, "connection refused")
    desk.it.probed(APP, Outcome.REFUSED, desk.now)
    assert not desk.it.answers
    probes = 0
    pauses: list[float] = []
    until = desk.now + 30
    while desk.now < until:
        pauses.append(desk.wait())
        if (one := desk.it.take(desk.now)) is not None:
            assert one == Probe(APP)
            assert desk.it.take(desk.now) is None
            probes += 1
            desk.it.probed(APP, Outcome.REFUSED, desk.now)
        desk.it.news(desk.now)
    assert 8 <= probes <= 12
    assert max(pauses) <= 5.0


def test_when_the_program_is_back_everything_goes_oldest_first() -> None:
    desk = Desk(concurrency=2)
    desk.take()
    desk.it.probed(APP, Outcome.REFUSED, desk.now)
    desk.capture("a", "b", "c")
    assert desk.take() == []
    desk.wait()
    assert desk.take() == [Probe(APP)]
    desk.it.news(desk.now)
    desk.it.probed(APP, None, desk.now)
    assert desk.starts() == ["a", "b"]
    (told,) = desk.it.news(desk.now)
    assert (told.state, told.next_try_ms) == ("up", None)
    assert desk.it.answers


def test_a_program_that_only_accepts_and_never_answers_is_looked_for_ever_more_rarely() -> None:
    desk = Desk()
    desk.capture("a")
    looked: list[float] = []
    while len(looked) < 7:
        one = desk.it.take(desk.now)
        if isinstance(one, Probe):
            looked.append(desk.now)
            desk.it.probed(APP, None, desk.now)
        elif isinstance(one, Start):
            desk.end("a", Outcome.REFUSED)
        else:
            desk.wait()
            desk.it.news(desk.now)
    pauses = [after - before for before, after in pairwise(looked)]
    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0], rel=0.01)


def test_a_connection_that_is_never_made_is_waited_for_too() -> None:
    desk = up(Desk())
    desk.capture("a")
    desk.take()
    (delivery,) = desk.end("a", Outcome.TIMED_OUT).deliveries
    assert delivery.state is DeliveryState.PENDING
    assert [one.state for one in desk.it.news(desk.now)] == ["timeout"]


def test_how_many_wait_is_told_but_not_for_every_event() -> None:
    desk = Desk()
    desk.take()
    desk.it.probed(APP, Outcome.REFUSED, desk.now)
    desk.it.news(desk.now)
    told = []
    for n in range(300):
        desk.capture(f"{n}")
        desk.pass_(0.01)
        told += [one.waiting for one in desk.it.news(desk.now)]
    assert len(told) in (2, 3)
    desk.pass_(1.0)
    assert [one.waiting for one in desk.it.news(desk.now)] == [300]


def test_while_paused_only_what_is_let_go_goes() -> None:
    desk = up(Desk(concurrency=1))
    desk.capture("a", "b", "c")
    desk.it.pause()
    assert not desk.it.answers
    assert desk.starts() == []
    desk.it.deliver_one()
    desk.it.deliver_one()
    assert desk.starts() == ["a"]
    desk.end("a")
    assert desk.starts() == ["b"]
    desk.end("b")
    assert desk.starts() == []
    for _ in range(9):
        desk.it.deliver_one()  # there is one
    assert desk.starts() == ["c"]
    desk.end("c")
    desk.capture("d")
    assert desk.starts() == []
    desk.it.resume()
    assert desk.starts() == ["d"]


def test_trying_now_waits_for_nothing() -> None:
    desk = up(Desk(retry=Retry(times=5)))
    desk.capture("a")
    desk.take()
    desk.end("a", status=503)
    desk.it.try_now(desk.now)
    assert desk.starts() == ["a"]
    desk.end("a", Outcome.REFUSED)
    assert desk.take() == []
    desk.it.try_now(desk.now)
    assert desk.take() == [Probe(APP)]


def test_another_target_gets_what_waits_and_what_runs_stays_where_it_is() -> None:
    desk = up(Desk(concurrency=1))
    desk.capture("a", "b")
    desk.take()
    changed = desk.it.retarget(OTHER, desk.now)
    assert [(one.capture, one.target, one.state) for one in changed] == [
        ("b", APP, DeliveryState.SKIPPED),
        ("b", OTHER, DeliveryState.PENDING),
    ]
    desk.capture("c")
    assert desk.take() == [Probe(OTHER)]
    settled = desk.end("a", Outcome.REFUSED)
    assert [(one.target, one.state) for one in settled.deliveries] == [
        (APP, DeliveryState.SKIPPED),
        (OTHER, DeliveryState.PENDING),
    ]
    assert desk.take() == [Start("a", OTHER, Why.RETRY, 2)]
    desk.it.retarget(APP, desk.now)
    assert desk.take() == [Probe(APP)]


def test_a_target_that_was_left_is_not_looked_for_any_more() -> None:
    desk = up(Desk())
    desk.capture("a", "b")
    desk.take()
    desk.it.retarget(OTHER, desk.now)
    assert desk.take() == [Probe(OTHER)]
    desk.it.probed(OTHER, None, desk.now)
    desk.end("a", Outcome.REFUSED)
    desk.pass_(60.0)
    assert [type(one) for one in desk.take()] == [Start]
    assert [one.target for one in desk.it.news(desk.now)] == [OTHER]


def test_what_was_left_unfinished_is_taken_up_in_its_order() -> None:
    desk = up(Desk(concurrency=2))
    desk.capture("live")
    left = [Delivery(capture=each, target=APP, state=DeliveryState.PENDING) for each in "ab"]
    fresh = up(Desk(concurrency=2))
    assert fresh.it.adopt(left, fresh.now, fresh.wall) == []
    fresh.capture("live")
    assert fresh.starts() == ["a", "b"]


def test_what_was_left_for_another_port_goes_to_the_present_one() -> None:
    desk = up(Desk())
    left = Delivery(capture="a", target=OTHER, state=DeliveryState.PENDING, tries=2)
    changed = desk.it.adopt([left], desk.now, desk.wall)
    assert [(one.target, one.state, one.tries) for one in changed] == [
        (OTHER, DeliveryState.SKIPPED, 2),
        (APP, DeliveryState.PENDING, 2),
    ]
    assert desk.take() == [Start("a", APP, Why.RETRY, 3)]


@pytest.mark.parametrize("years", [-30, -10, 10, 30])
@pytest.mark.parametrize("wait_s", [0, 60, 3600])
def test_a_clock_that_was_set_meanwhile_delays_nothing_for_ever(years: int, wait_s: int) -> None:
    desk = up(Desk())
    desk.wall = WALL + years * 365 * 86_400 * SECOND
    due = WALL + wait_s * SECOND if wait_s else 0
    left = Delivery(
        capture="a", target=APP, state=DeliveryState.PENDING, tries=1, due_at=due, first_try_at=WALL
    )
    desk.it.adopt([left], desk.now, desk.wall)
    if desk.it.due is not None:
        assert desk.it.due - desk.now <= MOST_S
        desk.wait()
    assert desk.starts() == ["a"]


def test_a_clock_that_is_set_while_a_retry_waits_changes_nothing() -> None:
    desk = up(Desk(retry=Retry(for_s=3600.0)))
    desk.capture("a")
    desk.take()
    desk.end("a", status=500)
    desk.wall -= 10 * 365 * 86_400 * SECOND
    assert desk.wait() == pytest.approx(1.0, rel=0.01)
    assert desk.starts() == ["a"]
    desk.wall += 20 * 365 * 86_400 * SECOND
    assert desk.end("a", status=500).next_retry_at is not None


def test_an_attempt_that_was_cut_off_is_as_if_it_had_not_begun() -> None:
    desk = up(Desk())
    desk.capture("a")
    desk.take()
    desk.it.stop()
    desk.it.interrupted("a", APP)
    assert (desk.it.running, desk.it.unfinished) == (0, 1)
    assert desk.take() == []
    assert desk.it.due is None


def test_what_a_bug_met_is_given_up() -> None:
    desk = up(Desk())
    desk.capture("a", "b")
    desk.take()
    (delivery,) = desk.it.broken("a", APP).deliveries
    assert (delivery.capture, delivery.state) == ("a", DeliveryState.FAILED)
    assert desk.it.unfinished == 1
    desk.end("b")
    assert desk.it.broken("b", APP).deliveries == ()  # it was over before the bug
    desk.it.interrupted("b", APP)
    assert desk.it.running == 0


def test_a_capture_that_somebody_deleted_is_no_duty_any_more() -> None:
    desk = up(Desk())
    desk.capture("a")
    desk.take()
    desk.it.forgotten("a", APP)
    assert (desk.it.running, desk.it.unfinished) == (0, 0)


def test_an_event_that_was_kept_for_the_target_before_goes_to_the_present_one() -> None:
    desk = up(Desk())
    desk.it.retarget(OTHER, desk.now)
    changed = desk.it.captured("a", APP)
    assert [(one.target, one.state) for one in changed] == [
        (APP, DeliveryState.SKIPPED),
        (OTHER, DeliveryState.PENDING),
    ]
    desk.take()
    assert desk.it.unfinished == 1


def test_retries_for_72_hours_through_restarts_come_to_an_end_and_not_before() -> None:
    """A program that answers 500 for three days; the listener starts anew now and then."""
    retry = Retry(for_s=72 * 3600.0)
    desk = up(Desk(retry=retry, random=lambda: 0.5))
    stored = Delivery(capture="a", target=APP, state=DeliveryState.PENDING)
    desk.capture("a")
    began, attempts, gaps, last = desk.now, 0, [], desk.now
    while stored.state is DeliveryState.PENDING:
        for capture in desk.starts():
            attempts += 1
            gaps.append(desk.now - last)
            last = desk.now
            (stored,) = desk.end(capture, status=500).deliveries
        if attempts % 50 == 7:
            fresh = up(Desk(retry=retry, random=lambda: 0.5))
            fresh.now, fresh.wall = desk.now + 5.0, desk.wall + 5 * SECOND
            fresh.it.probed(APP, None, fresh.now)
            fresh.it.adopt([stored], fresh.now, fresh.wall)
            desk = fresh
        if desk.it.due is not None:
            desk.wait()
    assert stored.state is DeliveryState.FAILED
    assert stored.tries == attempts
    assert 71.8 * 3600 <= last - began <= 72 * 3600
    assert max(gaps) <= 610
    assert 400 <= attempts <= 900


def test_a_program_that_answered_in_between_is_looked_for_quickly_again() -> None:
    desk = up(Desk())
    desk.capture("a")
    pauses: list[float] = []
    for answers in (False, False, True, False):
        assert desk.starts() == ["a"]
        if answers:
            desk.end("a")
            desk.capture("a")
            assert desk.starts() == ["a"]
        desk.end("a", Outcome.REFUSED)
        began = desk.now
        while (one := desk.it.take(desk.now)) is None:
            desk.wait()
            desk.it.news(desk.now)
        pauses.append(desk.now - began)
        assert one == Probe(APP)
        desk.it.probed(APP, None, desk.now)
    assert pauses == pytest.approx([0.2, 0.4, 0.2, 0.4], rel=0.01)
