"""How much of a disk is left, asked for so seldom that no commit pays for it."""

import os
import time
from pathlib import Path

_AGAIN_S = 0.05
_OVERHEAD = 2
"""Times the bytes of an event that the log may write for it: the write-ahead log, then the file."""
_PAGES = 64 << 10
"""Bytes that any commit may write beside its events."""


class Room:
    """The disk of one folder; between two looks at it, what is written is taken off."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._total = self._free = 0
        self._until = 0.0
        """When what is known is too old (monotonic)."""

    def left(self, size: int) -> tuple[int, int]:
        """Bytes of the disk, and how many of them are free for somebody who will write `size`.

        Raises:
            OSError: the folder cannot be reached.
        """
        now = time.monotonic()
        if now >= self._until:
            disk = os.statvfs(self._folder)
            self._total, self._free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
            self._until = now + _AGAIN_S
        free = self._free
        self._free -= size * _OVERHEAD + _PAGES
        return self._total, free

    def look_again(self) -> None:
        """Somebody may have made room."""
        self._until = 0.0
