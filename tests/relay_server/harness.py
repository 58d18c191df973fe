"""A relay in the test's own event loop, with real sockets and a real log."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from hookcli.wire.messages import Event, Replied, Reply
from relay_server.app import Relay, Started
from relay_server.settings import Settings
from tests.support import logs, rawhttp
from tests.support.running import Endpoint
from tests.support.stream import Stream, stream


class Running:
    """A started relay and the few things that tests ask of it."""

    def __init__(self, relay: Relay, started: Started) -> None:
        self.relay, self.started = relay, started
        self.port, self.url = started.port, started.url

    async def call(
        self,
        method: str,
        path: str,
        value: object = None,
        *,
        token: str | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> tuple[int, Any]:
        """One call of the API: status and decoded body."""
        fields = list(headers)
        body = b"" if value is None else json.dumps(value).encode()
        if token is not None:
            fields.append((b"Authorization", b"Bearer " + token.encode()))
        if body:
            fields.append((b"Content-Type", b"application/json"))
        host = b"127.0.0.1:%d" % self.port
        answer = await rawhttp.once(
            self.port, rawhttp.request(method, path, fields, body, host=host)
        )
        return answer.status, json.loads(answer.body) if answer.body else None

    async def endpoint(self, **settings: object) -> Endpoint:
        """A new endpoint."""
        status, made = await self.call("POST", "/_/v1/endpoints", settings, token=self.started.key)
        assert status == 201, made
        return Endpoint(id=made["id"], url=made["url"], token=made["token"])

    async def held(self, endpoint: Endpoint) -> tuple[int, int]:
        """Events and bytes that the log has of it."""
        path = f"/_/v1/endpoints/{endpoint.id}"
        status, shown = await self.call("GET", path, token=endpoint.token)
        assert status == 200, shown
        return shown["events"], shown["bytes"]

    async def post(
        self,
        endpoint: Endpoint,
        body: bytes = b"{}",
        path: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> rawhttp.Message:
        """One webhook on a connection of its own."""
        raw = rawhttp.request("POST", endpoint.path + path, headers, body)
        return await rawhttp.once(self.port, raw)

    @asynccontextmanager
    async def stream(
        self, endpoint: Endpoint, *, after: int | str = 0, more: str = ""
    ) -> AsyncIterator[Stream]:
        """An open stream."""
        async with stream(self.port, endpoint, after=after, more=more) as it:
            yield it

    async def next_event(self, it: Stream, seq: int) -> Event:
        """Wait for the event of that place."""
        await it.until(lambda: bool(it.seqs) and it.seqs[-1] >= seq, f"event {seq}", 5.0)
        return next(event for event in it.events if event.seq == seq)


@asynccontextmanager
async def relay(folder: Path, **over: Any) -> AsyncIterator[Running]:
    """A relay on a free port, stopped at the end."""
    values: dict[str, Any] = {"open_registration": True, "listen": "127.0.0.1:0", "data": folder}
    it = Relay(Settings(**(values | logs.settings(folder) | over)))
    running = Running(it, await it.start())
    try:
        yield running
    finally:
        await it.stop(0.5)


def replies(it: Stream) -> dict[int, Reply]:
    """What the stream was told that senders were told."""
    return {
        reply.seq: reply
        for message in it.messages
        if isinstance(message, Replied)
        for reply in message.replies
    }


async def eventually(ask: Callable[[], bool], within: float = 5.0) -> None:
    """Wait until something in this process has become true."""
    async with asyncio.timeout(within):
        while not ask():  # noqa: ASYNC110 - what is asked for has no event
            await asyncio.sleep(0.005)


async def no_more_than(size: int, hub: Running, endpoint: Endpoint, within: float = 5.0) -> None:
    """Wait until the log has removed what is too much; it tells nobody."""
    async with asyncio.timeout(within):
        while (await hub.held(endpoint))[1] > size:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Writes beyond `size` bytes of any file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
