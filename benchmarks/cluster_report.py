"""What growing has cost, as tables."""

from collections.abc import Sequence
from statistics import median

import msgspec

from benchmarks.load import Result
from benchmarks.report import columns

MOVED = "moved to another relay"
"""The shape of a round that is measured only because each relay learns anew where endpoints stand."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One round at one size."""

    part: str
    shape: str
    relay_s: float
    """CPU seconds of all relays, above idling."""
    nats_s: float
    result: Result

    @property
    def per_thousand(self) -> float:
        """CPU seconds of relays and servers for 1,000 events."""
        return (self.relay_s + self.nats_s) * 1000 / max(1, self.result.accepted)


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """What there is at one size while nothing happens."""

    part: str
    shape: str
    relay_mb: float
    nats_mb: float
    relay_idle: float
    """CPU seconds a second, of all relays together."""
    nats_idle: float
    start_s: float
    """From the start of a relay until it listens."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What the log holds in the end."""

    part: str
    shape: str
    accepted: int
    found: int
    doubled: int
    altered: int
    blocks: int
    disk: int
    """Bytes a server's store has grown by for each event."""
    relay_mb: float
    """Of one relay, after all that traffic."""
    nats_mb: float

    @property
    def exact(self) -> bool:
        """Everything accepted, once, unchanged."""
        return self.found == self.accepted and not self.doubled and not self.altered


class Found(msgspec.Struct):
    """All that was measured."""

    rows: list[Row] = msgspec.field(default_factory=list)
    weights: list[Weight] = msgspec.field(default_factory=list)
    kept: list[Kept] = msgspec.field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Nothing was lost, doubled or altered, in the logs or on the way to listeners."""
        results = [row.result for row in self.rows]
        faults = sum(r.lost + r.doubled + r.altered for r in results)
        return not faults and all(one.exact for one in self.kept)


def table(found: Sequence[Row]) -> str:
    """Medians of all rounds; the ratio is to the first size of the part."""
    head = ["part", "size", "relay", "nats", "sum", "×", "events/s", "p50", "p99"]
    head += ["e2e-p50", "e2e-p99", "lost", "dbl", "alt", "refused"]
    rows, least = [], dict[str, float]()
    for part, shape in dict.fromkeys((row.part, row.shape) for row in found):
        some = [row for row in found if (row.part, row.shape) == (part, shape)]
        total = median(row.per_thousand for row in some)
        if shape != MOVED and "first" not in shape:
            least.setdefault(part, total)
        ratio = f"{total / least[part]:.2f}" if part in least else "–"
        costs = [
            median(row.relay_s * 1000 / max(1, row.result.accepted) for row in some),
            median(row.nats_s * 1000 / max(1, row.result.accepted) for row in some),
            total,
        ]
        results = [row.result for row in some]
        speeds = [
            median(r.per_second for r in results),
            *(median(getattr(r.accept, at) for r in results) for at in ("p50", "p99")),
            *(median(getattr(r.end_to_end, at) for r in results) for at in ("p50", "p99")),
        ]
        faults = [sum(getattr(r, kind) for r in results) for kind in ("lost", "doubled", "altered")]
        refused = sum(sum(r.refused.values()) for r in results)
        rows.append(
            [part, shape, *(f"{cost:.3f}" for cost in costs), ratio, f"{speeds[0]:.0f}"]
            + [f"{value:.1f}" for value in speeds[1:]]
            + [f"{value}" for value in (*faults, refused)]
        )
    return columns(head, rows)


def weights_table(found: Sequence[Weight]) -> str:
    """Memory and idling."""
    head = ["part", "size", "relay-MB", "nats-MB", "relay-idle", "nats-idle", "start-s"]
    rows = []
    for w in found:
        memory = [f"{w.relay_mb:.1f}", f"{w.nats_mb:.1f}"]
        idle = [f"{w.relay_idle:.4f}", f"{w.nats_idle:.4f}"]
        rows.append([w.part, w.shape, *memory, *idle, f"{w.start_s:.1f}"])
    return columns(head, rows)


def kept_table(found: Sequence[Kept]) -> str:
    """What the logs hold."""
    head = ["part", "size", "accepted", "in the log", "dbl", "alt", "blocks", "disk/event"]
    head += ["relay-MB", "nats-MB", ""]
    rows = [
        [k.part, k.shape]
        + [f"{n}" for n in (k.accepted, k.found, k.doubled, k.altered, k.blocks, k.disk)]
        + [f"{k.relay_mb:.1f}", f"{k.nats_mb:.1f}", "ok" if k.exact else "WRONG"]
        for k in found
    ]
    return columns(head, rows)
