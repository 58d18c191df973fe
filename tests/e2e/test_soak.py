"""The whole road with faults all the time, for two minutes or as long as `SOAK` says."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from benchmarks.soak import differ, grown, report, soak
from benchmarks.soak_ends import Checking, print_of
from hookcli.config.values import duration_ms
from tests.support import rawhttp

ON_NATS_S = 60.0
SECONDS = duration_ms(os.environ.get("SOAK", "2m")) / 1000


@pytest.mark.log("sqlite", "nats")
@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 600)
async def test_nothing_is_lost_doubled_or_altered_and_memory_is_flat(
    tmp_path: Path, log_kind: str
) -> None:
    seed = random.randrange(1 << 32)
    seconds = SECONDS if log_kind == "sqlite" else min(SECONDS, ON_NATS_S)
    outcome = await soak(tmp_path, seconds, seed)
    told = "\n".join([f"seed {seed}", *report(outcome)])
    assert not outcome.wrong, told
    assert outcome.sent > seconds
    assert outcome.events == outcome.captured >= outcome.sent


async def test_the_program_of_a_soak_notices_what_was_altered() -> None:
    it = Checking()
    it.ledger.prints.append(print_of(b"as it was"))
    await it.start()

    async def send(body: bytes, query: str = "at=%zz&n=0", field: bytes = b"x-NUMBER") -> int:
        raw = rawhttp.request("POST", f"/soak/0?{query}", [(field, b"0")], body)
        return (await rawhttp.once(it.port, raw)).status

    try:
        assert await send(b"as it was") == 200
        assert not it.altered
        for altered in (send(b"as it is"), send(b"as it was", "at=%25zz&n=0")):
            before = len(it.altered)
            await altered
            assert len(it.altered) == before + 1
        await send(b"as it was", field=b"X-Number")
        assert len(it.altered) == 3
        await asyncio.sleep(0)
    finally:
        await it.stop()
    assert it.came == {0: 4}


@pytest.mark.parametrize(
    ("peaks", "flat"),
    [
        ([60_000] * 9, True),
        ([60_000, 70_000, 80_000, 90_000], True),
        ([60_000, 61_000, 62_000, 120_000, 160_000, 200_000], False),
        ([300_000, 10_000, 10_000], True),
    ],
)
def test_growth_is_noticed(peaks: list[int], flat: bool) -> None:
    assert bool(grown("relay", peaks)) is not flat


@pytest.mark.parametrize(
    ("log", "captured", "words"),
    [
        ("abc", "abc", ""),
        ("bc", "abc", ""),  # retention
        ("abc", "ac", "1 events were not captured"),
        ("ac", "abc", "1 captured events are not in the log"),
    ],
)
def test_what_was_missed_is_noticed(log: str, captured: str, words: str) -> None:
    assert "; ".join(differ(set(log), set(captured))) == words
