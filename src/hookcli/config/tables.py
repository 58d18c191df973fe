"""The tables that hold more than one key each: `[[route]]` and `[scheme.NAME]`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hookcli.config import values
from hookcli.errors import ConfigError

_ROUTE = frozenset({"filter", "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Events that pass a filter go to these targets."""

    filter: str
    to: tuple[str, ...]
    """Origins with an optional base path; the first one's answer goes to the sender."""
    origin: str
    """The file or flag that says so."""


def routes(file: Path, value: object) -> list[Route]:
    """The routes of a file, in order.

    Raises:
        ConfigError: one of them is none.
    """
    if not isinstance(value, list):
        raise ConfigError(f"{file}: route is a list of tables: [[route]]")
    return [_route(file, one, number) for number, one in enumerate(value, 1)]


def _route(file: Path, given: object, number: int) -> Route:
    where = f"{file}: route {number}"
    if not isinstance(given, dict):
        raise ConfigError(f"{where} is a table: [[route]]")
    if unknown := sorted(set(given) - _ROUTE):
        raise ConfigError(f"{where}: unknown key {unknown[0]}", hint="filter and to")
    for name in sorted(_ROUTE):
        if name not in given:
            raise ConfigError(
                f"{where} has no {name}", hint='filter = "source:stripe", to = "8000"'
            )
    try:
        text, to = values.text(given["filter"]), given["to"]
        targets = tuple(values.target(one) for one in (to if isinstance(to, list) else [to]))
        if not targets:
            raise ValueError("a target is wanted")
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    return Route(filter=text, to=targets, origin=str(file))


def read_route(text: str, flag: str = "--route") -> Route:
    """`FILTER => URL, URL` as typed; ValueError with what is wanted if it is none."""
    wanted, arrow, to = text.rpartition("=>")
    if not arrow or not wanted.strip():
        raise ValueError("FILTER => URL is wanted, such as 'source:stripe => 8000'")
    targets = tuple(values.target(one) for one in to.split(","))
    return Route(filter=wanted.strip(), to=targets, origin=flag)


def schemes(file: Path, value: object) -> dict[str, Mapping[str, object]]:
    """The schemes of the user's own, as they stand there.

    Raises:
        ConfigError: it is not a table of tables.
    """
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: scheme is a table: [scheme.NAME]")
    for name, keys in value.items():
        if not isinstance(keys, dict):
            raise ConfigError(f"{file}: scheme.{name} is a table: [scheme.{name}]")
    return dict(value)
