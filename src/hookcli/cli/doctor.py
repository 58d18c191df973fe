"""`hookcli doctor`: everything between the provider and the program, a line and a next step each."""

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here

app = new_app()


@app.command(name="doctor")
def doctor(ctx: typer.Context) -> int:
    """Check settings, relay, clock, token, endpoint, target, store, disk and terminal.

    One line for each, and what to do where something is wrong; exit 1 then.
    """
    from hookcli.cli.checks import CHECKS, Mark, failed
    from hookcli.cli.console import ExitCode
    from hookcli.cli.render.ndjson import dumped, head
    from hookcli.cli.render.paint import Paint
    from hookcli.cli.render.words import safe
    from hookcli.errors import HookcliError

    here: Here = ctx.obj
    console, wrong = here.console, False
    paint = Paint(console.colors())
    colors = {Mark.OK: "green", Mark.NOTE: "yellow", Mark.WRONG: "red"}
    for name, check in CHECKS.items():
        try:
            found = check(here)
        except HookcliError as error:
            found = failed(error)
        for one in found:
            wrong = wrong or one.mark is Mark.WRONG
            if console.json:
                record = {"name": name, "result": one.mark.value, "text": one.text}
                console.out(dumped(head("check", here.now) | record | {"hint": one.hint or None}))
                continue
            word = paint(colors[one.mark], f"{one.mark.value:<5}")
            console.out(f"{word} {name:<9} {safe(one.text)}")
            if one.hint:
                console.out(f"{'':<16}try: {safe(one.hint)}")
        console.stdout.flush()
    return ExitCode.NO if wrong else ExitCode.YES
