"""What strangers send to the ingest port: each gets a definite status or a closed connection.

Over raw sockets. Whatever is taken is in the log exactly as it was sent, nothing else is, no line of
the log is a traceback, and the next request is served.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.relay_server.harness import Running, relay
from tests.support import rawhttp
from tests.support.hostile import (
    CHUNKED,
    CL,
    LAST,
    LINES,
    OK,
    REFUSED,
    SMUGGLING,
    TE,
    mutated,
    not_sent,
    poke,
    req,
    say,
    seeds,
)
from tests.support.running import Endpoint
from tests.support.stream import read_log


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data", max_body=1 << 20) as it:
        yield it


@pytest.mark.parametrize("name", SMUGGLING)
async def test_what_might_be_read_in_two_ways(
    hub: Running, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    fields, body = SMUGGLING[name]
    endpoint = await hub.endpoint()
    path = endpoint.path.encode()
    # Whoever reads the first request otherwise takes this for the second.
    second = b"POST " + path + b"/smuggled HTTP/1.1\r\nHost: h\r\n" + LAST + b"\r\n\r\n"
    told = await say(hub.port, req(endpoint.path, *fields, body=body) + second)
    assert told.closed
    assert all(status == OK or status in REFUSED for status in told.statuses), told.raw
    events = await read_log(hub.port, endpoint)
    assert [status for status in told.statuses if status == OK] == [OK] * len(events)
    if told.statuses and told.statuses[0] != OK:
        assert len(told.statuses) == 1
        assert not events
    for event in events:
        assert (event.target, event.body) in ((b"", b"hello"), (b"/smuggled", b"")), event
    await _still_serves(hub, caplog)


@pytest.mark.parametrize("name", LINES)
async def test_targets_methods_and_versions(
    hub: Running, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    line, target = LINES[name]
    endpoint = await hub.endpoint()
    told = await say(hub.port, req(endpoint.path, CL, LAST, line=line, body=b"hello"))
    events = await read_log(hub.port, endpoint)
    assert told.closed
    if target is None:
        assert not events
        assert all(status in REFUSED for status in told.statuses), told.raw
    else:
        assert told.statuses == [OK]
        assert [(event.target, event.body) for event in events] == [(target, b"hello")]
    await _still_serves(hub, caplog)


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"TLS/1.0, HTTP/1.1"])
async def test_an_offered_upgrade_on_an_endpoint_is_a_request_like_any_other(
    hub: Running, upgrade: bytes
) -> None:
    endpoint = await hub.endpoint()
    fields = (b"Connection: Upgrade", b"Upgrade: " + upgrade, b"Sec-WebSocket-Version: 13", CL)
    last = req(endpoint.path, LAST, line=b"DELETE {} HTTP/1.1")
    told = await say(hub.port, req(endpoint.path, *fields, body=b"hello") + last)
    assert told.statuses == [OK, OK]
    assert [event.body for event in await read_log(hub.port, endpoint)] == [b"hello", b""]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_sender_that_closes_at_any_byte_leaves_nothing_half(
    hub: Running, chunked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await hub.endpoint()
    whole = req(endpoint.path, TE if chunked else CL, body=CHUNKED if chunked else b"hello")
    for at in range(len(whole)):
        _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(whole[:at])
        await writer.drain()
        writer.close()
    assert await read_log(hub.port, endpoint) == []
    await _still_serves(hub, caplog)


async def test_a_bomb_stays_as_small_as_it_was_sent(hub: Running) -> None:
    import gzip

    bomb = gzip.compress(bytes(64 << 20))
    endpoint = await hub.endpoint()
    headers = ((b"Content-Encoding", b"gzip"), (b"Content-Type", b"application/json"))
    assert (await hub.post(endpoint, bomb, headers=headers)).status == OK
    (event,) = await read_log(hub.port, endpoint)
    assert event.body == bomb


STRANGERS = 8


@pytest.mark.slow
async def test_thousands_of_mutated_requests_harm_nobody(
    hub: Running, caplog: pytest.LogCaptureFixture, inputs: int | None
) -> None:
    """H1: every input is answered or closed, no 5xx, nothing is stored that was not sent, and legal
    requests meanwhile all succeed."""
    source = random.Random(20_251_125)
    other = await hub.endpoint()
    wrong: list[bytes] = []

    async def stranger(count: int, endpoint: Endpoint) -> None:
        known, sent = seeds(endpoint.path), list[bytes]()
        taken = 0
        for _ in range(count):
            sent.append(mutated(source, known))
            statuses = (await poke(hub.port, sent[-1])).statuses
            taken += statuses.count(OK)
            if not set(statuses) <= {OK, *REFUSED}:
                wrong.append(sent[-1])
        events = await read_log(hub.port, endpoint)
        assert len(events) >= taken > 0
        assert not_sent(events, sent) is None

    async def customer(done: asyncio.Event) -> int:
        count = 0
        while not done.is_set():
            assert (await hub.post(other, b"%d" % count)).status == OK
            count += 1
            await asyncio.sleep(0.01)
        return count

    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        counting = group.create_task(customer(done))
        async with asyncio.TaskGroup() as poking:
            for _ in range(STRANGERS):
                each = (inputs or 22_000) // STRANGERS
                poking.create_task(stranger(each, await hub.endpoint()))
        done.set()
    assert wrong == []
    assert len(await read_log(hub.port, other)) == counting.result() > 0
    await _still_serves(hub, caplog)


async def _still_serves(hub: Running, caplog: pytest.LogCaptureFixture) -> None:
    endpoint = await hub.endpoint()
    assert (await hub.post(endpoint, b"fine")).status == OK
    said = [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"]
    assert said == []
    told = await rawhttp.once(hub.port, rawhttp.request("GET", "/_/health", framing="none"))
    assert told.status in (200, 503)
