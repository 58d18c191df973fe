"""Runs a listener: which relay and endpoint, which face, how it ends, and with which code."""

import asyncio
import socket
from collections.abc import Sequence
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
    from hookcli.tunnel.listen import Ending, Listener, Plan, Start

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
    from hookcli.tunnel.listen import Plan

    settings = here.settings
    return Plan(
        relay=given.origin,
        endpoint=given.endpoint,
        token=given.token.value,
        target=settings.text("forward"),
        path=settings.text("path"),
        headers=_headers(settings.texts("header")),
        host_header=settings.text("host_header") or "keep",
        insecure=settings.flag("insecure"),
        timeout_s=_seconds(settings.number("timeout")) or 30.0,
        concurrency=settings.number("concurrency") or 16,
        retry=settings.number("retry") or 0,
        retry_for_s=_seconds(settings.number("retry_for")),
        respond=settings.text("respond"),
        deadline_ms=settings.number("deadline"),
        start=_start(here, options),
        max_offline_s=_seconds(settings.number("max_offline")),
        count=options.count,
        for_s=_seconds(ms("--for", options.for_)) if options.for_ else None,
        drain=options.drain,
        paused=options.paused,
        store=here.store_path,
        local=is_local,
        name=socket.gethostname(),
    )


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def _headers(texts: Sequence[str]) -> tuple[tuple[bytes, bytes], ...]:
    """`K: V` texts as fields, by the rules that `replay -H` has."""
    from hookcli.workbench.edits import read_header

    made = [read_header(text) for text in texts]
    return tuple((one.name, one.value) for one in made)


def _start(here: Here, options: Options) -> "Start":
    from hookcli.tunnel import listen

    if options.from_seq is not None:
        return listen.From(seq=options.from_seq)
    if options.since is not None:
        return listen.Since(at=_instant(here, options.since))
    return listen.Now() if options.now else listen.Cursor()


def _instant(here: Here, text: str) -> int:
    """A time ago, or RFC 3339, in µs since the epoch."""
    from datetime import datetime

    try:
        return here.now - duration_ms(text) * 1000
    except ValueError as error:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            text = f"--since {text}: {error}, or RFC 3339"
            raise UsageError(text) from None
        return round(moment.astimezone().timestamp() * 1e6)


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


def ms(flag: str, text: str) -> int:
    """A time given as a flag, in milliseconds."""
    try:
        return duration_ms(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None
