"""`hookcli relay`: run the public server."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import ConfigError, StoreError, UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from hookcli.cli.loop import Stops
    from relay_server.app import Started
    from relay_server.log.nats.moving import Moved
    from relay_server.reloading import Reloaded
    from relay_server.settings import SettingError, Settings

app = new_app(invoke_without_command=True)

GRACE_S = 8.0
"""How long stopping may take: most of it for senders that are held, the rest for those who linger."""


@app.callback()
def relay(
    ctx: typer.Context,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="HOST:PORT", help="default: :8080")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option("--public-url", metavar="URL", help="the origin that senders see")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="the folder of the log; default: ./relay-data"),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log", metavar="nats://HOST,HOST", help="the log on NATS JetStream, for many relays"
        ),
    ] = None,
    tls: Annotated[
        str | None, typer.Option("--tls", metavar="CERT,KEY", help="two PEM files")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="settings in TOML, under the variables"),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option("--log-format", metavar="json|text", help="of the lines on stdout"),
    ] = None,
) -> int:
    """Run a relay. Every setting is also HOOKCLI_RELAY_…; SIGTERM lets pending answers finish.

    The first start prints the `hookcli login …` line for your own machine. stdout carries one line
    for each event, without its body; stderr the rest. SIGHUP reads the file, the certificate
    and the lists of networks again, and cuts nobody off; from a terminal it means hang up.
    """
    if ctx.invoked_subcommand:
        return 0
    import logging

    from hookcli.cli import loop
    from relay_server.logging import configure
    from relay_server.settings import CONFIG, SettingError, Settings

    here: Here = ctx.obj
    environ = here.console.environ
    given: dict[str, Any] = {"listen": listen, "public_url": public_url, "data": data, "tls": tls}
    given |= {"log": log, "log_format": log_format}
    file = config or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    read = partial(Settings.from_env, environ, file=file, **given)
    try:
        settings = read()
    except SettingError as error:
        if any(given.values()):
            raise UsageError(str(error), hint="hookcli relay --help") from None
        raise ConfigError(str(error), hint="hookcli relay --help") from None
    if not here.console.quiet:
        configure(here.console.stdout, settings.log_format)
        logging.raiseExceptions = False  # a reader of the lines that goes away stops no relay
    return loop.run(lambda stops: _serve(here, settings, read, stops))


async def _serve(
    here: Here, settings: "Settings", read: "Callable[[], Settings]", stops: "Stops"
) -> int:
    import asyncio

    from hookcli.cli.console import ExitCode
    from hookcli.cli.signals import on_hangup
    from relay_server.app import run
    from relay_server.reloading import Reload

    reload = Reload(read, partial(_reloaded, here))
    on_hangup(reload.asked.set)
    told = partial(_tell, here, settings)
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(run(settings, told, grace_s=GRACE_S, reload=reload))
            await stops.asked.wait()
            here.console.say("stopping: pending answers finish")
            task.cancel()
            group.create_task(_cut_off(task, stops))
    except ExceptionGroup as failed:
        raise _failure(failed.exceptions[0], settings) from failed.exceptions[0]
    return ExitCode.YES if stops.code is ExitCode.TERMINATED else stops.code or ExitCode.YES


def _reloaded(here: Here, told: "Reloaded | SettingError") -> None:
    from relay_server.settings import SettingError

    if isinstance(told, SettingError):
        here.console.err(f"not reloaded, everything stays as it was: {told}")
        return
    here.console.err(f"reloaded  {', '.join(told.changed) or 'nothing has changed'}")
    if told.no_sets:
        sets = ", ".join(told.no_sets)
        here.console.err(f"  endpoints allow what is in no file any more, so nobody: {sets}")
    if told.restart:
        here.console.err(f"  needs a restart: {', '.join(told.restart)}")


async def _cut_off(task: "asyncio.Task[None]", stops: "Stops") -> None:
    """A second signal does not wait for pending answers."""
    import asyncio

    impatient = asyncio.ensure_future(stops.now.wait())
    await asyncio.wait({task, impatient}, return_when=asyncio.FIRST_COMPLETED)
    impatient.cancel()
    task.cancel()


def _failure(error: Exception, settings: "Settings") -> Exception:
    """Why a relay does not run, as our own kind; what is not known is a bug."""
    from relay_server.log.base import StorageError
    from relay_server.settings import SettingError

    if isinstance(error, SettingError):
        return ConfigError(str(error), hint="hookcli relay --help")
    if isinstance(error, StorageError):
        hint = "--data DIR" if settings.log is None else "--log nats://HOST:PORT"
        return StoreError(f"the relay's log cannot be used: {error}", hint=hint)
    if isinstance(error, OSError):
        # Where a path is named the data are meant, else the address.
        place = error.filename or settings.listen
        what = f"the relay cannot start: {place}: {os.strerror(error.errno).lower() if error.errno else error}"
        return UsageError(what, hint="--listen with another port, or --data with another folder")
    return error


def _tell(here: Here, settings: "Settings", started: "Started") -> None:
    say = here.console.err
    say(f"hookcli relay  {started.url}  (port {started.port}, log {started.log})")
    if started.key:
        say("First start. On your own machine, once:")
        say(f"  echo {started.key} | hookcli login {started.url} --token -")
        say("  This key creates endpoints and is not shown again; keep it as you keep a password.")


@app.command(name="check")
def check_(
    ctx: typer.Context,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="the folder of a relay's log")],
) -> int:
    """Read a whole log, compute every digest again, and say what is wrong; exit 1 if anything is.

    Nothing is written; a relay that runs on the log is not disturbed.
    """
    from hookcli.cli.console import ExitCode
    from hookcli.cli.render.ndjson import dumped, head
    from hookcli.cli.render.words import plural, safe, size
    from relay_server.log.base import StorageError
    from relay_server.log.check import Checked, check

    here: Here = ctx.obj
    console, sofar, found = here.console, Checked(), 0

    def told(it: Checked) -> None:
        nonlocal sofar
        sofar = it
        if it.events % 10_000 == 0 and it.events < it.of_events:
            console.say(f"{it.events:,} of {plural(it.of_events, 'event')}")

    try:
        for damage in check(data, told):
            found += 1
            if console.json:
                record = {"where": damage.where, "what": damage.what}
                console.out(dumped(head("damage", here.now) | record))
            else:
                console.out(f"{safe(damage.where)}: {safe(damage.what)}")
    except StorageError as error:
        raise StoreError(str(error), hint="hookcli relay check DATA") from None
    checked = f"{plural(sofar.events, 'event')} of {plural(sofar.endpoints, 'endpoint')}"
    if console.json:
        counts = {"events": sofar.events, "endpoints": sofar.endpoints, "bytes": sofar.bytes}
        console.out(dumped(head("checked", here.now) | counts | {"damages": found}))
    else:
        verdict = f"{plural(found, 'damage')} in" if found else "ok "
        console.out(f"{verdict} {checked}, {size(sofar.bytes)}")
    return ExitCode.NO if found else ExitCode.YES


@app.command(name="migrate")
def migrate(
    ctx: typer.Context,
    source: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="the folder of a relay's log")
    ],
    to: Annotated[str, typer.Option("--to", metavar="nats://HOST,HOST", help="where it is to be")],
) -> int:
    """Move endpoints, tokens, events and the relay's key from a folder to NATS JetStream.

    Places and ids stay, so listeners go on where they were. The folder is read only, and no relay
    may use it meanwhile. Interrupted, it can be run again: it goes on where it was, and nothing is
    there twice. At the end both logs are compared. Settings are those of a relay on NATS.
    """
    from hookcli.cli import loop
    from relay_server.log.choosing import on_nats
    from relay_server.settings import SettingError, Settings

    here: Here = ctx.obj
    try:
        settings = Settings.from_env(here.console.environ, log=to)
        on_nats(settings)
    except SettingError as error:
        raise UsageError(str(error), hint="hookcli relay migrate --help") from None
    return loop.run(lambda stops: _migrate(here, settings, source, stops))


async def _migrate(here: Here, settings: "Settings", source: Path, stops: "Stops") -> int:
    import asyncio

    from hookcli.cli.console import ExitCode
    from relay_server.log.base import StorageError
    from relay_server.log.choosing import on_nats
    from relay_server.log.nats.moving import move
    from relay_server.settings import SettingError

    progress = _Progress(here)
    moving = asyncio.ensure_future(move(source, on_nats(settings), progress.tell))
    stopped = asyncio.ensure_future(stops.asked.wait())
    await asyncio.wait({moving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not moving.done():
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        here.console.err("stopped; run it again and it goes on where it was")
        return stops.code or ExitCode.NO
    try:
        progress.end(moving.result())
    except SettingError as error:
        raise ConfigError(str(error), hint="hookcli relay --help") from None
    except StorageError as error:
        raise StoreError(str(error), hint="mend it, and run the same command again") from None
    return ExitCode.YES


class _Progress:
    """How far moving is, now and then."""

    _EVERY_S = 1.0

    def __init__(self, here: Here) -> None:
        self._here, self._told = here, 0.0

    def tell(self, it: "Moved") -> None:
        import time

        from hookcli.cli.render.words import plural, size

        if time.monotonic() - self._told >= self._EVERY_S:
            self._told = time.monotonic()
            events = f"{it.events:,} of {plural(it.of_events, 'event')}, {size(it.bytes)}"
            self._here.console.say(f"{events}; {it.endpoints:,} of {it.of_endpoints:,} endpoints")

    def end(self, it: "Moved") -> None:
        from hookcli.cli.render.ndjson import dumped, head
        from hookcli.cli.render.words import plural, size

        console = self._here.console
        if console.json:
            counts = {"endpoints": it.endpoints, "events": it.of_events}
            moved = {"moved": it.events, "bytes": it.bytes, "key": it.key}
            console.out(dumped(head("migrated", self._here.now) | counts | moved))
            return
        there = f"{plural(it.of_events, 'event')} of {plural(it.endpoints, 'endpoint')}"
        now = f"{it.events:,} moved now, {size(it.bytes)}"
        console.out(f"ok  {there} there, the same as here ({now})")
        if not it.key:
            console.err("the log there has a relay's key already; that one holds")
