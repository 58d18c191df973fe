"""How slow this machine is right now, so that a time can be asserted on a busy one too."""

import statistics
import time

IDLE_S = 0.0054
"""What `_work` takes on an idle core of the machine that the aims were measured on."""
SLACK = 3.0
"""Tests assert three times the aim."""


def _work() -> int:
    kept: dict[int, str] = {}
    for number in range(60_000):
        kept[number % 1000] = str(number)
    return len(kept)


def _took() -> float:
    begin = time.perf_counter()
    _work()
    return time.perf_counter() - begin


def allowed(aim: float) -> float:
    """The limit for something that takes `aim` on an idle machine: with slack, and more when busy."""
    took = statistics.median(_took() for _ in range(15))
    return aim * SLACK * max(took / IDLE_S, 1.0)
