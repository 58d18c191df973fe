"""How the cost of an event grows with endpoints, listeners and relays on NATS.

    python -m benchmarks.cluster [--quick] [--rounds N] [--only endpoints,listeners,relays] [--json FILE]

Real nats-server and relay processes; progress on stderr, tables on stdout. All sizes of a part run
at the same time and are measured in turn, round by round; costs are CPU seconds of the processes
named, above what they cost while nothing happens. Exits 1 when anything was lost, doubled or altered.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import structs

from benchmarks.cluster_filling import fill, read_all
from benchmarks.cluster_parts import Cluster, Usage, cluster
from benchmarks.cluster_report import (
    MOVED,
    Found,
    Kept,
    Row,
    Weight,
    kept_table,
    table,
    weights_table,
)
from benchmarks.cluster_traffic import Listeners, Traffic, lanes
from benchmarks.running import options, run, say, tell
from tests.support.running import Endpoint

_SIZE = "8K"
_SENDERS = 8
_WORKING = 1_000
"""So many endpoints, spread over all, get webhooks."""
_FEW = 512
"""So many do where several relays take them."""


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
        self.bench.found.weights.append(
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
        self.bench.found.rows.append(row)
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
        self.bench.found.kept.append(
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
        self.found = Found()

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
                        await site.send(_FEW, mine, note=MOVED, relays=count)
                        await site.send(
                            self.plan.events, mine, note=note, relays=count, anywhere=anywhere
                        )
                for count in (1, 2):
                    note = f"one endpoint, {count} relay{'s' * (count > 1)}"
                    await site.send(
                        self.plan.events, hot, note=note, relays=count, anywhere=count > 1
                    )
            await site.check()


def _spread(endpoints: list[Endpoint], most: int) -> list[Endpoint]:
    """At most so many, from everywhere among them."""
    return endpoints[:: max(1, len(endpoints) // most)][:most]


async def bench(args: argparse.Namespace, folder: Path) -> int:
    """The parts that are wanted; the exit code."""
    plan = QUICK if args.quick else Plan()
    it = Bench(structs.replace(plan, rounds=args.rounds or plan.rounds), folder)
    for part in args.only.split(","):
        await {"endpoints": it.endpoints, "listeners": it.listeners, "relays": it.relays}[part]()
    found = it.found
    units = f"{it.plan.rounds} rounds, medians; CPU seconds per 1,000 events; latencies in ms"
    tables = table(found.rows), weights_table(found.weights), kept_table(found.kept)
    tell(units, *tables, report=found, file=args.json)
    return 0 if found.exact else 1


def main() -> None:
    """Parse, measure, tell."""
    parser = options("cluster", __doc__, quick="smaller sizes, fewer rounds")
    parser.add_argument("--only", default="endpoints,listeners,relays", help="some of the parts")
    run(bench, parser.parse_args())


if __name__ == "__main__":
    main()
