"""`-vv`, or `HOOKCLI_LOG=debug`: the wire log on stderr, for as long as the command runs."""

import logging
import time
from contextlib import suppress

from hookcli.captures.display import display_text
from hookcli.cli.console import Console
from hookcli.cli.render.ndjson import dumped, notice
from hookcli.cli.render.words import clock

LOG = logging.getLogger("hookcli.wire")


class _Lines(logging.Handler):
    """Writes each line where talk goes; in JSON where that is asked for."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.DEBUG)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        text = display_text(record.getMessage())
        at = time.time_ns() // 1000
        if self._console.json:
            line = dumped(notice("debug", "wire", text, at=at))
        else:
            line = f"{clock(at)} {text}"
        with suppress(OSError, ValueError):  # stderr was closed
            self._console.err(line)


def begin(console: Console) -> None:
    """Tell from now on."""
    end()
    LOG.propagate = False
    LOG.setLevel(logging.DEBUG)
    LOG.addHandler(_Lines(console))


def end() -> None:
    """Tell no more."""
    LOG.setLevel(logging.NOTSET)
    LOG.handlers.clear()
