"""Which events a listener forwards where: `--route`, `--only`, `--events`, and `[[route]]`."""

from typing import TYPE_CHECKING

from hookcli.cli import selecting
from hookcli.cli.here import Here
from hookcli.cli.listen_options import Options
from hookcli.config.tables import read_route
from hookcli.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from hookcli.captures.filters import Filter
    from hookcli.config.tables import Route as Setting
    from hookcli.tunnel.listen import Route


def routes(here: Here, options: Options) -> "tuple[Route, ...]":
    """The routes of the command line, then those of the settings.

    Raises:
        UsageError, ConfigError: one of them is wrong; its filter's fault is pointed at.
    """
    given = [_typed(text) for text in options.routes]
    return tuple(_route(here, one) for one in (*given, *here.settings.routes))


def _typed(text: str) -> "Setting":
    try:
        return read_route(text)
    except ValueError as error:
        raise UsageError(f"--route {text}: {error}") from None


def _route(here: Here, setting: "Setting") -> "Route":
    from hookcli.tunnel.listen import Route

    try:
        return Route(filter=selecting.parse(here, setting.filter), to=setting.to)
    except UsageError as error:
        if setting.origin.startswith("--"):
            raise
        text = f"{setting.origin}: route: {error.message}"
        raise ConfigError(text, why=error.why, hint=error.hint) from None


def only(here: Here, options: Options) -> "Filter | None":
    """What is forwarded at all; None: everything.

    Raises:
        UsageError: the filter is wrong.
    """
    types = [f"type={name.strip()}" if "*" not in name else f"type:{name.strip()}"
             for name in options.events.split(",") if name.strip()]  # fmt: skip
    if options.events and not types:
        raise UsageError("--events: no type is named", hint="--events invoice.paid,charge.*")
    # By itself first, so that a fault is pointed at as it was typed.
    found = selecting.parse(here, options.only) if options.only else None
    if not types:
        return found
    named = " or ".join(types)
    return selecting.parse(here, f"({options.only}) ({named})" if options.only else named)
