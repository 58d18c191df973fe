"""`hookcli logout`: forget a relay's key and its endpoints' tokens."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import NotFoundError, UsageError

app = new_app()


@app.command(name="logout")
def logout(
    ctx: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="[URL]", help="the relay; default: the one in use")
    ] = "",
) -> int:
    """Forget a relay's key and tokens. Captures stay; the relay is not told."""
    from hookcli.cli.access import relay_origin
    from hookcli.config import values
    from hookcli.config.load import read
    from hookcli.config.profiles import put

    here: Here = ctx.obj
    try:
        origin = values.origin(url) if url else relay_origin(here)
    except ValueError as error:
        raise UsageError(f"{url}: {error}") from None
    if origin not in here.credentials.relays():
        raise NotFoundError(f"not logged in to {origin}", hint="hookcli config list")
    here.credentials.change(origin, lambda _: None)
    profile = here.shared.profile or here.console.environ.get("HOOKCLI_PROFILE", "")
    if here.user_file.is_file():
        table = read(here.user_file)
        profiles = table.get("profile")
        part = profiles.get(profile, {}) if profile and isinstance(profiles, dict) else table
        if part.get("relay") == origin:
            put(here.user_file, "relay", None, profile=profile)
    here.console.say(f"Logged out of {origin}")
    return 0
