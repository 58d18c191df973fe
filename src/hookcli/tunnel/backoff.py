"""How long to wait before trying again; randomness is an argument, in [0, 1)."""

import re
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from hookcli.wire.headers import Headers, first

Random = Callable[[], float]

_DOUBLINGS = 40
"""Beyond, a power of two would only grow the number."""


def full_jitter(failures: int, *, first_s: float, longest_s: float, random: Random) -> float:
    """Anything up to `first_s` doubled with each failure before: clients of one relay spread out."""
    return _doubled(failures, first_s, longest_s) * random()


def half_jitter(failures: int, *, first_s: float, longest_s: float, random: Random) -> float:
    """Between half and all of `first_s` doubled with each failure before: pauses that grow."""
    return _doubled(failures, first_s, longest_s) * (0.5 + random() / 2)


def _doubled(failures: int, first_s: float, longest_s: float) -> float:
    return min(first_s * 2.0 ** min(failures, _DOUBLINGS), longest_s)


def retry_after(headers: Headers, wall: int) -> float | None:
    """The seconds that an answer asks to wait (RFC 9110 §10.2.3); None when it does not, or oddly.

    Args:
        wall: Now, µs since the Unix epoch: the field may name a date.
    """
    value = first(headers, b"retry-after")
    if value is None:
        return None
    text = value.strip().decode("latin-1")
    if re.fullmatch(r"\d{1,10}", text, re.ASCII):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment.timestamp() - wall / 1e6, 0.0)
