"""After the load: is everything accepted in the log, and captured, exactly once?"""

import asyncio
import time
from collections import Counter

from benchmarks.report import Verdict
from benchmarks.roads import Scene
from hookcli.wire.headers import first
from tests.support.stream import count_log


async def stored(scene: Scene) -> list[Verdict]:
    """Compare the log of every endpoint and the store of every listener with what was accepted."""
    made = []
    for road, endpoint in scene.endpoints.items():
        accepted = sum(result.accepted for name, _, result in scene.jobs if name == road)
        seen = await count_log(
            scene.relay.port,
            endpoint,
            lambda event: (first(event.headers, b"x-bench-id") or b"?").decode(),
        )
        made.append(_verdict(f"{road}: in the log exactly once", accepted, seen))
    for road, listener in scene.listeners.items():
        accepted = sum(result.accepted for name, _, result in scene.jobs if name == road)
        seen = await asyncio.to_thread(_captured, str(listener.store))
        made.append(_verdict(f"{road}: captured exactly once", accepted, seen))
    return made


def _captured(path: str) -> Counter[str]:
    from pathlib import Path

    from hookcli.captures.store import Store

    store = Store.open(Path(path), create=False)
    try:
        summaries = store.summaries(now=time.time_ns() // 1000)
        return Counter(
            (first(summary.capture.headers, b"x-bench-id") or b"?").decode()
            for summary in summaries
        )
    finally:
        store.close()


def _verdict(goal: str, accepted: int, seen: Counter[str]) -> Verdict:
    doubled = sum(seen.values()) - len(seen)
    said = f"{len(seen)}, {doubled} doubled"
    # A webhook whose answer was lost may be in the log without having been accepted; none is here.
    return Verdict(
        goal=goal, wanted=str(accepted), measured=said, ok=len(seen) == accepted and not doubled
    )
