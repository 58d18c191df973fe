"""S2 and D6: a long backlog is caught up in the order of the acks; a relay that holds one starts."""

import signal
import time
from pathlib import Path

import pytest

from hookcli.wire.messages import Event
from tests.support import rawhttp
from tests.support.processes import PATIENCE
from tests.support.running import relay
from tests.support.stream import Stream, stream
from tests.support.traffic import send_all

pytestmark = pytest.mark.log("sqlite", "nats")


@pytest.mark.slow
async def test_ten_thousand_are_caught_up_in_order_none_lost_none_doubled(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        endpoint = await it.endpoint()
        ledger = await send_all(it.port, endpoint.path, 10_000, senders=16)
        ids: list[str] = []

        def note(event: Event) -> None:
            ids.append(event.id)

        caught = await Stream.open(it.port, endpoint, keep=False, on_event=note)
        await caught.catch_up()
        caught.close()
    assert caught.seqs == list(range(1, 10_001))
    # Ids rise in the order in which events were taken, so their order is that of the log.
    assert ids == sorted(set(ids))
    assert set(ids) == set(ledger.acked.values())


async def test_one_sender_s_acks_are_in_the_order_of_the_log(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        endpoint = await it.endpoint()
        acked: list[bytes] = []
        async with rawhttp.sender(it.port) as sender:
            for number in range(200):
                raw = rawhttp.request("POST", endpoint.path, (), b"%d" % number)
                acked.append((await sender.send(raw)).value(b"Hookcli-Event-Id"))
        async with stream(it.port, endpoint) as caught:
            await caught.catch_up()
        assert [event.id.encode() for event in caught.events] == acked


@pytest.mark.slow
async def test_a_hundred_thousand_queued_are_no_reason_to_start_slowly(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        endpoint = await it.endpoint()
        await send_all(it.port, endpoint.path, 100_000, senders=32)
        for number in (signal.SIGKILL, signal.SIGTERM):
            assert it.process is not None
            it.process.signal(number)
            await it.process.wait()
            begin = time.monotonic()
            await it.start()
            assert time.monotonic() - begin <= 1.0 * PATIENCE
        raw = rawhttp.request("POST", endpoint.path, (), b"one more")
        assert (await rawhttp.once(it.port, raw)).status == 202
        async with stream(it.port, endpoint, after=99_990) as caught:
            await caught.catch_up()
        assert caught.seqs == list(range(99_991, 100_002))
