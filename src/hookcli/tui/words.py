"""Times, sizes and durations in as few characters as a column has."""

from datetime import UTC, datetime, tzinfo

from hookcli.captures.model import Outcome

NO_ANSWER = {
    Outcome.REFUSED: "down", Outcome.TIMED_OUT: "hung", Outcome.ABORTED: "cut",
    Outcome.TLS: "TLS", Outcome.GARBLED: "junk", Outcome.TOO_LARGE: "big",
}  # fmt: skip
"""Why there is no status, in a column of four cells."""


class _Times:
    """How times are told; the same for the whole process."""

    style = "local"


def tell_times(style: str) -> None:
    """Tell times as `local`, `utc` or `relative` from now on."""
    _Times.style = style


def relative() -> bool:
    """Whether lists tell how long ago something was."""
    return _Times.style == "relative"


def _zone(given: tzinfo | None) -> tzinfo | None:
    return given or (UTC if _Times.style == "utc" else None)


_UNITS = ("", "k", "M", "G", "T")


def size(count: int) -> str:
    """Bytes in at most four characters: `212`, `4.4k`, `26k`, `5.0M`."""
    value = float(count)
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    if not unit:
        return str(count)
    return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"


def long_size(count: int) -> str:
    """Bytes for a sentence: `4.4 kB`."""
    short = size(count)
    if short[-1].isdigit():
        return f"{short} B"
    return f"{short[:-1]} {short[-1]}B"


def span(ms: float) -> str:
    """A duration in at most five characters: `12`, `1.2s`, `41s`, `6m`, `2h`, `6d`."""
    if ms < 999.5:
        return f"{ms:.0f}"
    seconds = ms / 1000
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    for limit, divisor, unit in ((99.5, 1, "s"), (5970, 60, "m"), (172000, 3600, "h")):
        if seconds < limit:
            return f"{seconds / divisor:.0f}{unit}"
    return f"{seconds / 86400:.0f}d"


def long_span(ms: float) -> str:
    """A duration for a sentence: `84 ms`, `1.2 s`, `41 s`, `6 min`."""
    short = span(ms)
    if short[-1].isdigit():
        return f"{short} ms"
    return f"{short[:-1]} {'min' if short[-1] == 'm' else short[-1]}"


def clock(at: int, zone: tzinfo | None = None, *, millis: bool = False) -> str:
    """Time of day of µs since the epoch; in the zone given, else as times are told."""
    zone = _zone(zone)
    moment = datetime.fromtimestamp(at / 1e6, zone).astimezone(zone)
    text = moment.strftime("%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}" if millis else text


def day(at: int, zone: tzinfo | None = None) -> str:
    """`11 Nov 18:02`."""
    zone = _zone(zone)
    moment = datetime.fromtimestamp(at / 1e6, zone).astimezone(zone)
    return f"{moment.day} {moment:%b %H:%M}"


def when(at: int, now: int, *, millis: bool = False) -> str:
    """For a list: the time of day, or how long ago."""
    if not relative():
        return clock(at, millis=millis)
    text = span(max(now - at, 0) / 1000)
    return "now" if text[-1].isdigit() else f"{text} ago"


SHORT_ID = 12
"""As much of an id as is shown: its time to the millisecond and a little more, so that commands
take it for the whole."""


def short(id: str) -> str:  # noqa: A002
    """The beginning of an id."""
    return id[:SHORT_ID]


def plural(count: int, word: str) -> str:
    """`1 event`, `3 events`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-=+*#@"


def sparkline(values: list[float], *, ascii_only: bool = False) -> str:
    """One character a value, relative to the largest."""
    bars = ASCII_BARS if ascii_only else BARS
    top = max(values, default=0)
    if top <= 0:
        return bars[0] * len(values)
    return "".join(bars[min(int(value / top * 7 + 0.5), 7)] for value in values)
