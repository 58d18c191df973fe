"""What waiting costs: a command's start, a listener's, a backlog, and listeners with nothing to do."""

import asyncio
import resource
import subprocess
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.report import Verdict, at_least, at_most
from tests.support import rawhttp
from tests.support.processes import hookcli
from tests.support.running import Endpoint, listener, relay
from tests.support.stream import Stream, stream
from tests.support.traffic import send_all


def front_page(times: int) -> Verdict:
    """From starting `hookcli --help` to its end."""
    taken = []
    for _ in range(times):
        begin = time.monotonic()
        subprocess.run([hookcli(), "--help"], stdout=subprocess.DEVNULL, check=True)
        taken.append(time.monotonic() - begin)
    return at_most("hookcli --help, ms", 100, median(taken) * 1000)


async def first_delivery(folder: Path, times: int) -> Verdict:
    """From starting `hookcli listen` to the first byte-complete request at the program."""
    taken = []
    async with relay(folder / "relay") as hub, rawhttp.program() as program:
        endpoint = await hub.endpoint(respond="ack")
        for number in range(times):
            await rawhttp.once(hub.port, rawhttp.request("POST", endpoint.path, body=b"{}"))
            home = folder / str(number)
            async with listener(home, hub.url, endpoint, program.url, start=False) as it:
                begin = time.monotonic()
                await it.start(ready=False)
                await program.wait_for(len(program.received) + 1)
                taken.append(program.received[-1].at - begin)
                program.received.clear()
    return at_most("listener start to first delivery, s", 0.6, median(taken))


async def catch_up(folder: Path, count: int) -> Verdict:
    """From the start of a listener until the program has the last of a backlog."""
    async with relay(folder / "relay") as hub, rawhttp.program() as program:
        endpoint = await hub.endpoint(respond="ack")
        await send_all(hub.port, endpoint.path, count, senders=16)
        home = folder / "laptop"
        async with listener(
            home, hub.url, endpoint, program.url, start=False, log=folder / "lines"
        ) as it:
            begin = time.monotonic()
            await it.start(ready=False)
            await program.wait_for(count, within=120)
            took = program.received[-1].at - begin
    return at_least(f"S2 a backlog of {count} delivered, /s", 1_000, count / took)


async def idle_listeners(folder: Path, count: int) -> list[Verdict]:
    """Memory of a relay with so many streams on which nothing happens, each on its endpoint."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    async with relay(folder / "relay") as hub, AsyncExitStack() as stack:
        process = hub.process
        assert process is not None
        endpoints = [await hub.endpoint(respond="ack") for _ in range(count)]
        before = process.rss_kb()
        streams = [
            await stack.enter_async_context(stream(hub.port, endpoint, after="now"))
            for endpoint in endpoints
        ]
        # Two heartbeats each: what a connection costs once it has really been used.
        for _ in range(2):
            for it in streams:
                it.ping()
            for it in streams:
                await _pong(it)
        after = process.rss_kb()
        p99 = await _fan_out(hub.port, endpoints, streams)
    return [
        at_most(f"S1 webhook to its stream, {count} streams, p99 ms", 250, p99 * 1000),
        at_most(f"an idle listener costs the relay, KB ({count})", 16, (after - before) / count),
        at_most(f"relay with {count} idle listeners, MB", 300, after / 1024),
    ]


async def _fan_out(port: int, endpoints: list[Endpoint], streams: list[Stream]) -> float:
    """One webhook for each stream, 16 senders; the 99th percentile of ack and arrival, seconds."""
    taken: list[float] = []
    waiting = iter(zip(endpoints, streams, strict=True))

    async def sender() -> None:
        async with rawhttp.sender(port) as connection:
            for endpoint, it in waiting:
                begin = time.monotonic()
                await connection.send(rawhttp.request("POST", endpoint.path, body=b"{}"))
                await it.until(partial(bool, it.seqs), "event")
                taken.append(time.monotonic() - begin)

    await asyncio.gather(*(sender() for _ in range(16)))
    return sorted(taken)[int(len(taken) * 0.99)]


async def _pong(it: Stream) -> None:
    await it.until(lambda: len(it.messages) >= 2, "a pong")
    del it.messages[1:]
