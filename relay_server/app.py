"""One relay: everything put together, started, and stopped without losing anybody's answer."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relay_server import derived
from relay_server.access import Access, load_key
from relay_server.admin import Admin
from relay_server.admission import Head, is_for_relay
from relay_server.answers import Answer
from relay_server.api import Api
from relay_server.crowd import Crowd
from relay_server.door import Door
from relay_server.edge import Edge
from relay_server.exchange import Exchange
from relay_server.health import Health
from relay_server.hub import Hub
from relay_server.ingest import Ingest
from relay_server.log.base import Log
from relay_server.log.sqlite import SqliteLog
from relay_server.logging import EventLines, note
from relay_server.memory import Budgets, Untaken
from relay_server.metrics import Metrics
from relay_server.registry import Registry
from relay_server.sets import load as load_sets
from relay_server.settings import SettingError, Settings
from relay_server.status import Status
from relay_server.streams import Streams

_LINES_AFTER_S = 0.1
_SWEEP_S = 1.0
_BACKLOG = 1024
_SOCKET_FILES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Where a relay listens."""

    url: str
    """Its public origin, without a trailing slash."""
    port: int
    """The port it is bound to."""
    key: str | None
    """The relay's key, only at the start at which it was made: it is stored hashed."""
    admin: str | None = None
    """The origin of the private port, if there is one."""


class Relay:
    """One relay in the running event loop; started and stopped once."""

    def __init__(self, settings: Settings) -> None:
        settings.check()
        self.settings = settings
        self.log: Log = SqliteLog(
            settings.data,
            retention=derived.retention(settings, disk=0),
            low_water=settings.low_water,
            tail_bytes=settings.tail_bytes,
        )
        self._registry = Registry(self.log)
        self._hub = Hub(max_held=settings.max_held, endpoint_held=settings.endpoint_held)
        self._server: asyncio.Server | None = None
        self._parts: _Parts | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    async def start(self) -> Started:
        """Open the log and begin to listen.

        Raises:
            StorageError: the log cannot be used.
            SettingError: a setting cannot be met here.
            OSError: the address cannot be bound.
        """
        # All of it reads files.
        sets = await asyncio.to_thread(load_sets, self.settings.allow_sets)
        tls = await asyncio.to_thread(_tls, self.settings)
        relay = await asyncio.to_thread(_name)
        await self._limit_log()
        await self.log.open()
        try:
            await self._registry.load()
            sha256, key = await load_key(self.log, self.settings.key)
            self._server = await self._bind(tls)
            port = int(self._server.sockets[0].getsockname()[1])
            url = (self.settings.public_url or _origin(self.settings, port)).rstrip("/")
            self._parts = self._assemble(url, sha256, relay, sets)
            admin = (
                await self._parts.admin.start(self.settings.admin) if self.settings.admin else None
            )
            await self._server.start_serving()
        except BaseException:
            if self._server is not None:
                self._server.close()
            await self.log.close()
            raise
        self._parts.edge.start()
        self._sweep()
        note("started", url=url, port=port, admin=admin, endpoints=len(self._registry))
        return Started(url=url, port=port, key=key, admin=admin)

    async def _limit_log(self) -> None:
        disk = await asyncio.to_thread(derived.disk, self.settings.data)
        self.log.limit(
            derived.retention(self.settings, disk=disk),
            low_water=self.settings.low_water,
            tail_bytes=self.settings.tail_bytes,
        )

    async def _bind(self, tls: ssl.SSLContext | None) -> asyncio.Server:
        host, port = self.settings.address
        server = await asyncio.get_running_loop().create_server(
            lambda: self._running.edge(),
            host or None,
            port,
            ssl=tls,
            ssl_handshake_timeout=self.settings.head_timeout_s if tls else None,
            backlog=_BACKLOG,
            start_serving=False,
        )
        addresses = [socket.getsockname()[0] for socket in server.sockets]
        if self.settings.open_registration and not all(map(_is_loopback, addresses)):
            server.close()
            raise SettingError("open registration is for loopback addresses only")
        return server

    def _assemble(
        self, url: str, key_sha256: str, relay: str, sets: Mapping[str, Sequence[str]]
    ) -> "_Parts":
        settings, log, registry, hub = self.settings, self.log, self._registry, self._hub
        loop = asyncio.get_running_loop()
        lines = EventLines(lambda flush: loop.call_later(_LINES_AFTER_S, flush))
        metrics = Metrics()
        streams = Streams(
            settings, log, registry, hub, loop=loop, metrics=metrics, public_url=url, relay=relay
        )
        door = Door(settings, sets)
        ingest = Ingest(settings, log, registry, hub, streams, lines, door, metrics, url)
        access = Access(key_sha256, is_open=settings.open_registration)
        health = Health(log)
        api = Api(settings, log, registry, streams, access, health, door, url)
        edge = Edge(
            loop,
            _Roads(ingest, api),
            limits=derived.limits(settings),
            patience=derived.patience(settings),
            budget=Budgets(settings.body_budget, settings.endpoint_budget),
            untaken=Untaken(settings.answer_budget, settings.endpoint_budget),
            crowd=Crowd(*derived.connections(settings)),
            metrics=metrics,
        )
        ingest.edge = edge
        api.status = Status(metrics, log, registry, streams, edge, settings.data)
        admin = Admin(health, api.status)
        streams.tell = ingest.tell
        return _Parts(edge, ingest, streams, health, lines, admin)

    @property
    def _running(self) -> "_Parts":
        if self._parts is None:
            raise RuntimeError("the relay is not running")
        return self._parts

    def _sweep(self) -> None:
        self._running.streams.sweep()
        self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take nothing new, let pending answers finish, tell the listeners, close the log.

        Args:
            grace_s: How long senders and listeners may take; then they are cut off.
        """
        parts, server = self._parts, self._server
        if parts is None or server is None:
            return
        server.close()
        parts.health.stopping = parts.ingest.stopping = True
        # Senders held for an answer get it if it comes soon, else the ack: the event is stored.
        await parts.edge.stop(grace_s * 0.6)
        parts.ingest.let_go()
        await parts.edge.stop(grace_s * 0.2)
        parts.edge.abort()
        await parts.streams.stop(grace_s * 0.2)
        if self._sweeper is not None:
            self._sweeper.cancel()
        parts.lines.flush()
        # Last, so that it tells to the end that the relay is not ready.
        await parts.admin.stop()
        self._parts = None
        await self.log.close()
        note("stopped")


@dataclass(frozen=True, slots=True)
class _Parts:
    edge: Edge
    ingest: Ingest
    streams: Streams
    health: Health
    lines: EventLines
    admin: Admin


@dataclass(frozen=True, slots=True)
class _Roads:
    """Requests for endpoints go one way, those for the relay itself another."""

    ingest: Ingest
    api: Api

    def vet(self, head: Head, peer: str) -> Answer | None:
        return self.ingest.vet(head, peer)

    def whose(self, head: Head) -> str:
        return "/_/" if is_for_relay(head.target) else self.ingest.whose(head)

    def take(self, exchange: Exchange) -> None:
        (self.api if exchange.for_relay else self.ingest).take(exchange)

    def upgrade(self, head: Head) -> asyncio.Protocol | Answer:
        return self.api.upgrade(head)


async def run(
    settings: Settings, started: Callable[[Started], None], *, grace_s: float = 5.0
) -> None:
    """Run a relay until this task is cancelled, then drain it."""
    _many_files()
    relay = Relay(settings)
    started(await relay.start())
    try:
        await asyncio.Event().wait()
    finally:
        await relay.stop(grace_s)


def _many_files() -> None:
    """Every connection is an open file; the usual limit of 1,024 is meant for other programs."""
    try:
        import resource
    except ImportError:  # not on this platform
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _SOCKET_FILES if hard == resource.RLIM_INFINITY else min(hard, _SOCKET_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _name() -> str:
    """What the relay calls itself to listeners."""
    from importlib.metadata import version

    return f"hookcli/{version('hookcli')}"


def _tls(settings: Settings) -> ssl.SSLContext | None:
    files = settings.tls_files
    if files is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(*files)
    except (OSError, ssl.SSLError) as error:
        raise SettingError(f"{settings.tls}: not a certificate and its key: {error}") from error
    return context


def _origin(settings: Settings, port: int) -> str:
    """Where the relay is reached from its own machine."""
    host = settings.address[0]
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        host = "localhost"
    return f"{'https' if settings.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
