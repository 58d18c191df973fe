"""Both ends of a soak: a provider that sends until it is told 2xx, and a program that checks every byte."""

import asyncio
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field

from tests.support import rawhttp
from tests.support.rawhttp import Message, Program

SIZES = (0, 20, 300, 3_000, 40_000, 400_000)
OFTEN = (5, 10, 40, 37, 7, 1)
METHODS = ("POST", "POST", "POST", "PUT", "PATCH")
PATIENCE_S = 30.0


def print_of(data: bytes) -> bytes:
    """What tells one body from another, in little room."""
    return hashlib.sha256(data).digest()[:16]


@dataclass(slots=True)
class Ledger:
    """What was sent and told; a number is a webhook, however often it had to be sent."""

    prints: list[bytes] = field(default_factory=list)
    """Of each number's body."""
    acked: int = 0
    tries: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Tries without an answer."""


class Provider:
    """Senders as providers are: who is not told 2xx sends the same again."""

    def __init__(self, port: int, path: str, seed: int) -> None:
        self.ledger = Ledger()
        self.stopping = False
        self._port, self._path = port, path
        self._chance = random.Random(seed)

    async def sender(self) -> None:
        """One after another, until it is told to stop and its last one is acked."""
        while not self.stopping:
            number = len(self.ledger.prints)
            body = self._chance.randbytes(*self._chance.choices(SIZES, OFTEN))
            self.ledger.prints.append(print_of(body))
            target = f"{self._path}/soak/{number}?at=%zz&n={number}"
            raw = rawhttp.request(
                self._chance.choice(METHODS),
                target,
                [(b"Content-Type", b"application/octet-stream"), (b"x-NUMBER", b"%d" % number)],
                body,
                framing=self._chance.choice(("length", "length", "chunked")),
            )
            while not await self._is_told(raw):
                await self._pause(0.05, 0.5)
            self.ledger.acked += 1
            await self._pause(0, 0.08)

    async def _pause(self, least: float, most: float) -> None:
        await asyncio.sleep(self._chance.uniform(least, most))

    async def _is_told(self, raw: bytes) -> bool:
        self.ledger.tries += 1
        try:
            answer = await rawhttp.once(self._port, raw, within=PATIENCE_S)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, rawhttp.NotHttpError):
            self.ledger.broken += 1
            return False
        self.ledger.statuses[answer.status] += 1
        return 200 <= answer.status < 300


class Checking(Program):
    """A program that keeps of each request only whether it is what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        """The provider's."""
        self.came: Counter[int] = Counter()
        """Number to how often it came."""
        self.altered: list[str] = []
        """What differs from what was sent, in words; none ever should."""

    async def _take(self, message: Message, writer: asyncio.StreamWriter) -> None:
        self._look(message)
        await self.answer(message, writer)

    def _look(self, message: Message) -> None:
        path, _, query = message.target.partition(b"?")
        number = int(path.rpartition(b"/")[2])
        self.came[number] += 1
        body_is_right = print_of(message.body) == self.ledger.prints[number]
        if not body_is_right or query != b"at=%%zz&n=%d" % number:
            self.altered.append(f"{number}: {message.start!r}, {len(message.body)} bytes")
        if message.values(b"x-number") != [b"%d" % number] or b"x-NUMBER" not in message.head:
            self.altered.append(f"{number}: its field is not as it was sent")
