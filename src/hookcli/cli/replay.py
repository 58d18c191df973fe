"""`hookcli replay`: send captures again, as they were or changed."""

from typing import Annotated

import typer

from hookcli.cli import changes as given
from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


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
        from hookcli.cli import replaying

        return replaying.resume(here, ctx)
    named = [*(words or []), *([filter_] if filter_ else [])]
    if not named and not last:
        raise UsageError("nothing is named", hint="hookcli replay @, or hookcli replay status:5xx")
    from hookcli.cli import replaying, sending

    return replaying.run(here, named, sending.read(here, ctx.params), typed=ctx.params)
