"""Signed times: decimal digits in a field or a body, in seconds or milliseconds."""

from hookcli.signatures.base import Fault, Reason

SECOND = 1_000_000
MILLISECOND = 1_000
_MOST_DIGITS = 16


def read(text: bytes, unit: int, what: str) -> int:
    """The time as µs since the Unix epoch; `unit` is what one of it is in µs.

    Only plain digits: what is signed is the text, and `int` would also take `+1`, `1_0` and digits
    of other scripts.

    Raises:
        Fault: it is no such number.
    """
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        raise Fault(Reason.MALFORMED_HEADER, f"{what} is not a time in digits")
    return int(text) * unit


def write(now: int, unit: int) -> bytes:
    """The time `now` (µs since the Unix epoch) in digits."""
    return b"%d" % (now // unit)
