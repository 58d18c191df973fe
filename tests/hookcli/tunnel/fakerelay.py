"""A relay that says what a test tells it to: streams from the `websockets` library, scripted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from hookcli.wire import codec
from hookcli.wire.messages import (
    Ack,
    Event,
    ListenerMessage,
    Ping,
    Pong,
    RelayMessage,
    Result,
    Target,
    Unknown,
    Welcome,
)
from hookcli.wire.version import SUBPROTOCOL
from tests.support.running import Endpoint

ENDPOINT = Endpoint(id="ep_test", url="http://relay.test/ep_test", token="hk_test")
NOW = 1_763_908_351_000_000


def welcome(*, after: int = 0, head: int = 0, respond: str = "app") -> Welcome:
    """The first message."""
    return Welcome(
        endpoint=ENDPOINT.id,
        url=ENDPOINT.url,
        head=head,
        after=after,
        respond="app" if respond == "app" else "ack",
        deadline_ms=10_000,
        window_events=256,
        window_bytes=8 << 20,
        retention_s=604_800,
        now=NOW,
        relay="fake",
    )


def event(seq: int, body: bytes = b"{}", name: str = "") -> Event:
    """One event."""
    return codec.event(
        seq=seq,
        id=name or f"01JA8PZQ{seq:018d}",
        received_at=NOW + seq,
        method="POST",
        url=ENDPOINT.url,
        target=b"/x",
        http_version="1.1",
        peer="203.0.113.9",
        headers=((b"Host", b"relay.test"),),
        body=body,
    )


@dataclass
class Peer:
    """One listener that has connected."""

    connection: ServerConnection
    path: str
    """The request target of its handshake."""
    received: list[ListenerMessage | Unknown] = field(default_factory=list)
    """What it sent, pings excepted."""
    closed: tuple[int | None, str] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, *messages: RelayMessage | bytes | str) -> None:
        """Send messages, or bytes that may be none."""
        for message in messages:
            raw = message if isinstance(message, bytes | str) else codec.encode(message)
            await self.connection.send(raw)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it has sent something, or hung up."""
        async with asyncio.timeout(10):
            while not true():
                self._news.clear()
                await self._news.wait()

    def of(self, kind: type[Ack] | type[Result] | type[Target]) -> list[ListenerMessage | Unknown]:
        """What it sent of a kind."""
        return [message for message in self.received if isinstance(message, kind)]

    async def read(self) -> None:
        """Read until it hangs up; pings are answered."""
        try:
            async for raw in self.connection:
                assert isinstance(raw, bytes)
                message = codec.decode_listener(raw)
                if isinstance(message, Ping):
                    await self.send(Pong(n=message.n, now=NOW))
                else:
                    self.received.append(message)
                self._news.set()
        except ConnectionClosed:
            pass
        self.closed = self.connection.close_code, self.connection.close_reason or ""
        self._news.set()


Script = Callable[[Peer], Awaitable[None]]


class FakeRelay:
    """Serves every stream with the script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.peers: list[Peer] = []
        self.url = ""
        self._news = asyncio.Event()

    async def peer(self, number: int = 1) -> Peer:
        """The so-manieth listener, once it has connected."""
        async with asyncio.timeout(10):
            while len(self.peers) < number:
                self._news.clear()
                await self._news.wait()
        return self.peers[number - 1]

    async def handle(self, connection: ServerConnection) -> None:
        """One stream."""
        assert connection.request is not None
        assert connection.request.headers["Authorization"] == f"Bearer {ENDPOINT.token}"
        peer = Peer(connection, connection.request.path)
        self.peers.append(peer)
        self._news.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(peer.read())
            try:
                await self.script(peer)
            except ConnectionClosed:
                return


@asynccontextmanager
async def fake_relay(script: Script, *, subprotocol: str = SUBPROTOCOL) -> AsyncIterator[FakeRelay]:
    """A running one, stopped at the end."""
    it = FakeRelay(script)
    server: Server = await serve(
        it.handle,
        "127.0.0.1",
        0,
        subprotocols=[Subprotocol(subprotocol)],
        compression=None,
        ping_interval=None,
        max_size=None,
    )
    it.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield it
    finally:
        server.close(close_connections=True)
        await server.wait_closed()
