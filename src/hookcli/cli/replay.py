"""`hookcli replay`: send captures again."""

from dataclasses import dataclass
from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to send and how to judge."""

    to: str | None
    times: int
    concurrency: int
    rate: float | None
    dry_run: bool
    yes: bool
    expect: str
    fail_fast: bool
    mark: bool
    insecure: bool
    timeout_ms: int


@app.command(name="replay")
def replay(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="REF|FILTER...", help="hookcli help ids")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", "--target", metavar="URL", help="default: where each went before"),
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=0, help="the latest N captures")] = 0,
    times: Annotated[int, typer.Option(metavar="N", min=1, help="each so often")] = 1,
    concurrency: Annotated[
        int, typer.Option("-c", "--concurrency", metavar="N", min=1, help="so many at once")
    ] = 1,
    rate: Annotated[str, typer.Option(metavar="5/s", help="at most so many a second")] = "",
    timeout: Annotated[str | None, typer.Option(metavar="30s", help="of one attempt")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="do not verify the target's certificate")
    ] = False,
    expect: Annotated[str, typer.Option(metavar="2xx", help="exit 1 if an answer differs")] = "",
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="stop at the first such")] = False,
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="send no Hookcli-Replay-Of header")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print what would be sent, and send nothing")
    ] = False,
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="do not ask when a target is not this machine")
    ] = False,
) -> int:
    """Send captures again, the same bytes; every answer is kept beside the earlier ones.

    The relay is not needed. hookcli replay status:5xx since:1h --expect 2xx
    """
    from hookcli.cli.replaying import run
    from hookcli.workbench.replay import read_rate

    here: Here = ctx.obj
    named = [*(words or []), *(["@", *(f"@{n}" for n in range(2, last + 1))] if last else [])]
    if not named:
        raise UsageError("nothing is named", hint="hookcli replay @, or hookcli replay status:5xx")
    here.overrides |= {"timeout": timeout}
    options = Options(
        to=_target(to),
        times=times,
        concurrency=concurrency,
        rate=read_rate(rate) if rate else None,
        dry_run=dry_run,
        yes=yes,
        expect=expect,
        fail_fast=fail_fast,
        mark=not no_mark,
        insecure=insecure,
        timeout_ms=here.settings.number("timeout") or 30_000,
    )
    return run(here, named, options)


def _target(text: str | None) -> str | None:
    from hookcli.config.values import target

    try:
        return target(text) if text is not None else None
    except ValueError as error:
        raise UsageError(f"--to {text}: {error}") from None
