"""Runs a listener: which relay and endpoint, which face, how it ends, and with which code."""

import asyncio
import socket
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from hookcli.cli import access, faces, local_relay, loop
from hookcli.cli.console import ExitCode, is_terminal
from hookcli.cli.here import Here
from hookcli.cli.listen import Options
from hookcli.cli.pump import Pump
from hookcli.cli.render import ndjson
from hookcli.config.values import duration_ms
from hookcli.errors import HookcliError, UsageError, WaitError
from hookcli.tunnel import observe

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.tunnel.listen import Ending, Listener, Plan

GRACE_S = 3.0
"""How long running attempts may take after ^C."""

RELAY_GRACE_S = 1.0
"""How long the local relay may take to end, once its listener has."""


def run(here: Here, options: Options) -> int:
    """Listen until something ends it; the exit code."""
    output = _output(here, options)
    if output == "json":
        here.console.json = True
    return loop.run(partial(_listen, here, options, output))


def _output(here: Here, options: Options) -> str:
    console = here.console
    if console.json:
        return "json"
    wanted = here.settings.text("output")
    if wanted in ("lines", "json", "quiet"):
        return wanted
    if not options.output_given and not is_terminal(console.stdout):
        console.notice("no terminal, printing lines (-o json for machines)")
    return "lines"


async def _listen(here: Here, options: Options, output: str, stops: loop.Stops) -> int:
    async with AsyncExitStack() as stack:
        origin = here.settings.text("relay")
        is_local = origin is None
        if origin is None:
            relay = await local_relay.start(here)
            stack.push_async_callback(relay.stop, RELAY_GRACE_S)
            origin = relay.origin
        given = await asyncio.to_thread(access.endpoint, here, origin, open_relay=is_local)
        if options.print_url or options.print_secret:
            return _print(here, options, given)
        plan = make_plan(here, options, given, is_local=is_local)
        return await _run(here, plan, output, stops)


def _print(here: Here, options: Options, given: access.Access) -> int:
    if options.print_url:
        known = here.credentials.relay(given.origin).endpoint(given.endpoint)
        here.console.out(known.url if known else f"{given.origin}/{given.endpoint}")
    if options.print_secret:
        here.console.out(given.token.value)
    return ExitCode.YES


async def _run(here: Here, plan: "Plan", output: str, stops: loop.Stops) -> int:
    from hookcli.tunnel.listen import Listener

    ready: list[observe.Ready] = []
    ending_loop = asyncio.get_running_loop()
    console = here.console
    listeners: list[Listener] = []

    def gone() -> None:
        ending_loop.call_soon_threadsafe(stops.asked.set)

    pump = Pump(
        faces.of(output, console),
        console.stdout,
        console.stderr,
        bodies=partial(_open_store, plan),
        gone=gone,
    )

    def observer(report: observe.Report) -> None:
        if isinstance(report, observe.Ready):
            ready.append(report)
        pump(report)

    listener = Listener(plan, observer)
    listeners.append(listener)
    pump.start()
    try:
        ending = await _until_stopped(listener, stops)
    finally:
        await asyncio.to_thread(pump.close)
    if pump.failed is not None:
        raise pump.failed
    code, error = _code(ending, plan, stops, broken=pump.broken)
    _finish(here, plan, output, ending, ready[0] if ready else None, code, error)
    return code


async def _until_stopped(listener: "Listener", stops: loop.Stops) -> "Ending":
    """Run the listener; the first signal lets running attempts finish, the second does not."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(listener.run())
        watching = group.create_task(_stop(listener, stops))
        try:
            return await running
        finally:
            watching.cancel()


async def _stop(listener: "Listener", stops: loop.Stops) -> None:
    await stops.asked.wait()
    listener.stop(GRACE_S)
    await stops.now.wait()
    listener.stop(0.0)


def make_plan(here: Here, options: Options, given: access.Access, *, is_local: bool) -> "Plan":
    """What the settings and the command line ask for."""

    raise NotImplementedError


def _open_store(plan: "Plan") -> "Store":
    from hookcli.captures.store import Store

    return Store.open(plan.store, create=False)


def _code(
    ending: "Ending", plan: "Plan", stops: loop.Stops, *, broken: bool
) -> tuple[ExitCode, HookcliError | None]:
    from hookcli.cli.console import exit_code

    if ending.error is not None:
        return exit_code(ending.error), ending.error
    if broken:
        return ExitCode.READER_GONE, None
    if stops.code is not None:
        return stops.code, None
    if ending.reason == "for" and plan.count and ending.done.captured < plan.count:
        waited = f"{(plan.for_s or 0):g} s"
        text = f"waited {waited} for {plan.count} events; {ending.done.captured} came"
        return ExitCode.WAITED, WaitError(text)
    return ExitCode.YES, None


def _finish(
    here: Here,
    plan: "Plan",
    output: str,
    ending: "Ending",
    ready: observe.Ready | None,
    code: ExitCode,
    error: HookcliError | None,
) -> None:
    """The last words: the `done` record, or the summary; then the failure, if that is the end."""
    console = here.console
    if output == "json" and code is not ExitCode.READER_GONE:
        console.out(ndjson.dumped(ndjson.done(ending.done, code, here.now)))
        console.stdout.flush()
    elif output == "lines":
        for line in faces.summary(ending.done, ready, again_line(plan)):
            console.say(line)
    if error is not None:
        console.fail(error)


def again_line(plan: "Plan") -> str:
    """The command that goes on."""
    target = (plan.target or "").removeprefix("http://")
    return " ".join(filter(None, ("hookcli listen", target.removeprefix("localhost:"))))


def listener_name() -> str:
    """How this listener is called on the relay, for other listeners' people."""
    return socket.gethostname()


def ms(flag: str, text: str) -> int:
    """A time given as a flag, in milliseconds."""
    try:
        return duration_ms(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None
