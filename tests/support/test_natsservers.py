"""The servers that other tests rely on: they keep what they acked, and a parted one takes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats
import pytest
from nats.errors import Error
from nats.errors import TimeoutError as NoAnswerError
from nats.js import JetStreamContext

from tests.support.natsservers import NatsServer, nats_cluster, nats_server
from tests.support.processes import PATIENCE


@asynccontextmanager
async def jetstream(*servers: NatsServer) -> AsyncIterator[JetStreamContext]:
    """A client of these servers and no others."""
    client = await nats.connect([server.url for server in servers], max_reconnect_attempts=-1)
    try:
        yield client.jetstream(timeout=1)
    finally:
        await client.close()


async def publish(js: JetStreamContext, text: bytes, within: float = 30.0) -> None:
    """Publish it once, however often that has to be tried while nobody leads."""
    async with asyncio.timeout(within * PATIENCE):
        while True:
            with suppress(Error):
                await js.publish("kept", text, headers={"Nats-Msg-Id": text.decode()})
                return
            await asyncio.sleep(0.05)


async def texts(js: JetStreamContext, stream: str) -> list[bytes | None]:
    """What a stream holds."""
    state = (await js.stream_info(stream)).state
    return [
        (await js.get_msg(stream, seq)).data for seq in range(state.first_seq, state.last_seq + 1)
    ]


async def test_a_server_that_was_killed_has_its_port_and_what_it_acked(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server:
        before = dict(server.ports)
        async with jetstream(server) as js:
            await js.add_stream(name="kept", subjects=["kept"])
            await js.publish("kept", b"1")
        await server.restart()
        await server.ready()
        assert server.ports == before
        async with jetstream(server) as js:
            assert await texts(js, "kept") == [b"1"]


async def test_a_frozen_server_answers_nobody_until_it_is_thawed(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server, jetstream(server) as js:
        await server.freeze()
        with pytest.raises(NoAnswerError):
            await js.account_info()
        server.thaw()
        await js.account_info()


@pytest.mark.slow
async def test_a_cluster_goes_on_without_any_one_server(tmp_path: Path) -> None:
    async with nats_cluster(tmp_path) as cluster:
        async with jetstream(*cluster.servers) as js:
            await js.add_stream(name="kept", subjects=["kept"], num_replicas=3)
            await js.publish("kept", b"1")
            leader = await cluster.leader("kept")
            follower = cluster.others(leader)[0]
        await follower.kill()
        async with jetstream(leader) as js:
            await publish(js, b"2")
        await cluster.boot(follower)
        await cluster.ready()
        async with jetstream(follower) as js:
            assert await texts(js, "kept") == [b"1", b"2"]


@pytest.mark.slow
async def test_a_leader_that_is_parted_from_the_others_takes_nothing(tmp_path: Path) -> None:
    async with nats_cluster(tmp_path) as cluster:
        async with jetstream(*cluster.servers) as js:
            await js.add_stream(name="kept", subjects=["kept"], num_replicas=3)
            await js.publish("kept", b"1")
        alone = await cluster.leader("kept")
        cluster.partition(alone)
        async with jetstream(alone) as js:
            with pytest.raises(Error):
                await js.publish("kept", b"of the one")
        async with jetstream(*cluster.others(alone)) as js:
            await publish(js, b"2")
        async with jetstream(alone) as js:
            with pytest.raises(Error):
                await js.publish("kept", b"still of the one")
        cluster.heal(alone)
        await cluster.ready()
        for server in cluster.servers:
            async with jetstream(server) as js, asyncio.timeout(30 * PATIENCE):
                # The one that was alone goes on to tell what it had for a while.
                while await texts(js, "kept") == [b"1"]:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.2)
                assert await texts(js, "kept") == [b"1", b"2"]
