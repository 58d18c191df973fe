"""What could stand where the cursor is: commands, flags and their values, captures, filters.

Asked by shells at every press of the key, so it imports what it needs for this one answer.
"""

from collections.abc import Iterator, Mapping, Sequence

from hookcli.cli.commands import ALIASES, BY_NAME, COMMANDS, TOPICS

REFERENCES = frozenset(
    {
        "ls",
        "show",
        "replay",
        "edit",
        "diff",
        "export",
        "verify",
        "tag",
        "rm",
        "stats",
        "wait",
        "schema",
        "audit",
    }
)
"""Commands whose words name captures."""
NO_NAMES = frozenset({"wait"})
"""Of these, those that name what has not come yet: by filter only."""
SEARCHES = frozenset({"ls", "stats", "wait"})
"""Of these, those for which filters are offered before anything is typed."""
ONE = frozenset({"show", "edit", "tag"})
"""Of these, those whose first word alone names a capture."""

Candidate = tuple[str, str]
"""The word and what it is."""


def candidates(words: Sequence[str], environ: Mapping[str, str]) -> list[Candidate]:
    """What the last of the words could become."""
    *before, current = words or [""]
    found = [one for one in _possible(list(before), current, environ) if one[0].startswith(current)]
    return found if current.startswith("-") else [one for one in found if one[0] != current]


def for_bash(breaks: str, line: str, environ: Mapping[str, str]) -> list[str]:
    """What bash is to insert for the line up to the cursor.

    Bash keeps what stands before the last of its breaking characters in the word, outside quotes.
    """
    words, quoted = split(line)
    current = words[-1] if words else ""
    cut = max([0, *(current.rfind(one) + 1 for one in ":=@" if one in breaks)])
    found = [word for word, _ in candidates(words[1:], environ)]
    return found if quoted else [word[cut:] for word in found]


def split(line: str) -> tuple[list[str], bool]:
    """The words of an unfinished line, and whether the last one stands in open quotes."""
    import shlex

    for end in ("", '"', "'"):
        try:
            words = shlex.split(line + end)
        except ValueError:
            continue
        if not end and (not line or line[-1].isspace()):
            words.append("")
        return words, bool(end)
    return line.split(" "), False


def _possible(before: list[str], current: str, environ: Mapping[str, str]) -> Iterator[Candidate]:
    before = _without_shared(before)
    if not before:
        if current.startswith("-"):
            yield from _shared_flags()
            return
        yield from ((one.name, one.summary) for one in COMMANDS)
        yield ("help", "pages about exit codes, environment, filters, ids")
        return
    alias = ALIASES.get(before[0], (before[0],))
    words = [*alias, *before[1:]]
    if words[0] == "help":
        yield from TOPICS.items()
        yield from ((one.name, one.summary) for one in COMMANDS)
        return
    if words[0] not in BY_NAME:
        return
    option = words[-1] if len(words) > 1 and words[-1].startswith("-") else ""
    if option and not current.startswith("-") and _takes_value(words, option):
        from hookcli.cli import completing_values

        here = completing_values.quiet(environ)
        yield from completing_values.of_option(here, words[0], option, current)
    elif current.startswith("-"):
        yield from _flags(words)
    else:
        yield from _positional(words[0], _plain(words), current, environ)


def _positional(
    name: str, given: Sequence[str], current: str, environ: Mapping[str, str]
) -> Iterator[Candidate]:
    """What may stand as the next word; `given` are those before it, without flags."""
    from hookcli.cli import completing_values as values

    here = values.quiet(environ)
    if name == "completion":
        from hookcli.cli.completion import SCRIPTS

        yield from ((shell, "") for shell in SCRIPTS)
    elif name == "export" and not given:
        from hookcli.workbench.export import FORMATS

        yield from ((one.name, one.says) for one in FORMATS.values())
    elif name == "trigger" and not given:
        yield from values.samples(here, current)
    elif name in ("endpoint", "config") and given:
        yield from values.of_group(here, name, given[0])
    elif name in REFERENCES and not (name in ONE and given):
        fields = bool(current) or name in SEARCHES
        yield from values.captures(here, current, names=name not in NO_NAMES, fields=fields)
    else:
        yield from _subcommands(name, given)


_SHARED_VALUED = frozenset({"-p", "--profile", "--relay", "-e", "--endpoint", "--store", "--color"})


def _without_shared(words: list[str]) -> list[str]:
    """The words from the command on: shared options may stand before it."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _SHARED_VALUED else 1
    return words[at:]


def _shared_flags() -> Iterator[Candidate]:
    for name in ("--profile", "--relay", "--endpoint", "--store", "--color"):
        yield (name, "")
    yield from (("--json", "NDJSON"), ("--quiet", ""), ("--verbose", ""), ("--version", ""))


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


def _option(words: Sequence[str], name: str) -> object:
    for param in getattr(_command(words), "params", ()):
        if name in param.opts:
            return param
    return None


def _takes_value(words: Sequence[str], name: str) -> bool:
    param = _option(words, name)
    flag = getattr(param, "is_flag", False) or getattr(param, "count", False)
    return param is not None and not flag


def _plain(words: Sequence[str]) -> list[str]:
    """The words behind the command that are neither flags nor their values."""
    found: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-") or word == "-":
            found.append(word)
        elif "=" not in word and _takes_value(words, word):
            next(rest, None)
    return found


def _subcommands(name: str, rest: Sequence[str]) -> Iterator[Candidate]:
    if not rest:
        commands = getattr(_command([name]), "commands", {})
        yield from ((key, (one.help or "").partition("\n")[0]) for key, one in commands.items())
