"""`hookcli help`: the pages behind the front page, and the help of a command."""

import typer

from hookcli.cli.app import new_app
from hookcli.cli.commands import BY_NAME, TOPICS
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@app.command(name="help")
def help_page(ctx: typer.Context, topic: str = typer.Argument("")) -> int:
    """A page: exit-codes, environment, filters, ids, or the help of a command."""
    from hookcli.cli.topics import PAGES

    here: Here = ctx.obj
    if topic in PAGES:
        here.console.out(PAGES[topic]())
        return 0
    if topic in BY_NAME:
        from hookcli.cli import run

        return run([topic, "--help"], here.console)
    if not topic:
        from hookcli.cli.front import page

        here.console.out(page())
        return 0
    raise UsageError(f"no page is called {topic}", hint=f"hookcli help {' | '.join(TOPICS)}")
