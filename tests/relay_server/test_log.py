"""What every log promises; one more joins by a line in `KINDS`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from hookcli.wire import codec
from hookcli.wire.messages import Event, Gap, Reply
from relay_server.log.base import Done, Draft, Log, Page, Retention, StorageError
from relay_server.log.nats.log import NatsLog
from relay_server.log.sqlite import SqliteLog
from tests.support.natsservers import on_nats

DAY = 86_400
KEPT = Retention(age_s=7 * DAY, endpoint_bytes=1 << 30)
"""What is kept where a test does not say."""


def sqlite_log(
    folder: Path, *, age_s: int = 7 * DAY, endpoint_bytes: int = 1 << 30, total_bytes: int = 0
) -> Log:
    retention = Retention(age_s=age_s, endpoint_bytes=endpoint_bytes, total_bytes=total_bytes)
    return SqliteLog(folder, retention=retention, low_water=1 << 20, tail_bytes=1 << 20)


def nats_log(
    folder: Path, *, age_s: int = 7 * DAY, endpoint_bytes: int = 1 << 30, total_bytes: int = 0
) -> Log:
    retention = Retention(age_s=age_s, endpoint_bytes=endpoint_bytes, total_bytes=total_bytes)
    return NatsLog(on_nats(folder), retention=retention, tail_bytes=1 << 20)


KINDS: dict[str, Callable[..., Log]] = {"sqlite": sqlite_log, "nats": nats_log}
pytestmark = pytest.mark.log(*KINDS)

_made = count(1)
"""No two events have the same id."""

NEWEST = {"sqlite": 0, "nats": 1}
"""How many events size leaves at least: on JetStream the newest is what the next place is known by."""


class Opened:
    """One log with what tests do to it."""

    def __init__(self, log: Log) -> None:
        self.log = log

    async def append(self, endpoint: str = "ep_a", body: bytes = b"{}", at: int = 0) -> int:
        done: asyncio.Future[int | StorageError] = asyncio.get_running_loop().create_future()
        made = next(_made)
        self.log.append(draft(endpoint, f"event-{made}", body, at or made), done.set_result)
        outcome = await asyncio.wait_for(done, 10)
        if isinstance(outcome, StorageError):
            raise outcome
        return outcome

    async def read(
        self, endpoint: str, after: int, *, events: int = 9, size: int = 1 << 20
    ) -> Page:
        done: asyncio.Future[Page | StorageError] = asyncio.get_running_loop().create_future()
        self.log.read(endpoint, after, done.set_result, events=events, size=size)
        page = await asyncio.wait_for(done, 10)
        assert isinstance(page, Page), page
        return page

    async def before(self, endpoint: str, since: int) -> int | StorageError:
        done: asyncio.Future[int | StorageError] = asyncio.get_running_loop().create_future()
        self.log.before(endpoint, since, done.set_result)
        return await asyncio.wait_for(done, 10)

    async def put(self, endpoint: str, document: bytes = b"{}") -> None:
        await self.done(lambda done: self.log.put_endpoint(endpoint, document, done))

    async def remove(self, endpoint: str) -> None:
        await self.done(lambda done: self.log.remove_endpoint(endpoint, done))

    async def probe(self) -> None:
        await self.done(self.log.probe)

    async def done(self, begin: Callable[[Done], None]) -> None:
        done: asyncio.Future[StorageError | None] = asyncio.get_running_loop().create_future()
        begin(done.set_result)
        error = await asyncio.wait_for(done, 10)
        if error is not None:
            raise error

    async def all(self, endpoint: str = "ep_a", after: int = 0) -> list[Event]:
        found: list[Event] = []
        while page := (await self.read(endpoint, after, events=50)).events:
            found += [event_of(message) for _, message in page]
            assert [event.seq for event in found[-len(page) :]] == [seq for seq, _ in page]
            after = page[-1][0]
        return found

    async def look(self, endpoint: str) -> None:
        """Be sure of its head and of what it holds."""
        await self.done(lambda done: self.log.look(endpoint, done))

    async def held(self, endpoint: str) -> tuple[int, int]:
        await self.look(endpoint)
        return self.log.held(endpoint)

    async def head(self, endpoint: str) -> int:
        await self.look(endpoint)
        return self.log.head(endpoint)

    async def gaps(self, endpoint: str = "ep_a", after: int = 0) -> list[Gap]:
        return list((await self.read(endpoint, after, events=1, size=1)).gaps)


def draft(endpoint: str, name: str, body: bytes, at: int) -> Draft:
    return Draft(
        endpoint=endpoint,
        id=name,
        received_at=at,
        method="POST",
        url="http://h/" + endpoint,
        target=b"/x?y",
        http_version="1.1",
        peer="127.0.0.1",
        headers=((b"A", b"1"), (b"a", b"\xff")),
        body=body,
    )


def event_of(message: bytes) -> Event:
    found = codec.decode_relay(message)
    assert isinstance(found, Event)
    return found


@asynccontextmanager
async def opened(kind: str, folder: Path, **limits: int) -> AsyncIterator[Opened]:
    log = KINDS[kind](folder, **limits)
    await log.open()
    try:
        await log.endpoints()
        yield Opened(log)
    finally:
        await log.close()


def disk_used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def until(ask: Callable[[], Awaitable[bool]], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not await ask():  # noqa: ASYNC110 - a log tells nobody what it has removed
            await asyncio.sleep(0.01)


async def test_what_is_appended_is_read_back_exactly_and_in_order(
    log_kind: str, tmp_path: Path
) -> None:
    bodies = [b"", b"x", bytes(range(256)), b"l" * 40_000, b"m" * 300_000]
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        seqs = [await it.append(body=body) for body in bodies]
        assert seqs == [1, 2, 3, 4, 5]
        found = await it.all()
    assert [event.body for event in found] == bodies
    assert {(event.target, event.headers) for event in found} == {
        (b"/x?y", ((b"A", b"1"), (b"a", b"\xff")))
    }


async def test_it_is_all_there_after_a_restart_and_places_go_on(
    log_kind: str, tmp_path: Path
) -> None:
    async with opened(log_kind, tmp_path) as it:
        for name in ("ep_a", "ep_b"):
            await it.put(name, name.encode())
        for _ in range(3):
            await it.append("ep_a", b"l" * 50_000)
        await it.append("ep_b")
        it.log.record("ep_a", Reply(seq=2, status=201, by="app", ms=1.5))
    async with opened(log_kind, tmp_path) as it:
        assert await it.log.endpoints() == {"ep_a": b"ep_a", "ep_b": b"ep_b"}
        assert [await it.head(name) for name in ("ep_a", "ep_b", "ep_c")] == [3, 1, 0]
        assert (await it.held("ep_a"))[0] == 3
        assert [event.seq for event in await it.all("ep_a", 1)] == [2, 3]
        page = await it.read("ep_a", 0)
        assert page.replies == {2: Reply(seq=2, status=201, by="app", ms=1.5)}
        assert await it.append("ep_a") == 4
        assert [event.seq for event in await it.all("ep_b")] == [1]


async def test_many_at_once_each_get_a_place_of_their_own(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        seqs = await asyncio.gather(*(it.append(body=b"%d" % n) for n in range(1_000)))
        assert sorted(seqs) == list(range(1, 1_001))
        bodies = {event.seq: event.body for event in await it.all()}
        assert all(bodies[seq] == b"%d" % n for n, seq in enumerate(seqs))


async def test_a_page_is_bounded_and_never_empty_for_size(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        for _ in range(5):
            await it.append(body=b"x" * 10_000)
        read = it.read
        assert [seq for seq, _ in (await read("ep_a", 0, events=2, size=1 << 20)).events] == [1, 2]
        assert [seq for seq, _ in (await read("ep_a", 1, events=9, size=1)).events] == [2]
        assert [seq for seq, _ in (await read("ep_a", 2, events=9, size=22_000)).events] == [3, 4]
        assert (await read("ep_a", 5, events=9, size=9)).events == ()
        assert (await read("ep_x", 0, events=9, size=9)).events == ()


async def test_who_watches_is_woken_and_reads_the_same_from_memory(
    log_kind: str, tmp_path: Path
) -> None:
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        await it.append()
        news = asyncio.Event()
        await it.look("ep_a")
        end = it.log.watch("ep_a", news.set)
        await it.append(body=b"second")
        await asyncio.wait_for(news.wait(), 5)
        live = it.log.peek("ep_a", 1, events=9, size=1 << 20)
        assert live is not None
        end()
        assert it.log.peek("ep_a", 1, events=9, size=1 << 20) is None
        stored = await it.read("ep_a", 1)
        assert live.events == stored.events
        assert event_of(live.events[0][1]).body == b"second"
        news.clear()
        await it.append()
        assert not news.is_set()


async def test_replies_are_told_before_and_after_they_are_stored(
    log_kind: str, tmp_path: Path
) -> None:
    reply = Reply(seq=1, status=0, by="gone", ms=3.0)
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        await it.append()
        it.log.record("ep_a", reply)
        page = await it.read("ep_a", 0)
        assert page.replies == {1: reply}


async def test_a_time_is_turned_into_a_place(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        for at in (100, 200, 300):
            await it.append(at=at)
        assert [await it.before("ep_a", since) for since in (0, 150, 200, 301)] == [0, 1, 1, 3]
        assert await it.before("ep_x", 0) == 0


async def test_size_removes_the_oldest_and_tells_the_gap(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path, endpoint_bytes=100_000) as it:
        await it.put("ep_a")
        await it.put("ep_b")
        await it.append("ep_b")
        for _ in range(30):
            await it.append(body=b"x" * 9_000)

        async def small() -> bool:
            return (await it.held("ep_a"))[1] <= 100_000

        await until(small)
        found = await it.all()
        first = found[0].seq
        assert found[-1].seq == 30
        assert len(found) == (await it.held("ep_a"))[0]
        assert await it.gaps() == [
            Gap(from_seq=1, to_seq=first - 1, count=first - 1, reason="size")
        ]
        assert await it.gaps(after=2) == [
            Gap(from_seq=3, to_seq=first - 1, count=first - 3, reason="size")
        ]
        assert await it.gaps(after=first - 1) == []
        assert [event.seq for event in await it.all("ep_b")] == [1], "another's flood takes nothing"


async def test_large_events_leave_no_file_behind(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path, endpoint_bytes=1) as it:
        await it.put("ep_a")
        await it.append(body=b"x" * 200_000)

        async def gone() -> bool:
            return (await it.held("ep_a"))[0] == NEWEST[log_kind]

        await until(gone)
    async with opened(log_kind, tmp_path) as it:
        assert await it.head("ep_a") == 1
        assert await it.append() == 2, "a place is never given twice"
    assert disk_used(tmp_path) < 150_000


async def test_age_counts_only_while_the_log_is_open(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        # Received, by a clock that was wrong, in 1970 and in 2096.
        await it.append(at=1)
        await it.append(at=4_000_000_000_000_000)
    async with opened(log_kind, tmp_path, age_s=3_600) as it:
        assert await it.append() == 3
        assert [event.seq for event in await it.all()] == [1, 2, 3]
    async with opened(log_kind, tmp_path, age_s=1) as it:

        async def gone() -> bool:
            return (await it.held("ep_a"))[0] == 0

        await until(gone)
        assert await it.gaps() == [Gap(from_seq=1, to_seq=3, count=3, reason="age")]


async def test_a_removed_endpoint_takes_its_events_along(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path) as it:
        for name in ("ep_a", "ep_b"):
            await it.put(name)
            for _ in range(300):
                made = draft(name, f"event-{next(_made)}", b"x" * 40_000, 1)
                it.log.append(made, lambda _: None)
            await it.append(name)
        await it.remove("ep_a")
        with pytest.raises(StorageError):
            await it.append("ep_a")
        assert (await it.read("ep_a", 0, events=9, size=99)).events == ()
        assert len(await it.all("ep_b")) == 301
    async with opened(log_kind, tmp_path) as it:
        assert await it.log.endpoints() == {"ep_b": b"{}"}


async def test_facts_are_kept(log_kind: str, tmp_path: Path) -> None:
    async with opened(log_kind, tmp_path) as it:
        assert await it.log.get_meta("a") is None
        assert await it.log.settle_meta("a", "1") == "1"
        assert await it.log.settle_meta("a", "2") == "1", "what is settled stays"
        assert await it.log.get_meta("a") == "1"
        await it.probe()


def test_the_text_of_a_draft_tells_nothing_that_was_sent() -> None:
    made = draft("ep_a", "event-1", b"secret body", 1)
    assert "event-1" in repr(made)
    for word in ("secret", "/x?y", "xff"):
        assert word not in repr(made)
