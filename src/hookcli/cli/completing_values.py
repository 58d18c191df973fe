"""Values for completion: captures and their tags, filter fields and what was seen in them, names."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from hookcli.cli.console import Console
from hookcli.cli.here import Here, Shared

if TYPE_CHECKING:
    from hookcli.captures.model import Summary
    from hookcli.captures.store import Store
    from hookcli.cli.completing import Candidate

MOST = 200
"""The captures that are offered: the latest."""
SEEN = 1000
"""The captures in which values are looked for: the latest."""

_SEEN: "Mapping[str, Callable[[Summary], str]]" = {
    "type": lambda one: one.capture.event_type,
    "source": lambda one: one.capture.source,
    "method": lambda one: one.capture.method,
    "path": lambda one: one.capture.path.partition("?")[0],
    "scheme": lambda one: one.capture.scheme,
    "endpoint": lambda one: one.capture.endpoint,
    "target": lambda one: one.last.target if one.last else "",
    "status": lambda one: str(one.last.status) if one.last and one.last.status else "",
}
_WORDS: Mapping[str, tuple[str, ...]] = {
    "--by": ("type", "source", "status", "hour"),
    "--order": ("seq", "reverse", "shuffle"),
    "--speed": ("1x", "10x", "max"),
    "--color": ("auto", "always", "never"),
    "--respond": ("app", "ack"),
    "--host-header": ("keep", "rewrite"),
    "--at": ("captured", "now"),
    "--as": ("har", "curl", "http", "ndjson"),
    "--expect": ("2xx", "4xx", "5xx", "body.", "header."),
    "--what": ("request", "headers", "body", "response"),
}
_OUTPUTS: Mapping[str, tuple[str, ...]] = {
    "ls": ("ids",),
    "listen": ("tui", "lines", "json", "quiet"),
}


def quiet(environ: Mapping[str, str]) -> Here:
    """Settings and store for a shell that asks: nothing is said."""
    return Here(console=Console(quiet=True, environ=environ), shared=Shared())


def captures(
    here: Here, current: str, *, names: bool, fields: bool = True
) -> "Iterator[Candidate]":
    """References to captures, unless they have no name yet, and filters."""
    field, colon, _ = current.removeprefix("-").partition(":")
    if colon and field:
        yield from _filter_values(here, current, field)
        return
    if names:
        yield from _references(here, current)
    if fields and not current.startswith(("@", ":")):
        from hookcli.captures.filters import FIELDS

        for name, note in FIELDS.items():
            yield (name if name.endswith(".") else f"{name}:", note)


def _references(here: Here, current: str) -> "Iterator[Candidate]":
    if current in ("", "@"):
        yield ("@", "the latest")
    if not here.store_path.exists():
        return
    with here.store(create=False) as store:
        if current.startswith(":"):
            yield from ((f":{tag}", "all of that name") for tag in store.tags())
        elif not current.startswith("@"):
            yield from _ids(here, store)


def _ids(here: Here, store: "Store") -> "Iterator[Candidate]":
    from hookcli.cli.render.summaries import status_word
    from hookcli.cli.render.words import safe, short, when

    for summary in store.summaries(limit=MOST, now=here.now):
        one = summary.capture
        what = " ".join(filter(None, (one.source, one.event_type))) or f"{one.method} {one.path}"
        text = f"{safe(what)}  {status_word(summary)}  {when(one.received_at, here.now)}"
        yield (short(one.id), text)


def _filter_values(here: Here, current: str, field: str) -> "Iterator[Candidate]":
    """What may stand behind `field:`: the words of the language, and what was seen lately."""
    from hookcli.captures.filters import VALUES

    begin = current[: current.index(":") + 1]
    known = VALUES.get(field, ())
    yield from ((begin + value, "") for value in known)
    if not here.store_path.exists():
        return
    with here.store(create=False) as store:
        if field == "tag":
            seen = store.tags()
        elif (read := _SEEN.get(field)) is not None:
            latest = store.summaries(limit=SEEN, now=here.now)
            seen = sorted({read(one) for one in latest} - {""})
        else:
            return
    yield from ((begin + one, "") for one in seen if one not in known and _is_plain(one))


def _is_plain(value: str) -> bool:
    """Whether a shell and the filter language take it as it stands, and a terminal too."""
    return value.isascii() and not set(value) - _PLAIN


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/@+:,%")


def samples(here: Here, current: str) -> "Iterator[Candidate]":
    """What can be triggered: samples, and captures by their name."""
    if current.startswith(":"):
        yield from _references(here, current)
        return
    from hookcli.signatures import samples as known

    yield from ((name, "") for name in known.names())


def of_option(here: Here, command: str, option: str, current: str) -> "Iterator[Candidate]":
    """The values of an option, where they are known."""
    if option in ("-o", "--output"):
        yield from ((word, "") for word in _OUTPUTS.get(command, ()))
    elif option in _WORDS:
        yield from ((word, "") for word in _WORDS[option])
    elif option in ("--sort", "--fields"):
        yield from _columns(current)
    elif option == "--scheme":
        from hookcli.signatures import names

        yield from ((name, "") for name in names())
    elif option in ("-e", "--endpoint"):
        yield from _endpoints(here)
    elif option in ("-p", "--profile"):
        yield from _profiles(here)
    elif option in ("--only", "--filter"):
        yield from captures(here, current, names=False)


def _columns(current: str) -> "Iterator[Candidate]":
    from hookcli.cli.render.summaries import FIELDS

    begin = current[: current.rfind(",") + 1]
    yield from ((begin + name, "") for name in FIELDS)


def _endpoints(here: Here) -> "Iterator[Candidate]":
    for relay in here.credentials.relays().values():
        yield from ((one.name, one.url) for one in relay.endpoints)


def _profiles(here: Here) -> "Iterator[Candidate]":
    from hookcli.config.load import read

    file = here.user_file
    profiles = read(file).get("profile") if file.is_file() else None
    if isinstance(profiles, dict):
        yield from ((str(name), "") for name in profiles)


def of_group(here: Here, name: str, subcommand: str) -> "Iterator[Candidate]":
    """What a command of a group is about."""
    if name == "endpoint":
        yield from _endpoints(here)
    elif subcommand in ("get", "set"):
        from hookcli.config.schema import KEYS

        yield from ((key.name, key.help) for key in KEYS)
