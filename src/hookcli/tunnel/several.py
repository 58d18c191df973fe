"""One listener for several endpoints: one for each, with one store, one observer and one end."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from hookcli.tunnel.listen import GRACE_S, Ending, Listener
from hookcli.tunnel.observe import Done, Observer, OfOne, Report
from hookcli.tunnel.plan import Plan


class Several:
    """Listeners that run, pause and end together; steered as one is."""

    def __init__(self, plans: Sequence[Plan], observer: Observer) -> None:
        """Take a plan for each endpoint."""
        self._observer = observer
        self._all = [Listener(plan, self._observer_of(plan.endpoint)) for plan in plans]

    def _observer_of(self, endpoint: str) -> Observer:
        def told(report: Report) -> None:
            if isinstance(report, OfOne):
                report = replace(report, endpoint=endpoint)
            if not isinstance(report, Done):  # it is told once, of all
                self._observer(report)

        return told

    async def run(self) -> Ending:
        """Listen until each has ended; one that cannot go on ends the others."""
        tasks = [asyncio.ensure_future(one.run()) for one in self._all]
        for task in tasks:
            task.add_done_callback(self._one_ended)
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            for task in tasks:
                _ = task.cancel()
            await asyncio.wait(tasks)
            raise
        endings = [task.result() for task in tasks]
        ending = next((one for one in endings if one.error is not None), endings[0])
        done = Done(
            captured=sum(one.done.captured for one in endings),
            failed=sum(one.done.failed for one in endings),
            waiting=sum(one.done.waiting for one in endings),
            last_seq=endings[0].done.last_seq,
        )
        self._observer(done)
        return Ending(reason=ending.reason, done=done, error=ending.error)

    def _one_ended(self, task: "asyncio.Future[Ending]") -> None:
        if task.cancelled() or task.exception() is not None or task.result().error is not None:
            self.stop()

    def stop(self, grace_s: float = GRACE_S) -> None:
        """End all of them; from any thread."""
        for one in self._all:
            one.stop(grace_s)

    def pause(self) -> None:
        """Hold deliveries back."""
        for one in self._all:
            one.pause()

    def resume(self) -> None:
        """Let deliveries go on."""
        for one in self._all:
            one.resume()

    def deliver_one(self) -> None:
        """Let one of each go while paused."""
        for one in self._all:
            one.deliver_one()

    def try_now(self) -> None:
        """Wait for nothing: connect, look for the program and retry now."""
        for one in self._all:
            one.try_now()

    def retarget(self, target: str) -> None:
        """Deliver to another target from now on, what waits included."""
        for one in self._all:
            one.retarget(target)
