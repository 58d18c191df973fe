"""D1: a relay that is killed under load, again and again, has lost and doubled nothing it acked."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.support.running import relay
from tests.support.stream import count_log
from tests.support.traffic import number_in, traffic

pytestmark = pytest.mark.log("sqlite", slow="nats")


@pytest.mark.parametrize(
    "each", [400, pytest.param(2_000, marks=[pytest.mark.slow, pytest.mark.rounds(51)])]
)
async def test_every_acked_event_is_in_the_log_exactly_once(
    tmp_path: Path, rounds: int, each: int
) -> None:
    """With up to `each` acks between two kills."""
    chance = random.Random()
    async with relay(tmp_path) as it:
        endpoint = await it.endpoint()
        async with traffic(it.port, endpoint.path, senders=16) as senders:
            for _ in range(rounds):
                await senders.until_acked(len(senders.ledger.acked) + chance.randrange(1, each))
                # Anywhere between two commits, or within one.
                await asyncio.sleep(chance.uniform(0, 0.02))
                await it.kill()
                await it.start()
            await senders.until_acked(len(senders.ledger.acked) + 1)
        ledger = senders.ledger
        stored = await count_log(it.port, endpoint, number_in)
    assert set(ledger.statuses) == {202}
    assert ledger.broken >= rounds, "the kills hit nobody"
    lost = [number for number in ledger.acked if stored[str(number)] != 1]
    assert not lost, f"{len(lost)} of {len(ledger.acked)} acked are not there once"
    assert set(stored.values()) == {1}
