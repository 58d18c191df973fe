"""The relay inside `hookcli listen`: for this machine only, when no other is configured.

Each port has a log and an endpoint of its own: who holds the port holds the log, so two listeners
that are started side by side do not write into one log, and a URL stays the same from day to day.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hookcli.cli.here import Here
from hookcli.config.endpoints import LOCAL_PORTS
from hookcli.errors import StoreError, UsageError

if TYPE_CHECKING:
    from relay_server.app import Relay


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRelay:
    """A running one."""

    origin: str
    server: "Relay"

    async def stop(self, grace_s: float) -> None:
        """Let pending answers finish and close the log."""
        await self.server.stop(grace_s)


async def start(here: Here, notice: Callable[[str], None]) -> LocalRelay:
    """Start it on the first free port; `notice` is told when that is another than usual.

    Raises:
        UsageError: none of the ports is free. StoreError: its log cannot be used.
    """
    for port in LOCAL_PORTS:
        if found := await _started(here, port):
            if port != LOCAL_PORTS[0]:
                notice(f"{LOCAL_PORTS[0]} is in use, using {port}")
            return found
    raise UsageError(
        f"no port from {LOCAL_PORTS[0]} to {LOCAL_PORTS[-1]} is free for the local relay",
        hint="hookcli login URL, to use another relay",
    )


async def _started(here: Here, port: int) -> LocalRelay | None:
    """One on this port; None when the port is taken."""
    from relay_server.app import Relay
    from relay_server.log.base import StorageError
    from relay_server.settings import Settings

    settings = Settings(
        listen=f"127.0.0.1:{port}",
        data=here.paths.relays / str(port),
        open_registration=True,
        # Only this machine can send: whoever floods it does so to himself.
        endpoint_rate=0,
        endpoint_byte_rate=0,
    )
    if not _free(port):
        return None
    server = Relay(settings)
    try:
        started = await server.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return None
        raise StoreError(f"the local relay cannot start: {error}") from error
    except StorageError as error:
        if "another relay" in str(error):
            return None  # it has just lost its port, or is about to bind it
        raise StoreError(f"the local relay cannot use its log: {error}") from error
    return LocalRelay(origin=started.url, server=server)


def _free(port: int) -> bool:
    """Whether the port can be bound, so that a taken one costs no log."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
