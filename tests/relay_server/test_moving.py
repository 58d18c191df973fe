"""From a file to JetStream: the same events at the same places, however often it was begun."""

import asyncio
import random
from pathlib import Path

import pytest

from hookcli.wire.messages import Gap, Reply
from relay_server.log.base import StorageError
from relay_server.log.nats.log import NatsLog
from relay_server.log.nats.moving import Moved, behind, move, removed_by_size, runs
from relay_server.log.schema import lock
from tests.hookcli.cli.inprocess import hookcli as run
from tests.relay_server.harness import relay
from tests.relay_server.test_log import KEPT, Opened, opened
from tests.support import logs
from tests.support.natsservers import NatsServer, on_nats
from tests.support.processes import Process, environment, hookcli

# Who moves has the process for itself: reading a file holds up nobody.
pytestmark = pytest.mark.may_block
SIZES = (0, 10, 3_000, 40_000, 3_000_000)


def target(folder: Path) -> NatsLog:
    return NatsLog(on_nats(folder), retention=KEPT, tail_bytes=1 << 20)


async def filled(folder: Path, count: int = 40) -> dict[str, list[tuple[int, bytes]]]:
    """A log in a file with three endpoints, one of them deleted; what the others hold."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    async with opened("sqlite", folder, endpoint_bytes=9_000_000) as it:
        await it.log.settle_meta("key_sha256", "0" * 64)
        for name in ("ep_a", "ep_b", "ep_gone", "ep_empty"):
            await it.put(name, b'{"name":"%b"}' % name.encode())
        for n in range(count):
            name = ("ep_a", "ep_b", "ep_gone")[n % 3]
            seq = await it.append(name, random.Random(n).randbytes(SIZES[n % 5]))
            it.log.record(name, Reply(seq=seq, status=200 + n, by="app", ms=1.0))
        await it.remove("ep_gone")
        for name in ("ep_a", "ep_b"):
            found[name] = await whole(it, name)
    return found


async def whole(it: Opened, endpoint: str) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    after = 0
    while page := (await it.read(endpoint, after, events=99, size=1 << 25)).events:
        found += page
        after = page[-1][0]
    return found


async def test_everything_is_there_as_it_was(nats: NatsServer, tmp_path: Path) -> None:
    held = await filled(tmp_path)
    moved = Moved()
    for _ in range(2):
        told: list[Moved] = []
        moved = await move(tmp_path, target(tmp_path), told.append)
        assert (moved.endpoints, moved.of_events) == (3, sum(map(len, held.values())))
        assert moved.key
        assert told
    assert moved.events == 0, "the second time there is nothing left to do"
    async with opened("nats", tmp_path) as it:
        documents = await it.log.endpoints()
        assert documents == {n: b'{"name":"%b"}' % n.encode() for n in ("ep_a", "ep_b", "ep_empty")}
        assert await it.log.get_meta("key_sha256") == "0" * 64
        for name, events in held.items():
            assert await whole(it, name) == events
            assert (await it.held(name))[1] == sum(len(message) for _, message in events)
            replies = (await it.read(name, 0, events=99, size=1 << 25)).replies
            assert {seq for seq, _ in events} == set(replies)
            assert await it.append(name) == events[-1][0] + 1
        assert await it.append("ep_empty") == 1


async def test_what_retention_had_removed_is_told_as_before(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with opened("sqlite", tmp_path, endpoint_bytes=50_000) as it:
        await it.put("ep_a")
        for _ in range(30):
            await it.append(body=b"x" * 9_000)
        async with asyncio.timeout(10):
            while it.log.held("ep_a")[1] > 50_000:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.01)
        gaps = await it.gaps()
    assert gaps
    assert gaps[0].reason == "size"
    await move(tmp_path, target(tmp_path))
    async with opened("nats", tmp_path) as it:
        assert await it.gaps() == gaps


@pytest.mark.parametrize("kept", [0, 3])
async def test_what_the_disk_had_lost_is_told_as_before(
    nats: NatsServer, tmp_path: Path, kept: int
) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        for n in range(1, 10):
            await it.append(body=b"number %d" % n + b"x" * 50_000)
        await it.append()
    file = tmp_path / "large" / "1.events"
    data = file.read_bytes()
    file.write_bytes(data[: data.index(b"number %dx" % (kept + 1))])
    await move(tmp_path, target(tmp_path))
    async with opened("nats", tmp_path) as it:
        found: list[tuple[int, str]] = []
        while not found or found[-1][0] < 10:
            page = await it.read("ep_a", found[-1][0] if found else 0)
            found += [(gap.to_seq, gap.reason) for gap in page.gaps]
            found += [(seq, "") for seq, _ in page.events]
    lost = [(seq, "damaged") for seq in range(kept + 1, 10)]
    assert found == [(seq, "") for seq in range(1, kept + 1)] + lost + [(10, "")]


async def test_places_go_on_where_nothing_is_left(nats: NatsServer, tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path, endpoint_bytes=1) as it:
        await it.put("ep_a")
        for _ in range(7):
            await it.append()
        async with asyncio.timeout(10):
            while it.log.held("ep_a")[0]:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.01)
    for _ in range(2):
        await move(tmp_path, target(tmp_path))
    async with opened("nats", tmp_path) as it:
        assert await it.append() == 8
        assert (await it.gaps())[0].to_seq == 7


async def test_another_s_endpoint_of_that_id_is_left_alone(
    nats: NatsServer, tmp_path: Path
) -> None:
    await filled(tmp_path)
    async with opened("nats", tmp_path) as it:
        await it.put("ep_b", b"other")
        await it.append("ep_b", b"other")
    with pytest.raises(StorageError, match="ep_b has events there"):
        await move(tmp_path, target(tmp_path))
    async with opened("nats", tmp_path) as it:
        assert await it.log.endpoints() == {"ep_b": b"other"}, "nothing was changed"


async def test_a_log_in_use_is_not_moved(nats: NatsServer, tmp_path: Path) -> None:
    await filled(tmp_path, 3)
    with lock(tmp_path), pytest.raises(StorageError, match="another relay uses"):
        await move(tmp_path, target(tmp_path))


async def test_a_listener_goes_on_where_it_was(nats: NatsServer, tmp_path: Path) -> None:
    async with relay(tmp_path) as old:
        endpoint = await old.endpoint(respond="ack")
        for n in range(5):
            await old.post(endpoint, b"%d" % n)
    await move(tmp_path, target(tmp_path))
    async with relay(tmp_path, **logs.shared(tmp_path, nats.url)) as new:
        await new.post(endpoint, b"5")
        async with new.stream(endpoint, after=2) as it:
            await it.catch_up(10.0)
            assert [(one.seq, one.body) for one in it.events] == [
                (n + 1, b"%d" % n) for n in range(2, 6)
            ]


@pytest.mark.slow
async def test_killed_again_and_again_it_ends_the_same(nats: NatsServer, tmp_path: Path) -> None:
    held = await filled(tmp_path, 600)
    settings = on_nats(tmp_path)
    env = environment(
        tmp_path,
        {
            "HOOKCLI_RELAY_LOG_PREFIX": settings.log_prefix,
            "HOOKCLI_RELAY_LOG_REPLICAS": "1",
            "HOOKCLI_RELAY_LOG_STREAMS": "2",
        },
    )
    argv = [hookcli(), "relay", "migrate", "--from", str(tmp_path), "--to", str(settings.log)]
    for n in range(8):
        process = await Process.start(argv, env=env)
        await asyncio.sleep(random.Random(n).uniform(0.2, 1.0))
        await process.kill()
    process = await Process.start(argv, env=env)
    assert await process.wait(60) == 0, process.tail()
    assert "the same as here" in "\n".join(process.out)
    async with opened("nats", tmp_path) as it:
        for name, events in held.items():
            assert await whole(it, name) == events


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    done = run("relay", "migrate", "--from", str(tmp_path), "--to", "http://here")
    assert done.code == 2
    assert "not like nats://" in done.err


def test_events_that_follow_each_other_go_together() -> None:
    events = [(1, b"aa"), (2, b"bb"), (4, b"c"), (5, b"d" * 9), (6, b"e")]
    assert list(runs(events, 5)) == [
        ((1, b"aa"), (2, b"bb")), ((4, b"c"),), ((5, b"d" * 9),), ((6, b"e"),)
    ]  # fmt: skip


def test_a_hole_that_was_never_an_event_is_none_that_was_removed() -> None:
    four, two = (Gap(from_seq=1, to_seq=n, count=n, reason="age") for n in (4, 2))
    assert behind(None, ((5, b""),), 40, (four,)).skipped == 0
    assert behind(None, ((5, b""),), 40, (two,)).skipped == 2
    size = Gap(from_seq=1, to_seq=3, count=3, reason="size")
    age = Gap(from_seq=4, to_seq=6, count=3, reason="age")
    assert removed_by_size((size, age)) == 3
    assert removed_by_size((age,)) == 0
