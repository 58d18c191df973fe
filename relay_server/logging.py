"""One structured line per event on the logger `relay`: never a body, token, query or header."""

import json
import logging
import sys
from collections.abc import Callable
from typing import TextIO

logger = logging.getLogger("relay")
_FULL = 512


class EventLines:
    """Collects lines and writes many at once: a log record costs more than an event otherwise."""

    def __init__(self, later: Callable[[Callable[[], None]], object]) -> None:
        """`later` calls what it is given in a moment, on the same thread."""
        self._later = later
        self._lines: list[str] = []

    def event(
        self,
        *,
        id: str,  # noqa: A002
        endpoint: str,
        seq: int,
        size: int,
        told: int,
        by: str,
        ms: float,
    ) -> None:
        """What the sender of one event was told, and how long after its request."""
        if not logger.isEnabledFor(logging.INFO):
            return
        if not self._lines:
            self._later(self.flush)
        # Every value is a number or made by the relay, so none needs escaping.
        self._lines.append(
            f'{{"event":"{id}","endpoint":"{endpoint}","seq":{seq},"size":{size},'
            f'"told":{told},"by":"{by}","ms":{ms:.1f}}}'
        )
        if len(self._lines) >= _FULL:
            self.flush()

    def flush(self) -> None:
        """Write what was collected, one line each, as one record."""
        if self._lines:
            lines, self._lines = self._lines, []
            logger.info("%s", "\n".join(lines))


def note(what: str, **facts: object) -> None:
    """One structured line about something else than an event; facts must hold no secret."""
    logger.info("%s", json.dumps({"note": what} | facts, default=str))


def configure(stream: TextIO | None = None) -> None:
    """Write the relay's lines to a stream, stderr by default, as they are."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
