"""How captures are sent again: what was asked for on a command line, read."""

from dataclasses import dataclass, field
from typing import Any

from hookcli.cli.changes import Changes
from hookcli.cli.here import Here
from hookcli.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to change, how to sign, how to send and how to judge."""

    last: int = 0
    """Only the latest so many; 0: all."""
    changes: Changes = field(default_factory=Changes)
    edit: bool = False
    resign: bool | None = None
    secret: str | None = None
    to: str | None = None
    times: int = 1
    concurrency: int = 1
    rate: float | None = None
    speed: float | None = None
    order: str = ""
    dry_run: bool = False
    yes: bool = False
    expect: tuple[str, ...] = ()
    same: bool = False
    ignore: tuple[str, ...] = ()
    fail_fast: bool = False
    mark: bool = True
    insecure: bool = False
    timeout_ms: int = 30_000


def read(here: Here, params: dict[str, Any]) -> Options:
    """The options as typed, read.

    Raises:
        UsageError: one of them is wrong.
    """
    from hookcli.cli import forwarding
    from hookcli.workbench.pace import read_rate, read_speed

    here.overrides |= {"timeout": params["timeout"]}
    return Options(
        last=params["last"],
        changes=Changes(
            set=tuple(params["set_"] or ()),
            unset=tuple(params["unset"] or ()),
            body=params["body"],
            headers=tuple(params["header"] or ()),
            drop_headers=tuple(params["drop_header"] or ()),
            method=params["method"],
            path=params["path"],
            query=tuple(params["query"] or ()),
        ),
        edit=params["edit"],
        resign=params["resign"],
        secret=params["secret"],
        to=target(params["to"]),
        times=params["times"],
        concurrency=params["concurrency"],
        rate=read_rate(params["rate"]) if params["rate"] else None,
        speed=read_speed(params["speed"]),
        order=params["order"],
        dry_run=params["dry_run"],
        yes=params["yes"],
        expect=tuple(params["expect"] or ()),
        same=params["same"],
        ignore=tuple(params["ignore"] or ()),
        fail_fast=params["fail_fast"],
        mark=not params["no_mark"],
        insecure=params["insecure"],
        timeout_ms=forwarding.timeout_ms(here.settings),
    )


def target(text: str | None, flag: str = "--to") -> str | None:
    """A target as typed.

    Raises:
        UsageError: it is none.
    """
    from hookcli.config import values

    try:
        return values.target(text) if text is not None else None
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None
