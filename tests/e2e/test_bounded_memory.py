"""S3: what waits is on the disk; the relay's memory does not grow with it."""

from pathlib import Path

import pytest

from tests.support.running import Endpoint, Relay, relay
from tests.support.stream import Stream
from tests.support.traffic import send_all

pytestmark = pytest.mark.log("sqlite", slow="nats")

MIB_KB = 1024
TOTAL = 256 << 20


async def growth_kb(it: Relay, endpoint: Endpoint, *, size: int, senders: int) -> int:
    """How much the relay's peak rises while 256 MiB of webhooks come in."""
    assert it.process is not None
    await send_all(it.port, endpoint.path, 50, senders=senders, size=1_000)
    before = it.process.rss_kb()
    it.process.forget_peak()
    await send_all(it.port, endpoint.path, TOTAL // size, senders=senders, size=size)
    return it.process.peak_kb() - before


@pytest.mark.parametrize(
    ("size", "senders"),
    [
        pytest.param(8 << 10, 32, marks=pytest.mark.slow),
        pytest.param(64 << 10, 16, marks=pytest.mark.slow),
        pytest.param(1 << 20, 16, marks=pytest.mark.slow),
    ],
)
async def test_webhooks_without_a_listener_stay_out_of_memory(
    tmp_path: Path, size: int, senders: int
) -> None:
    async with relay(tmp_path) as it:
        grown = await growth_kb(it, await it.endpoint(), size=size, senders=senders)
    assert grown <= 64 * MIB_KB


@pytest.mark.parametrize(
    ("size", "senders"),
    [
        pytest.param(8 << 10, 32, marks=pytest.mark.slow),
        pytest.param(1 << 20, 16, marks=pytest.mark.slow),
    ],
)
async def test_a_listener_that_never_reads_costs_its_window_and_no_more(
    tmp_path: Path, size: int, senders: int
) -> None:
    # It says nothing either; that it would be closed for.
    async with relay(tmp_path, settings={"HOOKCLI_RELAY_SILENCE_S": "300"}) as it:
        endpoint = await it.endpoint()
        deaf = await Stream.open(it.port, endpoint, more="&respond=ack", keep=False, acks=False)
        deaf.stop_reading()
        grown = await growth_kb(it, endpoint, size=size, senders=senders)
        deaf.close()
    assert grown <= 96 * MIB_KB
