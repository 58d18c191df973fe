"""`hookcli edit`: make a changed copy of a capture."""

from typing import Annotated

import typer

from hookcli.cli import changes as given
from hookcli.cli.app import new_app
from hookcli.cli.changes import Changes
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="edit")
def edit(
    ctx: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="hookcli help ids")],
    set_: given.Set = None,
    unset: given.Unset = None,
    body: given.Body = None,
    header: given.Header = None,
    drop_header: given.DropHeader = None,
    method: given.Method = None,
    path: given.NewPath = None,
    query: given.Query = None,
    resign: given.Resign = None,
    secret: given.SecretFlag = None,
    send: Annotated[bool, typer.Option("--send", help="send the copy, and ask nothing")] = False,
    save: Annotated[bool, typer.Option("--save", help="keep the copy, and ask nothing")] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", "--target", metavar="URL", help="default: where the original went"),
    ] = None,
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="do not ask when the target is not this machine")
    ] = False,
) -> int:
    """Make a changed copy in your editor, or by flags; the original never changes.

    Prints the copy's id.

    new=$(hookcli edit @ --set data.object.amount:=0)
    """
    from hookcli.cli.editing import Options, run
    from hookcli.cli.sending import target

    here: Here = ctx.obj
    if send and save:
        raise UsageError("--send and --save: only one of them", hint="--send keeps it too")
    made = Changes(
        set=tuple(set_ or ()),
        unset=tuple(unset or ()),
        body=body,
        headers=tuple(header or ()),
        drop_headers=tuple(drop_header or ()),
        method=method,
        path=path,
        query=tuple(query or ()),
    )
    options = Options(
        changes=made,
        resign=resign,
        secret=secret,
        send=send,
        save=save,
        to=target(to),
        yes=yes,
    )
    return run(here, ref, options)
