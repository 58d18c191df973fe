"""Tasks end when they are told to, also one that has missed it."""

import asyncio
import contextlib

from relay_server.log.nats.ending import ended


async def deaf(times: int) -> None:
    """Goes on after so many cancellations, as if each had come with an answer."""
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
    await asyncio.sleep(3600)


async def test_whoever_misses_a_cancellation_gets_another() -> None:
    tasks = [asyncio.ensure_future(deaf(times)) for times in (0, 1, 3)]
    await asyncio.sleep(0)
    await ended(tasks)
    assert all(task.cancelled() for task in tasks)
    await ended([])
