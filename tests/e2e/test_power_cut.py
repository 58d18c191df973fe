"""D2 and D5: a 2xx means synced, shown against a disk that loses everything that was not.

Every sync of a real relay goes through the test (tests/support/disk.py). A power cut leaves what
was synced, and of the rest any blocks of 4 KiB or none: torn tails of the write-ahead log, files
without names, a database half copied.
"""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.relay_server.test_log import opened
from tests.support import rawhttp
from tests.support.disk import Disk, disk, replace
from tests.support.running import Endpoint, relay
from tests.support.stream import count_log
from tests.support.traffic import Traffic, number_in, traffic

Senders = tuple[Traffic, Traffic]


async def webhook(port: int, endpoint: Endpoint, data: bytes) -> rawhttp.Message:
    return await rawhttp.once(port, rawhttp.request("POST", endpoint.path, (), data))


@asynccontextmanager
async def at_work(port: int, small: Endpoint, large: Endpoint) -> AsyncIterator[Senders]:
    """Twelve senders of small webhooks, and four of such as stand beside the database."""
    async with (
        traffic(port, small.path, senders=12) as one,
        traffic(port, large.path, senders=4, size=50_000) as other,
    ):
        yield one, other


async def more_acked(senders: Senders, count: int) -> None:
    for one in senders:
        await one.until_acked(len(one.ledger.acked) + count)


async def survives(folder: Path, endpoints: Sequence[Endpoint], acked: Sequence[set[str]]) -> None:
    """The log in that folder opens and holds everything that was acked, nothing twice."""
    async with opened("sqlite", folder) as it:
        for endpoint, ids in zip(endpoints, acked, strict=True):
            stored = Counter([event.id for event in await it.all(endpoint.id)])
            lost = ids - stored.keys()
            assert not lost, f"{len(lost)} of {len(ids)} lost"
            assert set(stored.values()) <= {1}


async def cut_power(
    under: Disk, endpoints: Sequence[Endpoint], senders: Senders, chance: random.Random
) -> Path:
    """See that whatever may be found, nothing is lost; one of the folders that may be."""
    acked = [set(one.ledger.acked.values()) for one in senders]
    found = []
    for variant in range(4):
        folder = Path(mkdtemp(dir=under.folder.parent)) / "found"
        under.after_power_cut(folder, chance if variant else None)
        kept = folder.with_name("kept")
        shutil.copytree(folder, kept)
        await survives(folder, endpoints, acked)
        found.append(kept)
    return chance.choice(found)


async def test_whoever_is_told_2xx_is_on_the_disk_at_that_moment(tmp_path: Path) -> None:
    told = 0
    with disk(tmp_path / "relay") as under:
        async with relay(tmp_path, preexec=under.preexec) as it:
            endpoint = await it.endpoint()

            async def sender(number: int) -> None:
                nonlocal told
                for turn in range(20):
                    # Every sixth goes into a file beside the database.
                    mark = b"<%d of %d>" % (turn, number)
                    data = mark * (9_000 if turn % 6 == 0 else 1)
                    answer = await webhook(it.port, endpoint, data)
                    assert answer.status == 202
                    assert under.holds(mark), "told before it was synced"
                    told += 1

            async with asyncio.TaskGroup() as group:
                for number in range(16):
                    group.create_task(sender(number))
    assert told == 320


async def test_nobody_is_told_anything_while_the_disk_is_not_done(tmp_path: Path) -> None:
    with disk(tmp_path / "relay") as under:
        async with relay(tmp_path, preexec=under.preexec) as it:
            endpoint = await it.endpoint()
            under.hold()
            asked = [
                asyncio.ensure_future(webhook(it.port, endpoint, b"x" * size))
                for size in [10] * 15 + [100_000]
            ]
            await asyncio.to_thread(under.waiting.wait, 10)
            done, _ = await asyncio.wait(asked, timeout=0.3)
            assert not done
            under.release()
            assert [answer.status for answer in await asyncio.gather(*asked)] == [202] * 16


@pytest.mark.slow
async def test_a_sync_that_fails_is_told_503_and_nothing_acked_is_lost(tmp_path: Path) -> None:
    chance = random.Random(5)
    with disk(tmp_path / "relay") as under:
        async with relay(tmp_path, preexec=under.preexec) as it:
            endpoints = await it.endpoint(), await it.endpoint()
            async with at_work(it.port, *endpoints) as senders:
                for syncs in (1, 7):
                    await more_acked(senders, 40)
                    under.fail(syncs)
                    async with asyncio.timeout(10):
                        while under.failing:  # noqa: ASYNC110 - a disk tells nobody
                            await asyncio.sleep(0.005)
                    await more_acked(senders, 40)
                await it.kill()
        assert {status for one in senders for status in one.ledger.statuses} == {202, 503}
        await cut_power(under, endpoints, senders, chance)


_ON_ONE_LOG = 5


@pytest.mark.slow
async def test_power_cuts_lose_nothing_that_was_acked(tmp_path: Path, rounds: int) -> None:
    chance = random.Random(9)
    for begin in range(0, rounds, _ON_ONE_LOG):
        await cut_power_often(tmp_path / str(begin), min(_ON_ONE_LOG, rounds - begin), chance)


async def cut_power_often(home: Path, rounds: int, chance: random.Random) -> None:
    """One log after another power cut, and now and then a sync that fails."""
    async with relay(home) as it:
        endpoints = await it.endpoint(), await it.endpoint()
        await it.kill()
        async with at_work(it.port, *endpoints) as senders:
            for _ in range(rounds):
                with disk(it.data) as under:
                    it.preexec = under.preexec
                    await it.start()
                    await more_acked(senders, chance.randrange(5, 60))
                    under.fail(chance.choice([0, 0, 1, 3]))
                    await more_acked(senders, chance.randrange(5, 60))
                    await it.kill()
                    found = await cut_power(under, endpoints, senders, chance)
                replace(it.data, found)
        it.preexec = None
        await it.start()
        for endpoint, one in zip(endpoints, senders, strict=True):
            stored = await count_log(it.port, endpoint, number_in)
            assert all(stored[str(number)] == 1 for number in one.ledger.acked)
            assert set(stored.values()) == {1}
