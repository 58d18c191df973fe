"""Run a program whose wall clock is wrong: `python other_time.py FILE PROGRAM ARGS…`.

The seconds that the clock is wrong by are read from FILE at every look, so that a test can let it
jump while the program runs. Only the wall clock: the others cannot be set back on real machines.
"""

import datetime
import runpy
import sys
import time
from pathlib import Path

_true_ns = time.time_ns
_offset = Path(sys.argv[1])


def _time_ns() -> int:
    return _true_ns() + int(float(_offset.read_text()) * 1e9)


def _time() -> float:
    return _time_ns() / 1e9


class _DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_DateTime":
        return cls.fromtimestamp(_time(), tz)


def main() -> None:
    """Set the clocks, become the program."""
    time.time_ns, time.time = _time_ns, _time
    datetime.datetime = _DateTime  # type: ignore[misc]
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
