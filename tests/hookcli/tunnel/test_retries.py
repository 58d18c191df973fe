"""Whether an attempt is followed by another: a table, and what `Retry-After` may say."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hookcli.captures.model import Attempt, Outcome, Timing, Why
from hookcli.tunnel.backoff import full_jitter, half_jitter, retry_after
from hookcli.tunnel.retries import LONGEST_S, MOST_S, Retry, again_in, succeeded, unreachable

WALL = 1_763_908_351_000_000
DAYS_3 = 72 * 3600.0


def attempt(
    outcome: Outcome = Outcome.RESPONDED,
    status: int = 0,
    *,
    wait: bytes | None = None,
    connect: float | None = 1.0,
) -> Attempt:
    return Attempt(
        capture="01JA",
        n=0,
        why=Why.LIVE,
        target="http://localhost:8000",
        started_at=WALL,
        ms=3.0,
        timing=Timing(connect=connect),
        outcome=outcome,
        status=status,
        headers=() if wait is None else ((b"Retry-After", wait),),
    )


def pause(retry: Retry, one: Attempt, *, tries: int = 1, elapsed_s: float = 0.0) -> float | None:
    return again_in(
        retry, one, tries=tries, elapsed_s=elapsed_s, wall=WALL, random=lambda: 0.999999
    )


@pytest.mark.parametrize(
    ("one", "asked", "unasked"),
    [
        (attempt(status=200), False, False),
        (attempt(status=299), False, False),
        (attempt(status=304), True, False),
        (attempt(status=422), True, False),
        (attempt(status=500), True, False),
        (attempt(Outcome.TIMED_OUT), True, False),
        (attempt(Outcome.ABORTED), True, True),
        (attempt(Outcome.TLS), True, False),
        (attempt(Outcome.GARBLED), True, False),
        (attempt(Outcome.TOO_LARGE), False, False),
    ],
)
def test_what_is_tried_again(one: Attempt, asked: bool, unasked: bool) -> None:
    assert (pause(Retry(times=3), one) is not None) is asked
    assert (pause(Retry(for_s=60.0), one) is not None) is asked
    assert (pause(Retry(), one) is not None) is unasked
    assert succeeded(one) is (one.outcome is Outcome.RESPONDED and one.status < 300)


def test_as_often_as_was_asked_for() -> None:
    retry = Retry(times=3)
    tries = [pause(retry, attempt(status=500), tries=n) is not None for n in range(1, 6)]
    assert tries == [True, True, True, False, False]


def test_for_as_long_as_was_asked_for() -> None:
    retry = Retry(for_s=DAYS_3)
    assert pause(retry, attempt(status=500), tries=1000, elapsed_s=DAYS_3 - 601) is not None
    assert pause(retry, attempt(status=500), tries=1000, elapsed_s=DAYS_3 - 599) is None


def test_what_ends_first_ends_it() -> None:
    retry = Retry(times=2, for_s=10.0)
    assert pause(retry, attempt(status=500), tries=3, elapsed_s=0) is None
    assert pause(retry, attempt(status=500), tries=1, elapsed_s=11) is None
    assert pause(retry, attempt(status=500), tries=1, elapsed_s=1) is not None


def test_a_program_that_dies_is_asked_three_times_although_nobody_asked_for_retries() -> None:
    died = attempt(Outcome.ABORTED)
    assert [pause(Retry(), died, tries=n) is not None for n in (1, 2, 3)] == [True, True, False]


@pytest.mark.parametrize(
    ("one", "away"),
    [
        (attempt(Outcome.REFUSED, connect=None), True),
        (attempt(Outcome.TIMED_OUT, connect=None), True),
        (attempt(Outcome.TIMED_OUT, connect=0.3), False),
        (attempt(Outcome.ABORTED, connect=None), False),
        (attempt(Outcome.RESPONDED, 500, connect=None), False),
    ],
)
def test_when_the_program_is_away(one: Attempt, away: bool) -> None:
    assert unreachable(one) is away


def test_pauses_grow_and_what_the_program_asks_for_is_the_least() -> None:
    retry = Retry(for_s=DAYS_3)
    pauses = [pause(retry, attempt(status=503), tries=n) or 0 for n in range(1, 15)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(LONGEST_S, rel=0.01)
    assert pause(retry, attempt(status=503, wait=b"120")) == 120
    assert pause(retry, attempt(status=503, wait=b"0")) == pytest.approx(1.0, rel=0.01)
    assert pause(Retry(times=1), attempt(status=503, wait=b"99999999")) == MOST_S


def test_a_date_to_wait_for() -> None:
    now = datetime.fromtimestamp(WALL / 1e6, UTC)
    for moment, seconds in [(now + timedelta(seconds=90), 90.0), (now - timedelta(days=1), 0.0)]:
        text = format_datetime(moment, usegmt=True).encode()
        assert retry_after(((b"retry-after", text),), WALL) == seconds


@pytest.mark.parametrize("text", [b"", b"soon", b"-5", b"1.5", b"\xff", b"99 Abc 1 2", b"1" * 40])
def test_what_makes_no_sense_asks_for_nothing(text: bytes) -> None:
    assert retry_after(((b"Retry-After", text),), WALL) is None
    assert retry_after((), WALL) is None


@given(st.binary(max_size=40))
def test_any_bytes_are_read_without_harm(text: bytes) -> None:
    found = retry_after(((b"Retry-After", text),), WALL)
    assert found is None or found >= 0


@given(st.integers(0, 10_000), st.floats(0, 0.999999))
def test_jitter_stays_within_its_bounds(failures: int, draw: float) -> None:
    full = full_jitter(failures, first_s=0.1, longest_s=5.0, random=lambda: draw)
    half = half_jitter(failures, first_s=0.1, longest_s=5.0, random=lambda: draw)
    top = min(0.1 * 2.0 ** min(failures, 20), 5.0)
    assert 0 <= full <= top
    assert top / 2 <= half <= top
