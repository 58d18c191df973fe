"""The sender under load: many keep-alive connections in one process, paced in three ways.

    python -m benchmarks.load --notes SOCKET      # one job as JSON per line of stdin

A raw asyncio protocol over the httptools parser. A job is a `Job`, an answer line is a `Result`.
"""

import argparse
import asyncio
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Literal, Protocol, cast

import httptools
import msgspec

from benchmarks.bodies import Load, loads
from benchmarks.program import NOTE

Pace = Literal["delivered", "accepted", "rate"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, where to, and how."""

    run: int
    port: int
    path: str
    size: str
    senders: int
    count: int
    """How many to send at most."""
    seconds: float
    """How long to go on sending at most."""
    pace: Pace = "delivered"
    """`delivered`: a sender goes on when its webhook was answered and has arrived. `accepted`: when
    it was answered. `rate`: at fixed moments, latency counted from the planned one."""
    rate: float = 100.0
    """Webhooks a second, for the pace of that name."""
    delay_ms: int = 0
    """How long the program takes to answer."""
    answers: bool = True
    """The program's own answer must come back, not an acknowledgement."""
    arrives: bool = True
    """Somebody forwards to the program."""


class Spread(msgspec.Struct, frozen=True):
    """Latencies in milliseconds; 0 where there is none."""

    p50: float
    p95: float
    p99: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a job."""

    sent: int
    accepted: int
    delivered: int
    lost: int
    """Accepted, and not at the program within 20 s."""
    doubled: int
    altered: int
    """Bodies that differ at the program, and answers that are not what it answered."""
    refused: dict[str, int]
    """What came back instead of a 2xx, by status or error."""
    seconds: float
    """First byte sent to last arrival (or acceptance, where nothing arrives)."""
    per_second: float
    accept: Spread
    """First byte sent to answer read."""
    end_to_end: Spread
    """First byte sent to last body byte at the program."""


class Ledger:
    """When each webhook was sent, answered and arrived."""

    def __init__(self) -> None:
        self.sent: dict[int, int] = {}
        self.accepted: dict[int, int] = {}
        self.arrived: dict[int, int] = {}
        self.doubled = 0
        self.altered = 0
        self.refused: Counter[str] = Counter()

    def result(self, begin: int, *, arrives: bool) -> Result:
        """The sum of it."""
        last = self.arrived if arrives else self.accepted
        seconds = (max(last.values(), default=begin) - begin) / 1e9
        lost = sum(1 for number in self.accepted if number not in self.arrived) if arrives else 0
        return Result(
            sent=len(self.sent),
            accepted=len(self.accepted),
            delivered=len(self.arrived),
            lost=lost,
            doubled=self.doubled,
            altered=self.altered,
            refused=dict(self.refused),
            seconds=seconds,
            per_second=len(last) / seconds if seconds else 0.0,
            accept=self._spread(self.accepted),
            end_to_end=self._spread(self.arrived),
        )

    def _spread(self, ends: dict[int, int]) -> Spread:
        taken = sorted((at - self.sent[number]) / 1e6 for number, at in ends.items())
        if not taken:
            return Spread(0.0, 0.0, 0.0)
        at = [taken[min(len(taken) - 1, int(len(taken) * q))] for q in (0.5, 0.95, 0.99)]
        return Spread(*at)


class Sends(Protocol):
    """Whoever decides what senders send."""

    def head(self, number: int, load: Load) -> bytes:
        """The head of that webhook."""

    def answered(self, sender: "Sender", number: int, status: int, body: bytes) -> None:
        """A whole answer was read."""

    def refused(self, sender: "Sender", why: str) -> None:
        """The connection broke; this sender sends no more."""


class Sender(asyncio.Protocol):
    """One connection: a webhook, its answer, then whatever the job says."""

    def __init__(self, work: Sends) -> None:
        self._work = work
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer = b""
        self.number = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that goes away in the middle has refused its webhook."""
        self._transport = None
        if self.number >= 0:
            self._work.refused(self, "closed")

    def send(self, number: int, load: Load) -> None:
        """Write one webhook."""
        self.number, self._answer = number, b""
        head = self._work.head(number, load)
        if self._transport is None:
            self._work.refused(self, "closed")
        elif len(load.data) < 65_536:
            self._transport.write(head + load.data)
        else:
            self._transport.write(head)
            self._transport.write(load.data)

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport is not None:
                self._transport.abort()

    def on_body(self, part: bytes) -> None:
        """A piece of the answer's body."""
        self._answer += part

    def on_message_complete(self) -> None:
        """The answer is whole."""
        number, self.number = self.number, -1
        self._work.answered(self, number, self._parser.get_status_code(), self._answer)

    def close(self) -> None:
        """Hang up."""
        self.number = -1
        if self._transport is not None:
            self._transport.close()


class Work:
    """One job under way: who sends what next, and when it is over."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.ledger = Ledger()
        self._bodies = loads(job.size)
        self._next = 0
        self._deadline = 0
        self._idle: list[Sender] = []
        self._waiting: dict[int, Sender] = {}
        self._busy = 0
        self._news = asyncio.Event()

    async def run(self) -> Result:
        """Do the whole job."""
        job, loop = self.job, asyncio.get_running_loop()
        senders = []
        for _ in range(job.senders):
            _, sender = await loop.create_connection(
                lambda: Sender(self), "127.0.0.1", self.job.port
            )
            senders.append(sender)
        gc.collect()
        gc.disable()
        begin = time.monotonic_ns()
        self._deadline = begin + int(job.seconds * 1e9)
        self._idle = senders[:]
        if job.pace == "rate":
            await self._at_a_rate(begin)
        else:
            for sender in senders:
                self._idle.remove(sender)
                self._go_on(sender)
        await self._until(lambda: not self._busy and not self._waiting, 60.0)
        if job.arrives:
            await self._until(self._all_arrived, 20.0)
        gc.enable()
        for sender in senders:
            sender.close()
        return self.ledger.result(begin, arrives=job.arrives)

    def _all_arrived(self) -> bool:
        return self.ledger.accepted.keys() <= self.ledger.arrived.keys()

    async def _until(self, done: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return  # the ledger tells what is missing

    async def _at_a_rate(self, begin: int) -> None:
        for number in range(self.job.count):
            due = begin + int(number * 1e9 / self.job.rate)
            if due > self._deadline:
                return
            if (wait := due - time.monotonic_ns()) > 0:
                await asyncio.sleep(wait / 1e9)
            await self._until(lambda: bool(self._idle), 20.0)
            self._send(self._idle.pop(), number, due)

    def _send(self, sender: Sender, number: int, at: int) -> None:
        self._busy += 1
        self.ledger.sent[number] = at
        sender.send(number, self._bodies[number % len(self._bodies)])

    def _go_on(self, sender: Sender) -> None:
        now = time.monotonic_ns()
        if self.job.pace == "rate" or self._next >= self.job.count or now > self._deadline:
            self._idle.append(sender)
            self._news.set()
            return
        number, self._next = self._next, self._next + 1
        self._send(sender, number, now)

    def head(self, number: int, load: Load) -> bytes:
        """The head of that webhook."""
        return load.head(self.job.path, self.job.run, number, self.job.delay_ms)

    def answered(self, sender: Sender, number: int, status: int, body: bytes) -> None:
        """A whole answer was read."""
        self._busy -= 1
        if not 200 <= status < 300:
            self.ledger.refused[str(status)] += 1
            self._go_on(sender)
            return
        self.ledger.accepted[number] = time.monotonic_ns()
        if self.job.answers and body != b'{"number":%d}' % number:
            self.ledger.altered += 1
        if self.job.pace == "delivered" and number not in self.ledger.arrived:
            self._waiting[number] = sender
            self._news.set()
        else:
            self._go_on(sender)

    def refused(self, sender: Sender, why: str) -> None:
        """The connection broke; this sender sends no more."""
        sender.number = -1
        self._busy -= 1
        self.ledger.refused[why] += 1
        self._news.set()

    def arrived(self, number: int, at: int, exact: bool) -> None:
        """The program has it."""
        if number in self.ledger.arrived:
            self.ledger.doubled += 1
        else:
            self.ledger.arrived[number] = at
        if not exact:
            self.ledger.altered += 1
        if (sender := self._waiting.pop(number, None)) is not None:
            self._go_on(sender)
        self._news.set()


class Arrivals(asyncio.Protocol):
    """The program's notes, handed to the job they belong to."""

    def __init__(self) -> None:
        self.work: Work | None = None
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Take a piece of the stream of notes."""
        data = self._rest + data
        whole = len(data) - len(data) % NOTE.size
        self._rest = data[whole:]
        if self.work is None:
            return
        for run, number, at, exact in NOTE.iter_unpack(data[:whole]):
            if run == self.work.job.run:
                self.work.arrived(number, at, bool(exact))


async def _main(notes_at: str) -> None:
    loop = asyncio.get_running_loop()
    _, arrivals = await loop.create_unix_connection(Arrivals, notes_at)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := await reader.readline():
        arrivals.work = Work(msgspec.json.decode(line, type=Job))
        result = await arrivals.work.run()
        arrivals.work = None
        print(msgspec.json.encode(result).decode(), flush=True)


def main() -> None:
    """Serve jobs until stdin ends."""
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--notes", required=True)
    args = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(args.notes))


if __name__ == "__main__":
    main()
