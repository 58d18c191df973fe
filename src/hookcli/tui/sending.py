"""Replays through the tunnel's own forwarder, on the engine's loop."""

from hookcli.captures.model import Attempt, Why
from hookcli.tui.setup import Setup
from hookcli.tunnel.forward import Forwarder
from hookcli.wire.http import Request

TIMEOUT_S = 30.0


class Sender:
    """One forwarder, made in the loop that uses it."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._forwarder: Forwarder | None = None

    async def close(self) -> None:
        """Close its connections; on the loop that used it."""
        if self._forwarder is not None:
            await self._forwarder.close()

    async def send(self, request: Request, target: str, why: Why, capture: str) -> Attempt:
        """Make one attempt."""
        if self._forwarder is None:
            self._forwarder = Forwarder()
        return await self._forwarder.send(
            request, target, why=why, capture=capture, timeout_s=TIMEOUT_S
        )
