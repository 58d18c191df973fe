"""What is known of the connection: told by reports only, asked with the time. No clock inside."""

from collections import deque
from dataclasses import dataclass, field

from hookcli.tui import words
from hookcli.tunnel import observe

STALE_S = 5.0
LOST_S = 10.0


@dataclass(slots=True)
class Target:
    """What the last reports said of the program."""

    url: str
    state: str = ""
    """`up`, `refused`, `timeout`; empty before anything was tried."""
    waiting: int = 0
    next_try_at: float | None = None
    """Seconds of the same clock as `now`."""
    error: str = ""


@dataclass(slots=True)
class Link:
    """Reduces reports; `now` is seconds of a clock that only goes forward."""

    ready: observe.Ready | None = None
    phase: str = "connecting"
    """`connecting`, `live`, `lost`, `ended`, or `none` without a listener."""
    heard_at: float = 0.0
    """When the relay last gave a sign of life."""
    lost_at: float = 0.0
    reason: str = ""
    attempt: int = 0
    retry_at: float | None = None
    round_trip_ms: float | None = None
    clock_ahead_ms: float = 0.0
    targets: dict[str, Target] = field(default_factory=dict)
    notices: deque[tuple[float, observe.Notice]] = field(default_factory=lambda: deque(maxlen=20))
    reconnects: int = 0
    gaps: int = 0
    paused: bool = False
    slow: tuple[float, str, float, float] | None = None
    """When an answer nearly took too long, whose it was, and ms taken and allowed."""

    def told(self, report: observe.Report, now: float) -> None:
        """Take in a report."""
        match report:
            case observe.Ready():
                self.ready = report
                self._alive(now)
                for url in report.targets:
                    self.targets.setdefault(url, Target(url))
            case observe.Retargeted(targets=urls):
                self.targets = {url: self.targets.get(url, Target(url)) for url in urls}
            case observe.Connected():
                self.reconnects += 1
                self._alive(now)
            case observe.Alive():
                self.round_trip_ms = report.round_trip_ms
                self.clock_ahead_ms = report.clock_ahead_ms
                if self.ready is not None:
                    self._alive(now)
            case observe.Stale():
                self.heard_at = min(self.heard_at, now - report.silent_ms / 1000)
            case observe.Lost():
                self._lose(now, report.reason)
            case observe.Reconnecting():
                self._lose(now - report.down_ms / 1000, report.reason)
                self.attempt = report.attempt
                self.retry_at = now + report.retry_in_ms / 1000
            case observe.Missing():
                self.gaps += 1
            case observe.TargetState():
                self._target(report, now)
            case observe.Notice():
                self.notices.append((now, report))
            case observe.Done():
                self.phase = "ended"
            case _:
                pass

    def _alive(self, now: float) -> None:
        self.phase, self.heard_at = "live", now
        self.attempt, self.retry_at, self.reason = 0, None, ""

    def _lose(self, at: float, reason: str) -> None:
        self.lost_at = min(self.lost_at, at) if self.phase == "lost" else at
        self.phase, self.reason = "lost", reason or self.reason

    def _target(self, report: observe.TargetState, now: float) -> None:
        target = self.targets.setdefault(report.target, Target(report.target))
        target.state, target.waiting, target.error = report.state, report.waiting, report.error
        wait = report.next_try_ms
        target.next_try_at = None if wait is None else now + wait / 1000

    def state(self, now: float) -> str:
        """`none`, `connecting`, `live`, `stale`, `lost` or `ended`, whatever was reported last."""
        if self.phase != "live":
            return self.phase
        silent = now - self.heard_at
        if silent >= LOST_S:
            return "lost"
        return "stale" if silent >= STALE_S else "live"

    def silent_s(self, now: float) -> int:
        """Whole seconds since the relay's last sign of life."""
        return max(int(now - self.heard_at), 0)

    def lost_s(self, now: float) -> int:
        """Whole seconds since the connection was lost."""
        since = self.lost_at if self.phase == "lost" else self.heard_at
        return max(int(now - since), 0)

    @property
    def local(self) -> bool:
        """The relay runs in this process: it is not called live."""
        return self.ready is not None and self.ready.local

    @property
    def waiting(self) -> int:
        """Deliveries waiting for a program."""
        return sum(target.waiting for target in self.targets.values())

    @property
    def url(self) -> str:
        """The endpoint's public URL, empty before the first connection."""
        return self.ready.url if self.ready else ""

    def age(self, now: float) -> str:
        """The relay's last sign of life in words, for the connection screen."""
        return f"{words.long_span((now - self.heard_at) * 1000)} ago" if self.ready else "never"
