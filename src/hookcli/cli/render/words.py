"""Sizes, spans, times and columns for lines and tables. Everything a stranger sent is made showable."""

import unicodedata
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from hookcli.captures.display import display_text

SHORT_ID = 12
"""Characters of an id that are shown: its whole time, and enough of the rest for one machine."""

_SIZES = (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000))
_SPANS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000))


def size(count: int) -> str:
    """`0 B`, `212 B`, `4.1 kB`, `26 kB`, `5.0 MB`, `1.2 GB`."""
    for unit, factor in _SIZES:
        if count >= factor * 0.9995:
            value = count / factor
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{count} B"


def span(ms: float) -> str:
    """`0.4 ms`, `31 ms`, `1.2 s`, `29 s`, `6 min`, `2.5 h`, `7 d`."""
    if ms < 9.95:
        return f"{ms:.1f} ms"
    if ms < 999.5:
        return f"{ms:.0f} ms"
    unit, factor = next((u, f) for u, f in _SPANS if ms >= f * 0.9995)
    value = ms / factor
    text = f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
    return f"{text.removesuffix('.0')} {unit}"


def clock(at: int, zone: tzinfo | None = None) -> str:
    """`14:32:05.412`: the time of day of µs since the epoch, local unless a zone is given."""
    return f"{_second(at // 1_000_000, zone)}.{at // 1000 % 1000:03d}"


@lru_cache(maxsize=8)
def _second(at: int, zone: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(at, zone).astimezone(zone):%H:%M:%S}"


def when(at: int, now: int, zone: tzinfo | None = None) -> str:
    """The time of day for the last day, before that the date with it."""
    if 0 <= now - at < 86_400_000_000 // 2:
        return clock(at, zone)[:8]
    moment = datetime.fromtimestamp(at // 1_000_000, zone).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M}"


def instant(at: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(at // 1_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at // 1000 % 1000:03d}Z"


def plural(count: int, word: str, many: str = "") -> str:
    """`1 event`, `3 events`, `1,204 events`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {many or word + 's'}"


def short(capture: str) -> str:
    """As much of an id as is typed."""
    return capture[:SHORT_ID]


def cells(text: str) -> int:
    """How many columns of a terminal a showable text takes."""
    if text.isascii():
        return len(text)
    # Mostly there are a few such characters among many: only they are looked at.
    return len(text) + sum([_cell(ch) - 1 for ch in text if ch > "\x7f"])


@lru_cache(maxsize=4096)
def _cell(ch: str) -> int:
    if unicodedata.category(ch) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in ("W", "F") else 1


def cut(text: str, width: int) -> str:
    """The text, or as much as fits with `…` behind it."""
    if text.isascii():
        return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
    if cells(text) <= width:
        return text
    kept, used = [], 1
    for ch in text:
        used += _cell(ch)
        if used > width:
            break
        kept.append(ch)
    return "".join(kept) + "…"


def fit(text: str, width: int) -> str:
    """Cut or filled to exactly this many columns."""
    text = cut(text, width)
    return text + " " * (width - cells(text))


def safe(text: str) -> str:
    """A stranger's text on one line, harmless."""
    return display_text(text)


def first_line(body: bytes, limit: int = 400) -> str:
    """The first line of a text that says something, harmless; empty for none."""
    text = body[: limit * 4].decode("utf-8", "replace")
    line = next((one for one in text.splitlines() if one.strip()), "")
    return display_text(" ".join(line.split())[:limit])
