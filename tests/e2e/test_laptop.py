"""What laptops and teams do: sleep, be two, and have their relay restarted under load."""

import random
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.support import other_time, other_version, rawhttp
from tests.support.processes import PATIENCE
from tests.support.proxy import proxy
from tests.support.road import Road, road, until
from tests.support.running import listener, relay
from tests.support.traffic import number_of, traffic

pytestmark = [pytest.mark.log("sqlite", "nats"), pytest.mark.slow, pytest.mark.timeout(300)]

BACK_S = 5.0
HOUR = 3600


@pytest.mark.parametrize("network", ["forget", "reset"])
async def test_a_laptop_that_slept_for_an_hour_is_back_at_once_and_missed_nothing(
    tmp_path: Path, network: str
) -> None:
    offset = tmp_path / "offset"
    offset.write_text("0 0")
    prefix = [sys.executable, other_time.__file__, str(offset)]
    async with (
        relay(tmp_path / "relay") as server,
        proxy(server.port) as between,
        rawhttp.program() as program,
    ):
        endpoint = await server.endpoint(respond="ack")
        async with (
            listener(tmp_path / "l", between.url, endpoint, program.url, prefix=prefix) as laptop,
            traffic(server.port, endpoint.path, senders=2) as senders,
        ):
            it = Road(server, between, laptop, program, endpoint)
            assert laptop.process is not None
            await program.wait_for(20)
            laptop.process.signal(signal.SIGSTOP)
            # Nobody tells a sleeping machine that its connection is gone, or somebody did.
            getattr(between, network)()
            await senders.until_acked(len(senders.ledger.acked) + 100)
            offset.write_text(f"{HOUR} {HOUR}")
            before, begin = len(program.received), time.monotonic()
            laptop.process.signal(signal.SIGCONT)
            # What was under way to the program when it fell asleep may come first.
            await laptop.until("connected")
            await program.wait_for(before + 20)
            assert time.monotonic() - begin <= BACK_S * PATIENCE
            senders.stopped = True
            acked = set(senders.ledger.acked.values())
            await it.settled(acked)
            assert set(it.captured().values()) == {1}
            assert acked <= it.delivered().keys()
            assert len(laptop.of("lost")) == 1


async def test_a_relay_restarted_under_load_costs_nobody_an_event(
    tmp_path: Path, rounds: int
) -> None:
    chance = random.Random()
    async with (
        road(tmp_path) as it,
        traffic(it.relay.port, it.endpoint.path, senders=4) as senders,
    ):
        assert it.relay.process is not None
        for turn in range(1, rounds + 1):
            await senders.until_acked(len(senders.ledger.acked) + chance.randrange(20, 100))
            if turn % 2:
                assert await it.relay.process.stop() == 0  # as an upgrade does it
            else:
                await it.relay.kill()
            it.relay.process = await it.relay.start()
            begin = time.monotonic()  # it listens: what it needs to start is not the listener's
            await it.listener.until("connected", turn)
            assert time.monotonic() - begin <= BACK_S * PATIENCE
            await it.program.wait_for(len(it.program.received) + 1)
        senders.stopped = True
        acked = set(senders.ledger.acked)
        await until(lambda: acked <= numbers(it) or None, "everything that was acked", 60.0)
        assert set(it.captured().values()) == {1}
    assert set(senders.ledger.statuses) <= {200, 202, 503}


def numbers(it: Road) -> set[int]:
    """Those of the webhooks that have come to the program."""
    return {number_of(message.body) for message in it.program.received}


async def test_a_relay_upgraded_beyond_its_listener_loses_nothing_until_that_is_upgraded_too(
    tmp_path: Path,
) -> None:
    newer = [sys.executable, other_version.__file__, "hookcli.v2"]
    async with (
        road(tmp_path) as it,
        traffic(it.relay.port, it.endpoint.path, senders=4) as senders,
    ):
        await senders.until_acked(50)
        assert it.relay.process is not None
        assert await it.relay.process.stop() == 0
        it.relay.prefix = newer
        it.relay.process = await it.relay.start()
        words = "speaks hookcli.v2, the listener hookcli.v1; the older one is too old"
        await until(lambda: told(it, words), "words")
        await senders.until_acked(len(senders.ledger.acked) + 100)
        assert it.listener.process is not None
        assert it.listener.process.returncode is None, "it waits for what may pass"
        await it.listener.stop()
        it.listener.prefix = newer
        await it.listener.start()
        await senders.until_acked(len(senders.ledger.acked) + 50)
        senders.stopped = True
        acked = set(senders.ledger.acked)
        await until(lambda: acked <= numbers(it) or None, "everything that was acked", 60.0)
        assert set(it.captured().values()) == {1}
    assert set(senders.ledger.statuses) <= {200, 202, 503}


def told(it: Road, words: str) -> bool | None:
    """Whether the listener has said so of its tries."""
    return any(words in one.get("reason", "") for one in it.listener.records) or None


async def test_two_listeners_get_everything_each_whatever_happens_to_the_other(
    tmp_path: Path,
) -> None:
    async with road(tmp_path) as it, rawhttp.program() as second:
        place = tmp_path / "second"
        async with listener(place, it.relay.url, it.endpoint, second.url) as other:
            theirs = Road(it.relay, it.network, other, second, it.endpoint)
            await it.listener.until("notice")
            async with traffic(it.relay.port, it.endpoint.path, senders=4) as senders:
                for _ in range(3):
                    await senders.until_acked(len(senders.ledger.acked) + 50)
                    await other.kill()
                    await senders.until_acked(len(senders.ledger.acked) + 50)
                    await other.start()
            await both_have_everything(it, theirs)
    assert not senders.ledger.broken
    assert set(senders.ledger.statuses) == {200}, "one of them always answers"


async def both_have_everything(one: Road, other: Road) -> None:
    """Wait until both have captured and delivered what the relay holds."""
    shown = await one.relay.api("GET", f"/_/v1/endpoints/{one.endpoint.id}")
    for each in (one, other):
        await until(partial(has_done, each, shown["events"]), "everything")
        assert each.captured().total() == shown["events"]
        assert each.delivered().keys() == each.captured().keys()
    assert one.captured() == other.captured()


def has_done(it: Road, count: int) -> bool | None:
    return len(it.done()) == count or None
