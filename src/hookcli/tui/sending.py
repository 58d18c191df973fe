"""Replays through the tunnel's own forwarder, on the engine's loop."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hookcli.captures.model import Attempt, Why
from hookcli.wire.http import Request

if TYPE_CHECKING:
    from hookcli.tunnel.forward import Forwarder

TIMEOUT_S = 30.0


def plain() -> "Forwarder":
    """A forwarder that sets nothing; another machine's server is asked under its own name."""
    from hookcli.tunnel.forward import Forwarder

    return Forwarder(host_header="auto")


class Sender:
    """One forwarder, made in the loop that uses it, when it is first used."""

    def __init__(self, make: "Callable[[], Forwarder]" = plain) -> None:
        """`make` comes after the first screen: the network libraries take their time to import."""
        self._make = make
        self._forwarder: Forwarder | None = None

    async def close(self) -> None:
        """Close its connections; on the loop that used it."""
        if self._forwarder is not None:
            await self._forwarder.close()

    async def send(self, request: Request, target: str, why: Why, capture: str) -> Attempt:
        """Make one attempt."""
        if self._forwarder is None:
            self._forwarder = self._make()
        return await self._forwarder.send(
            request, target, why=why, capture=capture, timeout_s=TIMEOUT_S
        )
