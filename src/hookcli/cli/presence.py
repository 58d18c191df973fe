"""Whether a listener runs on a store: it holds a lock, which ends with its process however that ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SUFFIX = ".listening"


def file_of(store: Path, endpoint: str) -> Path:
    """The file that a listener to this endpoint locks."""
    return store.with_name(f"{store.name}.{endpoint}{_SUFFIX}")


@contextmanager
def held(store: Path, endpoint: str) -> Iterator[None]:
    """Show that a listener to this endpoint fills this store. Several may at once."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system: nobody will know, and `wait` connects by itself
        yield
        return
    file = file_of(store, endpoint)
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file.open("ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH)
            try:
                yield
            finally:
                _remove_if_last(file, stream.fileno())
            return
    yield  # a disk that takes no file is told of by the store


def _remove_if_last(file: Path, handle: int) -> None:
    import fcntl

    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.unlink(missing_ok=True)


def listens(store: Path, endpoint: str | None) -> bool:
    """Whether a listener to this endpoint, or without one to any, fills this store."""
    pattern = file_of(store, endpoint or "*").name
    return any(_is_locked(file) for file in store.parent.glob(pattern))


def _is_locked(file: Path) -> bool:
    try:
        import fcntl

        with file.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (OSError, ImportError):
        return False
    return False
