"""A TCP proxy that breaks on command: what networks do between a listener and a relay."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class _Link:
    """One proxied connection: the client's side and the server's side."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client, self.server = client, server

        self.forgotten = False
        """Nothing passes any more, and nobody is told."""
        self.half_closed = False
        """Nothing more can be passed on to the client."""

    def abort(self, *, reset: bool) -> None:
        for writer in (self.client, self.server):
            sock = writer.get_extra_info("socket")
            if reset and sock is not None and sock.fileno() >= 0:
                # Linger of zero makes the kernel send RST instead of FIN.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Forwards bytes to `port` until told to do something worse.

    `marks` holds (`time.monotonic()`, what) for every command, so that a test can compare what
    somebody claimed with what the network did.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.upstream = (host, port)
        self.port = 0
        self.marks: list[tuple[float, str]] = []
        self.accepted = 0
        self.down_bytes = 0
        """Bytes passed on from the server to the client."""
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._delay = 0.0
        self._cut_at: int | None = None
        self._damage_at: int | None = None

    @property
    def url(self) -> str:
        """The origin to use instead of the server's."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connected(self) -> int:
        """How many connections stand now."""
        return len(self._links)

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._mark("start")

    async def stop(self) -> None:
        """Refuse connections and drop those that stand."""
        self._mark("stop")
        if self._server is not None:
            self._server.close()
            self._drop(reset=False)
            await self._server.wait_closed()
            self._server = None
            while self._links:  # noqa: ASYNC110 - each is gone as soon as its tasks have run
                await asyncio.sleep(0)

    def blackhole(self) -> None:
        """Swallow everything, connections stay open: a cable pulled, a laptop asleep."""
        self._mark("blackhole")
        self._open.clear()

    def restore(self) -> None:
        """Pass bytes on again. What was swallowed was only held: TCP would have sent it again."""
        self._mark("restore")
        self._open.set()

    def replace(self) -> None:
        """Pass bytes on again, on new connections only: the old ones are forgotten silently."""
        self._drop(reset=True)
        self.restore()

    def forget(self) -> None:
        """Pass bytes on, but on new connections only: those that stand stay open and dead."""
        self._mark("forget")
        for link in self._links:
            link.forgotten = True
        self._open.set()

    def reset(self) -> None:
        """RST on both sides of every connection."""
        self._mark("reset")
        self._drop(reset=True)

    def delay(self, seconds: float) -> None:
        """Hold each piece for so long before passing it on."""
        self._mark(f"delay {seconds}")
        self._delay = seconds

    def half_close(self) -> None:
        """FIN towards the client only; the server still believes in the connection."""
        self._mark("half-close")
        for link in self._links:
            if link.client.can_write_eof():
                link.half_closed = True
                link.client.write_eof()

    def cut_after(self, count: int) -> None:
        """Let `count` more bytes of the server through, then reset: a frame cut in two."""
        self._mark(f"cut after {count}")
        self._cut_at = self.down_bytes + count

    def damage_after(self, count: int) -> None:
        """Flip one bit in the byte that comes after the next `count` bytes of the server."""
        self._mark(f"damage after {count}")
        self._damage_at = self.down_bytes + count

    def _mark(self, what: str) -> None:
        self.marks.append((time.monotonic(), what))

    def _drop(self, *, reset: bool) -> None:
        for link in list(self._links):
            link.abort(reset=reset)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        await self._open.wait()
        try:
            up_reader, up_writer = await asyncio.open_connection(*self.upstream)
        except OSError:
            writer.close()
            return
        link = _Link(writer, up_writer)
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, up_writer, link, down=False))
                both.create_task(self._pump(up_reader, writer, link, down=True))
        finally:
            self._links.discard(link)
            link.abort(reset=False)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link, *, down: bool
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._open.wait()
                if link.forgotten or (down and link.half_closed):
                    continue
                writer.write(self._spoil(data, link) if down else data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            link.abort(reset=False)

    def _spoil(self, data: bytes, link: _Link) -> bytes:
        start, self.down_bytes = self.down_bytes, self.down_bytes + len(data)
        if self._damage_at is not None and self._damage_at < self.down_bytes:
            at = max(0, self._damage_at - start)
            self._damage_at = None
            self._mark("damaged")
            data = data[:at] + bytes([data[at] ^ 0x04]) + data[at + 1 :]
        if self._cut_at is not None and self._cut_at < self.down_bytes:
            data = data[: max(0, self._cut_at - start)]
            self._cut_at = None
            self._mark("cut")
            link.forgotten = (
                True  # what comes until then is not passed on with a hole in front of it
            )
            asyncio.get_running_loop().call_later(0.01, lambda: link.abort(reset=True))
        return data


@asynccontextmanager
async def proxy(port: int) -> AsyncIterator[Proxy]:
    """A proxy in front of that port of this machine, stopped at the end."""
    it = Proxy(port)
    await it.start()
    try:
        yield it
    finally:
        it.restore()
        await it.stop()
