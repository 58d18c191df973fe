"""Every command: its module, its line on the front page, and the other words people try first."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line of the front page."""

    name: str
    summary: str
    example: str = ""
    group: str
    module: str = ""
    """Under `hookcli.cli`; by default the name."""


DAILY, MAKE, SET_UP = "Every day", "Make and check", "Set up"

COMMANDS: tuple[Command, ...] = (
    Command(
        name="listen",
        summary="receive webhooks here and forward them to your app",
        example="hookcli listen 8000",
        group=DAILY,
    ),
    Command(
        name="ui",
        summary="browse and replay captures, without listening",
        example="hookcli",
        group=DAILY,
    ),
    Command(
        name="ls",
        summary="list, search and follow captures",
        example="hookcli ls status:5xx since:1h",
        group=DAILY,
    ),
    Command(
        name="show",
        summary="print one capture: request, answer, attempts",
        example="hookcli show @",
        group=DAILY,
    ),
    Command(
        name="replay",
        summary="send captures again, changed or not",
        example="hookcli replay @ --set amount:=0 --resign",
        group=DAILY,
    ),
    Command(
        name="edit",
        summary="make a changed copy in your editor",
        example="hookcli edit @ --set amount:=0",
        group=DAILY,
    ),
    Command(
        name="diff",
        summary="what differs between two captures or two attempts",
        example="hookcli diff @/1 @/2",
        group=DAILY,
    ),
    Command(
        name="wait",
        summary="block until a matching webhook arrives",
        example="hookcli wait type:invoice.paid",
        group=DAILY,
    ),
    Command(
        name="trigger",
        summary="send a signed sample, or your own body, signed",
        example="hookcli trigger stripe/invoice.paid",
        group=MAKE,
    ),
    Command(
        name="verify",
        summary="check signatures, and say why one fails",
        example="hookcli verify @",
        group=MAKE,
    ),
    Command(
        name="audit",
        summary="test your app: repeats, bad signatures, order, time",
        example="hookcli audit @ --target 8000",
        group=MAKE,
    ),
    Command(
        name="export",
        summary="write curl, httpie, http, har, pytest, ndjson, raw",
        example="hookcli export curl @",
        group=MAKE,
    ),
    Command(
        name="import",
        module="import_",
        summary="read har, curl, http, ndjson",
        example="hookcli import failed.har",
        group=MAKE,
    ),
    Command(
        name="stats",
        summary="counts, failures, latency",
        example="hookcli stats since:1d --by source",
        group=MAKE,
    ),
    Command(
        name="schema",
        summary="the shape of bodies: JSON Schema, models",
        example="hookcli schema source:stripe",
        group=MAKE,
    ),
    Command(
        name="relay",
        summary="run your own relay",
        example="hookcli relay --public-url https://…",
        group=SET_UP,
    ),
    Command(name="login", summary="use a relay", example="hookcli login https://…", group=SET_UP),
    Command(name="logout", summary="forget a relay's key and tokens", group=SET_UP),
    Command(
        name="endpoint", summary="list, create, change, rotate, delete public URLs", group=SET_UP
    ),
    Command(name="config", summary="show, set and explain settings", group=SET_UP),
    Command(
        name="doctor",
        summary="check everything between the provider and your app",
        group=SET_UP,
    ),
    Command(
        name="tag",
        summary="keep a name on captures",
        example="hookcli tag @ checkout-refund",
        group=SET_UP,
    ),
    Command(name="rm", summary="delete captures", example="hookcli rm --older 7d", group=SET_UP),
    Command(name="completion", summary="print the script for your shell", group=SET_UP),
)
BY_NAME: Mapping[str, Command] = {command.name: command for command in COMMANDS}

ALIASES: Mapping[str, tuple[str, ...]] = {
    "http": ("listen",),
    "tail": ("ls", "--follow"),
    "list": ("ls",),
    "search": ("ls",),
    "get": ("show",),
    "resend": ("replay",),
    "send": ("replay",),
    "mutate": ("edit",),
    "purge": ("rm",),
    "delete": ("rm",),
    "endpoints": ("endpoint",),
    "whoami": ("config", "list"),
    "serve": ("relay",),
}
"""What other tools taught, and the words it stands for."""

TOPICS: Mapping[str, str] = {
    "exit-codes": "how commands end",
    "environment": "the variables that are read",
    "filters": "how to search captures",
    "ids": "how to name captures",
}
