"""Numbered webhooks from several senders at once, and a ledger of what each was told."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hookcli.wire.messages import Event
from tests.support import rawhttp


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What the senders did and heard."""

    sent: int = 0
    acked: dict[int, str] = field(default_factory=dict)
    """Number to event id, for every 2xx; empty where the program answered."""
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Requests without an answer: the connection broke or was refused."""
    took: list[float] = field(default_factory=list)
    """Seconds from the first byte sent to the answer, for every 2xx."""
    last_ack: float = 0.0
    """`time.monotonic()` of the latest 2xx."""

    def p99(self) -> float:
        """The 99th percentile of `took`."""
        return sorted(self.took)[int(len(self.took) * 0.99)]


def body(number: int, size: int = 200) -> bytes:
    """A JSON body that says its number."""
    return json.dumps({"number": number, "padding": "x" * max(0, size - 40)}).encode()


def number_of(data: bytes) -> int:
    """The number in such a body."""
    return int(json.loads(data)["number"])


def number_in(event: Event) -> str:
    """The number in an event's body, as a key for counting."""
    return str(number_of(event.body))


class Traffic:
    """Senders that go on until told to stop, whatever happens to the relay."""

    def __init__(self, port: int, path: str, *, size: int = 200, limit: int | None = None) -> None:
        self.port, self.path, self.size, self.limit = port, path, size, limit
        self.ledger = Ledger()
        self.stopped = False
        self._next = 0
        self._news = asyncio.Event()

    async def until_acked(self, count: int, within: float = 60.0) -> None:
        """Wait until so many webhooks were acknowledged in all."""
        await self.until(lambda: len(self.ledger.acked) >= count, f"{count} acked", within)

    async def until(self, done: Callable[[], bool], what: str, within: float = 60.0) -> None:
        """Wait until the ledger says something; it is looked at after each answer."""
        try:
            async with asyncio.timeout(within):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            text = f"not {what}: {len(self.ledger.acked)} acked, told {dict(self.ledger.statuses)}"
            raise TimeoutError(f"{text}, {self.ledger.broken} broken") from None

    async def sender(self) -> None:
        """One sender: a connection, and a new one whenever it broke."""
        while not self._over():
            try:
                async with rawhttp.sender(self.port) as connection:
                    while not self._over():
                        await self._send(connection)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, rawhttp.NotHttpError):
                self.ledger.broken += 1
                # The relay is away: a provider would come back much later than this.
                await asyncio.sleep(0.01)

    def _over(self) -> bool:
        return self.stopped or (self.limit is not None and self._next >= self.limit)

    async def _send(self, connection: rawhttp.Sender) -> None:
        number, self._next = self._next, self._next + 1
        fields = [(b"Content-Type", b"application/json")]
        raw = rawhttp.request("POST", self.path, fields, body(number, self.size))
        begin = time.monotonic()
        self.ledger.sent += 1
        answer = await connection.send(raw)
        self.ledger.statuses[answer.status] += 1
        self._news.set()
        if 200 <= answer.status < 300:
            # A program's own answer names no event.
            self.ledger.acked[number] = b"".join(answer.values(b"Hookcli-Event-Id")).decode()
            self.ledger.last_ack = answer.at
            self.ledger.took.append(answer.at - begin)
        if answer.status == 503 or b"close" in answer.values(b"Connection"):
            raise ConnectionResetError(f"told {answer.status}")


@asynccontextmanager
async def traffic(
    port: int, path: str, *, senders: int = 16, size: int = 200, limit: int | None = None
) -> AsyncIterator[Traffic]:
    """Senders at work; at the end they stop and what they have under way is answered or broken.

    With a `limit` they stop by themselves after so many webhooks, and the end waits for that.
    """
    it = Traffic(port, path, size=size, limit=limit)
    async with asyncio.TaskGroup() as group:
        for _ in range(senders):
            group.create_task(it.sender())
        try:
            yield it
        finally:
            it.stopped = limit is None


async def send_all(
    port: int, path: str, count: int, *, senders: int = 16, size: int = 200
) -> Ledger:
    """Send so many numbered webhooks; every one must be acknowledged."""
    async with traffic(port, path, senders=senders, size=size, limit=count) as it:
        pass
    assert len(it.ledger.acked) == count, it.ledger
    return it.ledger
