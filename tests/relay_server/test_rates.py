"""Token buckets with the clock passed in: rates hold, memory is bounded, large amounts pass."""

from hypothesis import given
from hypothesis import strategies as st

from relay_server.rates import Buckets, Rate


def passes(buckets: Buckets, key: str, now: float, amount: float = 1.0) -> bool:
    if buckets.wait_s(key, now) > 0:
        return False
    buckets.take(key, amount, now)
    return True


def test_a_burst_passes_then_the_rate_holds() -> None:
    buckets = Buckets(Rate(per_s=2, burst=5))
    assert [passes(buckets, "a", 10.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert buckets.wait_s("a", 10.0) == 0.5
    assert passes(buckets, "a", 10.5)
    assert not passes(buckets, "a", 10.5)
    assert passes(buckets, "b", 10.5)


def test_no_rate_is_no_limit_and_costs_no_memory() -> None:
    buckets = Buckets(Rate(per_s=0, burst=1))
    assert all(passes(buckets, "a", 0.0) for _ in range(1000))
    assert len(buckets) == 0


def test_a_large_amount_passes_and_is_paid_for() -> None:
    buckets = Buckets(Rate(per_s=100, burst=200))
    assert passes(buckets, "a", 0.0, amount=1_000)
    assert buckets.wait_s("a", 0.0) > 8
    assert passes(buckets, "a", 8.1, amount=1)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    buckets = Buckets(Rate(per_s=1, burst=1))
    assert passes(buckets, "a", 100.0)
    assert not passes(buckets, "a", 5.0)


def test_strangers_with_many_addresses_cost_no_more_memory_and_get_no_more() -> None:
    buckets = Buckets(Rate(per_s=1, burst=2), most=10)
    passed = sum(passes(buckets, f"{number}", 0.0) for number in range(10_000))
    assert len(buckets) <= 11
    assert passed == 10 + 2
    assert passes(buckets, "later", 60.0)
    assert len(buckets) == 1


@given(
    rate=st.floats(0.5, 50),
    burst=st.floats(1, 50),
    gaps=st.lists(st.floats(0, 3), max_size=200),
)
def test_no_more_passes_than_the_burst_and_the_rate_allow(
    rate: float, burst: float, gaps: list[float]
) -> None:
    buckets, now, passed = Buckets(Rate(per_s=rate, burst=burst)), 0.0, 0
    for gap in gaps:
        now += gap
        passed += passes(buckets, "a", now)
    assert passed <= burst + now * rate + 1e-6
