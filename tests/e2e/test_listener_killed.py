"""D3: a listener that is killed under load captures every acked event once and delivers it."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.support.road import Road, road
from tests.support.traffic import traffic

pytestmark = pytest.mark.log("sqlite", slow="nats")

DOUBLED_PER_KILL = 64


async def send_and_kill(it: Road, kills: int) -> set[str]:
    """Kill the listener so often under load; the ids of what was acked."""
    chance = random.Random()
    async with traffic(it.relay.port, it.endpoint.path, senders=2) as senders:
        await senders.until_acked(100)
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0, 0.1))
            await it.listener.kill()
            await senders.until_acked(len(senders.ledger.acked) + chance.randrange(1, 50))
            await it.listener.start()
        await senders.until_acked(len(senders.ledger.acked) + 100)
    assert set(senders.ledger.statuses) <= {200, 202}
    assert not senders.ledger.broken
    return set(senders.ledger.acked.values())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.slow)])
async def test_every_acked_event_is_captured_once_and_delivered(tmp_path: Path, kills: int) -> None:
    async with road(tmp_path, respond="ack") as it:
        acked = await send_and_kill(it, kills)
        await it.settled(acked)
        captured, delivered = it.captured(), it.delivered()
    assert acked <= captured.keys()
    assert set(captured.values()) == {1}
    assert acked <= delivered.keys()
    assert delivered.total() - len(delivered) <= DOUBLED_PER_KILL * kills


@pytest.mark.slow
async def test_without_a_fault_nothing_is_delivered_twice(tmp_path: Path) -> None:
    async with road(tmp_path, respond="ack") as it:
        acked = await send_and_kill(it, 0)
        await it.settled(acked)
        assert await it.listener.stop() == 143
        await it.listener.start()
        acked.add((await it.post()).value(b"Hookcli-Event-Id").decode())
        await it.settled(acked)
        assert it.delivered() == it.captured()
        assert set(it.delivered().values()) == {1}
