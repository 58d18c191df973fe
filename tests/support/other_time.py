"""Run a program whose wall clock is wrong: `python other_time.py FILE PROGRAM ARGS…`.

The seconds that the clock is wrong by are read from FILE at every look, so that a test can let it
jump while the program runs. A second number there is how long the machine has slept: the clock that
goes on meanwhile is ahead by it. No other clock can be set on real machines.
"""

import datetime
import runpy
import sys
import time
from pathlib import Path

_true_ns, _true_clock = time.time_ns, time.clock_gettime
_offset = Path()


def _wrong(which: int) -> float:
    numbers = _offset.read_text().split()
    return float(numbers[which]) if which < len(numbers) else 0.0


def _time_ns() -> int:
    return _true_ns() + int(_wrong(0) * 1e9)


def _clock_gettime(clock: int) -> float:
    return _true_clock(clock) + (_wrong(1) if clock == time.CLOCK_BOOTTIME else 0.0)


def _time() -> float:
    return _time_ns() / 1e9


class _DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_DateTime":
        return cls.fromtimestamp(_time(), tz)


def main() -> None:
    """Set the clocks, become the program."""
    global _offset
    _offset = Path(sys.argv[1])
    time.time_ns, time.time, time.clock_gettime = _time_ns, _time, _clock_gettime
    datetime.datetime = _DateTime  # type: ignore[misc]
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
