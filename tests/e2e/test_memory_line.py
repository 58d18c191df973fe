"""Ten thousand large webhooks queued while nobody listens, then caught up: nobody grows with them."""

import asyncio
from pathlib import Path

import pytest

from tests.support import rawhttp
from tests.support.rawhttp import Message
from tests.support.road import until
from tests.support.running import listener, relay
from tests.support.traffic import number_of, send_all

pytestmark = pytest.mark.log("sqlite", "nats")

COUNT, SIZE = 10_000, 100_000
MOST_KB = 200_000
EACH_KEEPS = {"HOOKCLI_RELAY_ENDPOINT_BYTES": str(2 << 30)}


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_relay_and_listener_stay_under_200_mb(tmp_path: Path) -> None:
    numbers: set[int] = set()

    async def take(message: Message, writer: asyncio.StreamWriter) -> None:
        numbers.add(number_of(message.body))
        program.received.clear()  # a gigabyte that is not what is being measured
        await rawhttp.respond()(message, writer)

    async with (
        relay(tmp_path / "relay", settings=EACH_KEEPS) as it,
        rawhttp.program(take) as program,
    ):
        assert it.process is not None
        endpoint = await it.endpoint()
        await send_all(it.port, endpoint.path, COUNT, senders=16, size=SIZE)
        log = tmp_path / "lines"
        async with listener(
            tmp_path / "laptop", it.url, endpoint, program.url, log=log
        ) as caught_up:
            assert caught_up.process is not None
            await until(lambda: len(numbers) == COUNT or None, "everything", within=400)
            assert it.process.peak_kb() <= MOST_KB
            assert caught_up.process.peak_kb() <= MOST_KB
