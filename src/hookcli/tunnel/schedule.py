"""When a delivery would be tried, told in advance by the same decisions that make it be tried.

For a program that answers 500 at once whenever it is asked, without `Retry-After`: the shortest
pauses that chance may draw, and the longest.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hookcli.captures.model import Attempt, Outcome, Timing, Why
from hookcli.tunnel.backoff import Random
from hookcli.tunnel.retries import Retry, again_in

_MOST = 100_000
"""Attempts looked at; nothing that anybody waits for has more."""
_NEARLY_ONE = 1.0 - 2.0**-53
_FAILURE = Attempt(
    capture="",
    n=0,
    why=Why.RETRY,
    target="",
    started_at=0,
    ms=0.0,
    timing=Timing(connect=0.0),
    outcome=Outcome.RESPONDED,
    status=500,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One attempt, in seconds since the first."""

    n: int
    """1 for the first attempt."""
    earliest_s: float
    latest_s: float | None
    """None: only made where earlier pauses were short enough."""
    pause_s: tuple[float, float]
    """The pause before it, at least and at most."""


def schedule(retry: Retry) -> list[Planned]:
    """Every attempt that may be made."""
    quick = list(_attempts(retry, lambda: 0.0))
    slow = list(_attempts(retry, lambda: _NEARLY_ONE))
    found = []
    for at, (earliest, least) in enumerate(quick):
        latest, most = slow[at] if at < len(slow) else (None, least * 2)
        found.append(Planned(n=at + 1, earliest_s=earliest, latest_s=latest, pause_s=(least, most)))
    return found


def _attempts(retry: Retry, random: Random) -> Iterator[tuple[float, float]]:
    """When each attempt is made, and the pause before it."""
    elapsed = pause = 0.0
    for tries in range(1, _MOST):
        yield elapsed, pause
        again = again_in(retry, _FAILURE, tries=tries, elapsed_s=elapsed, wall=0, random=random)
        if again is None:
            return
        pause = again
        elapsed += pause
