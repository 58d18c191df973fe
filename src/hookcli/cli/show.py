"""`hookcli show`: one capture, its answer, its attempts."""

from typing import TYPE_CHECKING, Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from hookcli.cli.render.detail import Detail

app = new_app()

DEFAULT = "mHBhba"


@app.command(name="show")
def show(
    ctx: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="hookcli help ids")],
    letters: Annotated[
        str,
        typer.Option(
            "-p",
            "--print",
            metavar="LETTERS",
            help="m meta, H B request head and body, h b the answer's, a attempts, s signature",
        ),
    ] = "",
    body: Annotated[bool, typer.Option("--body", help="the request's body alone")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="the exact bytes, nothing added; with --body of the body")
    ] = False,
    attempt: Annotated[
        int, typer.Option("--attempt", metavar="N", min=0, help="this attempt's answer")
    ] = 0,
    force: Annotated[bool, typer.Option("--force", help="raw bytes to a terminal too")] = False,
) -> int:
    """Print one capture: what came, what your app answered, what the sender was told.

    hookcli show @ --body --raw | openssl dgst -sha256
    """
    from hookcli.cli.render.detail import LETTERS

    here: Here = ctx.obj
    if unknown := [letter for letter in letters if letter not in LETTERS]:
        raise UsageError(f"--print {letters}: no part is called {unknown[0]}", hint=f"-p {LETTERS}")
    detail = _detail(here, ref, attempt)
    if raw:
        return _raw(here, detail, letters, body=body, force=force)
    if here.console.json:
        return _json(here, detail)
    from hookcli.cli.render.detail import lines
    from hookcli.cli.render.paint import Paint

    chosen = letters or ("B" if body else DEFAULT)
    for line in lines(detail, chosen, Paint(here.console.colors())):
        here.console.out(line)
    return 0


def _detail(here: Here, ref: str, attempt: int) -> "Detail":
    from hookcli.cli import selecting
    from hookcli.cli.render.detail import Detail

    named = selecting.reference(ref)
    with here.store() as store:
        capture = selecting.one(here, store, ref)
        attempts = store.attempts(capture.id)
        number = attempt or (named.attempt if named else None)
        chosen = attempts[-1] if attempts else None
        if number:
            chosen = next((one for one in attempts if one.n == number), None)
            if chosen is None:
                text = f"{ref} has no attempt {number}"
                raise NotFoundError(text, why=(f"it has {len(attempts)}",))
        body = store.body(capture.id)
    return Detail(capture=capture, body=body, attempts=attempts, chosen=chosen)


def _raw(here: Here, detail: "Detail", letters: str, *, body: bool, force: bool) -> int:
    from hookcli.cli.console import is_terminal
    from hookcli.workbench import message

    if is_terminal(here.console.stdout) and not force:
        raise UsageError("raw bytes may upset a terminal", hint="--force, or | less")
    if "b" in letters and detail.chosen is not None:
        here.console.out_bytes(detail.chosen.body)
    elif body or letters == "B":
        here.console.out_bytes(detail.body)
    else:
        here.console.out_bytes(message.wire(detail.capture.request(detail.body)))
    return 0


def _json(here: Here, detail: "Detail") -> int:
    from hookcli.cli.render.ndjson import dumped
    from hookcli.workbench import records

    capture, out = detail.capture, here.console.out
    out(dumped(records.event_record(capture, detail.body)))
    for attempt in detail.attempts:
        out(dumped(records.attempt_record(attempt)))
    if capture.told is not None:
        at = capture.received_at + round(capture.told.ms * 1000)
        out(dumped(records.reply_record(capture.id, capture.told, at=at)))
    return 0
