"""The window and the tail: bounds that hold, whatever is sent."""

import hypothesis.strategies as st
from hypothesis import given

from relay_server.log.tail import Tail
from relay_server.window import Window


def test_a_window_closes_in_number_and_in_bytes_and_opens_with_acks() -> None:
    window = Window(3, 100)
    assert window.room() == (3, 100)
    window.sent(1, 60, 10.0)
    assert window.room() == (2, 40)
    assert not window.fits(41)
    window.sent(2, 40, 11.0)
    assert window.room() == (0, 0)
    assert window.acked(0, 12.0) == (0, 0.0)
    assert window.acked(1, 12.5) == (1, 2.5)
    assert window.room() == (2, 60)
    window.sent(3, 1, 13.0)
    assert window.acked(7, 14.0) == (2, 3.0)
    assert window.room() == (3, 100)


def test_one_event_always_may_however_large() -> None:
    window = Window(3, 100)
    assert window.fits(5_000)
    window.sent(1, 5_000, 0.0)
    assert window.room() == (0, 0)
    assert not window.fits(1)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 40)), max_size=60),
    st.integers(1, 200),
    st.integers(0, 60),
)
def test_a_tail_gives_what_the_log_would_or_says_that_it_cannot(
    appended: list[tuple[int, int]], limit: int, cursor: int
) -> None:
    tail, log, seq = Tail(limit), [], 0
    tail.follow("ep", 0)
    for step, size in appended:
        seq += step  # places may skip
        log.append((seq, bytes(size)))
        tail.add("ep", seq, log[-1][1])
        tail.add("other", seq, b"nobody follows this")
    wanted = tuple((place, message) for place, message in log if place > cursor)
    found = tail.after("ep", cursor, events=1_000, size=1 << 30)
    assert found is None or found == wanted
    kept = tail.after("ep", max((seq for seq, _ in log), default=0), events=9, size=9)
    assert kept == ()
    if wanted and found:
        few = tail.after("ep", cursor, events=2, size=1)
        assert few == wanted[:1]


def test_the_oldest_leave_the_tail_first_over_all_endpoints() -> None:
    tail = Tail(100)
    tail.follow("a", 0)
    tail.follow("b", 7)
    tail.add("a", 1, bytes(60))
    tail.add("b", 8, bytes(60))
    assert tail.after("a", 0, events=9, size=99) is None
    assert tail.after("a", 1, events=9, size=99) == ()
    assert tail.after("b", 7, events=9, size=99) == ((8, bytes(60)),)
    assert tail.after("b", 6, events=9, size=99) is None
    tail.forget("b")
    assert tail.after("b", 8, events=9, size=99) is None
