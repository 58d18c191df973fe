"""What the rounds say: medians, ratios to direct, and each goal with ok or missed."""

from collections.abc import Callable, Iterable
from statistics import median

import msgspec

from benchmarks.load import Result
from benchmarks.measure import Cost
from benchmarks.roads import ROADS


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One goal and what was measured."""

    goal: str
    wanted: str
    measured: str
    ok: bool


class Rounds:
    """Every round of every cell, asked for medians."""

    def __init__(self, costs: Iterable[Cost]) -> None:
        self.costs = list(costs)

    @property
    def cells(self) -> list[str]:
        """The cells measured, in order."""
        return list(dict.fromkeys(cost.cell for cost in self.costs))

    def of(self, cell: str, road: str) -> list[Cost]:
        """The rounds of one cell on one road."""
        return [cost for cost in self.costs if (cost.cell, cost.road) == (cell, road)]

    def middle(self, cell: str, road: str, value: Callable[[Cost], float]) -> float:
        """The median over the rounds."""
        return median(value(cost) for cost in self.of(cell, road))

    def ratio(self, cell: str, road: str, value: Callable[[Cost], float]) -> float:
        """The median of what a round gave, divided by what direct gave in the same round."""
        direct = {cost.round: value(cost) for cost in self.of(cell, "direct")}
        found = [value(cost) / direct[cost.round] for cost in self.of(cell, road)]
        return median(found)

    def has(self, cell: str, *roads: str) -> bool:
        """Whether the cell was measured on all these roads."""
        return all(self.of(cell, road) for road in roads)


def _speed(cost: Cost) -> float:
    return cost.result.per_second


def _p50(cost: Cost) -> float:
    return cost.result.end_to_end.p50


def _p99(cost: Cost) -> float:
    return cost.result.end_to_end.p99


def _number(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f}"


def _row(rounds: Rounds, cell: str, road: str) -> list[str]:
    costs = rounds.of(cell, road)

    def middle(value: Callable[[Cost], float]) -> str:
        return _number(rounds.middle(cell, road, value))

    spreads: list[Callable[[Result], float]] = [
        lambda r: r.accept.p50,
        lambda r: r.accept.p95,
        lambda r: r.accept.p99,
        lambda r: r.end_to_end.p50,
        lambda r: r.end_to_end.p95,
        lambda r: r.end_to_end.p99,
    ]
    times = [_number(median(value(cost.result) for cost in costs)) for value in spreads]
    if road == "ingest":
        times[3:] = ["–"] * 3
    faults = [
        sum(getattr(c.result, kind) for c in costs) for kind in ("lost", "doubled", "altered")
    ]
    ratio = f"{rounds.ratio(cell, road, _speed):.3f}" if rounds.has(cell, "direct") else "–"
    if road == "direct":
        return [cell, road, middle(_speed), ratio, *times, "–", "–", "–", *map(str, faults)]
    peak = "/".join(
        f"{max(c.peak_mb.get(part, 0) for c in costs):.0f}"
        for part in ("relay", "listener")
        if any(part in c.peak_mb for c in costs)
    )
    cpu = "+".join(
        _number(median(c.cpu_s[part] * 1000 / max(1, c.result.accepted) for c in costs))
        for part in ("relay", "listener")
        if all(part in c.cpu_s for c in costs)
    )
    total = middle(lambda cost: cost.per_thousand)
    return [cell, road, middle(_speed), ratio, *times, cpu, total, peak, *map(str, faults)]


_HEAD = [
    "cell",
    "road",
    "/s",
    "×direct",
    "acc-p50",
    "p95",
    "p99",
    "e2e-p50",
    "p95",
    "p99",
    "CPU-s/1000",
    "sum",
    "peak-MB",
    "lost",
    "dbl",
    "alt",
]


def columns(head: list[str], rows: list[list[str]]) -> str:
    """Lines of aligned columns; the first two lean left, the others right."""
    table = [head, *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(head))]
    lines = []
    for row in table:
        cells = [
            text.ljust(width) if at < 2 else text.rjust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def table(rounds: Rounds) -> str:
    """Every cell on every road. Latencies in ms; peaks as relay/listener."""
    rows = [
        _row(rounds, cell, road)
        for cell in rounds.cells
        for road in ROADS
        if rounds.has(cell, road)
    ]
    return columns(_HEAD, rows)


_RATIOS = (
    ("8Kx32", ("ack", "app"), 0.12),
    ("8Kx32", ("ingest",), 0.20),
    ("64Kx32", ("ack", "app"), 0.14),
    ("1Mx8", ("ack", "app"), 0.25),
    ("8Kx32+50ms", ("ack", "app"), 0.85),
)


def verdicts(rounds: Rounds) -> list[Verdict]:
    """The goals that the measured cells speak of."""
    made: list[Verdict] = []
    if rounds.has("8Kx32", "direct"):
        speed = rounds.middle("8Kx32", "direct", _speed)
        made.append(at_least("direct, 8 KB, 32 senders, /s", 15_000, speed))
    for cell, roads, wanted in _RATIOS:
        for road in roads:
            if rounds.has(cell, road, "direct"):
                found = rounds.ratio(cell, road, _speed)
                made.append(at_least(f"{cell} {road}, × direct", wanted, found))
    return [*made, *_everyday(rounds), *_ingest(rounds), _exact(rounds)]


def _everyday(rounds: Rounds) -> list[Verdict]:
    made = []
    for road in ("ack", "app"):
        if rounds.has("8K@100", road, "direct"):
            p99 = rounds.middle("8K@100", road, _p99) - rounds.middle("8K@100", "direct", _p99)
            cpu = rounds.middle("8K@100", road, lambda cost: cost.per_thousand)
            ratio = rounds.ratio("8K@100", road, _p50)
            made += [
                at_most(f"8K@100 {road}, e2e p50 × direct", 3.5, ratio),
                at_most(f"8K@100 {road}, e2e p99 ms above direct", 5.0, p99),
                at_most(f"8K@100 {road}, CPU s per 1,000", 0.6, cpu),
            ]
    return made


def _ingest(rounds: Rounds) -> list[Verdict]:
    made = []
    if rounds.has("8K@500", "ingest"):
        p50 = rounds.middle("8K@500", "ingest", lambda cost: cost.result.accept.p50)
        p99 = rounds.middle("8K@500", "ingest", lambda cost: cost.result.accept.p99)
        made.append(at_most("D7 durable ack at 500/s, p50 ms", 5.0, p50))
        made.append(at_most("D7 durable ack at 500/s, p99 ms", 25.0, p99))
    if rounds.has("8Kx64", "ingest"):
        speed = rounds.middle("8Kx64", "ingest", _speed)
        made.append(at_least("D7 durable acks flat out, /s", 3_000, speed))
    return made


def _exact(rounds: Rounds) -> Verdict:
    results = [cost.result for cost in rounds.costs]
    faults = sum(r.lost + r.doubled + r.altered for r in results)
    refused = sum(sum(r.refused.values()) for r in results)
    sent = sum(r.sent for r in results)
    said = f"{faults} of {sent}" + (f", {refused} refused" if refused else "")
    return Verdict(
        goal="lost, doubled or altered, all cells", wanted="0", measured=said, ok=not faults
    )


def at_least(goal: str, wanted: float, found: float) -> Verdict:
    """A goal that is a lower bound."""
    return Verdict(goal=goal, wanted=f">= {wanted:g}", measured=_precise(found), ok=found >= wanted)


def at_most(goal: str, wanted: float, found: float) -> Verdict:
    """A goal that is an upper bound."""
    return Verdict(goal=goal, wanted=f"<= {wanted:g}", measured=_precise(found), ok=found <= wanted)


def _precise(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def goals(made: list[Verdict]) -> str:
    """The goals, one a line."""
    rows = [[v.goal, v.wanted, v.measured, "ok" if v.ok else "MISSED"] for v in made]
    return columns(["goal", "wanted", "measured", ""], rows)
