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

    from hookcli.cli.loop import Stops
    from relay_server.app import Started
    from relay_server.settings import Settings

app = new_app()

GRACE_S = 15.0
"""How long senders that are held for an answer may keep it when the relay is told to stop."""


@app.command(name="relay")
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
    tls: Annotated[
        str | None, typer.Option("--tls", metavar="CERT,KEY", help="two PEM files")
    ] = None,
) -> int:
    """Run a relay. Every setting is also HOOKCLI_RELAY_…; SIGTERM lets pending answers finish.

    The first start prints the `hookcli login …` line for your own machine. stdout carries one JSON
    line for each event, without its body; stderr the rest.
    """
    import logging

    from hookcli.cli import loop
    from relay_server.logging import configure
    from relay_server.settings import SettingError, Settings

    here: Here = ctx.obj
    given: dict[str, Any] = {"listen": listen, "public_url": public_url, "data": data, "tls": tls}
    try:
        settings = Settings.from_env(here.console.environ, **given)
    except SettingError as error:
        if any(given.values()):
            raise UsageError(str(error), hint="hookcli relay --help") from None
        raise ConfigError(str(error), hint="hookcli relay --help") from None
    if not here.console.quiet:
        configure(here.console.stdout)
        logging.raiseExceptions = False  # a reader of the lines that goes away stops no relay
    return loop.run(lambda stops: _serve(here, settings, stops))


async def _serve(here: Here, settings: "Settings", stops: "Stops") -> int:
    import asyncio

    from hookcli.cli.console import ExitCode
    from relay_server.app import run

    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(run(settings, partial(_tell, here, settings), grace_s=GRACE_S))
            await stops.asked.wait()
            here.console.say("stopping: pending answers finish")
            task.cancel()
            group.create_task(_cut_off(task, stops))
    except ExceptionGroup as failed:
        raise _failure(failed.exceptions[0], settings) from failed.exceptions[0]
    return ExitCode.YES if stops.code is ExitCode.TERMINATED else stops.code or ExitCode.YES


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
        return StoreError(f"the relay's log cannot be used: {error}", hint="--data DIR")
    if isinstance(error, OSError):
        # Where a path is named the data are meant, else the address.
        place = error.filename or settings.listen
        what = f"the relay cannot start: {place}: {os.strerror(error.errno).lower() if error.errno else error}"
        return UsageError(what, hint="--listen with another port, or --data with another folder")
    return error


def _tell(here: Here, settings: "Settings", started: "Started") -> None:
    say = here.console.err
    say(f"hookcli relay  {started.url}  (port {started.port}, log in {settings.data})")
    if started.key:
        say("First start. On your own machine, once:")
        say(f"  echo {started.key} | hookcli login {started.url} --token -")
        say("  This key creates endpoints and is not shown again; keep it as you keep a password.")
