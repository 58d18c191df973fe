"""Whether an attempt is followed by another, and when. Pure: time and randomness are arguments."""

from dataclasses import dataclass

from hookcli.captures.model import Attempt, Outcome
from hookcli.tunnel.backoff import Random, half_jitter, retry_after

FIRST_S, LONGEST_S = 1.0, 600.0
"""Between two tries of an answer that is not 2xx: doubling from the one to the other."""
ABORTED_FIRST_S = 0.2
ABORTED_TRIES = 3
"""A program that dies while it answers is asked so often in all, unless retries are asked for: it
may be starting anew, or that very event may be what kills it."""
MOST_S = 86_400.0
"""No try is due later than this, whatever `Retry-After` says and however clocks were set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What the command line asks for."""

    times: int = 0
    """How often at most; 0: as the time allows."""
    for_s: float | None = None
    """For how long since the first attempt; None: as often as `times` says."""

    @property
    def asked(self) -> bool:
        """Whether anything is to be tried again."""
        return self.times > 0 or self.for_s is not None


def unreachable(attempt: Attempt) -> bool:
    """Whether the program was not there: nothing reached it, and it is waited for."""
    no_connection = attempt.timing.connect is None and attempt.timing.wait is None
    return attempt.outcome is Outcome.REFUSED or (
        attempt.outcome is Outcome.TIMED_OUT and no_connection
    )


def succeeded(attempt: Attempt) -> bool:
    """Whether the program answered, and well."""
    return attempt.outcome is Outcome.RESPONDED and 200 <= attempt.status < 300


def again_in(
    retry: Retry, attempt: Attempt, *, tries: int, elapsed_s: float, wall: int, random: Random
) -> float | None:
    """In how many seconds a delivery is tried again; None: this attempt was its last.

    Args:
        tries: Attempts that reached the program, this one included.
        elapsed_s: Since the first of them.
        wall: Now, µs since the Unix epoch.
    """
    if succeeded(attempt) or attempt.outcome is Outcome.TOO_LARGE:
        return None
    if not retry.asked:
        if attempt.outcome is not Outcome.ABORTED or tries >= ABORTED_TRIES:
            return None
        return half_jitter(tries - 1, first_s=ABORTED_FIRST_S, longest_s=LONGEST_S, random=random)
    if retry.times and tries > retry.times:
        return None
    pause = half_jitter(tries - 1, first_s=FIRST_S, longest_s=LONGEST_S, random=random)
    if attempt.outcome is Outcome.RESPONDED:
        pause = max(pause, retry_after(attempt.headers, wall) or 0.0)
    pause = min(pause, MOST_S)
    if retry.for_s is not None and elapsed_s + pause > retry.for_s:
        return None
    return pause
