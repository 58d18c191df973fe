"""What the forwarder's tests share: a captured request, one attempt, programs of several kinds."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from hookcli.captures.model import Attempt, Why
from hookcli.tunnel.forward import Forwarder
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from tests.support import rawhttp

URL = "https://hooks.test/ep_1"
CAPTURE = "01JA8Q4MZX0000000000000000"
OURS = (b"x-forwarded-", b"hookcli-", b"content-length")


def request(
    method: str = "POST",
    target: bytes = b"/x",
    headers: Headers = ((b"Host", b"hooks.test"),),
    body: bytes = b"",
    url: str = URL,
) -> Request:
    """A captured request."""
    return Request(method=method, url=url, target=target, headers=headers, body=body)


async def send(
    forwarder: Forwarder,
    target: str,
    one: Request | None = None,
    *,
    why: Why = Why.LIVE,
    timeout_s: float = 15.0,
    peer: str = "203.0.113.9",
) -> Attempt:
    """One attempt."""
    return await forwarder.send(
        one or request(), target, why=why, capture=CAPTURE, timeout_s=timeout_s, peer=peer
    )


@asynccontextmanager
async def forwarding(**options: Any) -> AsyncIterator[Forwarder]:
    """A forwarder, closed at the end."""
    it = Forwarder(**options)
    try:
        yield it
    finally:
        await it.close()


async def once(answer: rawhttp.Answer, one: Request | None = None, **options: Any) -> Attempt:
    """One attempt at a program that answers so."""
    async with rawhttp.program(answer) as program, forwarding(**options) as forwarder:
        return await send(forwarder, program.url, one)


async def seen(one: Request, *, base: str = "", **options: Any) -> rawhttp.Message:
    """What a program gets of a request."""
    why, peer = options.pop("why", Why.LIVE), options.pop("peer", "203.0.113.9")
    async with rawhttp.program() as program, forwarding(**options) as forwarder:
        await send(forwarder, program.url + base, one, why=why, peer=peer)
        assert program.faults == []
        (message,) = program.received
        return message


class Elsewhere(rawhttp.Program):
    """A program on another address of this machine, or behind TLS."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._host, self._tls = host, tls

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, self._host, self.port, limit=rawhttp.LIMIT, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]


@asynccontextmanager
async def elsewhere(**place: Any) -> AsyncIterator[Elsewhere]:
    """Such a program, stopped at the end."""
    it = Elsewhere(**place)
    await it.start()
    try:
        yield it
    finally:
        await it.stop()


class Script(asyncio.Protocol):
    """A peer below HTTP: told of each connection, it does as it likes with the transport."""

    def __init__(self, acts: Callable[[asyncio.Transport, bytes], None]) -> None:
        self._acts = acts
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)

    def drop(self) -> None:
        """End the connection, whatever state it is in."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._acts(self._transport, data)


@asynccontextmanager
async def scripted(acts: Callable[[asyncio.Transport, bytes], None]) -> AsyncIterator[str]:
    """The origin of a peer that does this with what comes."""
    loop = asyncio.get_running_loop()
    peers: list[Script] = []

    def made() -> Script:
        peers.append(Script(acts))
        return peers[-1]

    server = await loop.create_server(made, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for peer in peers:
            peer.drop()
        await server.wait_closed()
