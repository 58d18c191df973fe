"""Real nats-server processes with JetStream: one, or three between which the network breaks."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import permutations
from pathlib import Path
from typing import Any, TypeVar

import nats

from relay_server.settings import Settings
from tests.support import logs, rawhttp
from tests.support.processes import PATIENCE
from tests.support.proxy import Proxy
from tests.support.road import until

T = TypeVar("T")
NOWHERE = "127.0.0.1:1"
"""What servers tell each other of their own routes: nobody gets around the proxies by gossip."""


def program() -> str:
    """The program of the environment that runs the tests, else the system's."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise RuntimeError("nats-server is not installed: run `make setup`")
    return found


class NatsServer:
    """One server on ports that the system chose; started again it keeps ports and store.

    It is bound to no event loop: several tests, each with a loop of its own, may share one.
    """

    def __init__(
        self, folder: Path, name: str = "n1", *, more: Mapping[str, Any] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name = folder, name
        self.more = dict(more or {})
        """What its configuration says beside ports and store."""
        self.ports = {"nats": -1, "monitoring": -1}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where clients connect."""
        return self.ports["nats"]

    @property
    def address(self) -> str:
        """The same as `HOST:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The same as clients and `--log` take it."""
        return f"nats://{self.address}"

    @property
    def output(self) -> Path:
        """What it wrote, over all starts."""
        return self.folder / "output"

    async def start(self, *, within: float = 20.0) -> None:
        """Start it and wait until its ports are open; it may still be without JetStream."""
        self._spawn()
        self.ports = await until(self._opened, f"open ports of {self.name}", within)

    async def ready(self, *, within: float = 30.0) -> None:
        """Wait until JetStream takes what it is sent; in a cluster: and is up to date."""
        await _eventually(self._healthy, f"health of {self.name}", within)

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)

    async def restart(self) -> None:
        """SIGKILL, and start it on the same ports and store."""
        await self.kill()
        await self.start()

    async def freeze(self) -> None:
        """SIGSTOP, and wait until it stands still: it keeps its connections and answers nobody."""
        self._signal(signal.SIGSTOP)
        await until(self._still, f"standstill of {self.name}")

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    async def ask(self, path: str) -> dict[str, Any]:
        """What its monitoring port tells, such as of `/jsz`.

        Raises:
            OSError, TimeoutError: it does not answer.
        """
        raw = rawhttp.request("GET", path, [(b"Connection", b"close")])
        answer = await rawhttp.once(self.ports["monitoring"], raw, within=2.0)
        told: dict[str, Any] = json.loads(answer.body)
        return told

    async def leader(self, stream: str | None = None) -> str | None:
        """The name of the server that leads that stream, or the cluster, as far as this one knows."""
        told = await self.ask("/jsz?streams=true")
        groups = {None: told.get("meta_cluster", {})} | {
            one["name"]: one.get("cluster", {})
            for account in told.get("account_details", ())
            for one in account.get("stream_detail", ())
        }
        return groups.get(stream, {}).get("leader") or None

    async def empty(self) -> None:
        """Delete every stream: what the tests so far have stored takes room and time."""
        connection = await nats.connect(self.url)
        jetstream = connection.jetstream()
        while streams := await jetstream.streams_info():
            for stream in streams:
                await jetstream.delete_stream(str(stream.config.name))
        await connection.close()

    async def _healthy(self) -> bool:
        return bool((await self.ask("/healthz"))["status"] == "ok")

    def _config(self) -> dict[str, Any]:
        return {
            "server_name": self.name,
            "listen": f"127.0.0.1:{self.ports['nats']}",
            "http": f"127.0.0.1:{self.ports['monitoring']}",
            "ports_file_dir": str(self.folder),
            "jetstream": {"store_dir": str(self.folder / "store"), "max_file_store": 8 << 30},
            # A dead peer is found out by two unanswered pings.
            "ping_interval": "1s",
            "ping_max": 2,
        } | self.more

    def _spawn(self) -> None:
        config = self.folder / "nats.conf"
        config.write_text(json.dumps(self._config()))
        argv = [program(), "-c", str(config)]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def _opened(self) -> dict[str, int] | None:
        assert self.process is not None
        if (code := self.process.poll()) is not None:
            raise RuntimeError(f"{self.name} ended with {code}:\n{self.output.read_text()[-2000:]}")
        try:
            told = json.loads(next(self.folder.glob(f"*_{self.process.pid}.ports")).read_text())
        except (StopIteration, ValueError):
            return None
        return {what: int(urls[0].rpartition(":")[2]) for what, urls in told.items()}

    def _still(self) -> bool | None:
        assert self.process is not None
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        states = {stat.read_text().rpartition(")")[2].split()[0] for stat in threads}
        return states == {"T"} or None

    def _signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)


shared: list[NatsServer] = []
"""The one that the fixture `nats` has started in this process."""


def on_nats(folder: Path, server: NatsServer | None = None) -> Settings:
    """Settings of a log that belongs to the folder, as a file would; on the shared server."""
    return Settings(data=folder, **logs.shared(folder, (server or shared[0]).url))


class NatsCluster:
    """Servers that know each other only through proxies, so that any two of them can be parted."""

    def __init__(self, folder: Path, size: int = 3) -> None:
        self.servers = [NatsServer(folder / f"n{n}", f"n{n}") for n in range(1, size + 1)]
        self.links = {pair: Proxy(0) for pair in permutations(self.servers, 2)}
        """From the server that connects to the one that it connects to."""

    @property
    def url(self) -> str:
        """Every server, as `--log` takes them."""
        return "nats://" + ",".join(server.address for server in self.servers)

    async def start(self) -> None:
        """Start every server and wait until all are one cluster."""
        for link in self.links.values():
            await link.start()
        for server in self.servers:
            await self.boot(server)
        await self.ready()

    async def boot(self, server: NatsServer) -> None:
        """Start one server, again with the ports that it had."""
        routes = [link.port for (one, _), link in self.links.items() if one is server]
        server.more["cluster"] = {
            "name": "cluster",
            "listen": f"127.0.0.1:{server.ports.get('cluster', -1)}",
            "routes": [f"nats://127.0.0.1:{port}" for port in routes],
            "advertise": NOWHERE,
            # Clients know the servers that they are told of, and no others.
            "no_advertise": True,
        }
        await server.start()
        for (_, other), link in self.links.items():
            if other is server:
                link.upstream = ("127.0.0.1", server.ports["cluster"])

    async def ready(self, *, within: float = 60.0) -> None:
        """Wait until every server is up to date and all follow the same leader."""
        for server in self.servers:
            await server.ready(within=within)
        await _eventually(self._one_leader, "one leader", within)

    async def leader(self, stream: str | None = None, *, within: float = 60.0) -> NatsServer:
        """Who leads that stream, or the cluster, by the word of most servers; waits for there to be one."""
        found: list[str] = []

        async def agreed() -> bool:
            found[:] = await self._leaders(stream)
            return any(found.count(name) > len(self.servers) / 2 for name in found)

        await _eventually(agreed, f"leader of {stream or 'the cluster'}", within)
        name = max(found, key=found.count)
        return next(server for server in self.servers if server.name == name)

    def others(self, server: NatsServer) -> list[NatsServer]:
        """All but that one."""
        return [one for one in self.servers if one is not server]

    def partition(self, server: NatsServer) -> None:
        """Nothing passes between that server and the others any more; nobody is told."""
        for link in self._links_of(server):
            link.blackhole()

    def heal(self, server: NatsServer) -> None:
        """Everything passes again, and what was under way arrives late."""
        for link in self._links_of(server):
            link.restore()

    async def stop(self) -> None:
        """Kill every server, whatever state it is in."""
        for server in self.servers:
            await server.kill()
        for link in self.links.values():
            link.restore()
            await link.stop()

    def _links_of(self, server: NatsServer) -> list[Proxy]:
        return [link for pair, link in self.links.items() if server in pair]

    async def _one_leader(self) -> bool:
        told = await self._leaders(None)
        return len(told) == len(self.servers) and len(set(told)) == 1

    async def _leaders(self, stream: str | None) -> list[str]:
        """Whom each server that answers takes for the leader."""
        told = await asyncio.gather(*(_answer(server.leader(stream)) for server in self.servers))
        return [name for name in told if name is not None]


_NO_ANSWER = (OSError, TimeoutError, asyncio.IncompleteReadError)


async def _answer(asked: Awaitable[T]) -> T | None:
    """The answer of a server that is possibly away or frozen."""
    try:
        return await asked
    except _NO_ANSWER:
        return None


async def _eventually(ask: Callable[[], Awaitable[bool]], what: str, within: float) -> None:
    try:
        async with asyncio.timeout(within * PATIENCE):
            while not await _answer(ask()):  # noqa: ASYNC110 - servers tell nobody
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"no {what} in {within} s") from None


@asynccontextmanager
async def nats_server(folder: Path, **more: Any) -> AsyncIterator[NatsServer]:
    """A running server that takes what it is sent, killed at the end whatever state it is in."""
    it = NatsServer(folder, more=more)
    try:
        await it.start()
        await it.ready()
        yield it
    finally:
        await it.kill()


@asynccontextmanager
async def nats_cluster(folder: Path) -> AsyncIterator[NatsCluster]:
    """A cluster of three, killed at the end whatever state it is in."""
    it = NatsCluster(folder)
    try:
        await it.start()
        yield it
    finally:
        await it.stop()
