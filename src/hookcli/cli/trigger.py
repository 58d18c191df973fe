"""`hookcli trigger`: send a signed sample, or a body of your own, as a provider would."""

from typing import Annotated

import typer

from hookcli.cli import changes as given
from hookcli.cli.app import new_app
from hookcli.cli.changes import Changes
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="trigger")
def trigger(
    ctx: typer.Context,
    sample: Annotated[
        str | None,
        typer.Argument(metavar="[SAMPLE|:TAG|REF]", help="stripe/invoice.paid; see --list"),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="print the names of the samples")] = False,
    body: given.Body = None,
    scheme: Annotated[
        str, typer.Option(metavar="NAME", help="how it is signed; default: as the sample is")
    ] = "",
    secret: given.SecretFlag = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="do not sign it")] = False,
    set_: given.Set = None,
    unset: given.Unset = None,
    header: given.Header = None,
    drop_header: given.DropHeader = None,
    method: given.Method = None,
    path: given.NewPath = None,
    query: given.Query = None,
    bad_signature: Annotated[
        bool, typer.Option("--bad-signature", help="of the right form, and wrong")
    ] = False,
    stale: Annotated[str, typer.Option(metavar="10m", help="signed so long ago")] = "",
    duplicate: Annotated[bool, typer.Option("--duplicate", help="send each twice")] = False,
    times: Annotated[int, typer.Option(metavar="N", min=1, help="so many different ones")] = 1,
    to: Annotated[
        str | None,
        typer.Option("--to", "--target", metavar="URL", help="default: through the relay"),
    ] = None,
    timeout: Annotated[str | None, typer.Option(metavar="30s", help="of one request")] = None,
    keypair: Annotated[
        bool, typer.Option("--keypair", help="print a key pair for a scheme such as discord")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print what would be sent, and send nothing")
    ] = False,
    letters: Annotated[
        str, typer.Option("--print", metavar="HB", help="of a dry run: H head, B body")
    ] = "HB",
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="do not ask when the target is not this machine")
    ] = False,
) -> int:
    """Send a sample, a capture or a body of your own, signed as its provider signs.

    Through the relay unless --to says otherwise, so that the whole road is tested.

    hookcli trigger stripe/invoice.paid --set data.object.amount_paid:=0
    """
    from hookcli.cli import forwarding, triggering

    here: Here = ctx.obj
    if list_:
        return triggering.list_samples(here, sample or "")
    if keypair:
        return triggering.print_keypair(here, scheme or sample or "")
    if unknown := [letter for letter in letters if letter not in "HB"]:
        raise UsageError(f"--print {letters}: no part is called {unknown[0]}", hint="--print HB")
    if unsigned and (bad_signature or stale or secret):
        raise UsageError("--unsigned goes with none of --bad-signature, --stale, --secret")
    here.overrides |= {"timeout": timeout}
    changes = Changes(
        set=tuple(set_ or ()),
        unset=tuple(unset or ()),
        body=body,
        headers=tuple(header or ()),
        drop_headers=tuple(drop_header or ()),
        method=method,
        path=path,
        query=tuple(query or ()),
    )
    options = triggering.Options(
        changes=changes,
        scheme=scheme,
        secret=secret,
        unsigned=unsigned,
        bad=bad_signature,
        stale_ms=_ms(stale) if stale else 0,
        duplicate=duplicate,
        times=times,
        to=_target(to),
        yes=yes,
        dry_run=dry_run,
        letters=letters,
        timeout_ms=forwarding.timeout_ms(here.settings),
    )
    return triggering.run(here, sample, options)


def _ms(text: str) -> int:
    from hookcli.config.values import duration_ms

    try:
        return duration_ms(text)
    except ValueError as error:
        raise UsageError(f"--stale {text}: {error}") from None


def _target(text: str | None) -> str | None:
    from hookcli.cli.sending import target

    return target(text)
