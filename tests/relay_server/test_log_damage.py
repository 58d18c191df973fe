"""What the disk no longer gives back whole: told as missing, and what lies behind it still comes."""

import asyncio
import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relay_server.log.check import check
from relay_server.log.schema import corrupt
from tests.relay_server.harness import relay
from tests.relay_server.test_log import Opened, event_of, opened
from tests.support.stream import Stream

PAGE = 4096


def body(number: int, size: int) -> bytes:
    return b"event %d " % number + b"x" * size


async def filled(folder: Path, size: int, count: int = 9) -> None:
    async with opened("sqlite", folder) as it:
        await it.put("ep_a")
        for number in range(1, count + 1):
            await it.append(body=body(number, size))


async def walked(it: Opened) -> tuple[list[int], list[int]]:
    """The places that are read and those that are told as damaged, by somebody who goes on and on."""
    read: list[int] = []
    damaged: list[int] = []
    after = 0
    while True:
        page = await it.read("ep_a", after)
        if not (page.events or page.gaps):
            return read, damaged
        for gap in page.gaps:
            assert (gap.reason, gap.count, gap.from_seq) == ("damaged", 1, gap.to_seq)
            damaged.append(gap.to_seq)
            after = gap.to_seq
        for seq, message in page.events:
            event = event_of(message)
            assert (event.seq, event.body.split()[1]) == (seq, b"%d" % seq)
            read.append(seq)
            after = seq


def zero_the_page(folder: Path, holding: bytes) -> None:
    """As a disk does that loses a block."""
    path = folder / "relay.sqlite"
    data = bytearray(path.read_bytes())
    at = data.index(holding) // PAGE * PAGE
    data[at : at + PAGE] = bytes(PAGE)
    path.write_bytes(data)


async def test_a_lost_page_costs_the_events_on_it_and_no_others(tmp_path: Path) -> None:
    await filled(tmp_path, 1_500)
    zero_the_page(tmp_path, body(4, 1_500))
    told = {one.where for one in await asyncio.to_thread(lambda: list(check(tmp_path)))}
    async with opened("sqlite", tmp_path) as it:
        read, damaged = await walked(it)
        assert 4 in damaged
        assert told - {"relay.sqlite"} == {f"endpoint ep_a, seq {seq}" for seq in damaged}
        assert len(damaged) <= 3
        assert sorted(read + damaged) == list(range(1, 10))
        assert await it.append(body=body(10, 1_500)) == 10
        assert (await walked(it))[0] == [*read, 10]


def remove(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: data.index(body(4, 0)) + 10])


@pytest.mark.parametrize(("harm", "kept"), [(remove, []), (cut, [1, 2, 3])])
async def test_a_file_of_large_events_that_is_gone_or_cut_costs_what_was_in_it(
    tmp_path: Path, harm: Callable[[Path], None], kept: list[int]
) -> None:
    await filled(tmp_path, 50_000)
    harm(tmp_path / "large" / "1.events")
    async with opened("sqlite", tmp_path) as it:
        await it.append(body=body(10, 50_000))
        await it.append(body=body(11, 100))
        read, damaged = await walked(it)
    assert read == [*kept, 10, 11]
    assert damaged == [seq for seq in range(1, 10) if seq not in kept]


async def test_what_retention_removes_under_a_reader_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("sqlite", tmp_path, endpoint_bytes=200_000) as it:
        await it.put("ep_a")
        for number in range(1, 40):
            await it.append(body=body(number, 50_000))
            page = await it.read("ep_a", 0, events=50)
            assert all(gap.reason == "size" for gap in page.gaps)


def test_only_what_makes_no_sense_is_damage() -> None:
    def failed(code: int) -> sqlite3.Error:
        error = sqlite3.DatabaseError("x")
        error.sqlite_errorcode = code
        return error

    assert corrupt(failed(sqlite3.SQLITE_CORRUPT))
    assert corrupt(failed(sqlite3.SQLITE_CORRUPT | 1 << 8))
    assert not corrupt(failed(sqlite3.SQLITE_IOERR))
    assert not corrupt(OSError(errno.EIO, "x"))


async def test_a_listener_is_not_left_to_believe_that_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, "the disk does not answer")

    monkeypatch.setattr("relay_server.stream._UNREAD_S", 0.6)
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint()
        await hub.post(endpoint, b"before")
        with monkeypatch.context() as harm:
            harm.setattr("relay_server.log.sqlite.read_page", broken)
            it = await Stream.open(hub.port, endpoint)
            await it.until(lambda: it.closed is not None, "the end", 5.0)
            assert it.closed is not None
            code, reason = it.closed
            assert (code, "cannot read its log" in reason) == (1011, True)
            assert (await hub.post(endpoint, b"meanwhile")).status == 202
            it.close()
        async with hub.stream(endpoint) as again:
            await hub.next_event(again, 2)
            assert [event.body for event in again.events] == [b"before", b"meanwhile"]
