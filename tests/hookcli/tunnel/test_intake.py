"""The place in the log: where each stream begins, what is taken, who still waits for an answer."""

from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hookcli.captures.model import Told
from hookcli.tunnel import intake
from hookcli.tunnel.intake import Intake, Moved
from hookcli.tunnel.plan import Cursor, From, Now, Since, Start
from hookcli.wire.messages import Gap, Reply
from tests.hookcli.tunnel.fakerelay import event, welcome


def resumed(cursor: int | None = None, start: Start | None = None, **more: int) -> Intake:
    it = Intake(start or Cursor(), **more)
    it.resume(cursor)
    return it


@pytest.mark.parametrize(
    ("start", "cursor", "query"),
    [
        (Cursor(), None, "after=0"),
        (Cursor(), 12, "after=12"),
        (Now(), 12, "after=now"),
        (Since(at=99), 12, "since=99"),
        (From(seq=5), 12, "after=4"),
        (From(seq=0), None, "after=0"),
    ],
)
def test_where_it_begins_and_then_goes_on(start: Start, cursor: int | None, query: str) -> None:
    it = resumed(cursor, start)
    assert it.query == query
    it.welcomed(welcome(after=20, head=22))
    assert it.query == "after=20"
    it.take([event(21), event(25)], answers=True)
    it.broke()
    assert it.query == "after=25"
    it.missing(Gap(from_seq=26, to_seq=30, count=3, reason="age"))
    assert it.query == "after=30"


@pytest.mark.parametrize(
    ("cursor", "after", "moved"),
    [
        (12, 12, None),
        (None, 0, Moved(seq=0, rewound=False)),
        (12, 40, Moved(seq=40, rewound=False)),
        (12, 3, Moved(seq=3, rewound=True)),
    ],
)
def test_the_cursor_follows_a_stream_that_begins_elsewhere(
    cursor: int | None, after: int, moved: Moved | None
) -> None:
    assert resumed(cursor).welcomed(welcome(after=after)) == moved


def test_a_log_that_began_anew_between_two_streams_takes_the_cursor_back() -> None:
    it = resumed(0)
    it.welcomed(welcome(after=0))
    it.take([event(7)], answers=True)
    assert it.welcomed(welcome(after=2, head=2)) == Moved(seq=2, rewound=True)


def test_caught_up_means_what_the_log_held_at_first() -> None:
    it = resumed(3)
    steps: list[Callable[[], object]] = [
        lambda: it.welcomed(welcome(after=3, head=8)),
        lambda: it.take([event(6)], answers=False),
        lambda: it.welcomed(welcome(after=6, head=100)),
        lambda: it.missing(Gap(from_seq=7, to_seq=8, count=2, reason="size")),
    ]
    found = [it.caught_up]
    for step in steps:
        step()
        found.append(it.caught_up)
    assert found == [False, False, False, False, True]


def test_only_so_many_are_taken() -> None:
    it = resumed(0, count=3)
    it.welcomed(welcome())
    assert len(it.take([event(1), event(2)], answers=True)) == 2
    before = it.full
    assert [one.seq for one in it.take([event(3), event(4)], answers=True)] == [3]
    assert (before, it.full) == (False, True)
    assert it.take([event(5)], answers=True) == []
    assert it.missing(Gap(from_seq=4, to_seq=9, count=1, reason="age")) is None
    assert it.query == "after=3"


def test_nothing_is_taken_once_it_is_closed() -> None:
    it = resumed(0)
    it.welcomed(welcome())
    it.close()
    assert it.full
    assert it.take([event(1)], answers=True) == ()


@pytest.mark.parametrize(
    ("respond", "answers", "seq", "waits"),
    [
        ("app", True, 6, True),
        ("app", True, 5, False),
        ("app", False, 6, False),
        ("ack", True, 6, False),
    ],
)
def test_who_waits_for_an_answer(respond: str, answers: bool, seq: int, waits: bool) -> None:
    it = resumed(4)
    it.welcomed(welcome(after=4, head=5, respond=respond))
    it.take([event(seq)], answers=answers)
    assert it.answered(event(seq).id) == (seq if waits else None)
    assert it.answered(event(seq).id) is None  # the first answer counts


def test_senders_of_a_stream_that_broke_have_been_told_something_else() -> None:
    it = resumed(0)
    it.welcomed(welcome())
    it.take([event(1)], answers=True)
    it.broke()
    it.welcomed(welcome(after=1, head=1))
    assert it.answered(event(1).id) is None
    assert it.told([Reply(seq=1, status=200, by="app", ms=1.0)]) == []


def test_what_senders_were_told_is_known_by_the_place() -> None:
    it = resumed(0)
    it.welcomed(welcome())
    it.take([event(1), event(2)], answers=True)
    assert it.untold
    replies = [
        Reply(seq=2, status=0, by="gone", ms=3.0),
        Reply(seq=9, status=200, by="app", ms=1.0),
    ]
    assert it.told(replies) == [(event(2).id, Told(status=0, by="gone", ms=3.0))]
    assert it.told(replies) == []
    it.told([Reply(seq=1, status=202, by="ack", ms=1.0)])
    assert not it.untold


def test_what_is_never_told_of_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_REMEMBERED", 3)
    it = resumed(0)
    it.welcomed(welcome())
    for seq in range(1, 8):
        it.take([event(seq)], answers=True)
    known = [seq for seq in range(1, 8) if it.told([Reply(seq=seq, status=1, by="app", ms=0.0)])]
    assert known == [5, 6, 7]
    assert [it.answered(event(seq).id) for seq in (4, 7)] == [None, 7]


@given(
    st.lists(st.one_of(st.integers(1, 5), st.sampled_from(["break", "gap", "skip"])), max_size=40)
)
def test_whatever_happens_every_place_is_asked_for_once(steps: list[int | str]) -> None:
    """A log of events 1, 2, 3, …: what was taken, missed or left out covers it without a hole."""
    it, log, covered = resumed(None), 0, []
    it.welcomed(welcome())
    for step in steps:
        if step == "break":
            it.broke()
            after = int(it.query.removeprefix("after="))
            assert after == log
            assert it.welcomed(welcome(after=after, head=log)) is None
        elif step == "gap":
            it.missing(Gap(from_seq=log + 1, to_seq=log + 3, count=3, reason="age"))
            covered += [log + 1, log + 2, log + 3]
            log += 3
        elif step == "skip":
            it.skip(log + 1)
            covered.append(log + 1)
            log += 1
        else:
            assert isinstance(step, int)
            given_ = [event(log + n) for n in range(1, step + 1)]
            covered += [one.seq for one in it.take(given_, answers=True)]
            log += step
    assert covered == list(range(1, log + 1))
    assert it.position == log
