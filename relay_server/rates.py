"""How fast webhooks may come: token buckets by key, with the clock passed in and memory bounded."""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So much a second on average, and so much at once."""

    per_s: float
    """0: no limit."""
    burst: float


class Buckets:
    """One bucket a key. What passes may leave a bucket in debt: then nothing does until it is paid.

    So one large amount passes whatever its size, and the average holds all the same.

    A bucket that has filled up again is as good as none and is forgotten. When `most` of them are
    in use, further keys share one: strangers with many addresses cost no more memory, and get no
    more than one of them would.
    """

    def __init__(self, rate: Rate, *, most: int = 65_536) -> None:
        self.rate, self._most = rate, most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Key to what it held, and when; the longest untouched first."""

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, key: str, now: float) -> float:
        """Seconds until something may pass; 0 when it may now."""
        if not self.rate.per_s:
            return 0.0
        held = self._held(key, now)
        # Half a drop is none: a rate of one a second lets the next pass after a whole second.
        least = min(1.0, self.rate.burst)
        return max(0.0, (least - held) / self.rate.per_s)

    def take(self, key: str, amount: float, now: float) -> None:
        """It has passed."""
        if not self.rate.per_s:
            return
        if key not in self._buckets:
            self._forget_full(now)
            key = self._key(key)
        self._buckets[key] = (self._held(key, now) - amount, now)
        self._buckets.move_to_end(key)

    def _held(self, key: str, now: float) -> float:
        held, at = self._buckets.get(self._key(key), (self.rate.burst, now))
        return min(self.rate.burst, held + max(0.0, now - at) * self.rate.per_s)

    def _key(self, key: str) -> str:
        return key if key in self._buckets or len(self._buckets) < self._most else ""

    def _forget_full(self, now: float) -> None:
        while self._buckets:
            key = next(iter(self._buckets))
            if self._held(key, now) < self.rate.burst:
                return
            del self._buckets[key]
