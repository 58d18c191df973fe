"""What listeners have begun to send: bounded in all and for each endpoint, and the largest gives way."""

from hypothesis import given
from hypothesis import strategies as st

from relay_server.unfinished import Unfinished

LIMIT, EACH = 100, 40


def test_the_largest_of_an_endpoint_gives_way_when_its_part_is_full() -> None:
    it = Unfinished(LIMIT, EACH)
    assert it.holds("a", 1, 30) is None
    assert it.holds("a", 2, 10) is None
    assert it.holds("a", 2, 11) == 1
    assert it.holds("a", 1, 0) is None


def test_one_message_may_be_whatever_its_size() -> None:
    it = Unfinished(LIMIT, EACH)
    assert it.holds("a", 1, 1_000) is None


def test_when_all_is_full_it_is_the_endpoint_with_the_most_that_gives() -> None:
    it = Unfinished(LIMIT, EACH)
    for stream, endpoint in enumerate("abc"):
        assert it.holds(endpoint, stream, 33) is None
    assert it.holds("d", 9, 2) == 0
    it.holds("a", 0, 0)
    assert it.holds("d", 9, 30) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 60))))
def test_whatever_is_begun_stays_within_the_bounds(steps: list[tuple[str, int, int]]) -> None:
    it = Unfinished(LIMIT, EACH)
    held: dict[tuple[str, int], int] = {}
    for endpoint, number, size in steps:
        stream = number * 3 + "abc".index(endpoint)
        held[endpoint, stream] = size
        ends = it.holds(endpoint, stream, size)
        while ends is not None:
            (whose,) = (name for name, one in held if one == ends)
            assert held.pop((whose, ends))
            ends = it.holds(whose, ends, 0)
        sizes = {key: size for key, size in held.items() if size}
        assert sum(sizes.values()) <= LIMIT
        for name in "abc":
            own = [size for (whose, _), size in sizes.items() if whose == name]
            assert sum(own) <= EACH or len(own) == 1
