"""Relays on NATS, as processes: starting them, and what they have cost so far."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from relay_server.log.base import Retention, StorageError
from relay_server.log.nats.log import NatsLog
from relay_server.settings import Settings
from tests.support.natsservers import NatsServer
from tests.support.processes import cpu_s, memory_kb
from tests.support.running import Endpoint, Relay

_LIMITS = {"HOOKCLI_RELAY_MAX_LISTENERS": "10000", "HOOKCLI_RELAY_MAX_ENDPOINTS": "1000000"}


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far."""

    relays: float
    nats: float

    def __sub__(self, before: "Usage") -> "Usage":
        return Usage(self.relays - before.relays, self.nats - before.nats)


@dataclass(slots=True)
class Cluster:
    """NATS servers with the relays that share the log on them."""

    folder: Path
    servers: list[NatsServer]
    relays: list[Relay] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    filled: int = 0
    """Events that were in the log before any relay took one."""

    @property
    def url(self) -> str:
        """Every server, as `--log` takes them."""
        return "nats://" + ",".join(server.address for server in self.servers)

    @property
    def settings(self) -> Settings:
        """Those of the relays, as far as their log is concerned."""
        return Settings(data=self.folder, log=self.url, log_replicas=len(self.servers))

    @asynccontextmanager
    async def log(self) -> AsyncIterator[NatsLog]:
        """The log, opened by the measuring process itself."""
        retention = Retention(age_s=7 * 86_400, endpoint_bytes=1 << 30)
        it = NatsLog(self.settings, retention=retention, tail_bytes=0)
        await it.open()
        try:
            yield it
        finally:
            await it.close()

    async def add_relay(self) -> Relay:
        """One more relay on the same log."""
        number = len(self.relays)
        more = {"LOG": self.url, "LOG_REPLICAS": str(len(self.servers))}
        named = {f"HOOKCLI_RELAY_{name}": value for name, value in more.items()}
        it = Relay(self.folder / f"relay{number}", settings=_LIMITS | named)
        it.log, it.key = self.folder / f"relay{number}.log", "-"
        self.relays.append(it)
        await it.start(within=120)
        return it

    async def stop_relays(self) -> None:
        """End every relay in good order."""
        for it in self.relays:
            assert it.process is not None
            await it.process.stop()
        self.relays.clear()

    async def restart_servers(self) -> None:
        """So that they hold in memory what they must, and no more."""
        for server in self.servers:
            await server.restart()
        for server in self.servers:
            await server.ready()
        async with asyncio.timeout(60):
            while not await self._answers():  # noqa: ASYNC110 - servers tell nobody
                await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        """Whether every stream has a leader."""
        try:
            async with self.log():
                return True
        except StorageError:
            return False

    def usage(self) -> Usage:
        """CPU seconds of the relays together, and of the servers together."""
        return Usage(
            sum(cpu_s(pid) for pid in _pids(self.relays)),
            sum(cpu_s(pid) for pid in _pids(self.servers)),
        )

    def memory_mb(self) -> tuple[float, float]:
        """Resident MB of one relay and of one server, on average."""
        relays, servers = _pids(self.relays), _pids(self.servers)
        return (
            sum(map(memory_kb, relays)) / 1024 / max(1, len(relays)),
            sum(map(memory_kb, servers)) / 1024 / len(servers),
        )

    def disk(self) -> int:
        """Bytes in the store of one server."""
        files = (self.servers[0].folder / "store").rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())

    async def idle(self, seconds: float) -> Usage:
        """CPU seconds that a second costs in which nothing happens."""
        before = self.usage()
        await asyncio.sleep(seconds)
        spent = self.usage() - before
        return Usage(spent.relays / seconds, spent.nats / seconds)


def _pids(some: Sequence[Relay] | Sequence[NatsServer]) -> list[int]:
    return [it.process.pid for it in some if it.process is not None]


@asynccontextmanager
async def cluster(folder: Path, servers: int) -> AsyncIterator[Cluster]:
    """NATS servers that know each other, without a relay yet; all is killed at the end."""
    async with AsyncExitStack() as stack:
        made = [NatsServer(folder / f"n{n}", f"n{n}") for n in range(1, servers + 1)]
        if servers > 1:
            ports = _free_ports(servers)
            routes = [f"nats://127.0.0.1:{port}" for port in ports]
            for server, port in zip(made, ports, strict=True):
                listen = f"127.0.0.1:{port}"
                server.more["cluster"] = {"name": "c", "listen": listen, "routes": routes}
        for server in made:
            stack.push_async_callback(server.kill)
            await server.start()
        for server in made:
            await server.ready()
        it = Cluster(folder, made)
        try:
            yield it
        finally:
            for relay in it.relays:
                if relay.process is not None:
                    await relay.process.kill()


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(it.getsockname()[1]) for it in held]
    for it in held:
        it.close()
    return ports
