"""`hookcli export`: captures in the forms of other tools."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here

app = new_app()


@app.command(name="export")
def export(
    ctx: typer.Context,
    form: Annotated[
        str, typer.Argument(metavar="FORMAT", help="curl httpie http har pytest ndjson raw")
    ],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="REF|FILTER...", help="hookcli help ids")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-O", "--out", metavar="FILE", help="write there; a folder: one file each"),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", "--target", metavar="URL", help="where commands and tests send to"),
    ] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="keep credentials in it")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="to a terminal whatever it is; over a test that is there"),
    ] = False,
) -> int:
    """Write captures for other tools; credentials are left out, and that is said.

    hookcli export curl @      hookcli export har status:5xx since:1h -O failed.har
    """
    from hookcli.cli.exporting import Options, run
    from hookcli.cli.sending import target

    here: Here = ctx.obj
    options = Options(
        form=form,
        output=None if output == "-" else output,
        to=target(to) or "",
        with_secrets=with_secrets,
        force=force,
    )
    return run(here, words or [], options)
