"""What strangers cost a customer of the same relay, as figures: H1 and H2.

    python -m benchmarks.hostile [--inputs 22000] [--slow 500]

Relay, strangers and customer are processes of their own, the relay with its default limits. The
customer sends a webhook every 10 ms on a kept connection: alone, among mutated requests, among slow
senders. Progress on stderr, the goals on stdout. Exits 1 when one of its webhooks was not acked or is
not in the log once, or when a stranger was answered as may not be.
"""

import argparse
import asyncio
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

from benchmarks.report import Verdict, at_most, goals
from tests.support import hostile, rawhttp
from tests.support.running import Endpoint, Relay, relay
from tests.support.stream import count_log
from tests.support.traffic import Ledger, body, number_in

T = TypeVar("T")
EVERY_S = 0.01
STRANGERS = 8


async def mutants(port: int, path: str, count: int) -> int:
    """Send so many mutated requests; how many were answered as they may not be."""
    source, known = random.Random(20_251_125), hostile.seeds(path)
    inputs = (hostile.mutated(source, known) for _ in range(count))

    async def stranger() -> int:
        wrong = 0
        for raw in inputs:
            told = await hostile.poke(port, raw)
            wrong += not set(told.statuses) <= {hostile.OK, *hostile.REFUSED}
        return wrong

    return sum(await asyncio.gather(*(stranger() for _ in range(STRANGERS))))


async def slow(port: int, path: str, each: int) -> list[float]:
    """Slow senders, so many of each kind; after how many seconds each was ended."""
    kinds = [first for first in hostile.FIRST.values() for _ in range(each)]
    return await asyncio.gather(*(hostile.linger(port, path, first, 120.0) for first in kinds))


async def quiet(port: int, path: str, seconds: int) -> None:
    """Nobody, for so long."""
    await asyncio.sleep(seconds)


def strangers(kind: Callable[[int, str, int], Awaitable[T]], port: int, path: str, count: int) -> T:
    """In a process of their own: what they do, to its end."""

    async def done() -> T:
        return await kind(port, path, count)

    return asyncio.run(done())


async def customer(port: int, path: str, among: asyncio.Future[T]) -> Ledger:
    """Send webhooks for as long as the strangers are at it."""
    ledger = Ledger()
    async with rawhttp.sender(port) as connection:
        while not among.done():
            begin, number = time.monotonic(), ledger.sent
            ledger.sent += 1
            answer = await connection.send(rawhttp.request("POST", path, body=body(number)))
            ledger.statuses[answer.status] += 1
            ledger.acked[number] = answer.value(b"Hookcli-Event-Id").decode()
            ledger.took.append(answer.at - begin)
            await asyncio.sleep(max(0.0, begin + EVERY_S - time.monotonic()))
    return ledger


class Scene:
    """A relay, where strangers go, and the processes that they are."""

    def __init__(self, it: Relay, endpoint: Endpoint, pool: ProcessPoolExecutor) -> None:
        self._it, self._theirs, self._pool = it, endpoint, pool
        self.verdicts: list[Verdict] = []

    async def among(
        self, name: str, kind: Callable[[int, str, int], Awaitable[T]], count: int
    ) -> T:
        """Serve a customer among so many of them; what became of them."""
        print(f"{name}, {count}", file=sys.stderr, flush=True)
        endpoint = await self._it.endpoint(respond="ack")
        port = self._it.port
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._pool, strangers, kind, port, self._theirs.path, count)
        ledger = await customer(port, endpoint.path, done)
        stored = await count_log(port, endpoint, number_in)
        missing = sum(stored[str(number)] != 1 for number in range(ledger.sent))
        self.verdicts += [
            at_most(f"{name}: a customer's ack, p99 ms", 50, ledger.p99() * 1000),
            at_most(f"{name}: of its {ledger.sent} webhooks not stored once", 0, missing),
        ]
        return await done


async def bench(inputs: int, each: int, folder: Path) -> list[Verdict]:
    """Both kinds of strangers after each other."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    spawn = multiprocessing.get_context("spawn")
    async with relay(folder) as it:
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            scene = Scene(it, await it.endpoint(respond="ack"), pool)
            await scene.among("nobody", quiet, 5)
            wrong = await scene.among("H1 mutated requests", mutants, inputs)
            ended = await scene.among("H2 slow senders", slow, each)
        process = it.process
        assert process is not None
        faults = sum("Traceback" in line or '"error"' in line for line in process.err + process.out)
    return [
        *scene.verdicts,
        at_most(f"H1 of {inputs} inputs answered as may not be", 0, wrong),
        at_most(f"H2 the last of {len(ended)} slow senders was ended after, s", 30, max(ended)),
        at_most("lines of the relay that tell of a fault", 0, faults),
    ]


def main() -> None:
    """Parse, measure, tell."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hostile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inputs", type=int, default=22_000, help="mutated requests")
    parser.add_argument("--slow", type=int, default=500, help="slow senders of each kind")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hookcli-bench-") as folder:
        made = asyncio.run(bench(args.inputs, args.slow, Path(folder)))
    print(goals(made))
    exact = (verdict.ok for verdict in made if verdict.wanted == "<= 0")
    sys.exit(not all(exact))


if __name__ == "__main__":
    main()
