"""A disk under the test's control, between a real process and the kernel: no privileges needed.

A seccomp filter (Linux 5.0 and later, seccomp_unotify(2)) hands every `fsync` and `fdatasync` of
the process to a thread of the test. There it can be held or made to fail, and what it would have
brought to the disk is noted, so that a power cut can be played at any moment: the files as they
would be found, with everything that was not synced lost, or torn. Where asked for, every write and
every opening for writing comes by as well, so that the disk can turn read-only, and back.
"""

import ctypes
import errno
import fcntl
import os
import platform
import random
import select
import shutil
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = 4096
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
"""SECCOMP_IOCTL_NOTIF_RECV and _SEND, from the sizes of their structures."""
_GO_ON = 1
"""SECCOMP_USER_NOTIF_FLAG_CONTINUE"""
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SYNCS = {"x86_64": {74, 75}, "aarch64": {82, 83}}
"""fsync(2), fdatasync(2)"""
_WRITES = {"x86_64": {1, 18, 77}, "aarch64": {64, 68, 46}}
"""write(2), pwrite64(2), ftruncate(2): a descriptor first, as in `_SYNCS`"""
_OPENS = {"x86_64": {257}, "aarch64": {56}}
"""openat(2): path and flags behind the descriptor of a folder"""
_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def _filter(calls: Sequence[int]) -> bytes:
    """A BPF program that notifies about these calls and allows all others."""
    load, equal, end = 0x20, 0x15, 0x06
    lines = [(load, 0, 0, 0)]
    lines += [(equal, len(calls) - at, 0, number) for at, number in enumerate(calls)]
    lines += [(end, 0, 0, 0x7FFF0000), (end, 0, 0, 0x7FC00000)]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


@dataclass(slots=True)
class _File:
    """What the disk surely holds of one file."""

    synced: bytes = b""
    lost: dict[int, bytes] = field(default_factory=dict)
    """Blocks that a failed sync has lost although the kernel believes them written."""

    def fail(self, now: bytes) -> None:
        for at in range(0, len(now), BLOCK):
            if (block := now[at : at + BLOCK]) != self.synced[at : at + BLOCK]:
                self.lost[at] = block

    def sync(self, now: bytes) -> None:
        kept = {at: block for at, block in self.lost.items() if now[at : at + BLOCK] == block}
        made = bytearray(now)
        for at, block in kept.items():
            made[at : at + BLOCK] = self.synced[at : at + BLOCK].ljust(len(block), b"\0")
        self.synced, self.lost = bytes(made), kept


class Disk:
    """What stands between a process and `folder`."""

    def __init__(self, folder: Path, *, writes: bool = False) -> None:
        self.folder = folder
        self.read_only = False
        """Whether nothing can be written, as when the kernel gives a disk up; needs `writes`."""
        self.syncs: list[tuple[float, str]] = []
        """When each sync was done (`time.monotonic()`), and the name of its file or folder."""
        self.waiting = threading.Event()
        """Set while a sync is being held."""
        self._failing = 0
        self._go = threading.Event()
        self._go.set()
        self._lock = threading.Lock()
        self._files: dict[int, _File] = {}
        self._names: dict[Path, dict[str, int]] = {}
        """The names and inodes of each folder, as its last sync found them."""
        here = platform.machine()
        self._seccomp, self._opens = _SECCOMP[here], _OPENS[here]
        self._writes = _WRITES[here] | self._opens if writes else set[int]()
        self._program = _filter([*_SYNCS[here], *self._writes])
        self._ours, self._theirs = socket.socketpair()
        self._adopt(folder)
        self._thread = threading.Thread(target=self._serve, name="disk", daemon=True)
        self._thread.start()

    def _adopt(self, folder: Path) -> None:
        """What is there already has been for long."""
        if folder.is_dir():
            self._names[folder] = {one.name: one.inode() for one in os.scandir(folder)}
            for path in folder.iterdir():
                if path.is_dir():
                    self._adopt(path)
                else:
                    self._files[path.stat().st_ino] = _File(path.read_bytes())

    def preexec(self) -> None:
        """In the child, before it becomes the program: hand its syncs over."""
        libc = ctypes.CDLL(None, use_errno=True)
        code = ctypes.create_string_buffer(self._program)
        head = struct.pack("HxxxxxxP", len(self._program) // 8, ctypes.addressof(code))
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        fd = libc.syscall(
            self._seccomp, _SECCOMP_SET_MODE_FILTER, _NEW_LISTENER, ctypes.c_char_p(head)
        )
        if fd < 0:
            raise OSError(ctypes.get_errno(), "seccomp")
        socket.send_fds(self._theirs, [b"."], [fd])
        os.close(fd)

    def hold(self) -> None:
        """From now on no sync ends."""
        self._go.clear()

    def release(self) -> None:
        """Let them end."""
        self._go.set()

    def fail(self, syncs: int) -> None:
        """Let so many syncs fail with EIO, after which the kernel takes their pages for written."""
        self._failing = syncs

    @property
    def failing(self) -> bool:
        """Whether a sync still has to fail."""
        return self._failing > 0

    def holds(self, data: bytes) -> bool:
        """Whether the disk surely holds this piece of a file."""
        with self._lock:
            return any(data in file.synced for file in self._files.values())

    def close(self) -> None:
        """Let go; the processes have ended."""
        self._go.set()
        self._theirs.close()
        self._ours.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._ours.close()

    # -- the thread ---------------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            try:
                _, fds, _, _ = socket.recv_fds(self._ours, 1, 1)
            except OSError:
                return
            if not fds:
                return
            with suppress(OSError):  # the process has ended
                while self._one(fds[0]):
                    pass
            os.close(fds[0])

    def _one(self, listener: int) -> bool:
        """Decide about one call; False when no process is left to make any."""
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        if not any(events & select.POLLIN for _, events in poll.poll()):
            return False
        asked = bytearray(80)
        fcntl.ioctl(listener, _RECEIVE, asked, True)
        call, pid, number = struct.unpack_from("QIxxxxI", asked)
        args = struct.unpack_from("6Q", asked, 32)
        error = self._refusal(pid, number, args)
        told = (0, 0, _GO_ON) if error is None else (0, -error, 0)
        fcntl.ioctl(listener, _SEND, struct.pack("QqiI", call, *told))
        return True

    def _refusal(self, pid: int, number: int, args: Sequence[int]) -> int | None:
        """The error of a call, 0 for none; None: the kernel is to do it."""
        link = f"/proc/{pid}/fd/{args[0]}"
        if not self.read_only:
            return None if number in self._writes else self._sync(link)
        if number not in self._opens:
            path = Path(os.readlink(link))
        elif args[2] & _FOR_WRITING:
            path = _path_at(pid, args[1])
        else:
            return None
        return errno.EROFS if self._is_inside(path) else None

    def _is_inside(self, path: Path) -> bool:
        return path == self.folder or self.folder in path.parents

    def _sync(self, link: str) -> int | None:
        """The error of the call, 0 for none; None: it is none of our business."""
        path = Path(os.readlink(link))
        if not self._is_inside(path):
            return None
        if not self._go.is_set():
            self.waiting.set()
            self._go.wait()
            self.waiting.clear()
        with self._lock:
            failed, self._failing = self._failing > 0, max(0, self._failing - 1)
            if path.is_dir():
                if not failed:
                    self._names[path] = {one.name: one.inode() for one in os.scandir(path)}
            else:
                file = self._files.setdefault(os.stat(link).st_ino, _File())
                (file.fail if failed else file.sync)(Path(link).read_bytes())
            if not failed:
                self.syncs.append((time.monotonic(), path.name))
        return errno.EIO if failed else 0

    # -- a power cut --------------------------------------------------------------------------

    def after_power_cut(self, to: Path, chance: random.Random | None = None) -> None:
        """Write into `to` what would be found; the process must be dead.

        Args:
            chance: Without it everything that was not synced is lost. With it each block, each
                file's length and each name is by chance as it was synced or as it was written.
        """
        with self._lock:
            for folder in [self.folder, *(p for p in self.folder.rglob("*") if p.is_dir())]:
                if folder == self.folder or folder.name in self._names.get(folder.parent, {}):
                    target = to / folder.relative_to(self.folder)
                    target.mkdir(mode=0o700, parents=True)
                    self._restore(folder, target, chance)

    def _restore(self, folder: Path, to: Path, chance: random.Random | None) -> None:
        synced = self._names.get(folder, {})
        written = {one.name: one.inode() for one in os.scandir(folder) if one.is_file()}
        for name in synced.keys() | written.keys():
            if name.endswith("-shm") or (folder / name).is_dir():
                continue  # SQLite makes the former anew
            old, new = synced.get(name), written.get(name)
            inode = old if chance is None else chance.choice([old, new])
            if inode is None:
                continue
            data = self._files.get(inode, _File()).synced
            if chance is not None and inode == new:
                data = _torn(data, (folder / name).read_bytes(), chance)
            (to / name).write_bytes(data)


def _path_at(pid: int, address: int) -> Path:
    """A path in the memory of a process."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        return Path(os.fsdecode(memory.read(4096).split(b"\0", 1)[0]))


def _torn(synced: bytes, written: bytes, chance: random.Random) -> bytes:
    """Each block as it was synced or as it was written."""
    size = chance.choice([len(synced), len(written)])
    made = bytearray()
    for at in range(0, size, BLOCK):
        block = chance.choice([synced, written])[at : at + BLOCK]
        made += block.ljust(BLOCK, b"\0")
    return bytes(made[:size])


@contextmanager
def disk(folder: Path, *, writes: bool = False) -> Iterator[Disk]:
    """A disk for processes that are started and ended inside; `writes`: it can turn read-only."""
    it = Disk(folder, writes=writes)
    try:
        yield it
    finally:
        it.close()


def replace(folder: Path, by: Path) -> None:
    """Put what a power cut has left where the process will look for it."""
    shutil.rmtree(folder)
    by.rename(folder)
