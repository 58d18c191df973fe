"""What could stand where the cursor is: commands, flags, pages, captures. Asked by shells."""

from collections.abc import Iterator, Sequence

from hookcli.cli.commands import ALIASES, COMMANDS, TOPICS

REFERENCES = frozenset({"ls", "show", "replay", "rm"})
MOST = 200
"""The captures that are offered: the latest."""

Candidate = tuple[str, str]
"""The word and what it is."""


def candidates(words: Sequence[str]) -> list[Candidate]:
    """What the last of the words could become."""
    *before, current = words or [""]
    found = [one for one in _possible(list(before), current) if one[0].startswith(current)]
    return found if current.startswith("-") else [one for one in found if one[0] != current]


def _possible(before: list[str], current: str) -> Iterator[Candidate]:
    if not before:
        yield from ((one.name, one.summary) for one in COMMANDS)
        yield ("help", "pages about exit codes, environment, filters, ids")
        return
    name = ALIASES.get(before[0], (before[0],))[0]
    if name == "help":
        yield from TOPICS.items()
    elif name == "completion":
        from hookcli.cli.completion import SCRIPTS

        yield from ((shell, "") for shell in SCRIPTS)
    elif current.startswith("-"):
        yield from _flags([name, *before[1:]])
    elif name in REFERENCES:
        yield from _captures(current)
    else:
        yield from _subcommands(name, before[1:])


def _command(words: Sequence[str]) -> object:
    """The parser of these words, of a group its command; None when there is none."""
    from hookcli.cli.app import Lazy

    command = Lazy().get_command(None, words[0])
    for word in words[1:]:
        command = getattr(command, "commands", {}).get(word, command)
    return command


def _flags(words: Sequence[str]) -> Iterator[Candidate]:
    for param in getattr(_command(words), "params", ()):
        if param.param_type_name == "option":
            long = [name for name in param.opts if name.startswith("--")]
            yield from ((name, param.help or "") for name in long[:1])


def _subcommands(name: str, rest: Sequence[str]) -> Iterator[Candidate]:
    if not rest:
        commands = getattr(_command([name]), "commands", {})
        yield from ((key, (one.help or "").partition("\n")[0]) for key, one in commands.items())


def _captures(current: str) -> Iterator[Candidate]:
    """The latest captures by id, and `@` for the latest."""
    from hookcli.cli.here import quiet

    here = quiet()
    if current in ("", "@"):
        yield ("@", "the latest")
    if not here.store_path.exists():
        return
    from hookcli.cli.render.words import safe, short, when

    with here.store(create=False) as store:
        for summary in store.summaries(limit=MOST, now=here.now):
            one = summary.capture
            what = (
                " ".join(filter(None, (one.source, one.event_type))) or f"{one.method} {one.path}"
            )
            yield (short(one.id), f"{safe(what)}  {when(one.received_at, here.now)}")
