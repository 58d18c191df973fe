"""`hookcli show`: one capture, its answer, its attempts."""

from typing import TYPE_CHECKING, Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import NotFoundError, StoreError, UsageError

if TYPE_CHECKING:
    from hookcli.cli.render.detail import Detail

app = new_app()

DEFAULT = "mHBhba"


@app.command(name="show")
def show(
    ctx: typer.Context,
    ref: Annotated[
        str | None, typer.Argument(metavar="REF", help="hookcli help ids; none: pick one")
    ] = None,
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
    output: Annotated[
        str | None, typer.Option("-O", "--out", metavar="FILE", help="the raw bytes to a file")
    ] = None,
    pager: Annotated[bool, typer.Option("--pager", help="page by page, on a terminal")] = False,
    force: Annotated[bool, typer.Option("--force", help="raw bytes to a terminal too")] = False,
) -> int:
    """Print one capture: what came, what your app answered, what the sender was told.

    hookcli show @ --body --raw | openssl dgst -sha256
    """
    from hookcli.cli import selecting
    from hookcli.cli.render.detail import LETTERS

    here: Here = ctx.obj
    if unknown := [letter for letter in letters if letter not in LETTERS]:
        raise UsageError(f"--print {letters}: no part is called {unknown[0]}", hint=f"-p {LETTERS}")
    (word,) = selecting.words_or_pick(here, [ref] if ref is not None else [])
    detail = _detail(here, word, attempt)
    if output is not None and output != "-":
        return _write(here, output, _raw_of(detail, letters, body=body))
    if raw or output == "-":
        return _raw(here, _raw_of(detail, letters, body=body), force=force)
    if here.console.json:
        return _json(here, detail)
    from hookcli.cli.render.detail import lines
    from hookcli.cli.render.paint import Paint

    chosen = letters or ("B" if body else DEFAULT)
    made = lines(detail, chosen, Paint(here.console.colors()))
    if pager:
        from hookcli.cli import pagers

        return pagers.show(here, made)
    for line in made:
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


def _raw_of(detail: "Detail", letters: str, *, body: bool) -> bytes:
    """The exact bytes of what was asked for."""
    from hookcli.workbench import message

    if "b" in letters and detail.chosen is not None:
        return detail.chosen.body
    if body or letters == "B":
        return detail.body
    return message.wire(detail.capture.request(detail.body))


def _raw(here: Here, data: bytes, *, force: bool) -> int:
    from hookcli.cli.console import is_terminal

    if is_terminal(here.console.stdout) and not force:
        raise UsageError("raw bytes may upset a terminal", hint="--force, -O FILE, or | less")
    here.console.out_bytes(data)
    return 0


def _write(here: Here, name: str, data: bytes) -> int:
    from pathlib import Path

    from hookcli.cli.render.words import size

    file = Path(name).expanduser()
    try:
        file.write_bytes(data)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error
    here.console.say(f"wrote {size(len(data))} to {file}")
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
