"""^C, SIGTERM and SIGHUP outside an event loop: they unwind the stack, and the code says which."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from hookcli.cli.console import ExitCode

CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    getattr(signal, "SIGHUP", signal.SIGTERM): ExitCode.HUNG_UP,
}
CODES[signal.SIGTERM] = ExitCode.TERMINATED


class Signalled(BaseException):
    """A signal asked the process to end."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def _raise(number: int, _: FrameType | None) -> None:
    raise Signalled(CODES[signal.Signals(number)])


def on_hangup(call: Callable[[], object]) -> None:
    """Let SIGHUP call something in the running loop, where no terminal can hang up."""
    import asyncio

    if hasattr(signal, "SIGHUP") and not _has_terminal():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, call)


def _has_terminal() -> bool:
    """Whether a terminal controls this process, whatever its streams are."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


@contextmanager
def raised() -> Iterator[None]:
    """Signals raise `Signalled` within; nothing is changed outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _raise) for number in CODES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
