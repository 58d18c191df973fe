"""Counts and times over captures, in groups; read as a stream, so there may be very many."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from hookcli.captures.model import DeliveryState, Outcome, SignatureState, Summary

HOUR_US = 3_600_000_000


@dataclass(slots=True)
class Group:
    """What is told of some captures."""

    name: str
    count: int = 0
    good: int = 0
    """The latest answer is a 2xx."""
    failing: int = 0
    """The latest attempt has another answer, or none."""
    waiting: int = 0
    """Not delivered yet, and no answer so far."""
    skipped: int = 0
    """Captured, and on purpose not forwarded."""
    bad_signatures: int = 0
    attempts: int = 0
    took: "array[float]" = field(default_factory=lambda: array("d"))
    """ms of the latest answers."""

    @property
    def rate(self) -> float | None:
        """The share of what was to be forwarded that is delivered: 2xx; None when nothing was."""
        wanted = self.count - self.skipped
        return self.good / wanted if wanted else None

    def percentile(self, share: float) -> float | None:
        """Of the times of the latest answers, ms; None without one."""
        ordered = sorted(self.took)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None

    def add(self, one: Summary) -> None:
        """One more capture."""
        self.count += 1
        self.attempts += one.attempts
        self.bad_signatures += one.capture.signature.state is SignatureState.BAD
        last = one.last
        if last is None:
            self.skipped += one.state is DeliveryState.SKIPPED
            self.waiting += one.state is DeliveryState.PENDING
            self.failing += one.state is DeliveryState.FAILED
            return
        answered = last.outcome is Outcome.RESPONDED
        if answered:
            self.took.append(last.ms)
        if answered and 200 <= last.status < 300:
            self.good += 1
        elif not answered and one.state is DeliveryState.PENDING:
            self.waiting += 1
        else:
            self.failing += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The groups and all together."""

    groups: tuple[Group, ...]
    total: Group


def _type(one: Summary) -> str:
    capture = one.capture
    return capture.event_type or f"{capture.method} {capture.path.partition('?')[0]}"


def _status(one: Summary) -> str:
    last = one.last
    if last is None:
        return {DeliveryState.PENDING: "wait", DeliveryState.SKIPPED: "skip"}.get(one.state, "-")
    return str(last.status) if last.outcome is Outcome.RESPONDED else last.outcome.value


def _hour(one: Summary) -> str:
    from hookcli.workbench.records import instant

    return instant(one.capture.received_at - one.capture.received_at % HOUR_US)


BY: Mapping[str, Callable[[Summary], str]] = {
    "type": _type,
    "source": lambda one: one.capture.source or "-",
    "status": _status,
    "hour": _hour,
}
"""What captures can be grouped by."""


def reckon(found: Iterable[Summary], by: str) -> Stats:
    """Statistics by one of `BY`; the largest group first, hours in their order."""
    key = BY[by]
    groups: dict[str, Group] = {}
    total = Group("")
    for one in found:
        name = key(one)
        groups.setdefault(name, Group(name)).add(one)
        total.add(one)
    ordered = sorted(groups.values(), key=lambda group: group.name)
    if by != "hour":
        ordered.sort(key=lambda group: -group.count)
    return Stats(groups=tuple(ordered), total=total)
