"""The thread that writes: everything in order, together, reported when it is on disk, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hookcli.captures.model import Attempt, Delivery, DeliveryState, Outcome, Timing, Told, Why
from hookcli.captures.store import Batch, Committed, NewCapture, Store
from hookcli.errors import StoreError
from hookcli.tunnel.capturing import capture_of, judge_by
from hookcli.tunnel.intake import Moved
from hookcli.tunnel.keeping import Keeper, Kept
from hookcli.wire.messages import Event
from tests.hookcli.tunnel.fakerelay import ENDPOINT, event

APP = "http://localhost:8000"


def attempt(seq: int, body: bytes = b"ok") -> Attempt:
    return Attempt(
        capture=event(seq).id,
        n=0,
        why=Why.LIVE,
        target=APP,
        started_at=1,
        ms=1.0,
        timing=Timing(),
        outcome=Outcome.RESPONDED,
        status=200,
        body=body,
        body_size=len(body),
    )


def delivery(seq: int, state: DeliveryState = DeliveryState.DONE) -> Delivery:
    return Delivery(capture=event(seq).id, target=APP, state=state, tries=1)


class Desk:
    """A keeper and what it has said."""

    def __init__(self, path: Path) -> None:
        self.kept: list[Kept] = []
        self.failed: list[Exception] = []
        self.news = asyncio.Event()
        self.keeper = Keeper(
            path, ENDPOINT.id, make=self.make, kept=self.on_kept, failed=self.on_failed
        )

    def make(self, one: Event) -> NewCapture:
        return capture_of(one, ENDPOINT.id, (APP,), judge_by({}))[0]

    def on_kept(self, kept: Kept) -> None:
        self.kept.append(kept)
        self.news.set()

    def on_failed(self, error: Exception) -> None:
        self.failed.append(error)
        self.news.set()

    async def until(self, count: int) -> list[Kept]:
        async with asyncio.timeout(10):
            while len(self.kept) < count and not self.failed:
                self.news.clear()
                await self.news.wait()
        return self.kept


@asynccontextmanager
async def desk(path: Path) -> AsyncIterator[Desk]:
    it = Desk(path)
    await it.keeper.open()
    try:
        yield it
    finally:
        await it.keeper.close()


def store(path: Path) -> Store:
    return Store.open(path, create=False)


async def test_events_and_their_cursor_are_kept_together(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    async with desk(path) as it:
        it.keeper.events([event(1, b"a"), event(4, b"bcd")], 3)
        (kept,) = await it.until(1)
        assert [one.capture.seq for one in kept.captures] == [1, 4]
        assert (kept.events, kept.bytes, kept.seq, kept.stream, kept.cursor) == (2, 4, 4, 3, 4)
    opened = store(path)
    assert opened.cursor(ENDPOINT.id) == 4
    assert [one.state for one in opened.pending(ENDPOINT.id)] == [DeliveryState.PENDING] * 2
    opened.close()


async def test_what_is_there_already_is_not_new(tmp_path: Path) -> None:
    async with desk(tmp_path / "c.sqlite") as it:
        it.keeper.events([event(1)], 1)
        it.keeper.events([event(1), event(2)], 1)
        await it.until(1)
        await it.keeper.close()
        new = [one.capture.seq for kept in it.kept for one in kept.captures]
        assert (new, sum(kept.events for kept in it.kept)) == ([1, 2], 3)


async def test_attempts_and_replies_wait_for_company_but_never_long(tmp_path: Path) -> None:
    async with desk(tmp_path / "c.sqlite") as it:
        it.keeper.events([event(1), event(2)], 1)
        await it.until(1)
        it.keeper.attempt(attempt(1), [delivery(1)])
        it.keeper.attempt(attempt(2), [delivery(2)])
        it.keeper.told([(event(1).id, Told(status=200, by="app", ms=1.0))])
        assert it.keeper.size == 4
        _, kept = await it.until(2)
        assert [one.n for one in kept.attempts] == [1, 1]
        assert [id_ for id_, _ in kept.told] == [event(1).id]
        assert it.keeper.size == 0


@pytest.mark.parametrize(("lingering", "beside"), [(1, 0), (12, 12)])
async def test_an_event_takes_with_it_only_what_is_worth_no_transaction_of_its_own(
    tmp_path: Path, lingering: int, beside: int
) -> None:
    async with desk(tmp_path / "c.sqlite") as it:
        it.keeper.events([event(1)], 1)
        await it.until(1)
        for _ in range(lingering):
            it.keeper.attempt(attempt(1), [delivery(1)])
        it.keeper.events([event(2)], 1)
        _, second = (await it.until(2))[:2]
        assert (len(second.captures), len(second.attempts)) == (1, beside)
        await it.keeper.close()
        assert sum(len(kept.attempts) for kept in it.kept) == lingering


async def test_a_delivery_that_changes_twice_stands_in_the_end_as_it_was_last(
    tmp_path: Path,
) -> None:
    path = tmp_path / "c.sqlite"
    async with desk(path) as it:
        it.keeper.events([event(1)], 1)
        it.keeper.deliveries([delivery(1, DeliveryState.PENDING)])
        it.keeper.deliveries([delivery(1, DeliveryState.FAILED)])
        it.keeper.deliveries([])
    opened = store(path)
    assert [one.state for one in opened.deliveries(event(1).id)] == [DeliveryState.FAILED]
    opened.close()


async def test_the_cursor_goes_back_before_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    async with desk(path) as it:
        it.keeper.events([event(50)], 1)
        await it.until(1)
        it.keeper.moved(Moved(seq=0, rewound=True))
        it.keeper.events([event(2, name="after the log was lost")], 2)
    opened = store(path)
    assert (opened.cursor(ENDPOINT.id), opened.count()) == (2, 2)
    opened.close()


async def test_what_is_asked_is_answered_behind_what_was_given(tmp_path: Path) -> None:
    async with desk(tmp_path / "c.sqlite") as it:
        it.keeper.events([event(1, b"body")], 1)
        loaded = await it.keeper.load(event(1).id)
        assert loaded is not None
        assert loaded[1] == b"body"
        assert await it.keeper.load("01JA0000000000000000000000") is None
        with pytest.raises(ZeroDivisionError):
            await it.keeper.ask(lambda _: 1 // 0)
        assert it.failed == []


async def test_a_store_that_cannot_be_opened_is_told_where_it_is_waited_for(
    tmp_path: Path,
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n" * 100)
    it = Desk(path)
    with pytest.raises(StoreError):
        await it.keeper.open()
    await it.keeper.close()
    assert it.failed == []


@pytest.mark.parametrize("error", [StoreError("no space left"), ZeroDivisionError()])
async def test_a_store_that_fails_is_told_once_and_nothing_is_said_to_be_kept(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(_: Store, __: Batch) -> Committed:
        raise error

    async with desk(tmp_path / "c.sqlite") as it:
        monkeypatch.setattr(Store, "commit", commit)
        it.keeper.events([event(1)], 1)
        it.keeper.events([event(2)], 1)
        await it.until(1)
        assert (it.failed, it.kept) == ([error], [])
        with pytest.raises(type(error)):
            await it.keeper.load(event(1).id)


async def test_closing_keeps_what_was_given(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    async with desk(path) as it:
        it.keeper.events([event(seq) for seq in range(1, 500)], 1)
        it.keeper.attempt(attempt(7), [delivery(7)])
    assert sum(len(kept.captures) for kept in it.kept) == 499
    opened = store(path)
    assert (opened.count(), len(opened.attempts(event(7).id))) == (499, 1)
    opened.close()
