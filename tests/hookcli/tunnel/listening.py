"""A listener in the test's own loop: what it reported, waited for; a relay and a program beside it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from hookcli.captures.model import Attempt, Capture
from hookcli.captures.store import Store
from hookcli.tunnel.listen import Ending, Listener, Plan
from hookcli.tunnel.observe import AttemptFinished, Captured, Report
from tests.support.running import Endpoint

R = TypeVar("R", bound=Report)


class Watch:
    """An observer that keeps everything, and when it was told."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.times: list[float] = []
        """`time.monotonic()` of each."""
        self._news = asyncio.Event()

    def __call__(self, report: Report) -> None:
        self.reports.append(report)
        self.times.append(time.monotonic())
        self._news.set()

    def of(self, kind: type[R]) -> list[R]:
        """Those of a kind, in order."""
        return [report for report in self.reports if isinstance(report, kind)]

    async def until(self, true: Callable[[], bool], what: str, *, within: float = 15.0) -> None:
        """Look again after each report."""
        try:
            async with asyncio.timeout(within):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            tail = "\n".join(f"  {report!r:.200}" for report in self.reports[-15:])
            raise TimeoutError(f"never: {what}\n{tail}") from None

    async def count(self, kind: type[R], count: int = 1, *, within: float = 15.0) -> list[R]:
        """Wait for so many of a kind in all."""
        what = f"{count} × {kind.__name__}"
        await self.until(lambda: len(self.of(kind)) >= count, what, within=within)
        return self.of(kind)

    @property
    def captures(self) -> list[Capture]:
        """What was captured."""
        return [report.capture for report in self.of(Captured)]

    @property
    def attempts(self) -> list[Attempt]:
        """What was attempted."""
        return [report.attempt for report in self.of(AttemptFinished)]


class Run:
    """A running listener."""

    def __init__(self, plan: Plan, watch: Watch, listener: Listener) -> None:
        self.plan, self.watch, self.listener = plan, watch, listener
        self.task: asyncio.Task[Ending]

    async def end(self, *, within: float = 15.0) -> Ending:
        """Wait until it ends by itself."""
        async with asyncio.timeout(within):
            return await asyncio.shield(self.task)

    async def stop(self, grace_s: float = 3.0) -> Ending:
        """Stop it."""
        self.listener.stop(grace_s)
        return await self.end()


def plan(folder: Path, origin: str, endpoint: Endpoint, target: str | None, **more: Any) -> Plan:
    """What a test asks for."""
    return Plan(
        **{
            "relay": origin,
            "endpoint": endpoint.id,
            "token": endpoint.token,
            "target": target,
            "store": folder / "captures.sqlite",
            "name": "here",
        }
        | more
    )


@asynccontextmanager
async def running(plan: Plan, **more: Any) -> AsyncIterator[Run]:
    """A listener at work, stopped at the end; what it raised is raised."""
    watch = Watch()
    run = Run(plan, watch, Listener(plan, watch, **more))
    async with asyncio.TaskGroup() as group:
        run.task = group.create_task(run.listener.run())
        try:
            yield run
        finally:
            run.listener.stop(0.0)


@asynccontextmanager
async def stored(plan: Plan) -> AsyncIterator[Store]:
    """The store of a listener."""
    store = Store.open(plan.store, create=False)
    try:
        yield store
    finally:
        store.close()
