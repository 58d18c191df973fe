"""The log on JetStream where the way to it breaks, and where several write at once."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hookcli.wire import codec
from hookcli.wire.messages import Gap, Reply
from relay_server.log.base import StorageError
from relay_server.log.nats import appending, connection, reading, sweeping
from relay_server.log.nats import log as log_nats
from relay_server.log.nats.block import block
from relay_server.log.nats.log import NatsLog
from relay_server.log.nats.reading import Head
from tests.relay_server.test_log import KEPT, Opened, opened, until
from tests.support.natsservers import NatsServer, nats_server, on_nats
from tests.support.proxy import Proxy, proxy


@asynccontextmanager
async def through(way: Proxy, folder: Path) -> AsyncIterator[Opened]:
    """A log that reaches the shared server by a way that can break."""
    settings = on_nats(folder).at(log=f"nats://127.0.0.1:{way.port}")
    log = NatsLog(settings, retention=KEPT, tail_bytes=1 << 20)
    await log.open()
    try:
        await log.endpoints()
        yield Opened(log)
    finally:
        await log.close()


@pytest.mark.parametrize(("size", "most"), [(1, 60), (3_000_000, 900)], ids=["small", "in pieces"])
async def test_an_answer_that_got_lost_stores_nothing_twice(
    nats: NatsServer, tmp_path: Path, size: int, most: int
) -> None:
    bodies = [b"%d" % n * size for n in range(6)]
    async with proxy(nats.port) as way, through(way, tmp_path) as it:
        await it.put("ep_a")
        for n, body in enumerate(bodies):
            way.cut_after(random.Random(n).randrange(0, most))
            assert await it.append(body=body) == n + 1
    async with opened("nats", tmp_path) as it:
        assert [event.body for event in await it.all()] == bodies


async def test_what_is_not_known_to_be_stored_is_refused_and_told_as_it_is_later(
    nats: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "_TRIES_S", 0.5)
    monkeypatch.setattr(connection, "ANSWER_S", 0.3)
    async with proxy(nats.port) as way, through(way, tmp_path) as it:
        await it.put("ep_a")
        await it.append(body=b"first")
        way.blackhole()
        with pytest.raises(StorageError, match="NATS"):
            await it.append(body=b"nobody knows")
        way.restore()
        way.reset()

        async def stored() -> bool:
            try:
                return await it.append(body=b"after") > 1
            except StorageError:
                return False

        await until(stored, 20)
        await until(lambda: _readable(it), 20)
        bodies = [event.body for event in await it.all()]
    assert bodies[0] == b"first"
    assert bodies[-1] == b"after"
    assert bodies.count(b"nobody knows") <= 1


async def test_where_nobody_has_answered_for_long_senders_are_told_at_once(
    nats: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_nats, "_REFUSE_AFTER_S", 0.2)
    monkeypatch.setattr(connection, "ANSWER_S", 0.3)
    async with proxy(nats.port) as way, through(way, tmp_path) as it:
        await it.put("ep_a")
        way.blackhole()
        assert isinstance(it.log, NatsLog)
        following = it.log.following

        async def long_away() -> bool:
            return following.away_s("ep_a") > 0.2

        await until(long_away, 20)
        with pytest.raises(StorageError, match="has not answered for"):
            await it.append()
        way.restore()
        way.reset()
        await until(lambda: _readable(it), 20)
        assert await it.append() == 1


async def test_a_leader_that_has_not_come_as_far_is_not_believed_that_there_is_nothing(
    nats: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was parted from the others goes on to answer with what it had."""
    monkeypatch.setattr(reading, "_BEHIND_S", 0.2)
    async with opened("nats", tmp_path) as it:
        await it.put("ep_a")
        for _ in range(3):
            await it.append()
        assert isinstance(it.log, NatsLog)
        await it.look("ep_a")
        followed = it.log.following["ep_a"]
        assert followed is not None
        known = Head(seq=6, at=followed.head.at + 1_000)
        with pytest.raises(StorageError, match="behind"):
            await it.log.reading.page("ep_a", 3, known, events=9, size=9_999)
        assert len(await it.all()) == 3


async def test_a_large_event_is_missing_only_by_the_word_of_who_is_current(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with opened("nats", tmp_path) as it:
        await it.put("ep_a")
        await it.append(body=b"x" * 3_000_000)
        await it.append()
        await it.look("ep_a")
        assert isinstance(it.log, NatsLog)
        followed = it.log.following["ep_a"]
        assert followed is not None
        layout, head = it.log.layout, followed.head
        await it.log.js.purge(layout.stream_of("ep_a"), layout.pieces("ep_a"))
        page = await it.log.reading.page("ep_a", 0, head, events=9, size=9_999)
        assert [gap.to_seq for gap in page.gaps] == [1]
        assert [seq for seq, _ in page.events] == [2]
        further = Head(seq=9, at=head.at + 1_000)
        with pytest.raises(StorageError, match="behind"):
            await it.log.reading.page("ep_a", 0, further, events=9, size=9_999)


@pytest.mark.slow
async def test_a_server_killed_again_and_again_loses_nothing_that_was_acked(
    tmp_path: Path,
) -> None:
    acked: list[bytes] = []
    async with nats_server(tmp_path / "nats") as server, proxy(server.port) as way:
        settings = on_nats(tmp_path, server).at(log=f"nats://127.0.0.1:{way.port}")
        log = NatsLog(settings, retention=KEPT, tail_bytes=1 << 20)
        await log.open()
        await log.endpoints()
        it = Opened(log)
        await it.put("ep_a")
        ended = asyncio.Event()

        async def send(name: int) -> None:
            n = 0
            while not ended.is_set():
                body = b"%d-%d" % (name, n)
                n += 1
                try:
                    await it.append(body=body)
                except (StorageError, TimeoutError):
                    continue
                acked.append(body)

        async with asyncio.TaskGroup() as group:
            for name in range(8):
                group.create_task(send(name))
            for _ in range(3):
                await asyncio.sleep(0.3)
                await server.kill()
                await server.restart()
                await server.ready()
                before = len(acked)
                async with asyncio.timeout(20):
                    while len(acked) < before + 20:  # noqa: ASYNC110 - senders tell nobody
                        await asyncio.sleep(0.01)
            ended.set()
        found = [event.body for event in await it.all()]
        await log.close()
    assert len(found) == len(set(found)), "nothing is stored twice"
    assert set(acked) <= set(found), "nothing that was acked is lost"


async def test_two_logs_that_write_to_one_endpoint_give_no_place_twice(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with opened("nats", tmp_path) as one, opened("nats", tmp_path) as two:
        await one.put("ep_a")
        await until(lambda: _has(two, "ep_a"))
        sizes = [b"x", b"l" * 300_000, b"m" * 1_500_000]
        seqs = await asyncio.gather(
            *((one, two)[n % 2].append(body=sizes[n % 7 % 3]) for n in range(60))
        )
        assert sorted(seqs) == list(range(1, 61))
        for it in (one, two):
            assert [event.seq for event in await it.all()] == list(range(1, 61))


async def test_who_comes_back_to_an_endpoint_asks_no_more_for_all_that_others_wrote(
    nats: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def requests(missed: int) -> int:
        """How often the other one asks after it has missed so many blocks."""
        for _ in range(missed):
            await one.append()
        before = len(asked)
        await two.append()
        return len(asked) - before

    async with opened("nats", tmp_path) as one, opened("nats", tmp_path) as two:
        await one.put("ep_a")
        await until(lambda: _has(two, "ep_a"))
        for it in (two, one, two):  # the first places of all are asked for one by one
            await it.append()
        asked: list[str] = []
        ask = connection.Connection.ask

        async def counted(js: connection.Connection, subject: str, *args: Any, **more: Any) -> Any:
            if "INFO" not in subject and js is two.log.connection:  # type: ignore[attr-defined]
                asked.append(subject)
            return await ask(js, subject, *args, **more)

        monkeypatch.setattr(connection.Connection, "ask", counted)
        few = await requests(1)
        assert await requests(20) == few


async def _readable(it: Opened) -> bool:
    assert isinstance(it.log, NatsLog)
    return it.log.following.reachable("ep_a")


async def _has(it: Opened, endpoint: str) -> bool:
    assert isinstance(it.log, NatsLog)
    return endpoint in it.log._it.documents


async def test_the_largest_event_is_whole_and_takes_its_pieces_along(
    nats: NatsServer, tmp_path: Path
) -> None:
    body = random.Random(1).randbytes(25 << 20)
    async with opened("nats", tmp_path, endpoint_bytes=30 << 20) as it:
        await it.put("ep_a")
        await it.append(body=body)
        assert (await it.all())[0].body == body
        await it.append(body=body)

        async def one_left() -> bool:
            return (await it.held("ep_a"))[0] == 1

        await until(one_left)
        assert it.log.held("ep_a")[1] < 30 << 20
        assert await it.gaps() == [Gap(from_seq=1, to_seq=1, count=1, reason="size")]
        assert isinstance(it.log, NatsLog)
        info = await it.log.js.info(it.log._it.layout.stream_of("ep_a"))
        assert info.state.bytes < 30 << 20, "the pieces are gone as well"


async def test_places_go_on_where_every_event_has_aged_away(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with opened("nats", tmp_path, age_s=1) as it:
        await it.put("ep_a")
        last = [await it.append() for _ in range(5)][-1]

        async def empty() -> bool:
            return (await it.held("ep_a"))[0] == 0

        await until(empty)
    async with opened("nats", tmp_path, age_s=1) as it:
        assert await it.append() > last


async def test_what_senders_were_told_is_read_by_the_other_one(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with opened("nats", tmp_path) as one, opened("nats", tmp_path) as two:
        await one.put("ep_a")
        await until(lambda: _has(two, "ep_a"))
        heard: list[tuple[str, Reply]] = []
        two.log.replied = lambda endpoint, reply: heard.append((endpoint, reply))
        await two.look("ep_a")
        reply = Reply(seq=await one.append(), status=201, by="app", ms=1.0)
        one.log.record("ep_a", reply)

        async def told() -> bool:
            return heard == [("ep_a", reply)]

        await until(told)
        page = await two.read("ep_a", 0)
        assert page.replies == {1: reply}


async def damage(it: Opened, seq: int) -> None:
    """What an event's message holds becomes what no relay has written, as far as one can tell."""
    assert isinstance(it.log, NatsLog)
    log, subject = it.log, it.log.layout.events("ep_a")
    stream, at = log.layout.stream_of("ep_a"), 1
    while found := await log.js.next(stream, subject, at, sure=True):
        if block(found.data).seq == seq:
            await log.connection.streams.delete_msg(stream, found.at)
            return
        at = found.at + 1
    raise AssertionError(f"there is no {seq}")


async def junk(it: Opened) -> None:
    """A message on the subject of events that holds none."""
    assert isinstance(it.log, NatsLog)
    await it.log.js.put(it.log.layout.events("ep_a"), b"\xc1 no block")


async def walked(it: Opened, after: int) -> list[int | Gap]:
    """What somebody is told who goes on and on from there."""
    found: list[int | Gap] = []
    while True:
        page = await it.read("ep_a", after, events=2)
        if not (page.events or page.gaps):
            return found
        found += [*page.gaps, *(seq for seq, _ in page.events)]
        after = page.events[-1][0] if page.events else page.gaps[-1].to_seq


async def test_a_message_that_is_lost_costs_its_events_and_is_told_as_damaged(
    nats: NatsServer, tmp_path: Path
) -> None:
    lost = Gap(from_seq=3, to_seq=4, count=2, reason="damaged")
    async with opened("nats", tmp_path) as it:
        await it.put("ep_a")
        for _ in range(6):
            await it.append()
        for seq in (3, 4):
            await damage(it, seq)
        assert await walked(it, 0) == [1, 2, lost, 5, 6]
    for after in (1, 2, 4, 5):  # by somebody who knows no way yet
        async with opened("nats", tmp_path) as it:
            rest = [one for one in (1, 2, lost, 5, 6) if isinstance(one, Gap) or one > after]
            assert await walked(it, after) == [one for one in rest if after < 4 or one != lost]


async def test_what_no_relay_has_written_stops_neither_readers_nor_senders(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with opened("nats", tmp_path) as it:
        await it.put("ep_a")
        assert [await it.append(at=at) for at in (10, 20)] == [1, 2]
        await junk(it)
        assert await walked(it, 0) == [1, 2]
        third = await it.append(at=30)
        assert third > 2
        gap = Gap(from_seq=3, to_seq=third - 1, count=third - 3, reason="damaged")
        assert await walked(it, 0) == [1, 2, gap, third]
        await junk(it)
    async with opened("nats", tmp_path) as it:
        assert await it.head("ep_a") == third
        assert await it.before("ep_a", 30) == third - 1
        fourth = await it.append(at=40)
        assert [one for one in await walked(it, 2) if isinstance(one, int)] == [third, fourth]
        assert (await it.held("ep_a"))[1] == sum(len(codec.encode(one)) for one in await it.all())


async def test_a_first_message_that_is_damaged_is_no_matter_of_age(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with opened("nats", tmp_path) as it:
        await it.put("ep_a")
        await it.append()
        await damage(it, 1)
        await junk(it)
        seq = await it.append()
        gap = Gap(from_seq=1, to_seq=seq - 1, count=seq - 1, reason="damaged")
        assert await walked(it, 0) == [gap, seq]


async def test_an_endpoint_that_is_quiet_gives_up_what_a_lower_limit_leaves_no_room_for(
    nats: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "_EVERY_S", 0.05)
    async with opened("nats", tmp_path) as it:
        await it.put("ep_a")
        for _ in range(30):
            await it.append(body=b"x" * 9_000)
        kept = replace(KEPT, endpoint_bytes=100_000)
        it.log.limit(kept, low_water=0, tail_bytes=1 << 20)

        async def small() -> bool:
            return (await it.held("ep_a"))[1] <= 100_000

        await until(small)
        assert [gap.reason for gap in await it.gaps()] == ["size"]
        assert (await it.all())[-1].seq == 30


async def test_what_was_stored_after_a_deletion_is_removed_by_whoever_is_there(
    nats: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a relay that had not heard of it yet; who has deleted it has ended meanwhile."""
    monkeypatch.setattr(sweeping, "_EVERY_S", 0.05)
    monkeypatch.setattr(sweeping, "_REST_S", 0.05)
    async with opened("nats", tmp_path) as it:
        await it.put("ep_a")
        await it.remove("ep_a")
    async with opened("nats", tmp_path) as it:
        assert isinstance(it.log, NatsLog)
        log = it.log
        await log.js.put(log.layout.events("ep_a"), b"late")
        assert await log.reading.anything("ep_a")

        async def gone() -> bool:
            return not await log.reading.anything("ep_a")

        await until(gone)
