"""The schedule that is shown is the one that is kept."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookcli.captures.batch import Batch
from hookcli.captures.model import Attempt, DeliveryState
from hookcli.captures.store import Store
from hookcli.tunnel.capturing import capture_of, judge_by
from hookcli.tunnel.dispatch import Dispatch, Probe, Start
from hookcli.tunnel.retries import LONGEST_S, Retry
from hookcli.tunnel.schedule import schedule
from hookcli.wire import codec
from tests.hookcli.tunnel.test_dispatch import APP, SECOND, WALL, answer

DAYS_3 = 72 * 3600.0


def test_nothing_is_planned_where_nothing_is_asked_for() -> None:
    assert [one.n for one in schedule(Retry())] == [1]


def test_so_many_retries_as_asked_for() -> None:
    planned = schedule(Retry(times=5))
    assert [one.n for one in planned] == [1, 2, 3, 4, 5, 6]
    assert [one.pause_s[0] for one in planned] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
    assert all(one.latest_s is not None for one in planned)


def test_for_so_long_as_asked_for() -> None:
    planned = schedule(Retry(for_s=DAYS_3))
    surely = [one for one in planned if one.latest_s is not None]
    assert len(planned) > len(surely) > 400
    assert planned[-1].earliest_s <= DAYS_3 < planned[-1].earliest_s + planned[-1].pause_s[0]
    assert planned[-1].pause_s == pytest.approx((LONGEST_S / 2, LONGEST_S))
    for before, one in pairwise(planned):
        assert one.earliest_s > before.earliest_s
        assert one.pause_s[0] <= one.pause_s[1]


class Days:
    """A listener over days that pass when they are told to, begun anew from its store at times."""

    def __init__(self, store: Store, retry: Retry, chance: random.Random) -> None:
        self.store, self.retry, self.chance = store, retry, chance
        self.now, self.wall = 1_000.0, WALL
        self.made: list[float] = []
        """Seconds since the first attempt, of each."""
        self.away_s = 0.0
        """For how long there was no process, in all."""
        self.begin(0.0)

    def begin(self, away_s: float) -> None:
        """A new process, after a while without one: all it knows is in the store."""
        self.pass_by(away_s)
        self.away_s += away_s
        self.it = Dispatch(target=APP, concurrency=4, retry=self.retry, random=self.chance.random)
        assert self.it.take(self.now) == Probe(APP)
        self.it.probed(APP, None, self.now)
        self.it.adopt(self.store.pending("ep_a"), self.now, self.wall)

    def pass_by(self, seconds: float) -> None:
        """Time passes."""
        self.now, self.wall = self.now + seconds, self.wall + round(seconds * SECOND)

    def attempt(self) -> bool:
        """Let time pass until something is due, and let it fail; False: nothing is left to do."""
        while (one := self.it.take(self.now)) is None:
            if self.it.due is None:
                return False
            self.pass_by(max(self.it.due - self.now, 0.0))
        assert isinstance(one, Start)
        self.made.append((self.wall - WALL) / SECOND)
        failed: Attempt = answer(one.capture, status=500)
        settled = self.it.finished(one.capture, APP, failed, self.now, self.wall)
        self.store.commit(Batch(attempts=(failed,), deliveries=settled.deliveries))
        return True


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    every=st.sampled_from([1, 7, 50]),
    away_s=st.sampled_from([0.0, 60.0, 3 * 3600.0]),
)
def test_over_three_days_with_restarts_in_between_every_attempt_is_where_it_was_planned(
    tmp_path_factory: pytest.TempPathFactory, seed: int, every: int, away_s: float
) -> None:
    planned = schedule(Retry(for_s=DAYS_3))
    store = Store.open(Path(tmp_path_factory.mktemp("days")) / "captures.sqlite")
    event = codec.event(
        seq=1, id="01JA", received_at=WALL, method="POST", url="u", target=b"", http_version="1.1",
        peer="", headers=(), body=b"",
    )  # fmt: skip
    new, _ = capture_of(event, "ep_a", [APP], judge_by({}))
    store.commit(Batch(captures=(new,)))
    days = Days(store, Retry(for_s=DAYS_3), random.Random(seed))
    while days.attempt():
        if len(days.made) % every == 0:
            days.begin(away_s)
    (delivery,) = store.deliveries("01JA")
    store.close()
    surely = sum(one.latest_s is not None for one in planned)
    assert (surely if not away_s else 2) <= len(days.made) <= len(planned)
    assert days.made[-1] <= DAYS_3 + away_s, "nothing is tried for longer than was asked for"
    assert (delivery.state, delivery.tries) == (DeliveryState.FAILED, len(days.made))
    slack = 0.01 * len(days.made)
    for made, plan in zip(days.made, planned, strict=False):
        assert made >= plan.earliest_s - slack
        assert plan.latest_s is None or made <= plan.latest_s + days.away_s + slack
