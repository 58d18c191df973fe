"""A listener without a screen: lines, NDJSON or nothing on stdout."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from hookcli.cli import ending as ends
from hookcli.cli import faces, loop, road
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.listen_options import Options
from hookcli.cli.pump import Pump
from hookcli.tunnel import observe

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.tunnel.listen import Ending, Listener, Plan
    from hookcli.tunnel.several import Several

GRACE_S = 3.0
"""How long running attempts may take after ^C."""


def run(here: Here, options: Options, output: str) -> int:
    """Listen until something ends it; the exit code."""
    if output == "json":
        here.console.json = True
    return loop.run(partial(_listen, here, options, output))


async def _listen(here: Here, options: Options, output: str, stops: loop.Stops) -> int:
    only_prints = options.print_url or options.print_secret
    async with road.opened(here, here.console.notice, listens=not only_prints) as found:
        if only_prints:
            return _print(here, options, found)
        return await _run(here, road.make_plans(here, options, found), output, stops)


def _print(here: Here, options: Options, found: road.Road) -> int:
    given = found.accesses[0]
    if options.print_url:
        known = here.credentials.relay(given.origin).endpoint(given.endpoint)
        here.console.out(known.url if known else f"{given.origin}/{given.endpoint}")
    if options.print_secret:
        here.console.out(given.token.value)
    return ExitCode.YES


async def _run(here: Here, plans: "Sequence[Plan]", output: str, stops: loop.Stops) -> int:
    plan = plans[0]
    ready: list[observe.Ready] = []
    ending_loop = asyncio.get_running_loop()
    console = here.console

    def gone() -> None:
        ending_loop.call_soon_threadsafe(stops.asked.set)

    pump = Pump(
        faces.of(output, console),
        console.stdout,
        console.stderr,
        bodies=partial(open_store, plan),
        gone=gone,
    )

    def observer(report: observe.Report) -> None:
        if isinstance(report, observe.Ready):
            ready.append(report)
        pump(report)

    listener = road.listener(plans, observer)
    pump.start()
    try:
        ending = await _until_stopped(listener, stops)
    finally:
        await asyncio.to_thread(pump.close)
    if pump.failed is not None:
        raise pump.failed
    code, error = ends.code_of(ending, plan, stops.code, broken=pump.broken)
    if output == "json" and code is not ExitCode.READER_GONE:
        ends.write_done(console, ending, code, here.now)
    elif output == "lines":
        ends.say_summary(console, ending, ready[0] if ready else None, plan)
    if error is not None:
        console.fail(error)
    return code


async def _until_stopped(listener: "Listener | Several", stops: loop.Stops) -> "Ending":
    """Run the listener; the first signal lets running attempts finish, the second does not."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(listener.run())
        watching = group.create_task(_stop(listener, stops))
        try:
            return await running
        finally:
            watching.cancel()


async def _stop(listener: "Listener | Several", stops: loop.Stops) -> None:
    await stops.asked.wait()
    listener.stop(GRACE_S)
    await stops.now.wait()
    listener.stop(0.0)


def open_store(plan: "Plan") -> "Store":
    """The store that the listener fills, to read bodies again."""
    from hookcli.captures.store import Store

    return Store.open(plan.store, create=False)
