"""The SQLite log on disks that fail: nothing acknowledged is lost, and it goes on by itself."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relay_server.log.base import StorageError
from relay_server.log.schema import VERSION, short_of_disk
from tests.relay_server.harness import files_no_longer_than
from tests.relay_server.test_log import Opened, opened, sqlite_log

WRITER = """
import asyncio, sys
from pathlib import Path
from tests.relay_server.test_log import opened

async def main():
    async with opened("sqlite", Path(sys.argv[1])) as it:
        await it.put("ep_a")
        async def one(size):
            while True:
                print(await it.append(body=b"x" * size), flush=True)
        await asyncio.gather(*(one(size) for size in (10, 5_000, 40_000, 100_000)))

asyncio.run(main())
"""


async def fill(it: Opened, size: int) -> list[int]:
    """Append until the disk is full; the places that were promised."""
    places: list[int] = []
    while len(places) < 1_000:
        try:
            places.append(await it.append(body=b"x" * size))
        except StorageError:
            return places
    raise AssertionError("the disk never got full")


@pytest.mark.parametrize("size", [2_000, 100_000])
async def test_a_full_disk_refuses_and_goes_on_by_itself(tmp_path: Path, size: int) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        with files_no_longer_than(400_000):
            kept = await fill(it, size)
            with pytest.raises(StorageError):
                await it.append(body=b"x" * 500_000)
        begin = time.monotonic()
        while True:
            try:
                kept.append(await it.append(body=b"after"))
                break
            except StorageError:
                assert time.monotonic() - begin < 1.0
                await asyncio.sleep(0.01)
        assert kept == sorted(set(kept))
        stored = [event.seq for event in await it.all()]
        assert set(kept) <= set(stored)
    async with opened("sqlite", tmp_path) as it:
        assert [event.seq for event in await it.all()] == stored


async def test_a_batch_fails_whole_and_with_its_own_error(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        await it.append()
        with files_no_longer_than(1_000):
            outcomes = await asyncio.gather(
                *(it.append(body=b"x" * 3_000) for _ in range(50)), return_exceptions=True
            )
        assert all(isinstance(outcome, StorageError) for outcome in outcomes)
        last = await until_stored(it)
        assert [event.seq for event in await it.all()] == [1, last]


async def until_stored(it: Opened) -> int:
    async with asyncio.timeout(1):
        while True:
            try:
                return await it.append()
            except StorageError:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("total", "free", "size", "kept_back", "short"),
    [
        (10_000, 101, 1, 1.0, False),
        (10_000, 100, 1, 1.0, True),
        (10_000, 50, 0, 0.5, False),
        (10_000, 49, 0, 0.5, True),
        (1_000, 50, 0, 1.0, False),
        (1_000, 49, 0, 1.0, True),
    ],
)
def test_a_part_of_the_disk_is_kept_back(
    total: int, free: int, size: int, kept_back: float, short: bool
) -> None:
    assert short_of_disk(total, free, size, low_water=100, kept_back=kept_back) is short


def kill_while_writing(folder: Path, after: int) -> int:
    """Let another process append until it has promised so many; the last that it promised."""
    argv = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        promised = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        # The last line may be torn.
        return max([*promised, *map(int, process.stdout.read().split("\n")[:-1])])


async def test_killed_at_any_moment_it_keeps_what_it_promised(tmp_path: Path) -> None:
    promised = 0
    for round_ in range(3):
        count = await asyncio.to_thread(kill_while_writing, tmp_path, 40 + 30 * round_)
        promised = max(promised, count)
        async with opened("sqlite", tmp_path) as it:
            seqs = [event.seq for event in await it.all()]
            assert seqs == list(range(1, len(seqs) + 1))
            assert len(seqs) >= promised


async def test_a_torn_tail_of_the_write_ahead_log_costs_only_what_was_not_promised(
    tmp_path: Path,
) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        for _ in range(20):
            await it.append(body=b"x" * 1_000)
        wal = (tmp_path / "relay.sqlite-wal").read_bytes()
        db = (tmp_path / "relay.sqlite").read_bytes()
    for cut in (0, 1, 100, 4_000):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / "relay.sqlite").write_bytes(db)
        # What a power cut leaves behind the last sync: garbage, or half a frame.
        (folder / "relay.sqlite-wal").write_bytes(wal + os.urandom(cut))
        async with opened("sqlite", folder) as it:
            assert [event.seq for event in await it.all()] == list(range(1, 21))


async def test_a_file_of_large_events_that_no_row_names_is_removed(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        await it.append(body=b"x" * 50_000)
    (tmp_path / "large" / "77.events").write_bytes(b"a crash between file and commit")
    async with opened("sqlite", tmp_path) as it:
        assert [event.body for event in await it.all()] == [b"x" * 50_000]
        assert not (tmp_path / "large" / "77.events").exists()
        await it.append(body=b"y" * 50_000)
        assert [event.body[:1] for event in await it.all()] == [b"x", b"y"]


async def test_one_folder_belongs_to_one_relay(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path):
        with pytest.raises(StorageError, match="another relay"):
            await sqlite_log(tmp_path).open()


async def test_a_newer_or_foreign_or_damaged_file_is_left_alone(tmp_path: Path) -> None:
    newer, foreign, damaged = (tmp_path / name for name in ("newer", "foreign", "damaged"))
    for folder in (newer, foreign, damaged):
        folder.mkdir()
    db = sqlite3.connect(newer / "relay.sqlite")
    db.execute(f"pragma user_version={VERSION + 1}")
    db.close()
    db = sqlite3.connect(foreign / "relay.sqlite")
    db.execute("create table theirs (a)")
    db.close()
    (damaged / "relay.sqlite").write_bytes(b"not a database at all" * 100)
    for folder in (newer, foreign, damaged):
        before = (folder / "relay.sqlite").read_bytes()
        with pytest.raises(StorageError):
            await sqlite_log(folder).open()
        assert (folder / "relay.sqlite").read_bytes() == before


async def test_an_sqlite_that_is_too_old_is_named_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    with pytest.raises(StorageError, match=r"SQLite 3\.37 or newer.* has 3\.34\.1"):
        await sqlite_log(tmp_path).open()
    assert not (tmp_path / "relay.sqlite").exists()


async def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    async with opened("sqlite", folder) as it:
        await it.put("ep_a")
        await it.append(body=b"x" * 50_000)
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes["large"] == 0o700
    assert modes["relay.sqlite"] == modes["relay.sqlite-wal"] == modes["1.events"] == 0o600


@pytest.mark.slow
async def test_a_hundred_thousand_queued_events_are_no_reason_to_start_slowly(
    tmp_path: Path,
) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        for _ in range(100):
            await asyncio.gather(*(it.append(body=b"x" * 1_000) for _ in range(1_000)))
    begin = time.monotonic()
    async with opened("sqlite", tmp_path) as it:
        assert time.monotonic() - begin < 1.0
        assert it.log.held("ep_a")[0] == 100_000


async def test_small_events_one_by_one_do_not_pile_up_in_the_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each changes several pages, many times what it holds: 300 of them write some 4 MB."""
    monkeypatch.setattr("relay_server.log.schema.WAL_KEPT", 256 << 10)
    monkeypatch.setattr("relay_server.log.checkpoint.WAL_KEPT", 256 << 10)
    monkeypatch.setattr("relay_server.log.checkpoint._STEP", 256 << 10)
    monkeypatch.setattr("relay_server.log.checkpoint._NEARLY", 64 << 10)
    largest = 0
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        for _ in range(300):
            await it.append(body=b"x")
            largest = max(largest, (tmp_path / "relay.sqlite-wal").stat().st_size)
    assert 256 << 10 < largest < 1 << 20
