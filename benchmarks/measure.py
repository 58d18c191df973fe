"""One cell on one road: the job, what it cost, what became of it."""

import msgspec

from benchmarks.load import Job, Pace, Result
from benchmarks.roads import ROADS, Road, Scene


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One combination of size, senders and pace, measured on several roads in turn."""

    size: str
    senders: int
    count: int
    """How many webhooks a round at most."""
    seconds: float = 3.0
    pace: Pace = "delivered"
    rate: float = 100.0
    delay_ms: int = 0
    roads: tuple[str, ...] = ROADS

    @property
    def name(self) -> str:
        """How it is called on the command line and in tables."""
        if self.pace == "rate":
            return f"{self.size}@{self.rate:g}"
        return f"{self.size}x{self.senders}" + (f"+{self.delay_ms}ms" if self.delay_ms else "")


_SMALL = tuple(
    Cell(size=size, senders=senders, count=count)
    for size, counts in {
        "1K": {1: 500, 16: 4000, 64: 4000},
        "8K": {1: 500, 16: 3000, 64: 3000},
        "64K": {1: 200, 16: 500, 64: 500},
        "1M": {1: 20, 16: 48, 64: 64},
    }.items()
    for senders, count in counts.items()
)
CELLS = (
    *_SMALL,
    Cell(size="8K", senders=32, count=4000),
    Cell(size="64K", senders=32, count=1000),
    Cell(size="1M", senders=8, count=64),
    Cell(size="8K", senders=32, count=1200, delay_ms=50, roads=("direct", "ack", "app")),
    Cell(
        size="8K",
        senders=32,
        count=400,
        pace="rate",
        seconds=6.0,
        roads=("direct", "ack", "app"),
    ),
    Cell(
        size="8K",
        senders=64,
        count=1500,
        pace="rate",
        rate=500.0,
        seconds=6.0,
        roads=("direct", "ingest"),
    ),
)
"""Everything that `make bench` measures."""

QUICK = ("8Kx32", "64Kx32", "1Mx8", "8Kx32+50ms", "8K@100", "8K@500")
"""The cells that the goals speak of."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One round of one cell on one road."""

    cell: str
    road: str
    round: int
    result: Result
    cpu_s: dict[str, float]
    """CPU seconds of relay and listener."""
    peak_mb: dict[str, float]
    """Most resident memory of relay and listener while it ran."""

    @property
    def per_thousand(self) -> float:
        """CPU seconds of all parts together per 1,000 events."""
        count = max(self.result.delivered, self.result.accepted)
        return sum(self.cpu_s.values()) * 1000 / count if count else 0.0


async def measure(scene: Scene, road: Road, cell: Cell, number: int) -> Cost:
    """Run one cell on one road once."""
    for process in road.processes.values():
        process.forget_peak()
    before = {part: process.cpu_s() for part, process in road.processes.items()}
    scene.runs += 1
    job = Job(
        run=scene.runs,
        port=road.port,
        path=road.path,
        size=cell.size,
        senders=cell.senders,
        count=cell.count,
        seconds=cell.seconds,
        pace="accepted" if cell.pace == "delivered" and not road.arrives else cell.pace,
        rate=cell.rate,
        delay_ms=cell.delay_ms,
        answers=road.answers,
        arrives=road.arrives,
    )
    result = await scene.send(road.name, job)
    after = {part: process.cpu_s() for part, process in road.processes.items()}
    return Cost(
        cell=cell.name,
        road=road.name,
        round=number,
        result=result,
        cpu_s={part: after[part] - before[part] for part in before},
        peak_mb={part: process.peak_kb() / 1024 for part, process in road.processes.items()},
    )
