"""What one endpoint's senders, or strangers, take up is not missing to another endpoint."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hookcli.wire import codec
from hookcli.wire.messages import Event
from tests.relay_server.harness import Running, eventually, relay
from tests.support import rawhttp
from tests.support.running import Endpoint
from tests.support.stream import Stream, read_log

pytestmark = pytest.mark.log("sqlite", slow="nats")

KIB = 1024


@asynccontextmanager
async def half_sent(hub: Running, path: str, length: int, count: int) -> AsyncIterator[None]:
    """Senders that announce a body of so many bytes and send one of them."""
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        head = f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\nx"
        writer.write(head.encode())
        writers.append(writer)
    try:
        yield
    finally:
        for writer in writers:
            writer.transport.abort()


async def test_bodies_that_never_come_stand_in_the_way_of_their_own_endpoint_only(
    tmp_path: Path,
) -> None:
    over = {"body_budget": 1_000 * KIB, "endpoint_budget": 400 * KIB}
    async with relay(tmp_path, **over) as hub:
        slow, other = await hub.endpoint(), await hub.endpoint()
        budget = hub.relay._running.edge.budget
        async with half_sent(hub, slow.path, 200 * KIB, 12):
            await eventually(lambda: budget.used == 400 * KIB)
            waiting = asyncio.ensure_future(hub.post(slow, b"y" * 390 * KIB))
            told = [await hub.post(other, b"z" * size) for size in (1, 300 * KIB)]
            assert [answer.status for answer in told] == [202, 202]
            assert not waiting.done()
        assert (await waiting).status == 202, "its place came free"
        await eventually(lambda: budget.used == 0)


async def test_strangers_take_one_part_together_whatever_they_call(tmp_path: Path) -> None:
    over = {"body_budget": 1_000 * KIB, "endpoint_budget": 400 * KIB}
    async with relay(tmp_path, **over) as hub:
        endpoint = await hub.endpoint()
        budget = hub.relay._running.edge.budget
        async with half_sent(hub, "/ep_one", 60 * KIB, 15), half_sent(hub, "/two", 60 * KIB, 15):
            await eventually(lambda: budget.used == 6 * 60 * KIB)
            assert (await hub.post(endpoint, b"z" * 400 * KIB)).status == 202
            status, _ = await hub.call("POST", "/_/v1/endpoints", {"name": "x" * 90})
            assert status == 201


async def answered(hub: Running, it: Stream, seq: int, body: bytes) -> None:
    event: Event = await hub.next_event(it, seq)
    it.send(codec.result(seq=seq, id=event.id, outcome="answered", status=299, body=body))


async def test_answers_that_are_not_taken_cost_another_endpoint_no_answer(tmp_path: Path) -> None:
    async with relay(tmp_path, answer_budget=40 << 20, endpoint_budget=1 << 20) as hub:
        deaf, other = await hub.endpoint(), await hub.endpoint()
        untaken = hub.relay._running.edge.untaken
        async with hub.stream(deaf) as its, hub.stream(other) as others:
            _, writer = await asyncio.open_connection("127.0.0.1", hub.port, limit=1)
            writer.write(rawhttp.request("POST", deaf.path, (), b"x"))
            await answered(hub, its, 1, b"y" * (15 << 20))
            await eventually(lambda: untaken.size > 1 << 20)
            assert await asked(hub, deaf, its, 2) == 202, "the ack, for want of room"
            assert await asked(hub, other, others, 1) == 299
            writer.transport.abort()


async def asked(hub: Running, endpoint: Endpoint, it: Stream, seq: int) -> int:
    """Post, let the program answer, and tell what the sender heard."""
    held = asyncio.ensure_future(hub.post(endpoint))
    await answered(hub, it, seq, b"z" * (2 << 20))
    return (await held).status


async def test_senders_held_for_a_slow_program_leave_another_s_room(tmp_path: Path) -> None:
    async with relay(tmp_path, max_held=5, endpoint_held=3) as hub:
        slow, other = await hub.endpoint(), await hub.endpoint()
        async with hub.stream(slow), hub.stream(other) as others:
            held = [asyncio.ensure_future(hub.post(slow)) for _ in range(3)]
            await eventually(lambda: hub.relay._running.hub.held == 3)
            assert (await hub.post(slow)).status == 202
            assert await asked(hub, other, others, 1) == 299
            await hub.relay.stop(0.2)
            assert {(await one).status for one in held} == {202}


async def test_one_address_cannot_take_all_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here everybody is this machine, which is not limited otherwise.
    monkeypatch.setattr("relay_server.crowd.counted_as", lambda peer: peer)
    async with relay(tmp_path, address_connections=3) as hub:
        endpoint = await hub.endpoint()
        edge = hub.relay._running.edge
        await eventually(lambda: edge.connections == 0)
        async with half_sent(hub, endpoint.path, 10, 3):
            await eventually(lambda: edge.connections == 3)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await hub.post(endpoint)
        await eventually(lambda: edge.connections == 0)
        assert (await hub.post(endpoint)).status == 202
        assert len(await read_log(hub.port, endpoint)) == 1
    async with (
        relay(tmp_path, address_connections=1, proxy_hops=1) as hub,
        half_sent(hub, endpoint.path, 10, 5),
    ):
        assert (await hub.post(endpoint)).status == 202, "a proxy's connections are not limited"
