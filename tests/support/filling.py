"""Disks that take nothing for a while, under a running relay."""

import os
import resource
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

from tests.support.disk import Disk
from tests.support.running import Relay

_SIZE = 600 << 20
_MOUNT = f'mount -t tmpfs -o size={_SIZE},mode=700 none "$0" && exec "$@"'


class Filling(Protocol):
    """What can be done to a disk."""

    def fill(self) -> None:
        """Leave no room for anything."""

    def empty(self) -> None:
        """Leave room again."""


class SmallDisk:
    """A file system in a namespace that only the relay sees; it is gone with the relay."""

    def __init__(self, relay: Relay) -> None:
        assert relay.process is not None
        inside = Path(f"/proc/{relay.process.pid}/root")
        self._filler = inside / relay.data.relative_to("/") / "filler"

    def fill(self) -> None:
        size, step = 0, _SIZE
        with open(self._filler, "wb") as file:
            # The relay takes its part meanwhile.
            while step >= 4096:
                try:
                    os.posix_fallocate(file.fileno(), size, step)
                    size += step
                except OSError:
                    step //= 2

    def empty(self) -> None:
        self._filler.unlink()


class ShortFiles:
    """No file of the relay may grow: writing fails in the middle, and nothing announces it."""

    def __init__(self, relay: Relay) -> None:
        assert relay.process is not None
        self._pid = relay.process.pid

    def fill(self) -> None:
        self._limit(4096)

    def empty(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        _, hard = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (size, hard))


class ReadOnly:
    """What can be read can be read; nothing can be written or opened for writing."""

    def __init__(self, under: Disk) -> None:
        self._under = under

    def fill(self) -> None:
        self._under.read_only = True

    def empty(self) -> None:
        self._under.read_only = False


def mounting(data: Path) -> list[str]:
    """The command in front of a relay that is to get a `SmallDisk`; empty: not allowed here."""
    data.mkdir(mode=0o700)
    for flags in ("-m", "-Urm"):
        command = ["unshare", flags, "--", "sh", "-c", _MOUNT, str(data)]
        if (
            shutil.which("unshare")
            and not subprocess.run([*command, "true"], check=False).returncode
        ):
            return command
    return []
