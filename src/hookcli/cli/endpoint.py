"""`hookcli endpoint`: the public URLs on a relay."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hookcli.cli import endpoint_proof
from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import ConfigError, NotFoundError, UsageError

if TYPE_CHECKING:
    from hookcli.cli.relay_api import RelayApi

app = new_app(invoke_without_command=True)

_Name = Annotated[
    str, typer.Argument(metavar="[NAME|ID]", help="default: the endpoint of the settings")
]


_LONGEST_SCHEMA = 60_000
"""Bytes: as much as a relay takes in one call, beside the rest."""
_Words = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="CIDR|SET", help="only from there; repeatable; any: from all"),
]


@app.callback()
def endpoint(ctx: typer.Context) -> int:
    """List, create, show, change, rotate and delete public URLs; alone: ls."""
    return 0 if ctx.invoked_subcommand else ls(ctx)


@app.command()
def ls(ctx: typer.Context) -> int:
    """List the endpoints of the relay."""
    from hookcli.cli.access import api, relay_origin

    here: Here = ctx.obj
    origin = relay_origin(here)
    relay = here.credentials.relay(origin)
    mine = here.known_endpoint()
    if relay.key or mine is None:
        found = api(here, origin).list()
    else:
        # Without the relay's key each endpoint is asked for with its own token.
        found = [_api(here, one.id)[0].show(one.id) for one in relay.endpoints]
    _print(here, found, selected=mine.id if mine else "")
    return 0


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="your name for it")],
    respond: Annotated[str, typer.Option(metavar="app|ack", help="what senders get")] = "",
    deadline: Annotated[
        str, typer.Option(metavar="10s", help="how long senders are held for the answer")
    ] = "",
    print_token: Annotated[
        bool, typer.Option("--print-token", help="print the token, for CI")
    ] = False,
) -> int:
    """Create an endpoint; its token is kept in a file that only you can read."""
    from hookcli.cli.access import api, relay_origin, remembered

    here: Here = ctx.obj
    origin = relay_origin(here)
    if here.credentials.relay(origin).endpoint(name):
        raise UsageError(
            f"an endpoint is called {name} already", hint=f"hookcli endpoint show {name}"
        )
    answer = api(here, origin).create({"name": name, **_settings(respond, deadline)})
    here.credentials.change(origin, lambda relay: relay.with_endpoint(remembered(answer, name)))
    token = str(answer.pop("token", ""))
    _print(here, [answer | ({"token": token} if print_token else {})])
    if print_token and not here.console.json:
        here.console.out(token)
    here.console.say(f"  try: hookcli listen 8000 -e {name}")
    return 0


@app.command()
def show(
    ctx: typer.Context,
    name: _Name = "",
    print_token: Annotated[
        bool, typer.Option("--print-token", help="print the token alone, for CI")
    ] = False,
) -> int:
    """Show one endpoint and its settings."""
    here: Here = ctx.obj
    api, id_ = _api(here, name)
    if print_token:
        known = here.credentials.relay(api.origin).endpoint(id_)
        if known is None:
            hint = f"hookcli endpoint rotate {id_}"
            raise NotFoundError(f"the token of {id_} is not known here", hint=hint)
        here.console.out(known.token)
        return 0
    _print_one(here, api.show(id_))
    return 0


@app.command(name="set")
def set_(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|ID")],
    new_name: Annotated[str, typer.Option("--name", metavar="NAME", help="a new name")] = "",
    respond: Annotated[str, typer.Option(metavar="app|ack", help="what senders get")] = "",
    deadline: Annotated[
        str, typer.Option(metavar="10s", help="how long senders are held for the answer")
    ] = "",
    ack_status: Annotated[
        int, typer.Option(metavar="N", help="the ack's status: 202, or 503 to let senders retry")
    ] = 0,
    allow: _Words = None,
    methods: Annotated[
        list[str] | None, typer.Option("--methods", metavar="POST,PUT", help="any: all again")
    ] = None,
    content_types: Annotated[
        list[str] | None,
        typer.Option("--content-types", metavar="application/json,text/*", help="any: all again"),
    ] = None,
    schema: Annotated[
        str, typer.Option("--schema", metavar="FILE", help="JSON Schema of the bodies; any: none")
    ] = "",
    schema_mode: Annotated[
        str,
        typer.Option("--schema-mode", metavar="reject|mark", help="422, or only a note beside it"),
    ] = "",
    verify: Annotated[
        str,
        typer.Option(
            metavar="SCHEME", help="401 for what is not rightly signed; the relay keeps the secret"
        ),
    ] = "",
    secret: Annotated[
        str | None,
        typer.Option("--secret", metavar="env:NAME|@FILE", help="default: as in [secrets]"),
    ] = None,
    dedup: Annotated[
        str, typer.Option(metavar="mark|drop", help="repeats of the provider's event id; any: none")
    ] = "",
    dedup_window: Annotated[
        str, typer.Option("--dedup-window", metavar="24h", help="for how long an id is remembered")
    ] = "",
) -> int:
    """Change an endpoint's settings: what senders are told, and who may send what.

    hookcli endpoint set payments --allow github --allow 192.0.2.0/24 --methods POST
    """
    here: Here = ctx.obj
    changes = _settings(respond, deadline)
    changes |= _rules(allow=allow, methods=methods, content_types=content_types)
    changes |= _schema(schema, schema_mode)
    window_s = _time("--dedup-window", dedup_window) // 1000 if dedup_window else None
    changes |= endpoint_proof.changes(
        here, verify=verify, secret=secret, dedup=dedup, window_s=window_s
    )
    changes |= {"name": new_name} if new_name else {}
    changes |= {"ack_status": ack_status} if ack_status else {}
    if not changes:
        raise UsageError("nothing to change", hint="hookcli endpoint set --help")
    api, id_ = _api(here, name)
    answer = api.change(id_, changes)
    if new_name and (known := here.credentials.relay(api.origin).endpoint(id_)):
        from dataclasses import replace

        renamed = replace(known, name=new_name)
        here.credentials.change(api.origin, lambda relay: relay.with_endpoint(renamed))
    _print_one(here, answer)
    return 0


@app.command()
def rotate(
    ctx: typer.Context,
    name: _Name = "",
    overlap: Annotated[
        str, typer.Option(metavar="1h", help="how long the old token still works")
    ] = "0s",
    print_token: Annotated[
        bool, typer.Option("--print-token", help="print the new token, for CI")
    ] = False,
) -> int:
    """Give an endpoint a new token; the URL stays."""
    from hookcli.cli.access import remembered

    here: Here = ctx.obj
    overlap_s = _time("--overlap", overlap) // 1000
    api, id_ = _api(here, name)
    shown = api.show(id_)
    answer = shown | api.rotate(id_, overlap_s)
    answer = {"url": f"{api.origin}/{id_}", "id": id_} | answer
    here.credentials.change(
        api.origin, lambda relay: relay.with_endpoint(remembered(answer, str(shown.get("name"))))
    )
    here.console.say(
        f"{shown.get('name') or id_} has a new token, kept in {here.paths.credentials}"
    )
    if print_token:
        here.console.out(str(answer["token"]))
    return 0


@app.command()
def rm(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|ID")],
    yes: Annotated[bool, typer.Option("-y", "--yes", help="do not ask")] = False,
) -> int:
    """Delete an endpoint with its log on the relay. Captures made here stay."""
    here: Here = ctx.obj
    api, id_ = _api(here, name)
    question = f"delete {name} and every event that {api.host} keeps for it?"
    if not yes and not here.confirm(question):
        return 1
    api.delete(id_)
    here.credentials.change(api.origin, lambda relay: relay.without_endpoint(id_))
    here.console.say(f"deleted {name}; its URL answers nobody any more")
    return 0


def _api(here: Here, name: str) -> "tuple[RelayApi, str]":
    """The API and the endpoint's id."""
    from hookcli.cli.access import api, no_token, relay_origin
    from hookcli.config import endpoints

    origin = relay_origin(here)
    name = name or endpoints.name(here.settings)
    known = here.credentials.relay(origin).endpoint(name)
    if known is None and not name.startswith(endpoints.ID_PREFIX):
        if not here.credentials.relays().get(origin):
            raise no_token(here, origin, name)
        found = [one for one in api(here, origin).list() if one.get("name") == name]
        if len(found) != 1:
            raise NotFoundError(f"no endpoint is called {name}", hint="hookcli endpoint ls")
        return api(here, origin), str(found[0]["id"])
    return api(here, origin, known), known.id if known else name


def _settings(respond: str, deadline: str) -> dict[str, object]:
    from hookcli.config.load import parse
    from hookcli.config.schema import BY_NAME

    settings: dict[str, object] = {}
    try:
        if respond:
            settings["respond"] = parse(BY_NAME["respond"], respond, "--respond")
    except ConfigError as error:
        raise UsageError(error.message) from None
    if deadline:
        settings["deadline_ms"] = _time("--deadline", deadline)
    return settings


def _rules(**given: list[str] | None) -> dict[str, object]:
    """The rules that were given, each word its own; `any` takes a rule away."""
    rules: dict[str, object] = {}
    for name, texts in given.items():
        if texts:
            words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
            rules[name] = [] if words == ["any"] else words
    return rules


def _schema(file: str, mode: str) -> dict[str, object]:
    """What bodies must fit, as far as it was given; `any` takes it away."""
    import json
    from pathlib import Path

    if mode not in ("", "reject", "mark"):
        raise UsageError(f"--schema-mode {mode}: reject or mark")
    changes: dict[str, object] = {"schema_mode": mode} if mode else {}
    if file == "any":
        return changes | {"schema": None}
    if not file:
        return changes
    try:
        text = Path(file).read_bytes()
        value = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or f"not JSON: {error}"
        raise UsageError(f"--schema {file}: {why}") from None
    if len(text) > _LONGEST_SCHEMA:
        raise UsageError(f"--schema {file}: longer than {_LONGEST_SCHEMA:,} bytes")
    return changes | {"schema": value}


def _rule_lines(found: dict[str, Any]) -> Iterator[str]:
    """Who and what may come in, and what was turned away; nothing for an open endpoint."""
    from hookcli.cli.render.words import safe

    for name in ("allow", "methods", "content_types"):
        if words := found.get(name):
            yield f"  {name.replace('_', '-')}: {safe(', '.join(map(str, words)))}"
    if (schema := found.get("schema")) is not None:
        title = str(schema.get("title") or "") if isinstance(schema, dict) else ""
        told = "others are marked" if found.get("schema_mode") == "mark" else "others get 422"
        yield f"  schema: {safe(title or 'without a title')}; {told}"
    yield from endpoint_proof.lines(found)
    if refused := found.get("refused"):
        counts = ", ".join(f"{count:,} by {reason}" for reason, count in sorted(refused.items()))
        yield f"  turned away since the relay began: {safe(counts)}"


def _time(flag: str, text: str) -> int:
    from hookcli.config.values import duration_ms

    try:
        return duration_ms(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None


def _print_one(here: Here, found: dict[str, Any]) -> None:
    """With the rules that hold."""
    _print(here, [found])
    if not here.console.json:
        for line in _rule_lines(found):
            here.console.out(line)


def _print(here: Here, found: list[dict[str, Any]], selected: str = "") -> None:
    from hookcli.cli.render.ndjson import dumped, head
    from hookcli.cli.render.paint import Paint
    from hookcli.cli.render.tables import Cell, Column, aligned, separated
    from hookcli.cli.render.words import safe, span

    console = here.console
    if console.json:
        for one in found:
            console.out(dumped(head("endpoint", here.now) | one))
        return
    rows = [
        [
            Cell(safe(str(one.get("name") or "")), "bold" if one.get("id") == selected else ""),
            Cell(safe(str(one.get("url") or one.get("id")))),
            Cell(safe(str(one.get("respond") or ""))),
            Cell(span(float(one["deadline_ms"])) if one.get("deadline_ms") else ""),
        ]
        for one in found
    ]
    columns = [Column(name=name) for name in ("NAME", "URL", "RESPOND", "DEADLINE")]
    width = console.width()
    paint = Paint(console.colors())
    lines = aligned(columns, rows, width, paint) if width else separated(rows)
    for line in lines:
        console.out(line)
    if not found:
        console.say("no endpoints yet\n  try: hookcli endpoint create NAME")
