"""The whole road for as long as told, with faults all the time, and everything counted at the end.

    python -m benchmarks.soak [5m] [--seed N]        make soak SOAK=5m

A provider sends webhooks of all sizes and sends again what is not acked. Meanwhile relay and listener
are killed and restarted, the network breaks in six ways, the program is down or odd, the disk is full
or slow. At the end: everything that was acked is in the relay's log and was captured once and delivered,
every byte as it was sent, and no process was larger in the last third than in the first.
Progress on stderr, what came of it on stdout; exits 1 when anything is missing.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak_ends import Checking, Provider
from benchmarks.soak_faults import FAULTS, Peaks, QuietListener, Scene, SlowDisk, connected, settled
from hookcli.config.values import duration_ms
from tests.support.proxy import proxy
from tests.support.road import Road
from tests.support.running import relay
from tests.support.stream import count_log

SENDERS = 8
SETTLE_S = 180.0
GROWTH = 1.25
"""The most that the last third's processes may be larger than those of the first."""
SLACK_KB = 24 * 1024
RELAY = {"HOOKCLI_RELAY_DEADLINE_MS": "2000"}


@dataclass(slots=True)
class Outcome:
    """What came of a soak."""

    seconds: float
    sent: int = 0
    tries: int = 0
    events: int = 0
    """In the relay's log."""
    captured: int = 0
    requests: int = 0
    """That came to the program."""
    faults: Counter[str] = field(default_factory=Counter)
    peak_relay_mib: int = 0
    peak_listener_mib: int = 0
    wrong: list[str] = field(default_factory=list)
    """What should not be, in words; empty when all is well."""


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def scene(home: Path, seed: int) -> AsyncIterator[tuple[Scene, Provider, Checking]]:
    """The road, and both ends of it."""
    chance = random.Random(seed)
    data = home / "relay"
    data.mkdir(parents=True)
    disk = SlowDisk(data / "relay")
    program = Checking()
    listener: QuietListener | None = None
    try:
        async with relay(data, settings=RELAY, preexec=disk.preexec) as server:
            await program.start()
            async with proxy(server.port) as network:
                endpoint = await server.endpoint()
                listener = QuietListener(home / "laptop", network.url, endpoint, program.url)
                listener.flags = ["--retry-for", "1h", "--timeout", "3s"]
                road = Road(server, network, listener, program, endpoint)
                provider = Provider(server.port, endpoint.path, seed)
                program.ledger = provider.ledger
                await listener.start()
                await connected(road)
                yield Scene(road, disk, chance, Peaks([], [])), provider, program
    finally:
        if listener is not None and listener.process is not None:
            await listener.process.kill()
        await program.stop()
        disk.close()


async def soak(home: Path, seconds: float, seed: int) -> Outcome:
    """Run it."""
    outcome = Outcome(seconds)
    async with scene(home, seed) as (it, provider, program):
        async with asyncio.TaskGroup() as group:
            for _ in range(SENDERS):
                group.create_task(provider.sender())
            await fault_after_fault(it, provider, outcome)
            provider.stopping = True
        say(f"{provider.ledger.acked:,} acked; waiting until everything is delivered")
        await connected(it.road)
        try:
            await settled(it.road, len(provider.ledger.prints), program.came, SETTLE_S)
        except TimeoutError as error:
            outcome.wrong.append(str(error))
        it.note_peaks()
        await judge(it, provider, program, outcome)
    return outcome


async def fault_after_fault(it: Scene, provider: Provider, outcome: Outcome) -> None:
    """Every kind once, in any order, then any, until the time is over."""
    end, told = time.monotonic() + outcome.seconds, time.monotonic()
    order = it.chance.sample(FAULTS, len(FAULTS))
    while time.monotonic() < end:
        await it.some(0.3, 1.5)
        fault = order.pop() if order else it.chance.choice(FAULTS)
        await fault(it)
        outcome.faults[fault.__name__] += 1
        forget_lines(it)
        if time.monotonic() - told >= 10:
            told = time.monotonic()
            left = max(0, round(end - told))
            say(
                f"{left:>5} s left  {provider.ledger.acked:>7,} acked  {outcome.faults.total()} faults"
            )


def forget_lines(it: Scene) -> None:
    """What processes print is not kept for hours."""
    for process in (it.road.relay.process, it.road.listener.process):
        if process is not None:
            del process.out[:-50], process.err[:-50]


async def judge(it: Scene, provider: Provider, program: Checking, outcome: Outcome) -> None:
    """Count everything."""
    road, ledger, wrong = it.road, provider.ledger, outcome.wrong
    log = await count_log(road.relay.port, road.endpoint, lambda event: event.id)
    captured = road.captured()
    outcome.sent, outcome.tries = ledger.acked, ledger.tries
    outcome.events, outcome.captured = len(log), len(captured)
    outcome.requests = program.came.total()
    missing = [number for number in range(len(ledger.prints)) if not program.came[number]]
    if ledger.acked != len(ledger.prints):
        wrong.append(f"{len(ledger.prints) - ledger.acked} were never acked")
    if missing:
        wrong.append(f"{len(missing)} acked and not delivered: {missing[:10]}")
    wrong += differ(set(log), set(captured))
    if set(captured.values()) != {1} or set(log.values()) != {1}:
        wrong.append("an event is there twice")
    wrong += program.altered[:10] + program.faults[:10]
    open_ = road.ask("select id from captures where state not in ('done', 'failed')")
    if open_:
        wrong.append(f"{len(open_)} deliveries are not over")
    outcome.peak_relay_mib = max(it.peaks.relay) >> 10
    outcome.peak_listener_mib = max(it.peaks.listener) >> 10
    wrong += grown("relay", it.peaks.relay) + grown("listener", it.peaks.listener)


def differ(log: set[str], captured: set[str]) -> list[str]:
    """Whether events were missed, or captured that never were; retention removes the oldest only."""
    missed, oldest = log - captured, min(log, default="")
    unknown = {id_ for id_ in captured - log if id_ > oldest}
    said = [f"{len(missed)} events were not captured"] if missed else []
    return said + ([f"{len(unknown)} captured events are not in the log"] if unknown else [])


def grown(name: str, peaks: list[int]) -> list[str]:
    """Whether the last third of the processes was larger than the first."""
    third = max(1, len(peaks) // 3)
    first, last = max(peaks[:third]), max(peaks[-third:])
    if last <= first * GROWTH + SLACK_KB:
        return []
    return [f"the {name} has grown from {first >> 10} to {last >> 10} MiB"]


def report(outcome: Outcome) -> list[str]:
    """What came of it, for people."""
    faults = ", ".join(f"{count} {name}" for name, count in sorted(outcome.faults.items()))
    return [
        f"{outcome.seconds:.0f} s, {outcome.faults.total()} faults: {faults}",
        f"{outcome.sent:,} webhooks acked after {outcome.tries:,} tries",
        f"{outcome.events:,} events in the log, {outcome.captured:,} captured",
        f"{outcome.requests:,} requests came to the program",
        f"largest: relay {outcome.peak_relay_mib} MiB, listener {outcome.peak_listener_mib} MiB",
        *(f"WRONG: {text}" for text in outcome.wrong),
        "" if outcome.wrong else "nothing lost, nothing doubled, nothing altered, memory flat",
    ]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("time", nargs="?", default="2m", help="such as 90s, 5m, 8h")
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    seed = random.randrange(1 << 32) if asked.seed is None else asked.seed
    say(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="hookcli-soak-") as folder:
        outcome = asyncio.run(soak(Path(folder), duration_ms(asked.time) / 1000, seed))
    print("\n".join(report(outcome)))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
