"""A listener: receives events, keeps them, delivers them, and tells an observer of everything.

It knows nothing of terminals. `run` belongs to one event loop; the methods that steer it are called
there, before or while it runs, `stop` from any thread.
"""

import asyncio
import random as randoms
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hookcli.errors import HookcliError
from hookcli.tunnel import capturing, clocks
from hookcli.tunnel.capturing import Judge
from hookcli.tunnel.dispatch import Dispatch
from hookcli.tunnel.engine import Engine
from hookcli.tunnel.observe import Done, Observer
from hookcli.tunnel.plan import Cursor, From, Now, Plan, Route, Since, Start
from hookcli.tunnel.retries import Retry
from hookcli.tunnel.routes import Router

__all__ = ["Cursor", "Ending", "From", "Listener", "Now", "Plan", "Route", "Since", "Start"]

GRACE_S = 3.0
"""How long running attempts may take once the listener is to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a listener ended."""

    reason: str
    """`stopped`, `for`, `count`, `drained`, `offline`, `refused` or `store`."""
    done: Done
    error: HookcliError | None = None
    """Why it could not go on, if it could not."""


class Listener:
    """One run of one plan."""

    def __init__(
        self,
        plan: Plan,
        observer: Observer,
        *,
        judge: Judge | None = None,
        clock: Callable[[], float] = clocks.forward,
        wall: Callable[[], int] = clocks.wall,
        random: Callable[[], float] = randoms.random,
    ) -> None:
        """Take a plan.

        Args:
            judge: Says who sent a request and whether its signature holds; by default with the
                plan's secrets.
            clock: Seconds that only go forward, sleep included.
            wall: µs since the Unix epoch.
            random: In [0, 1), for pauses.
        """
        self._plan, self._observer = plan, observer
        self._judge = judge or capturing.judge_by(plan.secrets, plan.recipes)
        self._router = Router(plan.routes, plan.only)
        self._clock, self._wall, self._random = clock, wall, random
        self._dispatch = Dispatch(
            target=plan.target,
            concurrency=plan.concurrency,
            retry=Retry(times=plan.retry, for_s=plan.retry_for_s),
            random=random,
            routed=self._router.targets,
        )
        if plan.paused:
            self._dispatch.pause()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._stop_within: float | None = None
        """The grace that was given before it ran."""

    async def run(self) -> Ending:
        """Listen until something ends it, once.

        Failures that a user can do something about are in the ending; a bug of ours is raised.
        """
        group = asyncio.TaskGroup()
        engine = self._engine = Engine(
            self._plan,
            self._dispatch,
            self._observer,
            group=group,
            judge=self._judge,
            router=self._router,
            clock=self._clock,
            wall=self._wall,
            random=self._random,
            grace_s=GRACE_S,
        )
        self._loop = asyncio.get_running_loop()
        if self._stop_within is not None:
            engine.stop(self._stop_within)
        try:
            async with group:
                reason, error = await engine.run()
        except BaseExceptionGroup as group_error:
            raise _alone(group_error) from None
        finally:
            done = await engine.close()
        return Ending(reason=reason, done=done, error=error)

    # -- from any thread ------------------------------------------------------------------------

    def stop(self, grace_s: float = GRACE_S) -> None:
        """End: take no new events, let running attempts finish for so long.

        Called again, the shorter grace counts.
        """
        if self._loop is None or self._engine is None:
            self._stop_within = grace_s
            return
        with suppress(RuntimeError):  # the loop has ended meanwhile, and the listener with it
            self._loop.call_soon_threadsafe(self._engine.stop, grace_s)

    # -- on its loop ----------------------------------------------------------------------------

    def pause(self) -> None:
        """Hold deliveries back."""
        self._dispatch.pause()
        self._pump()

    def resume(self) -> None:
        """Let deliveries go on."""
        self._dispatch.resume()
        self._pump()

    def deliver_one(self) -> None:
        """Let one go while paused."""
        self._dispatch.deliver_one()
        self._pump()

    def try_now(self) -> None:
        """Wait for nothing: connect, look for the program and retry now."""
        if self._engine is not None:
            self._engine.try_now()

    def retarget(self, target: str) -> None:
        """Deliver to another target from now on, what waits included."""
        if self._engine is not None:
            self._engine.retarget(target)

    def _pump(self) -> None:
        if self._engine is not None:
            self._engine.pump()


def _alone(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The exception that everything else followed from."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
