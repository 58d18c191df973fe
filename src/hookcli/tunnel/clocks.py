"""The two clocks of a listener: one to wait by, one for what is stored and shown."""

import sys
import time


def forward() -> float:
    """Seconds of a clock that nobody can set and that goes on while the machine sleeps.

    `time.monotonic` stands still during sleep on Linux and macOS: a laptop that slept for an hour
    would take its dead connection for a fresh one.
    """
    return _now()


def wall() -> int:
    """µs since the Unix epoch by this machine's clock, which may jump; for stored times only."""
    return time.time_ns() // 1000


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _darwin() -> float:
    # There it counts sleep, other than what `time.monotonic` uses.
    return time.clock_gettime(time.CLOCK_MONOTONIC)


if hasattr(time, "CLOCK_BOOTTIME"):
    _now = _boottime
elif sys.platform == "darwin":
    _now = _darwin
else:
    _now = time.monotonic
