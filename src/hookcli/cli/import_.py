"""`hookcli import`: captures out of what other tools write."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="import")
def import_(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE|-|'curl ...'", help="har, curl, http or ndjson"),
    ] = None,
    form: Annotated[
        str, typer.Option("--as", metavar="FORMAT", help="what it is, if that is not clear")
    ] = "",
) -> int:
    """Keep requests from elsewhere as captures; the ids they get are printed.

    hookcli import failed.har      hookcli import 'curl -d a=1 https://…'
    """
    from hookcli.cli.importing import run

    here: Here = ctx.obj
    if not sources:
        raise UsageError("nothing is named", hint="hookcli import FILE, or - for stdin")
    return run(here, sources, form)
