"""^C, SIGTERM and SIGHUP outside an event loop: they unwind the stack, and the code says which."""

import signal
import threading
from collections.abc import Iterator
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
