"""Two relays on three servers of NATS, whatever falls out: nothing acked is lost, nothing is doubled.

Senders write to both relays all the time; a listener has one address, behind which the relay that
is alive answers, as behind any load balancer.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hookcli.wire.messages import Event
from relay_server.log.base import StorageError
from relay_server.log.nats.layout import Layout
from relay_server.log.nats.log import NatsLog
from relay_server.settings import Settings
from tests.relay_server.test_log import KEPT
from tests.support import rawhttp
from tests.support.natsservers import NatsCluster, NatsServer, nats_cluster
from tests.support.processes import PATIENCE
from tests.support.proxy import Proxy, proxy
from tests.support.rawhttp import Program
from tests.support.road import Road, until
from tests.support.running import Endpoint, Listener, Relay, listener
from tests.support.stream import RefusedError, read_log
from tests.support.traffic import Traffic, traffic

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
STREAMS = 2
KEY = "hk_" + "k" * 40
BACK_S = 10.0
"""A listener is given up, and gives up, after so much silence."""


@dataclass(slots=True)
class Town:
    """Everything, and the load on it."""

    nats: NatsCluster
    relays: list[Relay]
    balancer: Proxy
    listener: Listener
    program: Program
    endpoint: Endpoint
    traffic: list[Traffic]

    @property
    def acked(self) -> set[str]:
        """The ids of all events that any relay has acknowledged."""
        return {name for one in self.traffic for name in one.ledger.acked.values()}

    @property
    def road(self) -> Road:
        """The same as seen by what looks into the store."""
        return Road(self.relays[0], self.balancer, self.listener, self.program, self.endpoint)

    async def goes_on(self, within: float) -> None:
        """Wait until something that is acked from now on has been captured."""
        await asyncio.sleep(0.5)  # what was under way arrives, and proves nothing
        before = self.acked

        def new() -> bool | None:
            return bool((self.acked - before) & set(self.road.captured())) or None

        await until(new, "new event at the listener", within)

    async def each_goes_on(self, within: float) -> None:
        """Wait until both relays acknowledge something that comes from now on."""
        for one in self.traffic:
            before = len(one.ledger.acked)
            await one.until_acked(before + 10, within * PATIENCE)  # more than were under way

    async def log_at(self, relay: Relay) -> list[Event]:
        """The whole log as that relay tells it, as soon as it can."""
        async with asyncio.timeout(BACK_S * PATIENCE):
            while True:
                try:
                    return await read_log(relay.port, self.endpoint)
                except RefusedError:
                    await asyncio.sleep(0.2)

    async def used(self) -> NatsServer:
        """A server that a relay is connected to."""
        for server in self.nats.servers:
            told = await server.ask("/connz")
            if any(one["name"].startswith("hookcli relay") for one in told["connections"]):
                return server
        raise AssertionError("no relay is connected")

    async def leader(self) -> NatsServer:
        """The server that leads the stream of the endpoint's events: the one that hurts most."""
        stream = Layout("hookcli", STREAMS).stream_of(self.endpoint.id)
        return await self.nats.leader(stream)


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        nats = await stack.enter_async_context(nats_cluster(folder / "nats"))
        settings = {
            "HOOKCLI_RELAY_LOG": nats.url,
            "HOOKCLI_RELAY_LOG_STREAMS": str(STREAMS),
            "HOOKCLI_RELAY_KEY": KEY,
        }
        relays = []
        for name in ("one", "two"):
            it = Relay(folder / name, settings=settings)
            it.key = KEY
            await it.start()
            stack.push_async_callback(it.kill)
            relays.append(it)
        endpoint = await relays[0].endpoint(respond="ack")
        balancer = await stack.enter_async_context(proxy(relays[0].port))
        program = await stack.enter_async_context(rawhttp.program(None))
        place = await stack.enter_async_context(
            listener(folder / "laptop", balancer.url, endpoint, program.url)
        )
        loads = [
            await stack.enter_async_context(traffic(it.port, endpoint.path, senders=3))
            for it in relays
        ]
        made = Town(nats, relays, balancer, place, program, endpoint, loads)
        await made.goes_on(20)
        yield made


Fault = Callable[[Town], Awaitable[None]]


async def a_relay_is_killed(it: Town) -> None:
    await it.relays[0].kill()
    it.balancer.upstream = ("127.0.0.1", it.relays[1].port)
    it.balancer.reset()
    await it.goes_on(BACK_S)
    await it.relays[0].start()


async def a_relay_is_frozen(it: Town) -> None:
    """It keeps its connections, and whoever it held waits; its listener finds out by itself."""
    frozen = it.relays[0].process
    assert frozen is not None
    frozen.signal(signal.SIGSTOP)
    it.balancer.upstream = ("127.0.0.1", it.relays[1].port)
    await it.goes_on(BACK_S + 5)
    frozen.signal(signal.SIGCONT)
    await it.each_goes_on(BACK_S)


async def a_server_is_killed(it: Town) -> None:
    server = await it.leader()
    await server.kill()
    await it.goes_on(2 * BACK_S)
    await it.nats.boot(server)


async def a_server_is_frozen(it: Town) -> None:
    server = await it.leader()
    await server.freeze()
    await asyncio.sleep(10)
    server.thaw()


async def a_server_is_frozen_under_a_backlog(it: Town) -> None:
    """More is written to it than sockets take, so that nothing passes any more, pings neither."""
    server = await it.used()
    endpoints = [await it.relays[0].endpoint(respond="ack") for _ in range(3)]
    await it.each_goes_on(BACK_S)
    await server.freeze()
    raws = [rawhttp.request("POST", one.path, (), bytes(7 << 20)) for one in endpoints]
    big = [
        asyncio.ensure_future(rawhttp.once(relay.port, raw, within=60))
        for relay in it.relays
        for raw in raws * 2
    ]
    await it.each_goes_on(2 * BACK_S)
    answers = await asyncio.gather(*big)
    assert {one.status for one in answers} <= {202, 503}
    server.thaw()


async def a_server_of_a_relay_is_parted_for_long(it: Town) -> None:
    """It answers its clients and can store nothing: they go on to another."""
    server = await it.used()
    it.nats.partition(server)
    await asyncio.sleep(BACK_S)
    await it.each_goes_on(2 * BACK_S)
    it.nats.heal(server)


async def a_server_is_parted(it: Town) -> None:
    server = await it.leader()
    it.nats.partition(server)
    await asyncio.sleep(10)
    it.nats.heal(server)


@pytest.mark.parametrize(
    "fault",
    [
        a_relay_is_killed,
        a_relay_is_frozen,
        a_server_is_killed,
        a_server_is_frozen,
        a_server_is_frozen_under_a_backlog,
        a_server_is_parted,
        a_server_of_a_relay_is_parted_for_long,
    ],
)
async def test_nothing_acked_is_lost_and_nothing_doubled(tmp_path: Path, fault: Fault) -> None:
    async with town(tmp_path) as it:
        await fault(it)
        await it.goes_on(2 * BACK_S)
        for load in it.traffic:
            load.stopped = True
        await it.road.settled(it.acked)
        captured, acked = it.road.captured(), it.acked
        assert len(acked) > 100
        assert set(captured.values()) == {1}, "an event was captured twice"
        assert acked <= set(captured), "an acked event was not captured"
        for relay in it.relays:
            log = await it.log_at(relay)
            assert [event.seq for event in log] == list(range(1, len(log) + 1))
            assert len({event.id for event in log}) == len(log), "an event was stored twice"
            assert acked <= {event.id for event in log}
        statuses = {status for load in it.traffic for status in load.ledger.statuses}
        assert statuses <= {202, 503}


async def test_who_starts_at_a_server_that_was_parted_does_not_go_by_what_that_one_knows(
    tmp_path: Path,
) -> None:
    async with nats_cluster(tmp_path) as nats:
        log = NatsLog(Settings(log=nats.url), retention=KEPT, tail_bytes=1 << 20)
        await log.open()
        parted = await nats.leader(f"{log.layout.prefix}-docs")
        await log.close()
        nats.partition(parted)
        lonely = NatsLog(Settings(log=parted.url), retention=KEPT, tail_bytes=1 << 20)
        await asyncio.sleep(5)  # until then it may well be the leader, as far as anybody can say
        with pytest.raises(StorageError):
            await begin(lonely)
        await lonely.close()


async def begin(log: NatsLog) -> None:
    """What a relay does before it listens."""
    await log.open()
    await log.endpoints()
