"""How fast a replay goes: all at once, at a rate, or with the gaps that the events came with."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hookcli.errors import UsageError

_PER = {"s": 1, "m": 60, "min": 60, "h": 3600, None: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many and how fast."""

    times: int = 1
    """How often each capture is sent."""
    concurrency: int = 1
    per_s: float | None = None
    """Requests begun in a second; None: as fast as the answers come."""
    speed: float | None = None
    """How many times faster than the events came; None: their times do not matter."""


class Clock:
    """Gives turns, one after the other: at a rate, at given times, or at once."""

    def __init__(self, per_s: float | None = None) -> None:
        self._gap = 1 / per_s if per_s else 0.0
        self._next = 0.0
        self._began: float | None = None

    async def turn(self, offset: float, stop: asyncio.Event) -> bool:
        """Wait for the next turn, `offset` seconds after the first; False when stopped meanwhile."""
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now
        at = max(self._next, self._began + offset, now)
        self._next = at + self._gap
        if at > now:
            try:
                async with asyncio.timeout_at(at):
                    await stop.wait()
            except TimeoutError:
                return True
            return False
        return True


def offsets(times: Sequence[int], speed: float | None) -> list[float]:
    """When each request is due, in seconds after the first, by when the events came (µs).

    The n-th to be sent keeps the time of the n-th that came, whatever the order of sending.
    """
    if speed is None or not times:
        return [0.0] * len(times)
    ordered = sorted(times)
    return [(at - ordered[0]) / 1e6 / speed for at in ordered]


def read_rate(text: str) -> float:
    """`5/s`, `30/m`, `2`: requests a second; UsageError if it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/(s|m|min|h))?", text.strip())
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"--rate {text}: a rate is wanted", hint="--rate 5/s, or --rate 30/m")
    return float(match[1]) / _PER[match[2]]


def read_speed(text: str) -> float | None:
    """`1x`, `10x`, `0.5x`: times the pace at which they came; `max`: None. UsageError if neither."""
    given = text.strip().lower()
    if given == "max":
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)x?", given)
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"--speed {text}: a speed is wanted", hint="--speed 1x, 10x or max")
    return float(match[1])
