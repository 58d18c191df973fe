"""What a relay counts while it works, and how Prometheus reads it.

Counting is adding to a number: the library is imported when somebody asks for the page, so a relay
that nobody watches pays for nothing.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the latencies' buckets, in seconds."""
OUTCOMES = frozenset({"answered", "refused", "timeout", "aborted", "tls", "garbled", "too_large"})
MOST_ENDPOINTS = 20
"""Endpoints that are told apart: those with the most events that nobody has captured."""

Gauge = tuple[str, str, float]
"""Name without prefix, what it is, value."""


class Latency:
    """How long something took, in buckets."""

    __slots__ = ("counts", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total_s = 0.0

    def observe(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total_s += seconds


@dataclass(slots=True)
class Metrics:
    """Everything that is counted; written by those who do it."""

    received: int = 0
    """Whole requests for an endpoint that were let in."""
    received_bytes: int = 0
    told: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Who answered (`app`, `ack`, `deadline`, `gone`) and the class of the status (`2xx`)."""
    refused: Counter[str] = field(default_factory=Counter)
    """Requests that were not stored, by reason."""
    captured: int = 0
    """Events that a listener has said to have on its disk."""
    results: Counter[str] = field(default_factory=Counter)
    """What programs did, as listeners told it: `answered`, `refused`, `timeout`, …"""
    commit: Latency = field(default_factory=Latency)
    """A whole request read to its event being on disk."""
    reply: Latency = field(default_factory=Latency)
    """A whole request read to its sender being told."""
    delivery: Latency = field(default_factory=Latency)
    """An event sent on a stream to its being on the listener's disk."""
    answer: Latency = field(default_factory=Latency)
    """A whole request read to the program's own answer being told."""

    def program_did(self, outcome: str) -> None:
        """A listener told how its program took an event; what it calls it is its own choice."""
        self.results[outcome if outcome in OUTCOMES else "other"] += 1

    def was_told(self, status: int, by: str, seconds: float) -> None:
        """A sender was told something, so long after its request."""
        self.told[by, f"{status // 100}xx" if status else "none"] += 1
        self.reply.observe(seconds)
        if by == "app":
            self.answer.observe(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One endpoint with events that nobody has captured yet."""

    endpoint: str
    events: int
    oldest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How things stand when somebody asks."""

    gauges: Sequence[Gauge]
    waiting: Sequence[Waiting]
    counters: Sequence[Gauge] = ()
    """What the log has counted since the start."""
    node: str = ""
    """What the relay is called among others."""


def page(metrics: Metrics, now: Now) -> bytes:
    """Everything in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(metrics, now))
    return generate_latest(registry)


class _Collected:
    def __init__(self, metrics: Metrics, now: Now) -> None:
        self._metrics, self._now = metrics, now

    def collect(self) -> Iterator["Metric"]:
        yield from _counters(self._metrics, self._now.counters)
        yield from _latencies(self._metrics)
        yield from _gauges(self._now)


def _counters(m: Metrics, of_log: Sequence[Gauge]) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily

    def labelled(
        name: str, what: str, labels: Sequence[str], values: Mapping[tuple[str, ...], int]
    ) -> "Metric":
        made = CounterMetricFamily(f"hookcli_relay_{name}", what, labels=labels)
        for key, value in sorted(values.items()):
            made.add_metric(key, value)
        return made

    plain: tuple[Gauge, ...] = (
        ("received", "Webhooks let in, whole.", m.received),
        ("received_bytes", "Bytes of their bodies.", m.received_bytes),
        ("captured", "Events on a listener's disk, by its own word.", m.captured),
        *of_log,
    )
    for name, what, value in plain:
        yield CounterMetricFamily(f"hookcli_relay_{name}", what, value=value)
    yield labelled("replies", "What senders were told.", ("by", "status"), m.told)
    refused: dict[tuple[str, ...], int] = {(name,): n for name, n in m.refused.items()}
    yield labelled("refused", "Requests not stored, by reason.", ("reason",), refused)
    results: dict[tuple[str, ...], int] = {(name,): n for name, n in m.results.items()}
    yield labelled("results", "What programs did, told by listeners.", ("outcome",), results)


def _latencies(m: Metrics) -> Iterator["Metric"]:
    from prometheus_client.core import HistogramMetricFamily

    for name, what, latency in (
        ("commit", "Request read to event on disk.", m.commit),
        ("reply", "Request read to sender told.", m.reply),
        ("delivery", "Event sent on a stream to on the listener's disk.", m.delivery),
        ("answer", "Request read to the program's answer told.", m.answer),
    ):
        made = HistogramMetricFamily(f"hookcli_relay_{name}_seconds", what)
        made.add_metric((), _buckets(latency.counts), latency.total_s)
        yield made


def _buckets(counts: Sequence[int]) -> list[tuple[str, float]]:
    """Each bound with how many took no longer."""
    names, sofar, made = [*map(str, BOUNDS), "+Inf"], 0, []
    for name, count in zip(names, counts, strict=True):
        sofar += count
        made.append((name, float(sofar)))
    return made


def _gauges(now: Now) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

    yield InfoMetricFamily("hookcli_relay_node", "Which relay this is.", value={"node": now.node})
    for name, what, value in now.gauges:
        yield GaugeMetricFamily(f"hookcli_relay_{name}", what, value=value)
    facts: tuple[tuple[str, str, Callable[[Waiting], float]], ...] = (
        ("backlog_events", "Events nobody has captured, where most are.", lambda one: one.events),
        ("backlog_oldest_seconds", "Age of the oldest of them.", lambda one: one.oldest_s),
    )
    for name, what, value_of in facts:
        family = GaugeMetricFamily(f"hookcli_relay_{name}", what, labels=("endpoint",))
        for one in now.waiting:
            family.add_metric((one.endpoint,), value_of(one))
        yield family
