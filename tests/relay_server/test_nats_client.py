"""The way to NATS where a server neither answers nor hangs up, or hangs up without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nats.js.api import ClusterInfo, PeerInfo

from relay_server.log.base import StorageError
from relay_server.log.nats import connection, pulse
from relay_server.log.nats.connection import Connection
from relay_server.log.nats.jetstream import is_led
from relay_server.log.nats.log import NatsLog
from relay_server.settings import Settings
from tests.relay_server.test_log import KEPT
from tests.support.natsservers import NatsServer, nats_server, on_nats
from tests.support.road import until

UNSENT = 20 << 20
"""More than the buffers of all sockets on the way take."""


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[list[NatsServer]]:
    """Servers that know nothing of each other."""
    async with nats_server(folder / "a") as one, nats_server(folder / "b") as other:
        yield [one, other]


def where(it: Connection, servers: list[NatsServer]) -> NatsServer | None:
    """The server that it is connected to now."""
    url = it._nc.connected_url
    found = (one for one in servers if url is not None and url.port == one.port)
    return next(found, None) if it.connected else None


async def test_a_server_that_takes_nothing_any_more_is_left_with_all_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_PING_S", 0.1)
    async with two(tmp_path) as servers:
        it = Connection(up=lambda: None, down=lambda: None)
        await it.connect("test", {"servers": [one.url for one in servers]})
        frozen = where(it, servers)
        assert frozen is not None
        await frozen.freeze()
        piece = bytes(it.max_payload // 2)
        for _ in range(UNSENT // len(piece)):
            await it.say("nobody.hears", piece)
        other = next(one for one in servers if one is not frozen)
        await until(lambda: where(it, servers) is other or None, "connection to the other server")
        await it.settle()
        await it.close()


async def test_a_server_through_which_no_stream_answers_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "_EVERY_S", 0.05)
    monkeypatch.setattr(pulse, "_LEAVE_S", 0.1)
    async with two(tmp_path) as servers:
        address = "nats://" + ",".join(one.address for one in servers)
        settings = Settings(log=address, log_replicas=1, log_streams=2)
        log = NatsLog(settings, retention=KEPT, tail_bytes=1 << 20)
        await log.open()
        useless = where(log.connection, servers)
        assert useless is not None
        await useless.empty()
        other = next(one for one in servers if one is not useless)
        await until(lambda: where(log.connection, servers) is other or None, "the other server")
        await log.close()


async def test_nothing_stops_the_pulse(nats: NatsServer, tmp_path: Path) -> None:
    """Without it a stream that was away would be so for ever."""
    log = NatsLog(on_nats(tmp_path), retention=KEPT, tail_bytes=1 << 20)
    await log.open()
    beats: list[float] = []

    async def fails(passed_s: float) -> None:
        beats.append(passed_s)
        raise ValueError("a bug")

    log._it.pulse._passed = fails
    log._it.pulse.again()
    await until(lambda: len(beats) >= 2 or None, "another beat")
    await log.close()


async def test_a_server_that_hangs_up_without_a_word_is_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_CONNECT_S", 0.2)

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"headers":true,"max_payload":1048576}\r\n')
        await reader.readuntil(b"PING\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        it = Connection(up=lambda: None, down=lambda: None)
        with pytest.raises(StorageError, match="cannot be reached: unexpected EOF"):
            await it.connect("test", {"servers": [f"nats://127.0.0.1:{port}"]})


def peers(*active_s: float) -> list[PeerInfo]:
    """The other servers of a stream, by how long ago their leader heard of them; 0: never."""
    return [PeerInfo(active=int(seconds * 1e9)) for seconds in active_s]


@pytest.mark.parametrize(
    ("cluster", "led"),
    [
        (None, True),
        (ClusterInfo(leader="n1"), True),
        (ClusterInfo(leader="n1", replicas=peers(0.5, 1.5)), True),
        (ClusterInfo(leader="n1", replicas=peers(0.5, 60)), True),
        (ClusterInfo(leader="n1", replicas=peers(0.5, 0)), True),
        (ClusterInfo(leader="n1", replicas=peers(5, 5)), False),
        (ClusterInfo(leader="n1", replicas=peers(0, 5)), False),
        (ClusterInfo(leader="n1", replicas=peers(0.5, 5, 5, 5)), False),
        (ClusterInfo(leader=None, replicas=peers(0.5, 0.5, 0.5)), False),
    ],
)
def test_a_stream_is_led_by_who_hears_most_of_its_servers(
    cluster: ClusterInfo | None, led: bool
) -> None:
    assert is_led(cluster) is led


async def test_what_a_broken_connection_left_of_a_message_is_forgotten(nats: NatsServer) -> None:
    """It may have come when the client had given the connection up already."""

    def down() -> None:
        it._nc._ps.buf.extend(b"MSG nobody 1 100\r\nhalf of i")

    news = asyncio.Event()
    it = Connection(up=news.set, down=down)
    await it.connect("test", {"servers": [nats.url]})
    it.leave()
    await asyncio.wait_for(news.wait(), 10)
    await it.settle()
    await it.close()
