"""The keys of the configuration files: their kinds, variables, and what a project may not say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from hookcli.config import values

Trust = Literal["free", "local", "inside", "known", "clipboard", "user"]
"""What a project's file may say of a key before it is trusted: anything; a target on this machine;
a path inside the project; a relay that the user has logged in to; a way to the clipboard that runs
no program of its choice; nothing."""

RESPOND = ("app", "ack")
OUTPUTS = ("tui", "lines", "json", "quiet")
TIMES = ("local", "utc", "relative")
CLIPBOARDS = ("auto", "osc52", "tmux")
"""The ways to the clipboard that are no commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting."""

    name: str
    parse: Callable[[object], object]
    help: str
    default: object = None
    env: str = ""
    trust: Trust = "free"


def _respond(value: object) -> str:
    return values.one_of(value, RESPOND)


def _output(value: object) -> str:
    return {"interactive": "tui", "compact": "lines"}.get(str(value)) or values.one_of(
        value, OUTPUTS
    )


def _time(value: object) -> str:
    return values.one_of(value, TIMES)


def reference(value: object) -> str:
    """`env:NAME` or `file:PATH`: where a secret is, never the secret."""
    given = value if isinstance(value, str) else ""
    kind, _, rest = given.partition(":")
    if kind in ("env", "file") and rest.strip():
        return given
    raise ValueError("env:NAME or file:PATH is wanted, never the value itself")


KEYS = (
    Key(
        name="relay",
        parse=values.origin,
        env="HOOKCLI_RELAY",
        trust="known",
        help="the relay's URL; none: one runs inside `hookcli listen`, for this machine only",
    ),
    Key(
        name="token",
        parse=reference,
        trust="user",
        help="where the endpoint's token is: env:NAME or file:PATH; `hookcli login` keeps its own",
    ),
    Key(
        name="endpoint",
        parse=values.text,
        env="HOOKCLI_ENDPOINT",
        help="the endpoint's name or id, for `listen` several: a,b; default: `default`, made at first use",
    ),
    Key(
        name="forward",
        parse=values.target,
        env="HOOKCLI_FORWARD",
        trust="local",
        help="where events go: 8000, localhost:8000/hooks, https://…",
    ),
    Key(name="path", parse=values.text, help="a prefix for the forwarded path"),
    Key(name="header", parse=values.texts, default=(), help="headers to set while forwarding"),
    Key(name="host_header", parse=values.text, default="keep", help="keep, rewrite or a value"),
    Key(
        name="insecure",
        parse=values.flag,
        default=False,
        help="do not verify the target's certificate",
        trust="user",
    ),
    Key(name="timeout", parse=values.duration_ms, default=30_000, help="of one attempt"),
    Key(name="concurrency", parse=values.positive, default=32, help="attempts at once"),
    Key(name="retry", parse=values.whole, default=0, help="retries of answers that are not 2xx"),
    Key(name="retry_for", parse=values.duration_ms, help="how long to retry, such as 72h"),
    Key(name="respond", parse=_respond, help="what senders get: app or ack"),
    Key(name="deadline", parse=values.duration_ms, help="how long senders are held for the answer"),
    Key(
        name="handshakes",
        parse=values.flag,
        default=False,
        help="answer providers' challenges when the app cannot",
    ),
    Key(
        name="drift",
        parse=values.flag,
        default=False,
        help="note events whose body has another shape than those of its kind before",
    ),
    Key(
        name="max_offline", parse=values.duration_ms, help="give up after so long without the relay"
    ),
    Key(
        name="store",
        parse=values.text,
        env="HOOKCLI_STORE",
        trust="inside",
        help="the file of captures; default: in the user's data folder",
    ),
    Key(name="output", parse=_output, env="HOOKCLI_OUTPUT", help="tui, lines, json or quiet"),
    Key(
        name="ui.theme",
        parse=values.text,
        default="auto",
        help="auto follows the terminal; or a theme's name, such as nord, ansi-dark, ansi-light",
    ),
    Key(name="ui.time", parse=_time, default="local", help="local, utc or relative"),
    Key(name="ui.mouse", parse=values.flag, default=True, help="the mouse works on the screen"),
    Key(name="ui.confirm_quit", parse=values.flag, default=False, help="ask before leaving"),
    Key(
        name="ui.clipboard",
        parse=values.text,
        default="auto",
        trust="clipboard",
        help="auto, osc52, tmux or a command that reads what is copied",
    ),
    Key(
        name="ui.editor",
        parse=values.text,
        env="HOOKCLI_EDITOR",
        trust="user",
        help="the editor's command; default: VISUAL, EDITOR",
    ),
    Key(
        name="ui.pager",
        parse=values.text,
        env="HOOKCLI_PAGER",
        trust="user",
        help="the pager's command; default: PAGER",
    ),
    Key(
        name="ui.viewer",
        parse=values.text,
        trust="user",
        help="what opens a body, such as fx or jless; default: the pager",
    ),
)
BY_NAME: Mapping[str, Key] = {key.name: key for key in KEYS}

TABLES: Mapping[str, str] = {
    "secrets": "names of signing secrets, each env:NAME or file:PATH",
    "route": "[[route]]: filter = a filter, to = where the events that pass it go",
    "scheme": "[scheme.NAME]: how a provider of your own signs",
    "ui": "the screen: the keys above that begin with `ui.`",
    "keys": "action = keys; `hookcli config keys` lists all actions",
    "views": "name = filter: the saved filters of the screen",
    "profile": "[profile.NAME]: the keys above, for `-p NAME`; in the user's file only",
}
