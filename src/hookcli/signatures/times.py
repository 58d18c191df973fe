"""Signed times: digits in seconds or milliseconds, or RFC 3339; µs since the Unix epoch here."""

import re
from datetime import UTC, datetime

from hookcli.signatures.base import Fault, Reason

SECOND = 1_000_000
MILLISECOND = 1_000
RFC3339 = 0
"""Written out, in UTC: `2026-03-25T05:09:27Z`."""

_MOST_DIGITS = 16
_WRITTEN = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z\Z", re.ASCII)


def read(text: bytes, unit: int, what: str) -> int:
    """The time as µs since the Unix epoch; `unit` is what one of it is in µs, or `RFC3339`.

    Digits are nothing else: what is signed is the text, and `int` would also take `+1`, `1_0` and
    digits of other scripts.

    Raises:
        Fault: it is no such time.
    """
    if unit == RFC3339:
        return _read_written(text, what)
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        raise Fault(Reason.MALFORMED_HEADER, f"{what} is not a time in digits")
    return int(text) * unit


def _read_written(text: bytes, what: str) -> int:
    fault = Fault(Reason.MALFORMED_HEADER, f"{what} is not a time such as 2026-03-25T05:09:27Z")
    match = _WRITTEN.match(text)
    if match is None:
        raise fault
    try:
        whole = datetime.fromisoformat(match[1].decode()).replace(tzinfo=UTC)
    except ValueError:
        raise fault from None
    return round(whole.timestamp()) * SECOND + int((match[2] or b"").ljust(6, b"0")[:6])


def write(now: int, unit: int) -> bytes:
    """The time `now` (µs since the Unix epoch), in whole units."""
    if unit == RFC3339:
        whole = datetime.fromtimestamp(now // SECOND, UTC)
        return whole.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return b"%d" % (now // unit)
