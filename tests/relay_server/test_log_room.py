"""How much of a disk is left: asked for seldom, and never thought to be more than it was."""

import os
from pathlib import Path

from relay_server.log.room import Room


def test_what_will_be_written_is_taken_off_until_the_disk_is_asked_again(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    size = disk.f_blocks * disk.f_frsize
    room = Room(tmp_path)
    total, first = room.left(size)
    assert total == size >= first
    _, second = room.left(0)
    assert second <= first - size
    room.look_again()
    _, third = room.left(0)
    assert third > second + size // 2
