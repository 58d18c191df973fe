"""A forwarder for replays: no relay, no listener, a request to a program."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from msgspec.structs import replace

from hookcli.captures.model import Attempt
from hookcli.workbench.parcels import Parcel

Forward = Callable[[Parcel, str], Awaitable[Attempt]]
"""Parcel and target: one attempt, not yet numbered; never raises for what the network does."""


@asynccontextmanager
async def sender(*, timeout_ms: int, insecure: bool, mark: bool) -> AsyncIterator[Forward]:
    """What sends parcels; its connections are closed at the end.

    Args:
        insecure: Certificates are not verified.
        mark: A field says what a replay repeats.
    """
    from hookcli.tunnel.forward import Forwarder

    # Another machine's server is asked under its own name: it may know no other.
    forwarder = Forwarder(insecure=insecure, host_header="auto", mark=mark)

    async def send(parcel: Parcel, target: str) -> Attempt:
        attempt = await forwarder.send(
            parcel.request,
            target,
            why=parcel.why,
            capture=parcel.capture.id,
            timeout_s=timeout_ms / 1000,
            peer=parcel.capture.peer,
        )
        if parcel.remark:
            attempt = replace(attempt, added=(*attempt.added, parcel.remark))
        return attempt

    try:
        yield send
    finally:
        await forwarder.close()
