"""`hookcli schema`: what the bodies of captures look like, as JSON Schema or as models."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here

app = new_app()


@app.command(name="schema")
def schema(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FILTER|REF]...", help="hookcli help filters")
    ] = None,
    pydantic: Annotated[
        bool,
        typer.Option("--pydantic", help="Python models instead (pip install 'hookcli[models]')"),
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("-O", "--out", metavar="FILE", help="write there; a folder: one file each"),
    ] = None,
) -> int:
    """Infer the shape of JSON bodies, one for each source and type: required, optional, nullable.

    hookcli schema source:stripe      hookcli schema type:invoice.paid --pydantic -O models.py
    """
    from hookcli.cli.shaping import run

    here: Here = ctx.obj
    return run(here, words or [], pydantic=pydantic, output=None if output == "-" else output)
