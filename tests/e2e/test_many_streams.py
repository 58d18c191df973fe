"""S1: thousands of streams at once: each gets its own and nothing else, and costs little memory."""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from hookcli.wire.messages import Peers
from tests.support import rawhttp
from tests.support.running import Endpoint, Relay, relay
from tests.support.stream import Stream

pytestmark = pytest.mark.log("sqlite", "nats")

COUNT = 1_000
EACH_KB = 50
ALL_KB = 300_000
PATIENT = {"HOOKCLI_RELAY_SILENCE_S": "300"}
"""Thousands of listeners in one test cannot all give signs of life."""


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def opened(it: Relay, endpoints: list[Endpoint]) -> list[Stream]:
    """A stream for each, opened ten at a time."""
    streams: list[Stream] = []
    for at in range(0, len(endpoints), 10):
        some = endpoints[at : at + 10]
        streams += await asyncio.gather(
            *(Stream.open(it.port, one, more="&respond=ack") for one in some)
        )
    return streams


async def got(one: Stream, count: int) -> None:
    await one.until(lambda: len(one.seqs) >= count, f"{count} events")


async def made(it: Relay, count: int) -> list[Endpoint]:
    endpoints: list[Endpoint] = []
    while len(endpoints) < count:
        endpoints += await asyncio.gather(*(it.endpoint() for _ in range(20)))
    return endpoints


@pytest.mark.slow
async def test_each_of_a_thousand_streams_gets_its_own_and_nothing_else(tmp_path: Path) -> None:
    async with relay(tmp_path, settings=PATIENT) as it:
        assert it.process is not None
        endpoints = await made(it, COUNT)
        before = it.process.rss_kb()
        streams = await opened(it, endpoints)
        idle = it.process.rss_kb()
        assert (idle - before) / COUNT <= EACH_KB
        async with rawhttp.sender(it.port) as sender:
            for turn in range(2):
                for number, endpoint in enumerate(endpoints):
                    body = b"%d for %d" % (turn, number)
                    raw = rawhttp.request("POST", endpoint.path, (), body)
                    assert (await sender.send(raw)).status == 202
        for number, one in enumerate(streams):
            await got(one, 2)
            assert [event.body for event in one.events] == [
                b"0 for %d" % number,
                b"1 for %d" % number,
            ]
        assert it.process.peak_kb() <= ALL_KB
        for one in streams:
            one.close()


@pytest.mark.slow
async def test_a_thousand_idle_listeners_of_one_endpoint_stay_small(tmp_path: Path) -> None:
    async with relay(tmp_path, settings=PATIENT) as it:
        assert it.process is not None
        endpoint = await it.endpoint()
        before = it.process.rss_kb()
        streams = await opened(it, [endpoint] * COUNT)
        last = streams[-1]
        await last.until(
            lambda: any(
                isinstance(one, Peers) and len(one.names) == COUNT for one in last.messages
            ),
            "everybody told of everybody",
        )
        assert (it.process.rss_kb() - before) / COUNT <= EACH_KB
        assert it.process.peak_kb() <= ALL_KB
        raw = rawhttp.request("POST", endpoint.path, (), b"for all")
        assert (await rawhttp.once(it.port, raw)).status == 202
        for one in streams:
            await got(one, 1)
            one.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_ten_thousand_idle_streams_stay_within_a_gibibyte(tmp_path: Path) -> None:
    async with relay(tmp_path, settings=PATIENT) as it:
        assert it.process is not None
        endpoints = await made(it, 10 * COUNT)
        streams = await opened(it, endpoints)
        assert it.process.peak_kb() <= 1 << 20
        raw = rawhttp.request("POST", endpoints[-1].path, (), b"for the last")
        assert (await rawhttp.once(it.port, raw)).status == 202
        await got(streams[-1], 1)
        assert [one for one in streams if one.closed] == []
        for one in streams:
            one.close()
