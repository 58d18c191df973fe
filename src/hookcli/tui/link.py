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
    waits: dict[str, int] = field(default_factory=dict)
    """By endpoint: deliveries that wait for it."""
    next_try_at: float | None = None
    """Seconds of the same clock as `now`."""
    error: str = ""

    @property
    def waiting(self) -> int:
        """Deliveries that wait for it."""
        return sum(self.waits.values())


@dataclass(slots=True)
class Stream:
    """The connection of one endpoint; `now` is seconds of a clock that only goes forward."""

    endpoint: str = ""
    """Its id, once a report has named it."""
    ready: observe.Ready | None = None
    phase: str = "connecting"
    """`connecting`, `live`, `lost`, `ended`, or `none` without a listener."""
    heard_at: float = 0.0
    """When the relay last gave a sign of life."""
    lost_at: float = 0.0
    reason: str = ""
    attempt: int = 0
    retry_at: float | None = None

    def alive(self, now: float) -> None:
        """The relay gave a sign of life."""
        self.phase, self.heard_at = "live", now
        self.attempt, self.retry_at, self.reason = 0, None, ""

    def lose(self, at: float, reason: str) -> None:
        """The connection is gone since `at`, or since before."""
        self.lost_at = min(self.lost_at, at) if self.phase == "lost" else at
        self.phase, self.reason = "lost", reason or self.reason

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
    def name(self) -> str:
        """What people call the endpoint."""
        return (self.ready.name if self.ready else "") or self.endpoint

    def age(self, now: float) -> str:
        """The relay's last sign of life in words, for the connection screen."""
        return f"{words.long_span((now - self.heard_at) * 1000)} ago" if self.ready else "never"


_WORSE = ("none", "live", "connecting", "lost", "ended")
"""Phases, each worse than the one before."""


@dataclass(slots=True)
class Link:
    """Reduces reports. Of several endpoints it is as well as the worst of them."""

    streams: dict[str, Stream] = field(default_factory=lambda: {"": Stream()})
    """By the endpoint's id, in the order in which they were first heard of."""
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
                stream = self._of(report.endpoint)
                stream.ready = report
                stream.alive(now)
                for url in report.targets:
                    self.targets.setdefault(url, Target(url))
            case observe.Retargeted(targets=urls):
                self.targets = {url: self.targets.get(url, Target(url)) for url in urls}
            case observe.Connected():
                self.reconnects += 1
                self._of(report.endpoint).alive(now)
            case observe.Alive():
                self._alive(report, now)
            case observe.Stale():
                stream = self._of(report.endpoint)
                stream.heard_at = min(stream.heard_at, now - report.silent_ms / 1000)
            case observe.Lost():
                self._of(report.endpoint).lose(now, report.reason)
            case observe.Reconnecting():
                stream = self._of(report.endpoint)
                stream.lose(now - report.down_ms / 1000, report.reason)
                stream.attempt, stream.retry_at = report.attempt, now + report.retry_in_ms / 1000
            case observe.Missing():
                self.gaps += 1
            case observe.TargetState():
                self._target(report, now)
            case observe.Notice():
                self.notices.append((now, report))
            case observe.Done():
                self.turn("ended")
            case _:
                pass

    def _of(self, endpoint: str) -> Stream:
        """The stream of an endpoint; the first that is named was meant before."""
        if not endpoint:
            return next(iter(self.streams.values()))
        if endpoint not in self.streams:
            stream = self.streams.pop("", None) or Stream()
            stream.endpoint = endpoint
            self.streams[endpoint] = stream
        return self.streams[endpoint]

    def _alive(self, report: observe.Alive, now: float) -> None:
        self.round_trip_ms = report.round_trip_ms
        self.clock_ahead_ms = report.clock_ahead_ms
        stream = self._of(report.endpoint)
        if stream.ready is not None:
            stream.alive(now)

    def _target(self, report: observe.TargetState, now: float) -> None:
        target = self.targets.setdefault(report.target, Target(report.target))
        target.state, target.error = report.state, report.error
        target.waits[report.endpoint] = report.waiting
        wait = report.next_try_ms
        target.next_try_at = None if wait is None else now + wait / 1000

    # All of them together

    def turn(self, phase: str, reason: str = "") -> None:
        """All streams are in this phase now."""
        for stream in self.streams.values():
            stream.phase, stream.reason = phase, reason or stream.reason

    @property
    def worst(self) -> Stream:
        """The stream that is worst off: what is true of it is what can be relied on."""
        return max(self.streams.values(), key=lambda one: (_WORSE.index(one.phase), -one.heard_at))

    @property
    def phase(self) -> str:
        """The phase of the worst."""
        return self.worst.phase

    @property
    def reason(self) -> str:
        """Why it is so."""
        return self.worst.reason

    def state(self, now: float) -> str:
        """The state of the worst."""
        return self.worst.state(now)

    def who(self, now: float) -> str:
        """What is stale or lost: `relay`, or by name the one endpoint of several that is."""
        worst = self.worst
        states = {one.state(now) for one in self.streams.values()}
        return worst.name if len(states) > 1 else "relay"

    @property
    def readies(self) -> list[observe.Ready]:
        """What was told of the endpoints that have connected, in their order."""
        return [one.ready for one in self.streams.values() if one.ready is not None]

    @property
    def ready(self) -> observe.Ready | None:
        """The first of them."""
        return next(iter(self.readies), None)

    @property
    def several(self) -> dict[str, str]:
        """Id to name where there are several endpoints; nothing where there is one."""
        if len(self.streams) == 1:
            return {}
        return {id_: stream.name for id_, stream in self.streams.items()}

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
        """The public URL of the first endpoint, empty before the first connection."""
        return self.ready.url if self.ready else ""

    @property
    def urls(self) -> list[str]:
        """The public URLs of all."""
        return [one.url for one in self.readies]
