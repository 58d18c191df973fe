"""One structured line per event on the logger `relay`: never a body, token, query or header.

As JSON, or as text for people; the handler decides.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TextIO

logger = logging.getLogger("relay")
_FULL = 512


class Line(NamedTuple):
    """What the sender of one event was told, and how long after its request."""

    event: str
    endpoint: str
    seq: int
    size: int
    told: int
    by: str
    ms: float
    at: float
    """Seconds since the Unix epoch."""

    def __str__(self) -> str:
        # Every value is a number or made by the relay, so none needs escaping.
        return (
            f'{{"event":"{self.event}","endpoint":"{self.endpoint}","seq":{self.seq},'
            f'"size":{self.size},"told":{self.told},"by":"{self.by}","ms":{self.ms:.1f}}}'
        )

    @property
    def text(self) -> str:
        """The same for people."""
        return (
            f"{_clock(self.at)} event {self.event} endpoint={self.endpoint} seq={self.seq} "
            f"size={self.size} told={self.told} by={self.by} ms={self.ms:.1f}"
        )


@dataclass(frozen=True, slots=True)
class _Lines:
    """Several of them, one under the other."""

    lines: Sequence[Line]

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Note:
    """Something else than an event."""

    what: str
    facts: Mapping[str, object]
    at: float

    def __str__(self) -> str:
        return json.dumps({"note": self.what} | dict(self.facts), default=str)

    @property
    def text(self) -> str:
        facts = " ".join(f"{name}={_word(value)}" for name, value in self.facts.items())
        return f"{_clock(self.at)} {self.what} {facts}".rstrip()


def _word(value: object) -> str:
    """A value of a text line: quoted where it is more than one word."""
    text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    plain = text.isprintable() and not set(text) & set(' "=')
    return text if plain and text else json.dumps(text)


def _clock(at: float) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at))}.{int(at % 1 * 1000):03}Z"


class EventLines:
    """Collects lines and writes many at once: a log record costs more than an event otherwise."""

    def __init__(self, later: Callable[[Callable[[], None]], object]) -> None:
        """`later` calls what it is given in a moment, on the same thread."""
        self._later = later
        self._lines: list[Line] = []

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
        self._lines.append(Line(id, endpoint, seq, size, told, by, ms, time.time()))
        if len(self._lines) >= _FULL:
            self.flush()

    def flush(self) -> None:
        """Write what was collected, one line each, as one record."""
        if self._lines:
            lines, self._lines = self._lines, []
            logger.info("%s", _Lines(lines))


def note(what: str, **facts: object) -> None:
    """One structured line about something else than an event; facts must hold no secret."""
    logger.info("%s", _Note(what, facts, time.time()))


class _Formatter(logging.Formatter):
    """Lines as they are meant; whatever else is logged becomes a note too."""

    def __init__(self, form: Literal["json", "text"]) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        told = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if not isinstance(told, (_Lines, _Note)):
            level = {"level": record.levelname.lower()}
            told = _Note(super().format(record), level, record.created)
        return told.text if self._form == "text" else str(told)


def configure(stream: TextIO | None = None, form: Literal["json", "text"] = "json") -> None:
    """Write the relay's lines to a stream, stderr by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter(form))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
