"""The terminal is on stdin and stderr; stdout may be a pipe, whatever Textual thinks of it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""Textual handles none of them."""


@contextmanager
def drawn_on_stderr() -> Iterator[None]:
    """Have the size of the terminal asked of stderr; stdout would say 80×24 when it is a pipe."""
    before = sys.__stdout__
    sys.__stdout__ = sys.__stderr__  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stdout__ = before  # type: ignore[misc]


@contextmanager
def handlers_kept() -> Iterator[None]:
    """Give the signals back to who had them before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
