"""`hookcli relay`: run the public server."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import ConfigError, RelayError, UsageError

if TYPE_CHECKING:
    from hookcli.cli.loop import Stops
    from relay_server.app import Started
    from relay_server.settings import Settings

app = new_app()

GRACE_S = 15.0
"""How long senders that are held for an answer may keep it when the relay is told to stop."""


@app.command(name="relay")
def relay(
    ctx: typer.Context,
    listen: str = typer.Option(None, "--listen", metavar="HOST:PORT", help="default: :8080"),
    public_url: str = typer.Option(
        None, "--public-url", metavar="URL", help="the origin that senders see"
    ),
    data: Path = typer.Option(
        None, "--data", metavar="DIR", help="the folder of the log; default: ./relay-data"
    ),
    tls: str = typer.Option(None, "--tls", metavar="CERT,KEY", help="two PEM files"),
) -> int:
    """Run a relay. Every setting is also HOOKCLI_RELAY_…; SIGTERM lets pending answers finish.

    The first start prints the `hookcli login …` line for your own machine.
    """
    from hookcli.cli import loop
    from relay_server.settings import SettingError, Settings

    here: Here = ctx.obj
    given: dict[str, Any] = {"listen": listen, "public_url": public_url, "data": data, "tls": tls}
    try:
        settings = Settings.from_env(here.console.environ, **given)
    except SettingError as error:
        if any(given.values()):
            raise UsageError(str(error), hint="hookcli relay --help") from None
        raise ConfigError(str(error), hint="hookcli relay --help") from None
    return loop.run(lambda stops: _serve(here, settings, stops))


async def _serve(here: Here, settings: "Settings", stops: "Stops") -> int:
    from hookcli.cli.console import ExitCode
    from relay_server.app import Relay

    server = Relay(settings)
    try:
        started = await server.start()
    except OSError as error:
        raise RelayError(
            f"the relay cannot start: {error.strerror or error}",
            why=(f"listen {settings.listen}, data {settings.data}",),
            hint="--listen with another port, or --data with another folder",
        ) from error
    _tell(here, settings, started)
    await stops.asked.wait()
    here.console.say("stopping: pending answers finish")
    await server.stop(GRACE_S)
    return ExitCode.YES if stops.code is ExitCode.TERMINATED else stops.code or ExitCode.YES


def _tell(here: Here, settings: "Settings", started: "Started") -> None:
    say = here.console.err
    say(f"hookcli relay  {started.url}  (port {started.port}, log in {settings.data})")
    if started.key:
        say("First start. On your own machine, once:")
        say(f"  echo {started.key} | hookcli login {started.url} --token -")
        say("  This key creates endpoints and is not shown again; keep it as you keep a password.")
