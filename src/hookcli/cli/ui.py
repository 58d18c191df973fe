"""`hookcli ui`: the screen on the captures, without listening."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="ui")
def ui(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FILTER]...", help="hookcli help filters")
    ] = None,
    no_mouse: Annotated[
        bool, typer.Option("--no-mouse", help="leave selecting to the terminal")
    ] = False,
) -> int:
    """Browse, search, edit and replay captures on the screen; bare `hookcli` does the same.

    Nothing is received meanwhile, but what another `hookcli listen` captures appears.
    """
    from hookcli.cli import face, selecting

    here: Here = ctx.obj
    if why := face.cannot_draw(here.console):
        raise UsageError(f"the screen cannot be drawn: {why}", hint="hookcli ls")
    here.overrides["ui.mouse"] = False if no_mouse else None
    text = " ".join(words or [])
    if text:
        _ = selecting.parse(here, text)
    from hookcli.cli import screen

    return screen.browse(here, text)
