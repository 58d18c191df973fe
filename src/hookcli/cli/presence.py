"""Whether a listener runs on a store: it holds a lock, which ends with its process however that ends."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hookcli.errors import UsageError

_SUFFIX = ".listening"
_TRIES, _PAUSE_S = 10, 0.02
"""Who only looks whether somebody listens has the lock for an instant."""


def file_of(store: Path, endpoint: str) -> Path:
    """The file that a listener to this endpoint locks."""
    return store.with_name(f"{store.name}.{endpoint}{_SUFFIX}")


@contextmanager
def held(store: Path, endpoint: str, *, called: str = "") -> Iterator[None]:
    """Be the one listener to this endpoint that fills this store.

    Of two each would capture a part of the events, and its program would get those only.

    Raises:
        UsageError: another process is it.
    """
    file = file_of(store, endpoint)
    with ExitStack() as stack:
        # A disk that takes no file is told of by the store; what is no POSIX system has no such locks,
        # and `wait` connects by itself.
        with suppress(OSError, ImportError):
            try:
                stack.enter_context(_locked(file))
            except BlockingIOError:
                raise _taken(called or endpoint) from None
            stack.callback(file.unlink, missing_ok=True)
        yield


def _locked(file: Path) -> BinaryIO:
    """The file, locked until it is closed; BlockingIOError when somebody else keeps it."""
    import fcntl

    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for _ in range(_TRIES):
        stream = file.open("ab")
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it before may have removed the file in between.
            if os.path.samestat(os.fstat(stream.fileno()), file.stat()):
                return stream
        stream.close()
        time.sleep(_PAUSE_S)
    raise BlockingIOError


def _taken(called: str) -> UsageError:
    return UsageError(
        f"`hookcli listen` runs here already for {called}",
        why=("an event is captured once, so each of two would get and forward a part of them",),
        hint="hookcli ls --follow, to look on; --route, for several programs; --store FILE, to get all again",
    )


def listens(store: Path, endpoint: str | None) -> bool:
    """Whether a listener to this endpoint, or without one to any, fills this store."""
    pattern = file_of(store, endpoint or "*").name
    return any(_is_locked(file) for file in store.parent.glob(pattern))


def _is_locked(file: Path) -> bool:
    try:
        import fcntl

        with file.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (OSError, ImportError):
        return False
    return False
