"""Replays on the engine's loop, by the sender that the command line gives."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING

from hookcli.captures.model import Attempt

if TYPE_CHECKING:
    from hookcli.workbench.parcels import Forward, Parcel


class Sender:
    """One sender, opened in the loop that uses it, when it is first used."""

    def __init__(self, opened: "Callable[[], AbstractAsyncContextManager[Forward]]") -> None:
        """`opened` comes after the first screen: the network libraries take their time to import."""
        self._opened = opened
        self._stack = AsyncExitStack()
        self._send: Forward | None = None

    async def close(self) -> None:
        """Close its connections; on the loop that used it."""
        await self._stack.aclose()

    async def send(self, parcel: "Parcel", target: str) -> Attempt:
        """Make one attempt."""
        if self._send is None:
            self._send = await self._stack.enter_async_context(self._opened())
        return await self._send(parcel, target)
