"""`hookcli verify`: check signatures, and say why one fails."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.changes import SecretFlag
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="verify")
def verify(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="REF|FILTER|FILE|-...", help="a FILE: http, har, curl, ndjson"),
    ] = None,
    scheme: Annotated[
        str, typer.Option(metavar="NAME", help="default: as the request's fields tell")
    ] = "",
    secret: SecretFlag = None,
    at: Annotated[
        str, typer.Option("--at", metavar="captured|now", help="the time that counts for stale")
    ] = "captured",
) -> int:
    """Check signatures over the raw bytes. Exit 1 when one does not hold, and why in words.

    hookcli verify @      hookcli verify since:1h --secret env:STRIPE_WEBHOOK_SECRET
    """
    from hookcli.cli.verifying import Options, run

    here: Here = ctx.obj
    if at not in ("captured", "now"):
        raise UsageError(f"--at {at}: captured or now", hint="--at now")
    return run(here, words or [], Options(scheme=scheme, secret=secret, now=at == "now"))
