"""What is committed is there, whole and once, and lists show it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from hookcli.captures.model import (
    Attempt,
    Capture,
    DeliveryState,
    Last,
    Outcome,
    Signature,
    Told,
    Why,
)
from hookcli.captures.store import Batch, NewCapture, Store
from hookcli.errors import NotFoundError
from tests.hookcli.captures.made import (
    ATTEMPTS,
    CAPTURES,
    HERE,
    NOW,
    THERE,
    attempt,
    capture,
    delivery,
    identity,
    new,
)

PENDING, DONE, FAILED, SKIPPED = (
    DeliveryState.PENDING,
    DeliveryState.DONE,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "captures.sqlite")
    yield opened
    opened.close()


def numbers(store: Store, **how: Any) -> list[int]:
    return [int(one.capture.id[4:]) for one in store.summaries(now=NOW, **how)]


@dataclass(frozen=True)
class Where:
    """A filter as the store sees it."""

    expression: str
    values: tuple[object, ...] = ()
    functions: Mapping[str, tuple[int, Callable[..., Any]]] = field(default_factory=dict)

    def where(self) -> tuple[str, tuple[object, ...]]:
        return self.expression, self.values


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=CAPTURES, body=st.binary(max_size=2000))
def test_a_capture_comes_back_with_everything_it_had(
    tmp_path: Path, one: Capture, body: bytes
) -> None:
    store = Store.open(tmp_path / "captures.sqlite")
    try:
        store.delete([one.id])
        store.commit(Batch(captures=(NewCapture(capture=one, body=body),)))
        assert store.get(one.id) == one
        assert store.body(one.id) == body
        assert next(store.summaries(now=NOW)).capture == one
    finally:
        store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(ATTEMPTS, max_size=5))
def test_attempts_come_back_with_everything_they_had(tmp_path: Path, made: list[Attempt]) -> None:
    store = Store.open(tmp_path / "captures.sqlite")
    try:
        store.delete([identity(1)])
        store.commit(Batch(captures=(new(1),)))
        kept = store.commit(Batch(attempts=tuple(made))).attempts
        assert kept == tuple(structs.replace(one, n=n) for n, one in enumerate(made, 1))
        assert store.attempts(identity(1)) == list(kept)
    finally:
        store.close()


def test_what_came_out_of_an_event_and_fits_no_column_is_no_reason_to_lose_the_event(
    store: Store,
) -> None:
    odd = new(
        1,
        event_type="a\ud800b",
        provider_id="\udfff",
        signature=Signature(age_ms=10**30),
        tags=("\ud83d",),
        note="nul\0",
    )
    assert store.commit(Batch(captures=(new(0), odd, new(2)))).captures == (new(0), odd, new(2))
    kept = store.get(identity(1))
    assert kept is not None
    assert (kept.event_type, kept.provider_id, kept.tags) == ("a\ufffdb", "\ufffd", ("\ufffd",))
    assert (kept.signature.age_ms, kept.note) == ((1 << 63) - 1, "nul\0")
    store.commit(Batch(attempts=(attempt(1, error="\ud800", added=("\udc00",)),)))
    assert store.attempts(identity(1))[0].error == "\ufffd"
    store.tag(identity(1), add=("\udcff",), remove=("\ud800",))
    store.note(identity(1), "\udcff")
    kept = store.get(identity(1))
    assert kept is not None
    assert (kept.tags, kept.note) == (("\ufffd",), "\ufffd")
    assert store.get("\ud800") is None
    assert store.attempts("\ud800") == []


def test_large_bodies_come_back_among_small_ones(store: Store) -> None:
    bodies = [bytes([n]) * size for n, size in enumerate([5, 3 << 20, 0, 25 << 20, 9, 300_000, 1])]
    store.commit(Batch(captures=tuple(new(n, body) for n, body in enumerate(bodies))))
    answers = tuple(attempt(n, body=body) for n, body in enumerate(bodies))
    store.commit(Batch(attempts=answers))
    for n, body in enumerate(bodies):
        assert store.body(identity(n)) == body
        assert [one.body for one in store.attempts(identity(n))] == [body]


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
def test_batches_of_any_size_are_kept_in_order(store: Store, count: int) -> None:
    given = tuple(new(n, b"%d" % n, HERE) for n in range(count))
    assert store.commit(Batch(captures=given, cursor=("ep_test", count))).captures == given
    assert numbers(store, newest_first=False) == list(range(count))
    told = tuple((identity(n), Told(status=n, by="app", ms=float(n))) for n in range(count))
    attempts = tuple(attempt(n, 200 + n) for n in range(count))
    done = tuple(delivery(n, DONE, tries=1) for n in range(count))
    store.commit(Batch(attempts=attempts, deliveries=done, told=told))
    for n, one in enumerate(store.summaries(newest_first=False, now=NOW)):
        assert one.last is not None
        assert one.capture.told is not None
        assert (one.last.status, one.state, one.capture.told.status) == (200 + n, DONE, n)
        assert store.body(one.capture.id) == b"%d" % n


def test_an_id_that_is_there_is_left_as_it_is(store: Store) -> None:
    store.commit(Batch(captures=(new(1, b"first", HERE), new(3))))
    store.commit(Batch(deliveries=(delivery(1, DONE, tries=1),)))
    again = store.commit(
        Batch(captures=(new(0), new(1, b"second", THERE, note="x"), new(2), new(2), new(3)))
    )
    assert again.captures == (new(0), new(2))
    assert store.body(identity(1)) == b"first"
    assert store.get(identity(1)) == capture(1, b"first")
    assert store.deliveries(identity(1)) == [delivery(1, DONE, tries=1)]
    assert numbers(store, newest_first=False) == [1, 3, 0, 2]
    assert store.body(identity(2)) == b'{"a":1}'


def test_another_event_at_a_place_that_is_taken_is_kept_too(store: Store) -> None:
    # A relay whose log was restored from a backup gives its places again.
    first, second = new(1, seq=7), new(2, seq=7)
    store.commit(Batch(captures=(first,), cursor=("ep_test", 7)))
    assert store.commit(Batch(captures=(second,), cursor=("ep_test", 7))).captures == (second,)
    assert store.count() == 2


def test_the_cursor_never_goes_backwards(store: Store) -> None:
    assert store.cursor("ep_test") is None
    for seq, kept in ((5, 5), (3, 5), (9, 9), (0, 9)):
        store.commit(Batch(cursor=("ep_test", seq)))
        assert store.cursor("ep_test") == kept
    assert store.cursor("ep_other") is None


def test_the_cursor_goes_backwards_when_the_log_does(store: Store) -> None:
    store.commit(Batch(cursor=("ep_test", 7)))
    store.commit(Batch(cursor=("ep_test", 3), rewound=True))
    assert store.cursor("ep_test") == 3


def test_attempts_are_numbered_over_batches_and_within_one(store: Store) -> None:
    store.commit(Batch(captures=(new(1), new(2))))
    first = store.commit(Batch(attempts=(attempt(1), attempt(2), attempt(1))))
    assert [(one.capture, one.n) for one in first.attempts] == [
        (identity(1), 1),
        (identity(2), 1),
        (identity(1), 2),
    ]
    assert [one.n for one in store.commit(Batch(attempts=(attempt(1),))).attempts] == [3]


def test_an_attempt_of_a_capture_that_is_gone_is_dropped(store: Store) -> None:
    store.commit(Batch(captures=(new(1), new(2))))
    store.delete([identity(1)])
    kept = store.commit(
        Batch(
            attempts=(attempt(1), attempt(2)),
            deliveries=(delivery(1, DONE),),
            told=((identity(1), Told(status=200, by="app", ms=1.0)),),
        )
    )
    assert [one.capture for one in kept.attempts] == [identity(2)]
    assert store.attempts(identity(1)) == []
    assert store.deliveries(identity(1)) == []
    assert store.body(identity(1)) == b""


def test_a_list_tells_of_the_latest_attempt(store: Store) -> None:
    store.commit(Batch(captures=(new(1),)))
    assert next(store.summaries(now=NOW)).last is None
    refused = attempt(1, 0, outcome=Outcome.REFUSED, error="refused", next_retry_at=NOW + 5)
    replay = attempt(1, 201, why=Why.REPLAY, target=THERE, ms=2.5)
    store.commit(Batch(attempts=(refused,)))
    assert next(store.summaries(now=NOW)).last == Last(
        n=1, why=Why.LIVE, target=HERE, outcome=Outcome.REFUSED, status=0, ms=31.5, error="refused",
        next_retry_at=NOW + 5,
    )  # fmt: skip
    store.commit(Batch(attempts=(refused, replay)))
    summary = next(store.summaries(now=NOW))
    assert summary.attempts == 3
    assert summary.last == Last(
        n=3, why=Why.REPLAY, target=THERE, outcome=Outcome.RESPONDED, status=201, ms=2.5, error="",
        next_retry_at=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("here", "there", "state"),
    [
        (PENDING, PENDING, PENDING),
        (PENDING, FAILED, PENDING),
        (DONE, PENDING, PENDING),
        (DONE, FAILED, FAILED),
        (DONE, DONE, DONE),
        (SKIPPED, DONE, DONE),
        (SKIPPED, FAILED, FAILED),
        (SKIPPED, SKIPPED, SKIPPED),
    ],
)
def test_the_state_of_a_capture_is_that_of_its_deliveries(
    store: Store, here: DeliveryState, there: DeliveryState, state: DeliveryState
) -> None:
    store.commit(Batch(captures=(new(1, b"", HERE, THERE),)))
    store.commit(Batch(deliveries=(delivery(1, here), delivery(1, there, THERE))))
    assert next(store.summaries(now=NOW)).state is state


def test_without_a_target_or_on_purpose_a_capture_is_skipped(store: Store) -> None:
    on_purpose = structs.replace(new(2, b"", HERE), skipped=True)
    store.commit(Batch(captures=(new(1), on_purpose, new(3, b"", HERE))))
    states = [one.state for one in store.summaries(newest_first=False, now=NOW)]
    assert states == [SKIPPED, SKIPPED, PENDING]
    assert store.deliveries(identity(2)) == []
    assert store.deliveries(identity(3)) == [delivery(3, PENDING)]
    store.commit(Batch(attempts=(attempt(1, why=Why.REPLAY),)))
    assert [one.state for one in store.summaries(now=NOW)][-1] is SKIPPED


def test_what_is_pending_comes_oldest_first_of_one_endpoint_or_of_all(store: Store) -> None:
    other = structs.replace(new(2, b"", HERE, endpoint="ep_b"), targets=(THERE, HERE))
    store.commit(Batch(captures=(new(3, b"", HERE), other, new(1, b"", HERE), new(4))))
    retried = delivery(3, PENDING, tries=2, due_at=NOW, first_try_at=NOW - 9)
    store.commit(Batch(deliveries=(retried, delivery(2, FAILED, THERE, tries=5))))
    assert store.pending("ep_test") == [retried, delivery(1, PENDING)]
    assert store.pending(None) == [retried, delivery(2, PENDING), delivery(1, PENDING)]
    assert store.pending("ep_other") == []


def test_a_list_is_read_in_the_order_and_the_part_asked_for(store: Store) -> None:
    store.commit(Batch(captures=tuple(new(n) for n in range(100))))
    everything = list(range(100))
    assert numbers(store) == everything[::-1]
    assert numbers(store, newest_first=False) == everything
    assert numbers(store, limit=3) == [99, 98, 97]
    assert numbers(store, limit=0) == []
    assert numbers(store, newest_first=False, limit=40) == everything[:40]
    marks = [one.rowid for one in store.summaries(now=NOW)]
    assert numbers(store, before_rowid=marks[10], limit=2) == [88, 87]
    assert numbers(store, after_rowid=marks[2]) == [99, 98]
    assert numbers(store, newest_first=False, after_rowid=marks[-2]) == everything[2:]


def test_a_filter_is_an_expression_with_functions_of_its_own(store: Store) -> None:
    store.commit(Batch(captures=tuple(new(n) for n in range(2000))))
    odd = Where("odd(c.seq) AND c.seq > ?", (990,), {"odd": (1, lambda n: n % 2)})
    assert numbers(store, filter=odd, limit=2) == [1999, 1997]
    assert numbers(store, filter=odd, newest_first=False)[:2] == [991, 993]
    assert store.count(odd) == 505
    even = replace(odd, functions={"odd": (1, lambda n: (n + 1) % 2)})
    assert numbers(store, filter=even, limit=2) == [1998, 1996]
    either = Where("c.seq = 1 OR c.seq = 5")
    assert numbers(store, filter=either) == [5, 1]
    assert store.count(either) == 2
    assert store.count() == 2000


def test_a_list_that_is_read_slowly_holds_up_nothing_and_nobody(
    store: Store, tmp_path: Path
) -> None:
    store.commit(Batch(captures=tuple(new(n) for n in range(3000))))
    other = Store.open(tmp_path / "captures.sqlite")
    listed = store.summaries(now=NOW)
    seen = [next(listed).capture.id]
    other.commit(Batch(captures=(new(9999),)))
    other.delete([identity(n) for n in range(1000)])
    seen += [one.capture.id for one in listed]
    assert seen == [identity(n) for n in range(2999, 999, -1)]
    other.close()


def test_tags_and_notes_are_given_and_taken(store: Store) -> None:
    store.commit(Batch(captures=(new(1, b"", tags=("b", "a"), note="first"), new(2))))
    assert store.get(identity(1)) == capture(1, b"", tags=("a", "b"), note="first")
    store.tag(identity(1), add=("c", "a"), remove=("b", "zzz"))
    store.tag(identity(2), add=["it's", 'a "name"', "日本"])
    store.note(identity(1), "second")
    kept = store.get(identity(1))
    assert kept is not None
    assert (kept.tags, kept.note) == (("a", "c"), "second")
    assert store.tags() == ["a", 'a "name"', "c", "it's", "日本"]
    with pytest.raises(NotFoundError):
        store.tag("nobody", add=("x",))
    with pytest.raises(NotFoundError):
        store.note("nobody", "x")
    assert "x" not in store.tags()


def test_what_a_sender_was_told_is_kept_whenever_it_comes(store: Store) -> None:
    told = Told(status=202, by="ack", ms=4.5)
    early = structs.replace(capture(1), told=told)
    store.commit(Batch(captures=(NewCapture(capture=early, body=b""), new(2))))
    later = Told(status=0, by="gone", ms=10_000.0)
    store.commit(Batch(captures=(new(3),), told=((identity(2), told), (identity(3), told))))
    store.commit(Batch(told=((identity(2), told), (identity(2), later))))
    assert [one.capture.told for one in store.summaries(now=NOW)] == [told, later, told]


def test_a_store_may_be_used_from_another_thread(store: Store) -> None:
    done: list[int] = []

    def work() -> None:
        store.commit(Batch(captures=(new(1),)))
        done.append(store.count())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]
