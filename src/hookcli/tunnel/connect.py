"""Connections to targets: names to addresses, a race among those, TLS; failures as outcomes."""

import asyncio
import errno
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hookcli.captures.model import Outcome
from hookcli.tunnel.fault import Broken
from hookcli.tunnel.origin import Origin

_P = TypeVar("_P", bound=asyncio.Protocol)

HEAD_START_S = 0.25
"""How long an address has before the next one is tried beside it (RFC 8305 §5)."""
FRESH_S = 10.0
"""How long the addresses of a name are remembered."""
_NAMES = 256
"""How many names are remembered."""

Address = tuple[int, str]
"""Family and numeric address."""


@dataclass(slots=True)
class Took:
    """How long the steps of a connection took, in ms; None for what was not reached."""

    dns: float | None = None
    connect: float | None = None
    step: str = "name was not resolved"
    """What has not been reached yet, for people."""


class Connector:
    """Makes connections. One a loop; it remembers addresses and loads certificates once."""

    def __init__(self, *, insecure: bool) -> None:
        """`insecure`: whoever the program's certificate names and whoever signed it will do."""
        self._insecure = insecure
        self._context: ssl.SSLContext | None = None
        self._loading = asyncio.Lock()
        self._known: dict[str, tuple[float, list[Address]]] = {}

    async def connect(self, origin: Origin, make: Callable[[], _P], took: Took) -> _P:
        """A connection to the origin, driven by what `make` gives.

        Raises:
            Broken: there is none.
        """
        began = time.perf_counter()
        addresses = await self._addresses(origin)
        resolved = time.perf_counter()
        took.dns, took.step = (resolved - began) * 1000, "connection was not made"
        context = await self._tls() if origin.secure else None
        sock, address = await _race(origin, addresses)
        self._prefer(origin.host, address)
        took.step = "TLS handshake was not finished"
        protocol = await _started(sock, origin, context, make)
        took.connect = (time.perf_counter() - resolved) * 1000
        return protocol

    async def _addresses(self, origin: Origin) -> list[Address]:
        """Where the host is; `localhost` is on this machine whatever a name server says (RFC 6761)."""
        known = self._known.get(origin.host)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        found = _literal(origin.host) or await _resolved(origin.host)
        if len(self._known) >= _NAMES:
            self._known.clear()
        self._known[origin.host] = (time.monotonic() + FRESH_S, found)
        return found

    def _prefer(self, host: str, address: Address) -> None:
        """What worked is tried first the next time."""
        known = self._known.get(host)
        if known is not None and known[1][0] != address:
            known[1].sort(key=lambda other: other != address)

    async def _tls(self) -> ssl.SSLContext:
        async with self._loading:
            if self._context is None:
                self._context = await asyncio.to_thread(_context, insecure=self._insecure)
        return self._context


def _context(*, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _literal(host: str) -> list[Address] | None:
    """The addresses of a host that need no name server."""
    if host == "localhost" or host.endswith(".localhost"):
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    try:
        version = ipaddress.ip_address(host.partition("%")[0]).version
    except ValueError:
        return None
    return [(socket.AF_INET if version == 4 else socket.AF_INET6, host)]


async def _resolved(host: str) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        words = error.strerror if isinstance(error, OSError) else None
        text = f"cannot resolve {host}: {words or 'not a name'}"
        raise Broken(Outcome.REFUSED, text) from None
    return list(dict.fromkeys((int(family), str(where[0])) for family, _, _, _, where in found))


async def _race(origin: Origin, addresses: list[Address]) -> tuple[socket.socket, Address]:
    """A connected socket: addresses are tried in order, the next when one fails or is slow."""
    errors: list[OSError] = []
    running: set[asyncio.Task[socket.socket | OSError]] = set()
    tried: dict[asyncio.Task[socket.socket | OSError], Address] = {}
    won: tuple[socket.socket, Address] | None = None
    try:
        async with asyncio.TaskGroup() as group:
            waiting = list(addresses)
            while won is None and (running or waiting):
                if waiting:
                    address = waiting.pop(0)
                    task = group.create_task(_connected(address, origin.port))
                    running.add(task)
                    tried[task] = address
                done, running = await asyncio.wait(
                    running,
                    timeout=HEAD_START_S if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    result = task.result()
                    if isinstance(result, OSError):
                        errors.append(result)
                    elif won is None:
                        won = result, tried[task]
                    else:
                        result.close()
            for task in running:
                task.cancel()
                task.add_done_callback(_close_late)
    except BaseException:  # nobody waits any more: what is connected has no taker
        for task in tried:
            task.add_done_callback(_close_late)
        raise
    if won is None:
        raise _refused(origin, errors)
    return won


def _close_late(task: "asyncio.Task[socket.socket | OSError]") -> None:
    if not task.cancelled() and isinstance(late := task.result(), socket.socket):
        late.close()


async def _connected(address: Address, port: int) -> socket.socket | OSError:
    family, host = address
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return error
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except OSError as error:
        sock.close()
        return error
    except BaseException:
        sock.close()
        raise
    return sock


async def _started(
    sock: socket.socket, origin: Origin, context: ssl.SSLContext | None, make: Callable[[], _P]
) -> _P:
    loop = asyncio.get_running_loop()
    if context is None:
        _, protocol = await loop.create_connection(make, sock=sock)
        return protocol
    try:
        _, protocol = await loop.create_connection(
            make, sock=sock, ssl=context, server_hostname=origin.host
        )
    except ssl.SSLCertVerificationError as error:
        text = f"the certificate is not accepted: {error.verify_message.rstrip('.')}"
        raise Broken(Outcome.TLS, text) from None
    except ssl.SSLError as error:
        raise Broken(Outcome.TLS, _words(error)) from None
    except OSError as error:
        text = f"the connection broke during the TLS handshake ({_reason(error)})"
        raise Broken(Outcome.TLS, text) from None
    return protocol


def _words(error: ssl.SSLError) -> str:
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return "the program does not speak TLS; try: http://"
    return f"the TLS handshake failed: {(error.reason or str(error)).replace('_', ' ').lower()}"


def _refused(origin: Origin, errors: list[OSError]) -> Broken:
    """The failure of all addresses as one: whether somebody refused is worth most."""
    where = origin.authority.decode("ascii")
    for error in errors:
        if error.errno == errno.ECONNREFUSED:
            return Broken(Outcome.REFUSED, f"connection refused by {where}")
    worst = errors[0]
    outcome = Outcome.TIMED_OUT if worst.errno == errno.ETIMEDOUT else Outcome.REFUSED
    return Broken(outcome, f"cannot connect to {where}: {_reason(worst)}")


def _reason(error: OSError) -> str:
    if error.errno is None:
        return str(error) or type(error).__name__
    return os.strerror(error.errno).lower()
