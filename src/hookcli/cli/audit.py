"""`hookcli audit`: how your app behaves when webhooks go wrong."""

from typing import Annotated

import typer

from hookcli.cli import changes as given
from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="audit")
def audit(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[REF|FILTER]...", help="the same as --from")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", "--to", metavar="URL", help="your app")
    ] = None,
    from_: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="REF", help="captures to ask with; repeatable"),
    ] = None,
    checks: Annotated[
        str, typer.Option(metavar="a,b", help="only these; default: all of them")
    ] = "",
    junit: Annotated[
        str | None, typer.Option(metavar="FILE", help="the result for a CI server too")
    ] = None,
    secret: given.SecretFlag = None,
    timeout: Annotated[str, typer.Option(metavar="30s", help="of one request")] = "30s",
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="do not ask when the target is not this machine")
    ] = False,
) -> int:
    """Test how your app behaves: duplicates, order, bad and stale signatures, time. Nothing is kept.

    hookcli audit --target 8000 --from @
    """
    from hookcli.cli.auditing import Options, run
    from hookcli.cli.road import ms
    from hookcli.cli.sending import target as read_target

    here: Here = ctx.obj
    named = [*(from_ or []), *(words or [])]
    if target is None:
        raise UsageError(
            "--target: which app is asked?", hint="hookcli audit --target 8000 --from @"
        )
    options = Options(
        target=read_target(target) or "",
        checks=tuple(one.strip() for one in checks.split(",") if one.strip()),
        junit=junit,
        secret=secret,
        timeout_ms=ms("--timeout", timeout),
        yes=yes,
    )
    return run(here, named, options)
