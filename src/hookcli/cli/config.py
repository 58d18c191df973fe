"""`hookcli config`: settings, each with the file, variable or flag it comes from."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import NotFoundError, UsageError

app = new_app(invoke_without_command=True)


@app.callback()
def config(ctx: typer.Context) -> int:
    """Show, set and explain settings; alone: list."""
    return 0 if ctx.invoked_subcommand else list_(ctx)


@app.command(name="list")
def list_(ctx: typer.Context) -> int:
    """List every setting with where it comes from."""
    from hookcli.cli.render.ndjson import dumped, head

    here: Here = ctx.obj
    settings = here.settings
    rows: list[tuple[str, object, str]] = [
        (name, one.value, one.origin) for name, one in settings.settings.items()
    ]
    secrets = {f"secrets.{name}": list(refs) for name, refs in settings.secrets.items()}
    secrets_from = {f"secrets.{name}": file for name, file in settings.secrets_from.items()}
    texts = {f"keys.{name}": text for name, text in settings.keys.items()}
    texts |= {f"views.{name}": text for name, text in settings.views.items()}
    origins = secrets_from | dict(settings.texts_from)
    rows += [(name, value, origins[name]) for name, value in (secrets | texts).items()]
    rows += [
        ("route", f"{one.filter} => {', '.join(one.to)}", one.origin) for one in settings.routes
    ]
    if here.console.json:
        for name, value, origin in rows:
            record = {"key": name, "value": _plain(value), "from": origin}
            here.console.out(dumped(head("setting", here.now) | record))
        return 0
    _table(here, [(name, _shown(name, value), origin) for name, value, origin in rows])
    relays = here.credentials.relays()
    for origin, relay in relays.items():
        what = "relay key" if relay.key else "no relay key"
        kept = ", ".join(one.name for one in relay.endpoints) or "none yet"
        here.console.say(f"  {origin}: {what}, endpoints: {kept}")
    return 0


@app.command()
def get(ctx: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> int:
    """Print one setting's value; exit 5 when it is not set."""
    here: Here = ctx.obj
    _known(key)
    setting = here.settings.settings[key]
    if setting.value is None or setting.value == ():
        raise NotFoundError(f"{key} is not set", hint=f"hookcli config set {key} VALUE")
    here.console.out(_shown(key, setting.value))
    here.console.say(f"  from: {setting.origin}")
    return 0


@app.command(name="set")
def set_(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    value: Annotated[
        str, typer.Argument(metavar="[VALUE]", help="left out: the key is removed")
    ] = "",
) -> int:
    """Set a key of your own file, or with -p of a profile in it."""
    from hookcli.config.profiles import put

    here: Here = ctx.obj
    _known(key)
    profile = here.shared.profile or here.console.environ.get("HOOKCLI_PROFILE", "")
    put(here.user_file, key, _typed(key, value) if value else None, profile=profile)
    part = f" [profile.{profile}]" if profile else ""
    here.console.say(f"{here.user_file}{part}: {key} {f'= {value}' if value else 'removed'}")
    return 0


@app.command()
def edit(ctx: typer.Context) -> int:
    """Open your own file in your editor, and say what is wrong with it afterwards."""
    from hookcli.cli import editor

    here: Here = ctx.obj
    words = editor.command(here)
    here.user_file.parent.mkdir(parents=True, exist_ok=True)
    if status := editor.run(here.console, [*words, str(here.user_file)]):
        raise UsageError(f"{words[0]} ended with {status}")
    _ = Here(console=here.console, shared=here.shared).settings
    return 0


@app.command()
def keys(ctx: typer.Context) -> int:
    """Print the keys of the screen, as the [keys] table that you may copy and change."""
    from hookcli.tui.actions import key_file

    here: Here = ctx.obj
    here.console.out(key_file(here.settings.keys).rstrip())
    return 0


@app.command()
def path(ctx: typer.Context) -> int:
    """Print where settings, credentials and captures are."""
    here: Here = ctx.obj
    rows = [
        ("settings", str(here.user_file), "" if here.user_file.is_file() else "not there yet"),
        ("project", str(here.project or "none"), "" if here.project else "hookcli.toml"),
        ("credentials", str(here.paths.credentials), "mode 0600"),
        ("captures", str(here.store_path), here.settings.origin("store")),
        ("the screen's", str(here.paths.screen), "drafts, layout, what was copied"),
        ("local relay", str(here.paths.relays), ""),
        ("bug reports", str(here.paths.reports), ""),
    ]
    _table(here, rows)
    return 0


@app.command()
def trust(ctx: typer.Context) -> int:
    """Trust this project's hookcli.toml as it is now: it may then set everything."""
    from hookcli.config.load import read
    from hookcli.config.trust import grant

    here: Here = ctx.obj
    if here.project is None:
        raise NotFoundError("there is no hookcli.toml here or above", hint="hookcli config path")
    read(here.project)
    grant(here.project, here.paths.trusted)
    here.console.say(f"trusted as it is now: {here.project}")
    return 0


def _known(key: str) -> None:
    from hookcli.config.load import unknown_key
    from hookcli.config.schema import BY_NAME

    if key not in BY_NAME:
        error = unknown_key("hookcli config", key, BY_NAME)
        raise UsageError(error.message, hint=error.hint)


def _typed(key: str, value: str) -> object:
    """The text of a command line as TOML would have it."""
    from hookcli.config.schema import BY_NAME

    try:
        typed = BY_NAME[key].parse(value)
    except ValueError as error:
        raise UsageError(f"{key} {value!r}: {error}") from None
    if isinstance(typed, tuple):
        return list(typed)
    return typed if isinstance(typed, bool) or value.isdigit() else value


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _shown(key: str, value: object) -> str:
    from hookcli.cli.render.words import safe, span

    if value is None or value in ((), ""):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if key in ("timeout", "retry_for", "deadline", "max_offline") and isinstance(value, int):
        return span(value).replace(" ", "")
    if isinstance(value, tuple | list):
        return ", ".join(safe(_redacted(key, str(one))) for one in value)
    return safe(str(value))


def _redacted(key: str, value: str) -> str:
    """A header may carry a credential."""
    name, colon, _ = value.partition(":")
    return f"{name}{colon} …" if key == "header" else value


def _table(here: Here, rows: list[tuple[str, str, str]]) -> None:
    from hookcli.cli.render.paint import Paint
    from hookcli.cli.render.tables import Cell, Column, aligned, separated

    columns = [Column(name="KEY"), Column(name="VALUE", flexible=True), Column(name="FROM")]
    made = [[Cell(a), Cell(b), Cell(c, "dim")] for a, b, c in rows]
    width = here.console.width()
    paint = Paint(here.console.colors())
    for line in aligned(columns, made, width, paint) if width else separated(made):
        here.console.out(line)
