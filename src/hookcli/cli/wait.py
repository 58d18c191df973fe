"""`hookcli wait`: block until a matching webhook arrives."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="wait")
def wait(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="FILTER...", help="hookcli help filters")
    ] = None,
    timeout: Annotated[str, typer.Option(metavar="30s", help="exit 7 then; 0: for ever")] = "30s",
    count: Annotated[int, typer.Option(metavar="N", min=1, help="so many of them")] = 1,
    since: Annotated[
        str, typer.Option(metavar="1m", help="what came since then counts; default: now")
    ] = "now",
    never: Annotated[bool, typer.Option("--not", help="exit 1 if it does arrive")] = False,
    attempt: Annotated[
        bool, typer.Option("--follow-attempt", help="until your app has answered it too")
    ] = False,
) -> int:
    """Block until a webhook arrives that matches; its id is printed.

    Where a listener runs, its captures are watched; else the relay is, and nothing is captured.

    hookcli wait type:invoice.paid --timeout 30s
    """
    from hookcli.cli.waiting import Options, run

    here: Here = ctx.obj
    options = Options(
        timeout_ms=_ms("--timeout", timeout) or 0,
        count=count,
        since_ms=None if since == "now" else _ms("--since", since),
        never=never,
        attempt=attempt,
    )
    return run(here, words or [], options)


def _ms(flag: str, text: str) -> int:
    from hookcli.config.values import duration_ms

    try:
        return duration_ms(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None
