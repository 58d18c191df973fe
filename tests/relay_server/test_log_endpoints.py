"""Endpoints come and go in the log while disks fail and others write."""

import asyncio
from pathlib import Path

import pytest

from relay_server.log import large
from relay_server.log.base import StorageError
from tests.relay_server.harness import files_no_longer_than
from tests.relay_server.test_log import opened, until
from tests.relay_server.test_log_disk import until_stored


async def test_a_deletion_that_fails_deletes_nothing(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        await it.append()
        with files_no_longer_than(1_000), pytest.raises(StorageError):
            await it.remove("ep_a")
        assert [event.seq for event in await it.all()] == [1]
        assert await until_stored(it) > 1
    async with opened("sqlite", tmp_path) as it:
        assert list(await it.log.endpoints()) == ["ep_a"]


async def test_a_creation_that_fails_creates_nothing(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as it:
        await it.put("ep_a")
        with files_no_longer_than(1_000), pytest.raises(StorageError):
            await it.put("ep_b")
        await until_stored(it)
        with pytest.raises(StorageError):
            await it.append("ep_b")
        assert list(await it.log.endpoints()) == ["ep_a"]


@pytest.mark.log("sqlite", "nats")
async def test_a_change_behind_a_deletion_brings_nothing_back(
    tmp_path: Path, log_kind: str
) -> None:
    async with opened(log_kind, tmp_path) as it:
        await it.put("ep_a")
        await it.put("ep_b")
        await it.append("ep_a")
        gone, changed = await asyncio.gather(
            it.remove("ep_a"), it.put("ep_a", b'{"name":"late"}'), return_exceptions=True
        )
        assert gone is None
        assert isinstance(changed, StorageError)
        with pytest.raises(StorageError):
            await it.append("ep_a")
        assert await it.append("ep_b") == 1, "a refused change harms nobody else"
        assert list(await it.log.endpoints()) == ["ep_b"]


async def test_a_file_emptied_while_it_is_written_goes_when_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "_FILE", 100_000)
    async with opened("sqlite", tmp_path, endpoint_bytes=1) as it:

        async def emptied() -> bool:
            return it.log.held("ep_a")[0] == 0

        await it.put("ep_a")
        for _ in range(9):
            await it.append(body=b"x" * 60_000)
            await until(emptied)
        assert len(list((tmp_path / "large").iterdir())) <= 1
