"""How the cost of an event grows with endpoints, listeners and relays on NATS.

    python -m benchmarks.cluster [--quick] [--rounds N] [--only endpoints,listeners,relays] [--json FILE]

Real nats-server and relay processes; progress on stderr, tables on stdout. All sizes of a part run
at the same time and are measured in turn, round by round; costs are CPU seconds of the processes
named, above what they cost while nothing happens. Exits 1 when anything was lost, doubled or altered.
"""

import argparse
import asyncio
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median

import msgspec
from msgspec import structs

from benchmarks.cluster_filling import fill, read_all
from benchmarks.cluster_parts import Cluster, Usage, cluster
from benchmarks.cluster_traffic import Listeners, Traffic, lanes
from benchmarks.load import Result
from benchmarks.report import columns
from tests.support.running import Endpoint

_SIZE = "8K"
_SENDERS = 8
_WORKING = 1_000
"""So many endpoints, spread over all, get webhooks."""
_FEW = 512
"""So many do where several relays take them."""

_MOVED = "moved to another relay"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    endpoints: tuple[int, ...] = (10, 1_000, 100_000)
    listeners: tuple[int, ...] = (10, 1_000, 5_000)
    relays: tuple[int, ...] = (1, 2, 4)
    events: int = 3_000
    rounds: int = 5
    idle_s: float = 10.0


QUICK = Plan(
    endpoints=(10, 1_000, 10_000), listeners=(10, 200, 1_000), events=1_000, rounds=3, idle_s=4.0
)


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


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


class Site:
    """One size of one part, running."""

    def __init__(self, bench: "Bench", part: str, shape: str, at: Cluster) -> None:
        self.part, self.shape, self.at, self.bench = part, shape, at, bench
        self.listeners = Listeners()
        self.idle = Usage(0, 0)
        self._accepted: set[str] = set()
        self._disk = 0

    async def start(self, relays: int, listen: Sequence[Endpoint] = ()) -> None:
        """Start the relays and the listeners, and weigh them."""
        await self.at.restart_servers()
        began = time.monotonic()
        for _ in range(relays):
            await self.at.add_relay()
        took = (time.monotonic() - began) / relays
        await self.listeners.open(self.at.relays[0].port, listen)
        self._disk = self.at.disk()
        say(f"{self.part} {self.shape}: {relays} started in {took:.1f} s each")
        self._start_s = took

    async def weigh(self) -> None:
        """What it costs while nothing happens."""
        self.idle = await self.at.idle(self.bench.plan.idle_s)
        relay, nats = self.at.memory_mb()
        self.bench.weights.append(
            Weight(
                part=self.part,
                shape=self.shape,
                relay_mb=relay,
                nats_mb=nats,
                relay_idle=self.idle.relays,
                nats_idle=self.idle.nats,
                start_s=self._start_s,
            )
        )

    async def send(
        self,
        count: int,
        mine: Sequence[Sequence[Endpoint]],
        *,
        note: str = "",
        relays: int = 1,
        anywhere: bool = False,
    ) -> None:
        """One round."""
        self.bench.runs += 1
        arrives = bool(self.listeners.streams)
        traffic = Traffic(self.bench.runs, _SIZE, mine, count, arrives)
        self.listeners.traffic = traffic
        ports = [relay.port for relay in self.at.relays[:relays]]
        began, before = time.monotonic(), self.at.usage()
        result = await traffic.go(ports, anywhere=anywhere)
        seconds, spent = time.monotonic() - began, self.at.usage() - before
        self._accepted |= traffic.accepted()
        row = Row(
            part=self.part,
            shape=note or self.shape,
            relay_s=spent.relays - self.idle.relays * seconds,
            nats_s=spent.nats - self.idle.nats * seconds,
            result=result,
        )
        self.bench.rows.append(row)
        say(
            f"{row.part:<10}{row.shape:<24}{result.per_second:7.0f}/s  {row.per_thousand:.3f} CPU s"
            f" per 1,000  p50 {result.accept.p50:.1f} ms"
            + (f"  refused {result.refused}" if result.refused else "")
        )

    async def check(self) -> None:
        """Read the whole log."""
        gone = self.listeners.close()
        if gone:
            say(f"{self.part} {self.shape}: {gone} streams were closed by the relay")
        relay, nats = self.at.memory_mb()
        await self.at.stop_relays()
        grown = self.at.disk() - self._disk
        seen, altered, blocks = await read_all(self.at, _SIZE)
        self.bench.kept.append(
            Kept(
                part=self.part,
                shape=self.shape,
                accepted=len(self._accepted),
                found=len(seen.keys() & self._accepted),
                doubled=sum(seen.values()) - len(seen),
                altered=altered,
                blocks=blocks,
                disk=grown // max(1, len(self._accepted)),
                relay_mb=relay,
                nats_mb=nats,
            )
        )


class Bench:
    """All that was measured."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder, self.runs = plan, folder, 0
        self.rows: list[Row] = []
        self.weights: list[Weight] = []
        self.kept: list[Kept] = []

    @asynccontextmanager
    async def _site(self, part: str, shape: str, servers: int, count: int) -> AsyncIterator[Site]:
        async with cluster(self.folder / f"{part}-{shape}", servers) as at:
            began = time.monotonic()
            await fill(at, count)
            say(f"{part} {shape}: {count:,} endpoints made in {time.monotonic() - began:.1f} s")
            yield Site(self, part, shape, at)

    async def endpoints(self) -> None:
        """The same traffic, more and more endpoints beside it."""
        async with AsyncExitStack() as stack:
            sites = []
            for count in self.plan.endpoints:
                site = await stack.enter_async_context(
                    self._site("endpoints", f"{count}", 1, count)
                )
                await site.start(1)
                sites.append(site)
            await self._rounds(sites, [site.at.endpoints for site in sites])

    async def listeners(self) -> None:
        """The same endpoints, more and more of them listened to."""
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            sites, heard = [], []
            for count in self.plan.listeners:
                site = await stack.enter_async_context(
                    self._site("listeners", f"{count}", 1, max(self.plan.listeners))
                )
                heard.append(site.at.endpoints[:count])
                await site.start(1, heard[-1])
                sites.append(site)
            living = [group.create_task(site.listeners.live()) for site in sites]
            await self._rounds(sites, heard)
            for one in living:
                one.cancel()

    async def _rounds(self, sites: list[Site], used: list[list[Endpoint]]) -> None:
        await asyncio.sleep(self.plan.idle_s)
        for site in sites:
            await site.weigh()
        working = [lanes(_spread(some, _WORKING), _SENDERS) for some in used]
        for site, mine, some in zip(sites, working, used, strict=True):
            first = max(200, min(len(some), _WORKING))
            await site.send(first, mine, note=f"{site.shape}, first events")
        for number in range(self.plan.rounds):
            for site, mine in list(zip(sites, working, strict=True))[:: 1 - 2 * (number % 2)]:
                await site.send(self.plan.events, mine)
        for site in sites:
            await site.check()

    async def relays(self) -> None:
        """Three servers, each event on all of them; traffic through one relay, two, four."""
        async with self._site("relays", "three servers", 3, _WORKING) as site:
            await site.start(max(self.plan.relays))
            await asyncio.sleep(self.plan.idle_s)
            await site.weigh()
            mine = lanes(site.at.endpoints[:_FEW], 64)
            hot = [[site.at.endpoints[0]]] * 64
            await site.send(_FEW, mine, note="first events")
            for _ in range(self.plan.rounds):
                for count in self.plan.relays:
                    for anywhere in (False, True)[: min(2, count)]:
                        note = f"{count}, any relay" if anywhere else f"{count}, relay by endpoint"
                        # Each relay learns anew where its endpoints stand.
                        await site.send(_FEW, mine, note=_MOVED, relays=count)
                        await site.send(
                            self.plan.events, mine, note=note, relays=count, anywhere=anywhere
                        )
                for count in (1, 2):
                    note = f"one endpoint, {count} relay{'s' * (count > 1)}"
                    await site.send(
                        self.plan.events, hot, note=note, relays=count, anywhere=count > 1
                    )
            await site.check()

    # -- tables -------------------------------------------------------------------------------

    def table(self) -> str:
        """Medians of all rounds; the ratio is to the first size of the part."""
        head = ["part", "size", "relay", "nats", "sum", "×", "events/s", "p50", "p99"]
        head += ["e2e-p50", "e2e-p99", "lost", "dbl", "alt", "refused"]
        rows, least = [], dict[str, float]()
        for part, shape in dict.fromkeys((row.part, row.shape) for row in self.rows):
            some = [row for row in self.rows if (row.part, row.shape) == (part, shape)]
            total = median(row.per_thousand for row in some)
            if shape != _MOVED and "first" not in shape:
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
            faults = [
                sum(getattr(r, kind) for r in results) for kind in ("lost", "doubled", "altered")
            ]
            refused = sum(sum(r.refused.values()) for r in results)
            rows.append(
                [part, shape, *(f"{cost:.3f}" for cost in costs), ratio, f"{speeds[0]:.0f}"]
                + [f"{value:.1f}" for value in speeds[1:]]
                + [f"{value}" for value in (*faults, refused)]
            )
        return columns(head, rows)

    def weights_table(self) -> str:
        """Memory and idling."""
        head = ["part", "size", "relay-MB", "nats-MB", "relay-idle", "nats-idle", "start-s"]
        rows = []
        for w in self.weights:
            memory = [f"{w.relay_mb:.1f}", f"{w.nats_mb:.1f}"]
            idle = [f"{w.relay_idle:.4f}", f"{w.nats_idle:.4f}"]
            rows.append([w.part, w.shape, *memory, *idle, f"{w.start_s:.1f}"])
        return columns(head, rows)

    def kept_table(self) -> str:
        """What the logs hold."""
        head = ["part", "size", "accepted", "in the log", "dbl", "alt", "blocks", "disk/event"]
        head += ["relay-MB", "nats-MB", ""]
        rows = [
            [k.part, k.shape]
            + [f"{n}" for n in (k.accepted, k.found, k.doubled, k.altered, k.blocks, k.disk)]
            + [f"{k.relay_mb:.1f}", f"{k.nats_mb:.1f}", "ok" if k.exact else "WRONG"]
            for k in self.kept
        ]
        return columns(head, rows)

    @property
    def exact(self) -> bool:
        """Nothing was lost, doubled or altered, in the logs or on the way to listeners."""
        results = [row.result for row in self.rows]
        faults = sum(r.lost + r.doubled + r.altered for r in results)
        return not faults and all(one.exact for one in self.kept)


def _spread(endpoints: list[Endpoint], most: int) -> list[Endpoint]:
    """At most so many, from everywhere among them."""
    return endpoints[:: max(1, len(endpoints) // most)][:most]


async def bench(args: argparse.Namespace, folder: Path) -> int:
    """The parts that are wanted; the exit code."""
    plan = QUICK if args.quick else Plan()
    it = Bench(structs.replace(plan, rounds=args.rounds or plan.rounds), folder)
    for part in args.only.split(","):
        await {"endpoints": it.endpoints, "listeners": it.listeners, "relays": it.relays}[part]()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{it.plan.rounds} rounds, medians; CPU seconds per 1,000 events; latencies in ms\n")
    print(it.table(), it.weights_table(), it.kept_table(), sep="\n\n")
    if args.json:
        report = {"rows": it.rows, "weights": it.weights, "kept": it.kept}
        Path(args.json).write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))  # noqa: ASYNC240
    return 0 if it.exact else 1


def main() -> None:
    """Parse, measure, tell."""
    import uvloop

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes, fewer rounds")
    parser.add_argument("--only", default="endpoints,listeners,relays", help="some of the parts")
    parser.add_argument("--rounds", type=int, help="default 5, with --quick 3")
    parser.add_argument("--json", metavar="FILE", help="write everything there too")
    args = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with (
        tempfile.TemporaryDirectory(prefix="hookcli-cluster-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        code = runner.run(bench(args, Path(folder)))
    sys.exit(code)


if __name__ == "__main__":
    main()
