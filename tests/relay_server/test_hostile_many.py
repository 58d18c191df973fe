"""Strangers in numbers: slow senders by the thousand, and listeners that send nonsense."""

import asyncio
import random
from functools import partial
from pathlib import Path

import pytest

from hookcli.wire import codec
from hookcli.wire.messages import Ack, Ping, Target
from tests.relay_server.harness import Running, eventually, relay
from tests.support.hostile import FIRST, linger
from tests.support.running import Endpoint
from tests.support.stream import Stream

pytestmark = pytest.mark.slow

EACH = 500
"""How many slow senders of each kind."""


@pytest.mark.timeout(300)
async def test_slow_senders_are_ended_and_hold_up_nobody(tmp_path: Path) -> None:
    """H2: 500 of each of four kinds, each dripping a byte a second, while a customer is served."""
    async with relay(tmp_path, head_timeout_s=2.0, idle_timeout_s=4.0) as hub:
        endpoint, customer = await hub.endpoint(), await hub.endpoint()

        async def served() -> int:
            for number in range(300):
                assert (await hub.post(customer, b"%d" % number)).status == 202
                await asyncio.sleep(0.01)
            return 300

        async with asyncio.TaskGroup() as group:
            for first in FIRST.values():
                for _ in range(EACH):
                    group.create_task(linger(hub.port, endpoint.path, first))
            serving = group.create_task(served())
        assert serving.result() == 300
        assert hub.relay.log.held(endpoint.id) == (0, 0)


def frames(source: random.Random, endpoint: Endpoint) -> bytes:
    """Something that a listener might send, and then not quite that."""
    messages = [
        codec.encode(Ack(seq=source.randrange(5))),
        codec.encode(Ping(n=source.randrange(1 << 30))),
        codec.encode(Target(up=bool(source.randrange(2)))),
        codec.encode(codec.result(seq=1, id=endpoint.id, outcome="answered", status=200)),
        source.randbytes(source.randrange(40)),
    ]
    payload = bytearray(source.choice(messages))
    for _ in range(source.randrange(3)):
        payload[source.randrange(len(payload) or 1) : 1] = source.randbytes(1)
    opcode = source.choice(
        [0x82, 0x82, 0x82, 0x02, 0x81, 0x80, 0x89, 0x8A, 0x88, source.randrange(256)]
    )
    size = len(payload) if source.randrange(8) else source.randrange(126)
    head = bytes([opcode, (0x80 if source.randrange(8) else 0) | min(size, 125)])
    return head + b"\0\0\0\0" + bytes(payload)


async def test_nonsense_from_listeners_ends_their_stream_and_no_other(
    tmp_path: Path, inputs: int | None
) -> None:
    """H3: 2,000 streams that send nonsense; one that does not hears every event meanwhile."""
    source = random.Random(7)
    async with relay(tmp_path, endpoint_rate=0) as hub:
        endpoint, theirs = await hub.endpoint(respond="ack"), await hub.endpoint(respond="ack")
        await hub.post(theirs)
        async with hub.stream(endpoint) as good:

            async def nonsense(count: int) -> None:
                for _ in range(count):
                    async with hub.stream(theirs) as it:
                        for _ in range(source.randrange(1, 6)):
                            it.write(frames(source, theirs))
                        # Whatever frame is still open has fewer bytes to come than this.
                        it.write(b"\xff" * 300)
                        await it.until(partial(_closed, it), "the end", 10.0)

            async with asyncio.TaskGroup() as group:
                for _ in range(8):
                    group.create_task(nonsense((inputs or 2_000) // 8))
                for number in range(100):
                    assert (await hub.post(endpoint, b"%d" % number)).status == 202
            await good.until(lambda: len(good.seqs) == 100, "all events", 10.0)
            assert good.closed is None
        await eventually(lambda: _listeners(hub, theirs) == 0)


def _closed(it: Stream) -> bool:
    return it.closed is not None


def _listeners(hub: Running, endpoint: Endpoint) -> int:
    parts = hub.relay._parts
    assert parts is not None
    return parts.streams.hub.listeners(endpoint.id)
