"""`hookcli diff`: what differs between two captures, or between two answers."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here

app = new_app()


@app.command(name="diff")
def diff(
    ctx: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help="hookcli help ids; REF/2: its attempt 2")],
    b: Annotated[
        str | None,
        typer.Argument(metavar="[B]", help="default: A's original, or the one before of its kind"),
    ] = None,
    what: Annotated[
        str,
        typer.Option(metavar="body,headers", help="of request, headers, body, response"),
    ] = "",
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH,...", help="what does not count: id, lines[*].id, **.timestamp"),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="as a unified diff of texts")] = False,
) -> int:
    """Say what differs, by JSON path, form field, line or byte. Exit 0: nothing; 1: something.

    hookcli diff @ --ignore id,**.created      hookcli diff @/1 @/2
    """
    from hookcli.cli.differing import run

    here: Here = ctx.obj
    sections = [name.strip() for name in what.split(",") if name.strip()]
    return run(here, a, b, what=sections, ignore=ignore or [], text=text)
