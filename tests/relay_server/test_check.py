"""What `hookcli relay check` finds: nothing in a whole log, and every damage by its place."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from relay_server.log.base import StorageError
from relay_server.log.check import Checked, check
from tests.hookcli.cli.inprocess import hookcli
from tests.relay_server.harness import relay
from tests.support.running import Endpoint

LARGE = b"x" * 100_000


@pytest.fixture
async def log(tmp_path: Path) -> tuple[Path, Endpoint]:
    """A log of six events, two of them large."""
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint()
        for number in range(6):
            await hub.post(endpoint, LARGE if number % 3 == 0 else b"%d" % number)
    return tmp_path / "data", endpoint


def damaged(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / "relay.sqlite")) as db, db:
        db.execute(sql)


def test_a_whole_log_is_told_as_such(log: tuple[Path, Endpoint]) -> None:
    seen: list[int] = []
    sofar: list[Checked] = []

    def told(it: Checked) -> None:
        seen.append(it.events)
        sofar.append(it)

    assert list(check(log[0], told)) == []
    assert seen == [1, 2, 3, 4, 5, 6]
    assert (sofar[-1].of_events, sofar[-1].endpoints) == (6, 1)
    ended = hookcli("relay", "check", str(log[0]))
    assert ended.code == 0
    assert ended.out.startswith("ok  6 events of 1 endpoint")


async def test_a_running_relay_is_not_disturbed(tmp_path: Path) -> None:
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint()
        await hub.post(endpoint)
        assert await asyncio.to_thread(lambda: list(check(tmp_path / "data"))) == []
        assert (await hub.post(endpoint)).status == 202


READ_ONLY = 'mount -t tmpfs none "$1" && cp -a "$0" "$1/data" && mount -o remount,ro "$1" && shift && exec "$@"'
"""With a log and an empty folder: a command that finds a copy on a disk mounted read-only."""


@pytest.mark.slow
@pytest.mark.parametrize("leftover", [b"", b"not yet written back"])
def test_a_log_on_a_read_only_disk_is_checked_or_what_to_do_is_told(
    log: tuple[Path, Endpoint], tmp_path: Path, leftover: bytes
) -> None:
    (log[0] / "relay.sqlite-wal").write_bytes(leftover)
    done = on_read_only(log[0], tmp_path, "check", "data")
    if leftover:
        assert done.returncode != 0
        assert "the disk is read-only" in done.stderr
        assert "check the copy" in done.stderr
    else:
        assert done.stdout.startswith("ok  6 events of 1 endpoint")
        assert done.returncode == 0


@pytest.mark.slow
def test_a_relay_does_not_start_on_a_read_only_disk_and_says_why(
    log: tuple[Path, Endpoint], tmp_path: Path
) -> None:
    done = on_read_only(log[0], tmp_path, "--listen", "127.0.0.1:0", "--data", "data")
    assert done.returncode == 2
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(check(log[0])) == []


def on_read_only(data: Path, tmp_path: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """`hookcli relay` with a copy of the log, `data` in its folder, on a disk mounted read-only."""
    place = tmp_path / "disk"
    place.mkdir()
    command = str(Path(sys.executable).with_name("hookcli"))
    enter = 'cd "$0" && exec "$@"'
    unshare = shutil.which("unshare")
    assert unshare is not None
    new = [unshare, "-m" if os.geteuid() == 0 else "-Urm", "--", "sh", "-c"]
    inside = ["sh", "-c", enter, str(place), command, "relay", *args]
    return subprocess.run(
        [*new, READ_ONLY, str(data), str(place), *inside],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("sql", "seq", "what"),
    [
        ("update event set message=x'00' where seq=2", 2, "bytes instead of"),
        (
            "update event set message=cast(substr(message, 1, size - 1) ||"
            " iif(substr(message, size) = x'7f', x'7e', x'7f') as blob) where seq=3",
            3,
            "digest",
        ),
        ("update event set message=null where seq=3", 3, "missing"),
        ("update event set seq=2 where seq=3", 2, "two events"),
        ("update event set endpoint=99 where seq=5", 5, "no endpoint"),
        ("update event set offset=offset+1 where seq=4", 4, "cannot be read"),
        ("update event set file=99 where seq=1", 1, "cannot be read"),
    ],
)
def test_damage_is_told_by_its_place(
    log: tuple[Path, Endpoint], sql: str, seq: int, what: str
) -> None:
    folder, _ = log
    damaged(folder, sql)
    found = list(check(folder))
    assert any(f"seq {seq}" in one.where and what in one.what for one in found), found
    ended = hookcli("relay", "check", str(folder))
    assert ended.code == 1
    assert f"seq {seq}" in ended.out


def test_a_damaged_page_is_found(log: tuple[Path, Endpoint]) -> None:
    folder, _ = log
    file = folder / "relay.sqlite"
    data = bytearray(file.read_bytes())
    (page_size,) = closing_pragma(file, "page_size")
    for page in range(2, len(data) // page_size):
        data[page * page_size : page * page_size + 64] = b"\xa5" * 64
    file.write_bytes(data)
    assert list(check(folder))


def closing_pragma(file: Path, name: str) -> tuple[int]:
    with closing(sqlite3.connect(file)) as db:
        value: tuple[int] = db.execute(f"pragma {name}").fetchone()
        return value


def test_what_is_no_log_is_an_error_and_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        list(check(tmp_path))
    (tmp_path / "relay.sqlite").write_bytes(b"my notes\n" * 100)
    with pytest.raises(StorageError):
        list(check(tmp_path))
    assert (tmp_path / "relay.sqlite").read_bytes() == b"my notes\n" * 100
    ended = hookcli("relay", "check", str(tmp_path))
    assert ended.code == 2
    assert ended.err.startswith("error: ")
