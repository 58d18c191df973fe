"""The program under load: checks digest and signature of each body, tells when it came, answers.

    python -m benchmarks.program --notes SOCKET

A raw asyncio protocol over the httptools parser. Prints its port, then tells whoever connects to the Unix socket of every
arrival, as packets of `NOTE`.
"""

import argparse
import asyncio
import gc
import hashlib
import hmac
import json
import struct
import time
from typing import cast

import httptools

from tests.support.corpus import sign

NOTE = struct.Struct("!IqqB")
"""One arrival: run, number, `time.monotonic_ns()` of the last body byte, 1 if the body is exact and its signature fits."""


class Notes:
    """Arrivals on their way to the sender, written together once per turn of the loop."""

    def __init__(self) -> None:
        self.readers: set[asyncio.StreamWriter] = set()
        self._pending = bytearray()

    def add(self, run: int, number: int, at: int, exact: bool) -> None:
        """Tell of one arrival soon."""
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending += NOTE.pack(run, number, at, exact)

    def _flush(self) -> None:
        packet = bytes(self._pending)
        self._pending.clear()
        for reader in self.readers:
            reader.write(packet)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep a reader of notes until it goes away."""
        self.readers.add(writer)
        try:
            await reader.read()
        finally:
            self.readers.discard(writer)
            writer.close()


class Program(asyncio.Protocol):
    """One connection of the program. A real parser reads the requests: malformed ones must show."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._fields: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport: an answer that is due later has nowhere to go."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; one that is not HTTP ends the connection."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport is not None:
                self._transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._fields.clear()
        self._parts = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field."""
        self._fields[name.lower()] = value

    def on_body(self, part: bytes) -> None:
        """A piece of the body."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """The last byte is here."""
        now = time.monotonic_ns()
        body = b"".join(self._parts)
        digest = hashlib.sha256(body).hexdigest().encode()
        exact = digest == self._fields[b"x-bench-sha256"] and hmac.compare_digest(
            sign(body), self._fields[b"x-hub-signature-256"]
        )
        run, _, number = self._fields[b"x-bench-id"].partition(b".")
        self._notes.add(int(run), int(number), now, exact)
        text = b'{"number":%s}' % number
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Program: 1\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
        )
        delay = int(self._fields.get(b"x-bench-delay", b"0"))
        if delay:
            asyncio.get_running_loop().call_later(delay / 1000, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)


async def _main(notes_at: str) -> None:
    notes = Notes()
    loop = asyncio.get_running_loop()
    teller = await asyncio.start_unix_server(notes.serve, notes_at)
    server = await loop.create_server(lambda: Program(notes), "127.0.0.1", 0, backlog=4096)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    gc.freeze()
    async with teller, server:
        await asyncio.Event().wait()


def main() -> None:
    """Run until a signal."""
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--notes", required=True)
    args = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(args.notes))


if __name__ == "__main__":
    main()
