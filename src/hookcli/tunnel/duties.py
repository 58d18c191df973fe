"""What dispatch keeps in mind: a delivery that is not finished, and a target with those that wait for it.

Small on purpose: a hundred thousand deliveries may wait for a program that is down.
"""

import heapq
from dataclasses import dataclass, field

from hookcli.captures.model import Delivery, DeliveryState
from hookcli.tunnel.backoff import Random, half_jitter
from hookcli.tunnel.observe import TargetState

FIRST_PROBE_S, LONGEST_PROBE_S = 0.2, 5.0
"""Between two looks for a program that is down: doubling from the one to the other."""


@dataclass(slots=True, kw_only=True)
class Duty:
    """A delivery that is not finished."""

    order: int
    """Its place in the order of capturing."""
    capture: str
    target: str
    tries: int = 0
    """Attempts that reached the program."""
    attempts: int = 0
    """All of them in this process."""
    first_try: float = 0.0
    """When the first attempt reached the program, on the clock that goes forward."""
    first_try_at: int = 0
    """The same on the wall, 0 before it."""
    due: float = 0.0
    due_at: int = 0
    """When it is due, if not at once, on both clocks; `due` means nothing while `due_at` is 0."""
    running: bool = False

    def delivery(self, state: DeliveryState) -> Delivery:
        """What is stored of it."""
        return Delivery(
            capture=self.capture,
            target=self.target,
            state=state,
            tries=self.tries,
            due_at=self.due_at,
            first_try_at=self.first_try_at,
        )

    def move(self, target: str) -> list[Delivery]:
        """Give it another target; what is stored of the old one and the new one."""
        old = self.delivery(DeliveryState.SKIPPED)
        self.target = target
        return [old, self.delivery(DeliveryState.PENDING)]


@dataclass(slots=True)
class Target:
    """Where deliveries go: whether somebody is there, and what waits."""

    url: str
    probe_at: float | None
    """When to look for it; None: not at all, or it is being looked for."""
    state: str = ""
    """`up`, `refused` or `timeout`; empty before anything is known."""
    error: str = ""
    failures: int = 0
    """In a row: probes, and attempts that found nobody."""
    probing: bool = False
    ready: list[tuple[int, Duty]] = field(default_factory=list)
    """A heap: the oldest first."""
    told: tuple[str, int] = ("", 0)
    """State and number of waiting deliveries in the latest report."""
    told_at: float = 0.0

    @property
    def down(self) -> bool:
        """Whether nothing is to be attempted, because nobody is there."""
        return self.state not in ("", "up")

    def push(self, duty: Duty) -> None:
        """A delivery is ready."""
        heapq.heappush(self.ready, (duty.order, duty))

    def pop(self) -> Duty:
        """The oldest that is ready."""
        return heapq.heappop(self.ready)[1]

    def found(self) -> bool:
        """Somebody is there; whether that is news."""
        if self.state == "up":
            return False
        self.state, self.error, self.probe_at = "up", "", None
        return True

    def lost(self, state: str, error: str, now: float, random: Random) -> None:
        """Nobody is there; look again after a while."""
        pause = half_jitter(
            self.failures, first_s=FIRST_PROBE_S, longest_s=LONGEST_PROBE_S, random=random
        )
        self.failures += 1
        self.state, self.error, self.probe_at = state, error, now + pause

    def report(self, now: float) -> TargetState:
        """How it stands now."""
        self.told, self.told_at = (self.state, len(self.ready)), now
        probe_at = self.probe_at
        return TargetState(
            target=self.url,
            state=self.state,
            waiting=len(self.ready),
            next_try_ms=None if probe_at is None else round(max(probe_at - now, 0) * 1000),
            error=self.error,
        )
