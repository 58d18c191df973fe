"""A thousand senders against something that stands still: memory stays within its bound, and all that
was acked arrives afterwards."""

import asyncio
import resource
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support import rawhttp
from tests.support.disk import Disk, disk
from tests.support.processes import PATIENCE, Process
from tests.support.road import Road, road
from tests.support.running import relay
from tests.support.stream import count_log
from tests.support.traffic import Ledger, number_in, send_all, traffic

pytestmark = [pytest.mark.log("sqlite", "nats"), pytest.mark.slow, pytest.mark.timeout(300)]

MANY = 1_000
MIB_KB = 1024
BUDGET_MIB = 16
CONNECTIONS_MIB = 32
"""What a thousand connections and their requests cost beside the bodies."""
HELD = {"HOOKCLI_RELAY_DEADLINE_MS": "1000", "HOOKCLI_RELAY_BODY_BUDGET": f"{BUDGET_MIB}MiB"}


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Each sender is an open file of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def many(port: int, path: str, *, size: int) -> Ledger:
    """So many senders at once, one webhook each, every one of them answered."""
    async with traffic(port, path, senders=MANY, size=size, limit=MANY) as it:
        pass
    assert sum(it.ledger.statuses.values()) == it.ledger.sent == MANY
    return it.ledger


@asynccontextmanager
async def bounded(process: Process | None, port: int, path: str, mib: int) -> AsyncIterator[None]:
    """What happens inside costs a process no more than so much memory."""
    assert process is not None
    await send_all(port, path, 20, senders=4)
    before = process.rss_kb()
    process.forget_peak()
    yield
    grown = process.peak_kb() - before
    assert grown <= mib * MIB_KB, f"{grown / MIB_KB:.0f} MiB"


@asynccontextmanager
async def slow(under: Disk, seconds: float) -> AsyncIterator[None]:
    """A disk of which every sync takes so long."""

    async def delay() -> None:
        while True:
            if await asyncio.to_thread(under.waiting.wait, 0.2):
                await asyncio.sleep(seconds)
                under.release()
                while under.waiting.is_set():  # noqa: ASYNC110 - a disk tells nobody
                    await asyncio.sleep(0.001)
                under.hold()

    under.hold()
    delaying = asyncio.ensure_future(delay())
    try:
        yield
    finally:
        delaying.cancel()
        under.release()


@pytest.mark.log("sqlite")
@pytest.mark.parametrize(
    ("size", "seconds"), [(200, 0.3), pytest.param(60_000, 2.0, marks=pytest.mark.slow)]
)
@pytest.mark.timeout(120)
async def test_a_disk_that_takes_seconds_for_every_sync(
    tmp_path: Path, size: int, seconds: float
) -> None:
    with disk(tmp_path / "relay") as under:
        async with relay(tmp_path, settings=HELD, preexec=under.preexec) as it:
            endpoint, other = await it.endpoint(), await it.endpoint()
            mib = BUDGET_MIB + CONNECTIONS_MIB
            async with bounded(it.process, it.port, other.path, mib), slow(under, seconds):
                ledger = await many(it.port, endpoint.path, size=size)
            stored = await count_log(it.port, endpoint, number_in)
    assert set(ledger.statuses) <= {202, 503}
    # Where their bodies do not fit beside one another, some are told to come again.
    assert ledger.statuses[202] >= (MANY if size < 1_000 else 200)
    assert all(stored[str(number)] == 1 for number in ledger.acked)
    assert set(stored.values()) == {1}


async def test_a_listener_that_stands_still(tmp_path: Path) -> None:
    async with road(tmp_path, relay_settings=HELD) as it:
        mib = BUDGET_MIB + CONNECTIONS_MIB
        async with bounded(it.relay.process, it.relay.port, it.endpoint.path, mib):
            assert it.listener.process is not None
            it.listener.process.signal(signal.SIGSTOP)
            ledger = await many(it.relay.port, it.endpoint.path, size=8_000)
        assert set(ledger.statuses) == {202}
        it.listener.process.signal(signal.SIGCONT)
        await it.settled(ledger.acked.values(), within=60)
        everything_came_once(it, ledger)


async def test_a_program_that_stands_still(tmp_path: Path) -> None:
    async with road(tmp_path, "--timeout", "2s", "--retry", "20", relay_settings=HELD) as it:
        mib = BUDGET_MIB + CONNECTIONS_MIB
        path, port = it.endpoint.path, it.relay.port
        async with (
            bounded(it.relay.process, port, path, mib),
            bounded(it.listener.process, port, path, mib),
        ):
            it.program.answer = rawhttp.hang()
            ledger = await many(port, path, size=8_000)
            assert set(ledger.statuses) == {202}
            it.program.answer = rawhttp.respond()
            await it.settled(ledger.acked.values(), within=60 * PATIENCE)
        # Those that the program sat on came to it again.
        assert set(ledger.acked.values()) <= it.delivered().keys()
        assert set(it.captured().values()) == {1}


def everything_came_once(it: Road, ledger: Ledger) -> None:
    delivered = it.delivered()
    assert all(delivered[id_] == 1 for id_ in ledger.acked.values())
    assert set(it.captured().values()) == {1}
