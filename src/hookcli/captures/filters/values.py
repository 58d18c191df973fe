"""Numbers, sizes, durations and moments as people type them; None where the text is none."""

import re
from datetime import UTC, datetime, timedelta

_NUMBER = re.compile(r"-?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?")
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(\d{1,300}(?:\.\d{1,300})?)(ms|s|m|h|d|w)")
_BYTES = {"b": 1, "": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}  # fmt: skip
_SIZE = re.compile(r"(\d{1,300}(?:\.\d{1,300})?)([kmg]i?)?(b)?", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = (1 << 63) - 1


def number(text: str) -> int | float | None:
    """`-12`, `2.5`, `1e6`; the digits are those of ASCII."""
    if not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    return float(text) if not text.lstrip("-").isdigit() else int(text)


def column(value: float) -> float:
    """A number as SQLite compares it exactly: whole ones as integers, within what it can hold."""
    held = max(-_MOST, min(value, _MOST))
    return int(held) if held == int(held) else held


def whole(text: str) -> int | None:
    """`2`, 0 or more."""
    found = number(text)
    return found if isinstance(found, int) and found >= 0 else None


def duration_ms(text: str) -> float | None:
    """`250ms`, `1.5s`, `1h30m`, in milliseconds; the unit is wanted."""
    parts = list(_DURATION.finditer(text.lower()))
    if not parts or not text.isascii() or sum(len(part[0]) for part in parts) != len(text):
        return None
    return sum(float(part[1]) * _MS[part[2]] for part in parts)


def milliseconds(text: str) -> float | None:
    """A duration, or a number of milliseconds."""
    found = number(text)
    if found is not None:
        return found if found >= 0 else None
    return duration_ms(text)


def size(text: str) -> float | None:
    """`512`, `10kB`, `1MiB`, in bytes."""
    match = _SIZE.fullmatch(text)
    if not match or not text.isascii():
        return None
    return float(match[1]) * _BYTES[(match[2] or "").lower()]


def moment(text: str, now: int, *, end: bool) -> int | None:
    """A time or a distance back from `now`, in µs since the epoch.

    `2h`, `today`, `yesterday`, `2026-01-31`, RFC 3339; without an offset it is this machine's time.
    Of a day the beginning, or with `end` the last µs.
    """
    back = duration_ms(text)
    if back is not None:
        return round(max(now - back * 1000, -_MOST))
    try:
        return _on_the_clock(text.lower(), now, end=end)
    except (ValueError, OverflowError, OSError):
        return None


def _on_the_clock(text: str, now: int, *, end: bool) -> int:
    days = {"today": 0, "yesterday": 1}.get(text)
    if days is not None:
        here = (_EPOCH + timedelta(microseconds=now)).astimezone().replace(tzinfo=None)
        day = here.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    elif _DAY.fullmatch(text):
        day = datetime.fromisoformat(text)
    else:
        return _micros(datetime.fromisoformat(text.upper()))
    return _micros(day + timedelta(days=1)) - 1 if end else _micros(day)


def _micros(when: datetime) -> int:
    return (when.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
