"""`hookcli replay`: send captures again, as they were or changed."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from hookcli.cli import changes as given
from hookcli.cli.app import new_app
from hookcli.cli.changes import Changes
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


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


@app.command(name="replay")
def replay(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="REF|FILTER...", help="hookcli help ids")
    ] = None,
    filter_: Annotated[
        str | None, typer.Option("--filter", metavar="FILTER", help="the same, as a flag")
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=0, help="the latest N, of those named")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with what the last one left unsent")
    ] = False,
    set_: given.Set = None,
    unset: given.Unset = None,
    body: given.Body = None,
    header: given.Header = None,
    drop_header: given.DropHeader = None,
    method: given.Method = None,
    path: given.NewPath = None,
    query: given.Query = None,
    edit: Annotated[bool, typer.Option("--edit", help="change it in your editor first")] = False,
    resign: given.Resign = None,
    secret: given.SecretFlag = None,
    to: Annotated[
        str | None,
        typer.Option("--to", "--target", metavar="URL", help="default: where each went before"),
    ] = None,
    speed: Annotated[
        str,
        typer.Option(metavar="1x|10x|max", help="with the gaps that they came with; default: max"),
    ] = "max",
    rate: Annotated[str, typer.Option(metavar="5/s", help="at most so many a second")] = "",
    concurrency: Annotated[
        int, typer.Option("-c", "--concurrency", metavar="N", min=1, help="so many at once")
    ] = 1,
    times: Annotated[int, typer.Option(metavar="N", min=1, help="each so often")] = 1,
    order: Annotated[
        str,
        typer.Option(
            metavar="seq|reverse|shuffle", help="default: as named, a filter's oldest first"
        ),
    ] = "",
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="stop at the first that is not as expected")
    ] = False,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="2xx", help="or body.ok:=true, header.K=V; exit 1 if an answer differs"
        ),
    ] = None,
    same: Annotated[
        bool, typer.Option("--same", help="expect the same answer as recorded")
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH,...", help="differences that do not count: id, **.timestamp"),
    ] = None,
    timeout: Annotated[str | None, typer.Option(metavar="30s", help="of one attempt")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="do not verify the target's certificate")
    ] = False,
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="send no Hookcli-Replay-Of header")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print what would be sent, and send nothing")
    ] = False,
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="do not ask when a target is not this machine")
    ] = False,
) -> int:
    """Send captures again, the same bytes or changed; every answer is kept beside the earlier ones.

    The relay is not needed. What is changed becomes a copy that names its parent.

    hookcli replay @ --set amount:=0 --resign

    hookcli replay :checkout --same
    """
    here: Here = ctx.obj
    if resume:
        from hookcli.cli import unfinished

        return unfinished.resume(here, ctx)
    named = [*(words or []), *([filter_] if filter_ else [])]
    if not named and not last:
        raise UsageError("nothing is named", hint="hookcli replay @, or hookcli replay status:5xx")
    from hookcli.cli.replaying import run

    return run(here, named, options(here, ctx.params), typed=ctx.params)


def options(here: Here, params: dict[str, Any]) -> Options:
    """The options as typed, read.

    Raises:
        UsageError: one of them is wrong.
    """
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
        timeout_ms=here.settings.number("timeout") or 30_000,
    )


def target(text: str | None, flag: str = "--to") -> str | None:
    """A target as typed.

    Raises:
        UsageError: it is none.
    """
    from hookcli.config.values import target as read

    try:
        return read(text) if text is not None else None
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None
