"""Tasks that end when they are told to."""

import asyncio
from collections.abc import Iterable

_AGAIN_S = 0.05


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they are over.

    Once is not enough: before Python 3.12 `asyncio.wait_for`, by which the client of NATS waits for
    answers, loses a cancellation that comes together with the answer.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_S)
