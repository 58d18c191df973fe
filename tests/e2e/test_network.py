"""N1 to N3: the network between listener and relay breaks; nothing is lost, and no state is a lie."""

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE
from tests.support.road import EVENT_ID, Road, event_of, road, until
from tests.support.traffic import traffic

pytestmark = pytest.mark.log("sqlite", slow="nats")

BACK_S = 1.0
BACK_AFTER_SILENCE_S = 5.0
TOLD_S = 1.0
HEARD_S = 0.3 * PATIENCE
LOST_S = 10.0
"""After so long without a sign of life no listener may say that it is connected."""


async def delivered_within(it: Road, seconds: float) -> None:
    """The first webhook that comes now reaches the program in that time."""
    begin = time.monotonic()
    id_ = (await it.post()).value(EVENT_ID).decode()
    took = await until(
        lambda: next((one.at for one in it.program.received if event_of(one) == id_), None),
        "delivery",
    )
    assert took - begin <= seconds * PATIENCE


def states(it: Road) -> list[tuple[float, str]]:
    """When the listener said that it was connected, and when that it was not."""
    words = {"ready": "live", "connected": "live", "lost": "lost"}
    return [
        (one["seen"], words[one["type"]]) for one in it.listener.records if one["type"] in words
    ]


def is_true(it: Road) -> None:
    """What the listener said, held against what the network did, from the first mark to the last.

    A connection is told only while one can be, and a broken one soon; one that died in silence, by
    the silence. What is said takes a moment to be heard.
    """
    said = states(it)
    for at, state in said:
        since, what = [mark for mark in it.network.marks if mark[0] < at][-1]
        if state == "live" and what in ("stop", "blackhole"):
            assert at - since <= HEARD_S, f"connected {at - since:.1f} s after {what}"
    for at, what in it.network.marks:
        claims = [state for moment, state in said if moment < at]
        if what in ("stop", "reset", "cut") and claims and claims[-1] == "live":
            told = [moment for moment, state in said if moment >= at and state == "lost"]
            assert told, f"{what} was never told"
            assert told[0] - at <= TOLD_S * PATIENCE, f"{what} was told late"


async def lost_told(it: Road, count: int) -> None:
    await it.listener.until("lost", count, within=LOST_S + 5)


async def test_after_a_reset_a_half_close_or_a_cut_frame_the_first_delivery_comes_at_once(
    tmp_path: Path,
) -> None:
    async with road(tmp_path, respond="ack") as it:
        cut = partial(it.network.cut_after, 40)
        faults: list[Callable[[], None]] = [it.network.reset, it.network.half_close, cut]
        for turn, fault in enumerate(faults, 1):
            fault()
            await delivered_within(it, BACK_S)
            await it.listener.until("connected", turn)
        assert set(it.delivered().values()) == {1}
        is_true(it)
        told = [state for _, state in states(it)]
    assert told == ["live", "lost", "live", "lost", "live", "lost", "live"]


async def test_a_relay_that_is_away_is_waited_for_and_the_state_says_so(tmp_path: Path) -> None:
    async with road(tmp_path, respond="ack") as it:
        await it.network.stop()
        await lost_told(it, 1)
        await it.listener.until("reconnecting", 4)
        waiting = [(await it.post()).value(EVENT_ID).decode() for _ in range(20)]
        assert states(it)[-1][1] == "lost"
        begin = time.monotonic()
        await it.network.start()
        await it.settled(waiting)
        assert time.monotonic() - begin <= BACK_AFTER_SILENCE_S * PATIENCE
        assert it.delivered() == dict.fromkeys(waiting, 1)
        (_, lost), (again, live) = states(it)[-2:]
        assert (lost, live) == ("lost", "live")
        assert again >= begin
        is_true(it)


@pytest.mark.slow
async def test_no_state_is_a_lie_while_the_network_comes_and_goes(
    tmp_path: Path, rounds: int
) -> None:
    chance = random.Random()
    async with road(tmp_path, respond="ack") as it:
        for _ in range(rounds):
            await it.network.stop()
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            await it.network.start()
            await asyncio.sleep(chance.uniform(0.0, 0.3))
            it.network.reset()
            await delivered_within(it, BACK_AFTER_SILENCE_S)
        is_true(it)


@pytest.mark.parametrize("often", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_damaged_frames_change_no_delivery(tmp_path: Path, rounds: int, often: bool) -> None:
    chance = random.Random(3)
    async with road(tmp_path, respond="ack") as it:
        bodies: dict[str, bytes] = {}
        for turn in range(1, rounds + 1):
            it.network.damage_after(chance.randrange(3_000))
            while [what for _, what in it.network.marks].count("damaged") < turn:
                body = chance.randbytes(chance.randrange(1_500))
                bodies[(await it.post(body)).value(EVENT_ID).decode()] = body
        await it.settled(bodies, within=60)
        assert len(it.listener.of("lost")) >= rounds // 2, "the damage was not seen"
        for message in it.program.received:
            assert message.body == bodies[event_of(message)]
        assert set(it.captured().values()) == {1}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("restore", ["restore", "forget", "replace"])
async def test_after_a_blackhole_the_first_delivery_comes_in_five_seconds_and_nothing_was_lost(
    tmp_path: Path, restore: str
) -> None:
    async with (
        road(tmp_path, respond="ack") as it,
        traffic(it.relay.port, it.endpoint.path, senders=2) as senders,
    ):
        for turn, silence in enumerate((0.5, LOST_S + 3), 1):
            before = len(it.listener.of("lost"))
            await senders.until_acked(50 * turn)
            it.network.blackhole()
            begin = time.monotonic()
            await asyncio.sleep(silence * PATIENCE)
            if silence > LOST_S:
                await lost_told(it, before + 1)
                said = [at for at, state in states(it) if state == "lost"][-1]
                assert said - begin <= (LOST_S + 1) * PATIENCE
                assert states(it)[-1][1] == "lost", "it said connected to a dead network"
            reached = len(it.program.received)
            begin = time.monotonic()
            getattr(it.network, restore)()
            await it.program.wait_for(reached + 1)
            # A dead peer that nobody tells of is known by its silence.
            more = LOST_S if restore == "forget" and silence < LOST_S else 0
            assert time.monotonic() - begin <= (BACK_AFTER_SILENCE_S + more) * PATIENCE
        is_true(it)
        senders.stopped = True
        acked = set(senders.ledger.acked.values())
        await it.settled(acked, within=60)
        assert set(it.captured().values()) == {1}
        assert acked <= it.delivered().keys()
