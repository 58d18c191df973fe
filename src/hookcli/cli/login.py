"""`hookcli login`: keep a relay's key, or one endpoint's token, and use that relay from now on."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

if TYPE_CHECKING:
    from hookcli.cli.relay_api import RelayApi

app = new_app()


@app.command(name="login")
def login(
    ctx: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="the relay, or one endpoint's URL on it")
    ],
    token: Annotated[
        str, typer.Option("--token", metavar="-", help="-: read the key from stdin")
    ] = "",
) -> int:
    """Use a relay: its key is asked for, checked, and kept in a file that only you can read.

    With an endpoint's URL and that endpoint's token you can listen to it, and to nothing else.
    """
    from hookcli.cli.relay_api import RelayApi
    from hookcli.config import values
    from hookcli.config.endpoints import ID_PREFIX
    from hookcli.config.profiles import put
    from hookcli.config.secrets import Secret

    here: Here = ctx.obj
    base, _, endpoint = url.rstrip("/").rpartition("/")
    if not endpoint.startswith(ID_PREFIX):
        base, endpoint = url, ""
    try:
        origin = values.origin(base)
    except ValueError as error:
        raise UsageError(f"{url}: {error}") from None
    key, source = _read(here, origin, token)
    api = RelayApi(origin=origin, token=Secret(value=key, source=source))
    name = _keep(here, api, endpoint, key)
    profile = here.shared.profile or here.console.environ.get("HOOKCLI_PROFILE", "")
    put(here.user_file, "relay", origin, profile=profile)
    if endpoint:
        put(here.user_file, "endpoint", name, profile=profile)
    option = f"-p {profile} " if profile else ""
    here.console.say(
        f"Logged in to {urlsplit(origin).netloc}; the key is in {here.paths.credentials}"
    )
    here.console.say(f"  try: hookcli {option}listen 8000")
    return 0


def _keep(here: Here, api: "RelayApi", endpoint: str, key: str) -> str:
    """Ask the relay whether the key opens what it should, then write it down."""
    from dataclasses import replace

    from hookcli.config.credentials import KnownEndpoint

    if not endpoint:
        api.list()
        here.credentials.change(api.origin, lambda relay: replace(relay, key=key))
        return ""
    shown = api.show(endpoint)
    known = KnownEndpoint(
        id=endpoint,
        name=str(shown.get("name") or endpoint),
        url=str(shown.get("url") or f"{api.origin}/{endpoint}"),
        token=key,
    )
    here.credentials.change(api.origin, lambda relay: relay.with_endpoint(known))
    return known.name


def _read(here: Here, origin: str, token: str) -> tuple[str, str]:
    """The key and where it was read: stdin when asked to, else a terminal without echo."""
    console = here.console
    if token == "-":  # noqa: S105 - the sign for stdin
        key, source = console.stdin.readline().strip(), "stdin"
    elif token:
        hint = "--token -, and the key on stdin"
        raise UsageError(
            "a key on the command line is seen by everybody on this machine", hint=hint
        )
    elif found := console.environ.get("HOOKCLI_TOKEN"):
        key, source = found, "HOOKCLI_TOKEN"
    elif console.can_ask():
        from getpass import getpass

        key, source = getpass(f"Key of {origin}: ", console.stderr).strip(), "the terminal"
    else:
        raise UsageError(
            "the relay's key is needed, and there is no terminal to ask", hint="--token -"
        )
    if not key or not key.isascii() or not key.isprintable():
        raise UsageError(f"{source} holds no key", hint="it begins with hk_; the relay prints it")
    return key, source
