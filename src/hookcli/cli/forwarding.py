"""A forwarder for replays: no relay, no listener, the captured bytes to a program."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from hookcli.captures.model import Attempt, Why
from hookcli.workbench.replay import Job, Send

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.cli.replay import Options


@asynccontextmanager
async def sender(store: "Store", options: "Options") -> AsyncIterator[Send]:
    """What sends jobs; its connections are closed at the end."""
    from hookcli.tunnel.forward import Forwarder

    # Another machine's server is asked under its own name: it may know no other.
    forwarder = Forwarder(insecure=options.insecure, host_header="auto", mark=options.mark)

    async def send(job: Job) -> Attempt:
        capture = job.capture
        request = capture.request(store.body(capture.id))
        return await forwarder.send(
            request,
            job.target,
            why=Why.REPLAY,
            capture=capture.id,
            timeout_s=options.timeout_ms / 1000,
            peer=capture.peer,
        )

    try:
        yield send
    finally:
        await forwarder.close()
