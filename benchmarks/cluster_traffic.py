"""Senders over many endpoints and relays, and what became of each webhook.

Every sender has endpoints of its own and goes on when its webhook was answered: two webhooks of one
endpoint are never under way at once, unless it is everybody's.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.bodies import Load, loads
from benchmarks.cluster_filling import exact
from benchmarks.load import Ledger, Result, Sender
from hookcli.tunnel.machine import PING_S
from hookcli.wire.headers import first
from hookcli.wire.messages import Event
from tests.support.running import Endpoint
from tests.support.stream import Stream

_MOST_S = 120.0


class Traffic:
    """One job: so many webhooks, spread over endpoints and relays."""

    def __init__(
        self, run: int, size: str, lanes: Sequence[Sequence[Endpoint]], count: int, arrives: bool
    ) -> None:
        self.run, self.count, self.arrives = run, count, arrives
        self.ledger = Ledger()
        self.done = asyncio.Event()
        self._bodies, self._lanes = loads(size), lanes
        self._digests = {hashlib.sha256(load.data).digest() for load in self._bodies}
        self._next = self._busy = 0
        self._turns = [0] * len(lanes)
        self._senders: list[list[Sender]] = [[] for _ in lanes]
        self._lane_of: dict[Sender, int] = {}
        self._paths: dict[int, str] = {}

    async def go(self, ports: Sequence[int], *, anywhere: bool = False) -> Result:
        """Send them all.

        Args:
            ports: Of the relays, which have equal shares.
            anywhere: An endpoint's webhooks go through one relay after the other; else always
                through the same.
        """
        for lane in range(len(self._lanes)):
            for port in ports if anywhere else [ports[lane % len(ports)]]:
                await self._connect(lane, port)
        begin = time.monotonic_ns()
        for lane in range(len(self._lanes)):
            self._go_on(lane)
        with suppress(TimeoutError):  # the ledger tells what is missing
            async with asyncio.timeout(_MOST_S):
                await self.done.wait()
        for sender in self._lane_of:
            sender.close()
        return self.ledger.result(begin, arrives=self.arrives)

    async def _connect(self, lane: int, port: int) -> None:
        loop = asyncio.get_running_loop()
        _, sender = await loop.create_connection(lambda: Sender(self), "127.0.0.1", port)
        self._senders[lane].append(sender)
        self._lane_of[sender] = lane

    def accepted(self) -> set[str]:
        """What the log must hold, by the name that is in its head."""
        return {f"{self.run}.{number}" for number in self.ledger.accepted}

    def _go_on(self, lane: int) -> None:
        if self._next >= self.count:
            self._look()
            return
        number, self._next = self._next, self._next + 1
        turn, mine, senders = self._turns[lane], self._lanes[lane], self._senders[lane]
        self._turns[lane] += 1
        self._busy += 1
        self._paths[number] = mine[turn % len(mine)].path
        self.ledger.sent[number] = time.monotonic_ns()
        sender = senders[(turn + turn // len(mine)) % len(senders)]
        sender.send(number, self._bodies[number % len(self._bodies)])

    def _look(self) -> None:
        here = not self.arrives or self.ledger.accepted.keys() <= self.ledger.arrived.keys()
        if self._next >= self.count and not self._busy and here:
            self.done.set()

    def head(self, number: int, load: Load) -> bytes:
        """The head of that webhook."""
        return load.head(self._paths.pop(number), self.run, number, 0)

    def answered(self, sender: Sender, number: int, status: int, body: bytes) -> None:
        """A whole answer was read."""
        del body
        self._busy -= 1
        if 200 <= status < 300:
            self.ledger.accepted[number] = time.monotonic_ns()
        else:
            self.ledger.refused[str(status)] += 1
        self._go_on(self._lane_of[sender])

    def refused(self, sender: Sender, why: str) -> None:
        """The connection broke; this sender sends no more."""
        sender.number = -1
        self._busy -= 1
        self.ledger.refused[why] += 1
        self._look()

    def arrived(self, event: Event) -> None:
        """A listener has it."""
        run, _, name = (first(event.headers, b"x-bench-id") or b"0.0").partition(b".")
        if int(run) != self.run:
            return
        number = int(name)
        self.ledger.doubled += number in self.ledger.arrived
        self.ledger.altered += not exact(event, self._digests)
        self.ledger.arrived.setdefault(number, time.monotonic_ns())
        self._look()


def lanes(endpoints: Sequence[Endpoint], senders: int) -> list[Sequence[Endpoint]]:
    """Which endpoints each sender has."""
    return [endpoints[lane::senders] for lane in range(senders)]


class Listeners:
    """Open streams that give their signs of life as `hookcli listen` does."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []
        self.traffic: Traffic | None = None

    async def open(self, port: int, endpoints: Sequence[Endpoint]) -> None:
        """One stream each."""
        room = asyncio.Semaphore(32)

        async def one(endpoint: Endpoint) -> None:
            async with room:
                it = await Stream.open(
                    port, endpoint, after="now", keep=False, on_event=self._arrived
                )
                self.streams.append(it)

        await asyncio.gather(*map(one, endpoints))

    def _arrived(self, event: Event) -> None:
        if self.traffic is not None:
            self.traffic.arrived(event)

    async def live(self) -> None:
        """Give signs of life, evenly, until cancelled."""
        while True:
            part = max(1, len(self.streams) // 20)
            for start in range(0, len(self.streams), part):
                for it in self.streams[start : start + part]:
                    del it.messages[1:]
                    it.ping()
                await asyncio.sleep(PING_S / 20)

    def close(self) -> int:
        """Hang up; how many had been closed by the relay."""
        gone = sum(it.closed is not None for it in self.streams)
        for it in self.streams:
            it.close()
        return gone
