"""D5: SIGTERM under load loses nothing, leaves nobody without the answer that was coming, and ends."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from hookcli.wire import codec
from tests.support import logs, rawhttp
from tests.support.natsservers import nats_server
from tests.support.processes import PATIENCE
from tests.support.running import Endpoint, Relay, relay
from tests.support.stream import Stream, count_log, stream
from tests.support.traffic import number_in, traffic

pytestmark = pytest.mark.log("sqlite", slow="nats")


async def test_sigterm_under_load_loses_nothing_and_pending_answers_come(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        assert it.process is not None
        busy, asked = await it.endpoint(), await it.endpoint()
        async with (
            stream(it.port, asked) as listener,
            traffic(it.port, busy.path, senders=16) as senders,
        ):
            held = await hold(it, asked, listener)
            await senders.until_acked(300)
            it.process.signal(signal.SIGTERM)
            await it.process.line("pending answers finish")
            (event,) = listener.events
            result = codec.result(seq=event.seq, id=event.id, outcome="answered", status=299)
            listener.send(result)
            assert (await held).status == 299
            await listener.until(lambda: listener.closed is not None, "close")
            assert listener.closed is not None
            assert listener.closed[0] == 1001, "the listener is told to come back"
            listener.close()
            assert await it.process.wait() == 0
        assert set(senders.ledger.statuses) <= {202, 503}
        await it.start()
        stored = await count_log(it.port, busy, number_in)
        assert all(stored[str(number)] == 1 for number in senders.ledger.acked)


async def hold(
    it: Relay, endpoint: Endpoint, listener: Stream
) -> "asyncio.Future[rawhttp.Message]":
    """A sender that waits for the program's answer."""
    raw = rawhttp.request("POST", endpoint.path, (), b"{}")
    held = asyncio.ensure_future(rawhttp.once(it.port, raw, within=30))
    await listener.until(lambda: bool(listener.events), "event")
    return held


@pytest.mark.slow
@pytest.mark.log("sqlite")
async def test_a_log_that_is_away_keeps_no_relay_from_ending(tmp_path: Path) -> None:
    async with nats_server(tmp_path / "nats") as server:
        with logs.on(server.url):
            async with relay(tmp_path) as it:
                assert it.process is not None
                endpoint = await it.endpoint()
                await server.kill()
                await it.process.line("does not answer")
                async with rawhttp.sender(it.port) as sender:
                    await sender.write(rawhttp.request("POST", endpoint.path, (), b"{}"))
                    asking = asyncio.ensure_future(sender.answer())
                    assert await it.process.stop() == 0
                    assert (await asking).status == 503, "nobody has stored it"


@pytest.mark.slow
async def test_nobody_can_keep_a_relay_from_ending(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        assert it.process is not None
        endpoint = await it.endpoint()
        async with stream(it.port, endpoint) as listener, rawhttp.sender(it.port) as slow:
            held = await hold(it, endpoint, listener)
            await slow.write(b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
            listener.stop_reading()
            begin = time.monotonic()
            it.process.signal(signal.SIGTERM)
            assert await it.process.wait() == 0
            assert time.monotonic() - begin <= 10 * PATIENCE
            assert (await held).status == 202, "it is stored, so it is accepted"
