"""Counts and times over rows; pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hookcli.captures.filters import quoted
from hookcli.captures.model import DeliveryState, Outcome, SignatureState
from hookcli.tui import words
from hookcli.tui.link import Link
from hookcli.tui.paint import Line, Piece, left, length, right
from hookcli.tui.rows import Row

WINDOWS: Mapping[str, int] = {"1 h": 3600, "6 h": 21600, "24 h": 86400, "all": 0}
"""Name to seconds; 0 is everything."""
BY: Mapping[str, Callable[[Row], str]] = {
    "type": lambda row: row.event or f"{row.method} {row.path.partition('?')[0]}",
    "source": lambda row: row.source or "unknown",
    "status": lambda row: str(row.status) if row.outcome is Outcome.RESPONDED
    else (row.outcome.value if row.outcome else "not sent"),
}  # fmt: skip
FILTER = {"type": "type", "source": "source", "status": "status"}


@dataclass(slots=True)
class Group:
    """One line of the table."""

    name: str
    count: int = 0
    good: int = 0
    client: int = 0
    server: int = 0
    other: int = 0
    took: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What is told of a set of rows."""

    count: int
    failed: int
    bad_signatures: int
    waiting: int
    skipped: int
    repeated: int
    took: Sequence[float]
    """ms of the last attempts, sorted."""
    per_slot: Sequence[float]
    latency: Sequence[float]
    groups: Sequence[Group]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Of sorted values; 0 when there are none."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def reckon(
    rows: Iterable[Row],
    *,
    now: int,
    window_s: int,
    by: str,
    slots: int,
    repeats: Callable[[Row], object] = lambda row: None,
) -> Stats:
    """Statistics of the rows inside the window that ends now (µs)."""
    chosen = [row for row in rows if not window_s or now - row.at <= window_s * 1_000_000]
    begin = min((row.at for row in chosen), default=now)
    start = now - window_s * 1_000_000 if window_s else begin
    width = max((now - start) / slots, 1)
    per_slot, worst = [0.0] * slots, [0.0] * slots
    groups: dict[str, Group] = {}
    took: list[float] = []
    tally: Counter[str] = Counter()
    for row in chosen:
        slot = min(max(int((row.at - start) / width), 0), slots - 1)
        per_slot[slot] += 1
        tally["failed"] += row.failed
        tally["bad"] += row.sig is SignatureState.BAD
        tally["waiting"] += row.waiting
        tally["repeated"] += repeats(row) is not None
        tally["skipped"] += row.state is DeliveryState.SKIPPED and row.outcome is None
        if row.outcome is not None:
            took.append(row.ms)
            worst[slot] = max(worst[slot], row.ms)
        _add(groups.setdefault(BY[by](row), Group(BY[by](row))), row)
    return Stats(
        count=len(chosen), failed=tally["failed"], bad_signatures=tally["bad"],
        waiting=tally["waiting"], skipped=tally["skipped"], repeated=tally["repeated"], took=sorted(took),
        per_slot=per_slot, latency=worst,
        groups=sorted(groups.values(), key=lambda group: (-group.count, group.name)),
    )  # fmt: skip


def _add(group: Group, row: Row) -> None:
    group.count += 1
    if row.outcome is None:
        return
    group.took.append(row.ms)
    hundred = row.status // 100 if row.outcome is Outcome.RESPONDED else 0
    group.good += hundred == 2
    group.client += hundred == 4
    group.server += hundred == 5
    group.other += hundred not in (2, 4, 5)


def head_lines(
    stats: Stats, width: int, *, through: Sequence[float] = (), ascii_only: bool
) -> list[Line]:
    """Totals, the two curves, the times; `through` are ms from the relay to the program, sorted."""
    share = f" ({stats.failed / stats.count:.1%})" if stats.count and stats.failed else ""
    p50, p95 = percentile(stats.took, 0.5), percentile(stats.took, 0.95)
    top = stats.took[-1] if stats.took else 0.0
    room = max(width - 18, 10)
    bars = words.sparkline(list(stats.per_slot), ascii_only=ascii_only)[:room]
    times = words.sparkline(list(stats.latency), ascii_only=ascii_only)[:room]
    facts = (f"bad signature {stats.bad_signatures}", f"duplicates {stats.repeated}",
             f"waiting {stats.waiting}", f"skipped {stats.skipped}")  # fmt: skip
    begin: Line = (
        Piece(f"  events   {stats.count}   "),
        Piece(f"failed {stats.failed}{share}", "bad" if stats.failed else ""),
    )
    rest = Piece("   " + "   ".join(facts))
    whole = length((*begin, rest)) <= width
    return [
        *([(*begin, rest)] if whole else [begin, (Piece("  " + "   ".join(facts)),)]),
        (), (Piece("  events       ", "dim"), Piece(bars, "accent")),
        (Piece("  slowest      ", "dim"), Piece(times, "accent")), (),
        (Piece("  your app     ", "dim"), Piece(f"p50 {words.long_span(p50)}   p95 {words.long_span(p95)}   "
                                             f"max {words.long_span(top)}")),
        *([_through(through, ascii_only=ascii_only)] if through else []), (),
    ]  # fmt: skip


def _through(took: Sequence[float], *, ascii_only: bool) -> Line:
    p50, p95 = (words.long_span(percentile(took, share)) for share in (0.5, 0.95))
    arrow = "->" if ascii_only else "→"
    return (
        Piece("  through us   ", "dim"), Piece(f"p50 {p50}   p95 {p95}"),
        Piece(f"   (at the relay {arrow} at your app)", "dim"),
    )  # fmt: skip


def table(stats: Stats, by: str, width: int, *, ascii_only: bool) -> tuple[list[Line], list[int]]:
    """The groups, and which lines can be chosen."""
    name = max(min(width - 44, 48), 12)
    none = "." if ascii_only else "·"
    head = f"  {left(by.upper(), name)}{right('N', 6)}{right('2xx', 7)}{right('4xx', 6)}{right('5xx', 6)}{right('p50', 9)}{right('p95', 8)}"
    lines: list[Line] = [(Piece(head, "dim"),)]
    choices: list[int] = []
    for group in stats.groups:
        ordered = sorted(group.took)
        choices.append(len(lines))
        p50 = words.long_span(percentile(ordered, 0.5)) if ordered else "-"
        p95 = words.long_span(percentile(ordered, 0.95)) if ordered else "-"
        lines.append((
            Piece(f"  {left(group.name, name)}"), Piece(right(str(group.count), 6)),
            Piece(right(str(group.good or none), 7), "ok" if group.good else "dim"),
            Piece(right(str(group.client or none), 6), "bad" if group.client else "dim"),
            Piece(right(str(group.server or none), 6), "bad" if group.server else "dim"),
            Piece(right(p50, 9)), Piece(right(p95, 8)),
        ))  # fmt: skip
    return lines, choices


def filter_for(by: str, name: str) -> str:
    """The filter that lists what a group counts."""
    if by == "type" and name.partition(" ")[2].startswith("/"):
        return f"path={quoted(name.partition(' ')[2])}"
    if by == "source" and name == "unknown":
        return 'source=""'
    if by == "status" and name == "not sent":
        return "attempts=0"
    return f"{FILTER[by]}={quoted(name)}"


def foot_lines(link: Link, captures: int, size: int, oldest: int, now: int) -> list[Line]:
    """The relay and the store, a line each."""
    relay = "no listener runs here"
    if link.ready is not None:
        facts = [words.plural(link.reconnects, "reconnect"), words.plural(link.gaps, "gap")]
        if link.round_trip_ms is not None:
            facts.append(f"round trip {words.long_span(link.round_trip_ms)}")
        relay = " · ".join([link.ready.relay, *facts])
    since = f" · the oldest {words.long_span((now - oldest) / 1000)} old" if captures else ""
    store = f"{words.plural(captures, 'capture')} shown · {words.long_size(size)}{since}"
    return [(), (Piece("  relay        ", "dim"), Piece(relay)),
            (Piece("  store        ", "dim"), Piece(store))]  # fmt: skip
