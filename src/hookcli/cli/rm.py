"""`hookcli rm`: delete captures with their attempts."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import NotFoundError, UsageError

app = new_app()


@app.command(name="rm")
def rm(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[REF|FILTER]...", help="hookcli help ids")
    ] = None,
    older: Annotated[str, typer.Option(metavar="7d", help="received before that")] = "",
    yes: Annotated[bool, typer.Option("-y", "--yes", help="do not ask")] = False,
) -> int:
    """Delete captures here; the relay's log is another thing and stays."""
    from hookcli.cli import selecting
    from hookcli.cli.render.ndjson import dumped, head
    from hookcli.cli.render.words import plural
    from hookcli.config.values import duration_ms

    here: Here = ctx.obj
    if not words and not older:
        raise UsageError("nothing is named", hint="hookcli rm @, or hookcli rm --older 7d")
    try:
        before = here.now - duration_ms(older) * 1000 if older else None
    except ValueError as error:
        raise UsageError(f"--older {older}: {error}") from None
    with here.store() as store:
        if words:
            found = selecting.captures(here, store, words)
        else:
            found = [one.capture for one in store.summaries(now=here.now)]
        ids = [one.id for one in found if before is None or one.received_at < before]
        if not ids and words:
            raise NotFoundError(f"nothing is older than {older}", hint="hookcli ls --reverse")
        what = plural(len(ids), "capture")
        if ids and not yes and not here.confirm(f"delete {what}?"):
            return 1
        store.delete(ids)
    if here.console.json:
        for id_ in ids:
            here.console.out(dumped(head("deleted", here.now) | {"id": id_}))
    else:
        here.console.say(f"deleted {what}")
    return 0
