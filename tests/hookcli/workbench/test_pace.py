"""Rates, speeds, and when each request of a replay is due."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.errors import UsageError
from hookcli.workbench.pace import offsets, read_rate, read_speed


@pytest.mark.parametrize(("text", "per_s"), [("5/s", 5), ("30/m", 0.5), ("2", 2), ("0.5/s", 0.5)])
def test_rates(text: str, per_s: float) -> None:
    assert read_rate(text) == per_s


@pytest.mark.parametrize("text", ["", "fast", "0/s", "-1", "5/d", "5s"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(UsageError, match="a rate is wanted"):
        read_rate(text)


@pytest.mark.parametrize(
    ("text", "speed"), [("1x", 1.0), ("10x", 10.0), ("0.25X", 0.25), ("2", 2.0), ("max", None)]
)
def test_speeds(text: str, speed: float | None) -> None:
    assert read_speed(text) == speed


@pytest.mark.parametrize("text", ["", "fast", "0x", "-1x", "x", "10/s"])
def test_what_is_no_speed(text: str) -> None:
    with pytest.raises(UsageError, match="a speed is wanted"):
        read_speed(text)


@given(
    st.lists(st.integers(min_value=0, max_value=10**16), min_size=1), st.sampled_from([0.5, 1, 10])
)
def test_requests_are_due_in_the_order_of_sending_with_the_gaps_of_coming(
    times: list[int], speed: float
) -> None:
    due = offsets(times, speed)
    assert due[0] == 0
    assert due == sorted(due)
    assert due[-1] == pytest.approx((max(times) - min(times)) / 1e6 / speed)
    assert offsets(times, None) == [0.0] * len(times)
