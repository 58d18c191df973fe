"""D4: a disk that takes nothing costs nobody anything but a 503, and nothing has to be started again."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.support import rawhttp
from tests.support.disk import disk
from tests.support.filling import Filling, ReadOnly, ShortFiles, SmallDisk, mounting
from tests.support.processes import PATIENCE
from tests.support.running import Endpoint, Relay, relay
from tests.support.stream import count_log
from tests.support.traffic import Traffic, number_in, traffic


@pytest.mark.parametrize("kind", [SmallDisk, pytest.param(ShortFiles, marks=pytest.mark.slow)])
async def test_a_full_disk_is_told_and_work_goes_on_when_there_is_room(
    tmp_path: Path, kind: type[SmallDisk | ShortFiles]
) -> None:
    prefix = mounting(tmp_path / "relay") if kind is SmallDisk else []
    async with relay(tmp_path, prefix=prefix) as it:
        # Where mounting is not allowed, files that may not grow are the next best.
        await takes_nothing_for_a_while(it, SmallDisk(it) if prefix else ShortFiles(it))


@pytest.mark.slow
async def test_a_disk_that_turns_read_only_is_told_and_work_goes_on_when_it_is_none(
    tmp_path: Path,
) -> None:
    with disk(tmp_path / "relay", writes=True) as under:
        async with relay(tmp_path, preexec=under.preexec) as it:
            await takes_nothing_for_a_while(it, ReadOnly(under))


async def takes_nothing_for_a_while(it: Relay, disk: Filling) -> None:
    """Whoever comes meanwhile is refused, whoever was acked is in the log once."""
    assert it.process is not None
    endpoint = await it.endpoint()
    # Small ones stand in the database, large ones beside it.
    async with (
        traffic(it.port, endpoint.path + "/small", senders=4, size=2_000) as small,
        traffic(it.port, endpoint.path + "/large", senders=2, size=40_000) as large,
    ):
        await fill_and_empty(it, endpoint, disk, (small, large))
    stored = await in_the_log(it, endpoint)
    for path, one in ((b"/small", small), (b"/large", large)):
        ledger = one.ledger
        assert set(ledger.statuses) == {202, 503}
        assert ledger.broken == ledger.statuses[503], "every other sender got its answer"
        assert all(stored[f"{path!r} {number}"] == 1 for number in ledger.acked)
    assert set(stored.values()) == {1}
    assert await it.process.stop() == 0


async def in_the_log(it: Relay, endpoint: Endpoint) -> Counter[str]:
    """How often each of the senders' webhooks is in the log."""
    return await count_log(it.port, endpoint, lambda it: f"{it.target!r} {number_in(it)}")


async def fill_and_empty(
    it: Relay, endpoint: Endpoint, disk: Filling, senders: Sequence[Traffic]
) -> None:
    for one in senders:
        await one.until_acked(50)
    disk.fill()
    for one in senders:
        await one.until(partial(refused, one, 50), "50 refused")
    await is_told(it, endpoint)
    assert (await in_the_log(it, endpoint)).total() >= 100, "what is there can be read"
    begin, acked = time.monotonic(), [len(one.ledger.acked) for one in senders]
    disk.empty()
    for one, before in zip(senders, acked, strict=True):
        await one.until_acked(before + 1)
    assert time.monotonic() - begin <= 1.0 * PATIENCE
    async with asyncio.timeout(3 * PATIENCE):
        while (await health(it)).status != 200:  # noqa: ASYNC110 - it looks once a second
            await asyncio.sleep(0.05)


def refused(senders: Traffic, count: int) -> bool:
    return senders.ledger.statuses[503] >= count


async def is_told(it: Relay, endpoint: Endpoint) -> None:
    """The sender hears when to come back, and the operator what is wrong."""
    refused = await rawhttp.once(it.port, rawhttp.request("POST", endpoint.path, (), b"x" * 2_000))
    assert refused.status == 503
    assert int(refused.value(b"Retry-After")) >= 1
    assert json.loads(refused.body)["error"]["code"] == "not_stored"
    told = await health(it)
    assert (told.status, json.loads(told.body)["status"]) == (503, "failing")


async def health(it: Relay) -> rawhttp.Message:
    return await rawhttp.once(it.port, rawhttp.request("GET", "/_/health"))
