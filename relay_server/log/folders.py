"""Folders whose names survive a power cut, and that only their owner may enter."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Create it with what is missing above it, each name synced in the folder that holds it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Write to the disk which names the folder holds."""
    if os.name == "nt":  # folders cannot be opened there
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
