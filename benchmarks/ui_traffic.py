"""Program and sender for `benchmarks.ui`, in a process of their own, so that they disturb no key.

stdin: one line `PORT PATH RATE SECONDS`; stdout: the program's port, then one line of JSON.
"""

import asyncio
import json
import os
import sys
import time

from tests.support import rawhttp

SENDERS = 16


class Sent:
    """What became of the webhooks."""

    def __init__(self) -> None:
        self.took: list[float] = []
        """Seconds from the planned moment to the program's own answer."""
        self.other = 0
        """Answers that were not the program's."""


async def _send(sent: Sent, port: int, path: str, moments: list[float], begin: float) -> None:
    async with rawhttp.sender(port) as it:
        for number, moment in enumerate(moments):
            await asyncio.sleep(max(begin + moment - time.perf_counter(), 0))
            body = b'{"id": "evt_%d", "type": "invoice.paid", "n": %d}' % (number, number)
            fields = [(b"Content-Type", b"application/json")]
            answer = await it.send(rawhttp.request("POST", path, fields, body))
            sent.other += answer.status != 201
            sent.took.append(time.perf_counter() - begin - moment)


async def main() -> None:
    """Serve, then send when told to."""
    loop = asyncio.get_running_loop()
    async with rawhttp.program(rawhttp.respond(201, body=b"{}")) as program:
        print(program.port, flush=True)
        line = await loop.run_in_executor(None, sys.stdin.readline)
        port, path, rate, seconds = line.split()
        count = round(float(rate) * float(seconds))
        plans = [
            [n / float(rate) for n in range(first, count, SENDERS)] for first in range(SENDERS)
        ]
        sent, begin = Sent(), time.perf_counter() + 0.2
        async with asyncio.TaskGroup() as group:
            for plan in plans:
                _ = group.create_task(_send(sent, int(port), path, plan, begin))
        took = sorted(sent.took)
        said = {"sent": len(took), "other": sent.other, "arrived": len(program.received),
                "p50": took[len(took) // 2] * 1000, "p99": took[int(len(took) * 0.99)] * 1000}  # fmt: skip
        print(json.dumps(said), flush=True)
        os._exit(0)  # connections that are kept alive have nothing more to say


if __name__ == "__main__":
    asyncio.run(main())
