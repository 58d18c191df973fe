"""One relay: everything put together, started, and stopped without losing anybody's answer."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace

from relay_server import derived
from relay_server.access import load_key
from relay_server.door import missing_sets
from relay_server.log.base import Log
from relay_server.log.choosing import chosen
from relay_server.logging import note
from relay_server.parts import Parts, assemble
from relay_server.registry import Registry
from relay_server.reloading import Reload, Reloaded, compared
from relay_server.sets import load as load_sets
from relay_server.settings import SettingError, Settings
from relay_server.tls import Certificate

_SWEEP_S = 1.0
_LOOK_S = 5.0
"""How often it is looked whether the certificate's files are others."""
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
    log: str = ""
    """Where the log is, for people."""


class Relay:
    """One relay in the running event loop; started and stopped once."""

    def __init__(self, settings: Settings) -> None:
        settings.check()
        self.settings = settings
        self.log: Log = chosen(settings)
        self._registry = Registry(self.log)
        self._server: asyncio.Server | None = None
        self._parts: Parts | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._certificate: Certificate | None = None
        self._look_at = 0.0
        self._looking: asyncio.Future[None] | None = None

    async def start(self) -> Started:
        """Open the log and begin to listen.

        Raises:
            StorageError: the log cannot be used.
            SettingError: a setting cannot be met here.
            OSError: the address cannot be bound.
        """
        # All of it reads files.
        sets = await asyncio.to_thread(load_sets, self.settings.allow_sets)
        self._certificate = await asyncio.to_thread(_certificate, self.settings)
        relay = await asyncio.to_thread(_name)
        await self._limit_log()
        await self.log.open()
        try:
            await self._registry.load()
            sha256, key = await load_key(self.log, self.settings.key)
            self._server = await self._bind()
            port = int(self._server.sockets[0].getsockname()[1])
            url = (self.settings.public_url or _origin(self.settings, port)).rstrip("/")
            self._parts = assemble(
                self.settings,
                self.log,
                self._registry,
                url=url,
                key_sha256=sha256,
                relay=relay,
                sets=sets,
            )
            admin = (
                await self._parts.admin.start(self.settings.admin) if self.settings.admin else None
            )
            await self._parts.others.start()
            await self._server.start_serving()
        except BaseException:
            if self._server is not None:
                self._server.close()
            await self.log.close()
            raise
        self._parts.edge.start()
        self._sweep()
        note("started", url=url, port=port, admin=admin, endpoints=len(self._registry))
        if gone := missing_sets(self._registry.all(), sets):
            note("missing sets", sets=gone)
        return Started(url=url, port=port, key=key, admin=admin, log=self.log.where)

    async def _limit_log(self) -> None:
        own = self.settings.log is None
        disk = await asyncio.to_thread(derived.disk, self.settings.data) if own else 0
        self.log.limit(
            derived.retention(self.settings, disk=disk),
            low_water=self.settings.low_water,
            tail_bytes=self.settings.tail_bytes,
        )

    async def reload(self, wanted: Settings) -> Reloaded:
        """Go on with other settings, as far as a running relay can, and read its files again.

        Raises:
            SettingError: a value or a file cannot be; everything stays as it was.
        """
        wanted.check()
        found = compared(self.settings, wanted)
        sets = await asyncio.to_thread(load_sets, found.settings.allow_sets)
        files = {
            "allow_sets": sets != self._running.door.sets,
            "tls": await self._read_certificate(found.settings),
        }
        read = [name for name, anew in files.items() if anew and name not in found.changed]
        self.settings = found.settings
        await self._limit_log()
        self._running.change(found.settings, sets)
        found = replace(
            found,
            changed=(*found.changed, *read),
            no_sets=missing_sets(self._registry.all(), sets),
        )
        note("reloaded", changed=found.changed, restart=found.restart, missing_sets=found.no_sets)
        return found

    async def _read_certificate(self, settings: Settings) -> bool:
        """Read it again; whether its files were others than before."""
        if self._certificate is None or settings.tls_files is None:
            return False
        anew = await asyncio.to_thread(self._certificate.changed)
        await asyncio.to_thread(self._certificate.load, *settings.tls_files)
        return anew

    async def _bind(self) -> asyncio.Server:
        host, port = self.settings.address
        tls = self._certificate.context if self._certificate else None
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

    @property
    def _running(self) -> Parts:
        if self._parts is None:
            raise RuntimeError("the relay is not running")
        return self._parts

    def _sweep(self) -> None:
        self._running.streams.sweep()
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(_SWEEP_S, self._sweep)
        if self._certificate is not None and loop.time() >= self._look_at:
            self._look_at = loop.time() + _LOOK_S
            self._looking = loop.run_in_executor(None, _renew, self._certificate)

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
        await parts.others.stop()
        if self._sweeper is not None:
            self._sweeper.cancel()
        await asyncio.to_thread(parts.checker.close)
        parts.lines.flush()
        # Last, so that it tells to the end that the relay is not ready.
        await parts.admin.stop()
        self._parts = None
        await self.log.close()
        note("stopped")


async def run(
    settings: Settings,
    started: Callable[[Started], None],
    *,
    grace_s: float = 5.0,
    reload: Reload | None = None,
) -> None:
    """Run a relay until this task is cancelled, then drain it."""
    _many_files()
    relay = Relay(settings)
    started(await relay.start())
    try:
        while True:
            await (reload.asked if reload else asyncio.Event()).wait()
            if reload is not None:
                await _again(relay, reload)
    finally:
        await relay.stop(grace_s)


async def _again(relay: Relay, reload: Reload) -> None:
    reload.asked.clear()
    told: Reloaded | SettingError
    try:
        told = await relay.reload(await asyncio.to_thread(reload.read))
    except SettingError as error:
        note("not reloaded", why=str(error))
        told = error
    reload.told(told)


def _renew(certificate: Certificate) -> None:
    """Read a certificate that has changed; one that cannot be is looked at when it changes again."""
    if certificate.changed():
        try:
            certificate.again()
        except SettingError as error:
            note("certificate not renewed", why=str(error))
        else:
            note("certificate renewed")


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


def _certificate(settings: Settings) -> Certificate | None:
    files = settings.tls_files
    return Certificate(*files) if files else None


def _origin(settings: Settings, port: int) -> str:
    """Where the relay is reached from its own machine."""
    host = settings.address[0]
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        host = "localhost"
    return f"{'https' if settings.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
