"""The disk under test control loses what a disk may lose, and nothing that it has synced."""

import random
import subprocess
import sys
from pathlib import Path

from tests.support.disk import BLOCK, Disk, disk

WRITER = """
import os, sys
folder = sys.argv[1]
def write(name, data, sync):
    fd = os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY)
    os.pwrite(fd, data, 0)
    if sync:
        try:
            os.fdatasync(fd)
        except OSError:
            print("failed")
def name(): fd = os.open(folder, os.O_RDONLY); os.fsync(fd)
"""


def run(under: Disk, text: str) -> str:
    argv = [sys.executable, "-c", WRITER + text, str(under.folder)]
    done = subprocess.run(
        argv, preexec_fn=under.preexec, capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout


def found(under: Disk, to: Path, chance: random.Random | None = None) -> dict[str, bytes]:
    under.after_power_cut(to, chance)
    return {path.name: path.read_bytes() for path in to.iterdir()}


def test_only_what_was_synced_is_found_under_names_that_were_synced(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "old").write_bytes(b"from before")
    with disk(folder) as under:
        run(
            under,
            "write('a', b'synced', True); name(); write('a', b'later!', False)\n"
            "write('b', b'no name', True); write('c', b'nothing', False)",
        )
        assert found(under, tmp_path / "cut") == {"old": b"from before", "a": b"synced"}
        assert [name for _, name in under.syncs] == ["a", "disk", "b"]
        assert under.holds(b"no name")
        assert not under.holds(b"later!")


def test_a_sync_that_fails_loses_its_blocks_until_they_are_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with disk(folder) as under:
        run(under, "write('a', b'0' * 8192, True); name()")
        under.fail(1)
        assert (
            run(under, "write('a', b'1' * 8192, True); write('a', b'2' * 10, True)") == "failed\n"
        )
        assert not under.failing
        (data,) = found(under, tmp_path / "cut").values()
        # The first block was written once more; the second the kernel took for written.
        assert data == b"2" * 10 + b"1" * (BLOCK - 10) + b"0" * BLOCK


def test_what_was_not_synced_may_be_found_in_part(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with disk(folder) as under:
        run(under, "write('a', b'0' * 8192, True); name(); write('a', b'1' * 8192, False)")
        seen = {
            found(under, tmp_path / str(seed), random.Random(seed))["a"][::BLOCK]
            for seed in range(40)
        }
    assert seen == {b"00", b"01", b"10", b"11"}


def test_a_sync_that_is_held_ends_when_it_is_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with disk(folder) as under:
        under.hold()
        argv = [sys.executable, "-c", WRITER + "write('a', b'x', True)", str(folder)]
        with subprocess.Popen(argv, preexec_fn=under.preexec) as held:
            assert under.waiting.wait(10)
            assert (folder / "a").read_bytes() == b"x"
            assert not under.holds(b"x")
            assert held.poll() is None
            under.release()
            assert held.wait(10) == 0
        assert under.holds(b"x")


TRIES = """
import errno, os, sys
place, elsewhere = sys.argv[1:]
fd = os.open(f"{place}/a", os.O_CREAT | os.O_RDWR)
os.write(fd, b"before")
def told(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def tries():
    for action in (
        lambda: os.write(fd, b"x"),
        lambda: os.pwrite(fd, b"x", 0),
        lambda: os.ftruncate(fd, 0),
        lambda: os.fdatasync(fd),
        lambda: os.open(f"{place}/a", os.O_RDWR),
        lambda: os.open(f"{place}/b", os.O_CREAT),
        lambda: os.read(os.open(f"{place}/a", os.O_RDONLY), 9),
        lambda: open(elsewhere, "w").write("x"),
    ):
        yield told(action)
print("ready", flush=True)
for _ in sys.stdin:
    print(*tries(), flush=True)
"""


def test_a_disk_that_is_read_only_can_be_read_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with disk(folder, writes=True) as under:
        argv = [sys.executable, "-c", TRIES, str(folder), str(tmp_path / "elsewhere")]
        with subprocess.Popen(
            argv, preexec_fn=under.preexec, stdin=-1, stdout=-1, text=True
        ) as process:
            assert process.stdin
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            for under.read_only, refused in ((True, "EROFS"), (False, "done")):
                process.stdin.write("now\n")
                process.stdin.flush()
                assert process.stdout.readline().split() == [refused] * 6 + ["done"] * 2
            process.stdin.close()
            assert process.wait(10) == 0
