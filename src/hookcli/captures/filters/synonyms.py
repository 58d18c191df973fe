"""The operators of mitmproxy, for fingers that know them: `~b` and its kin, as the fields they mean."""

from collections.abc import Callable, Mapping
from typing import Final

from hookcli.captures.filters import columns, contents, states
from hookcli.captures.filters.asked import pattern
from hookcli.captures.filters.compared import Compared
from hookcli.captures.filters.lexer import FilterError, Token
from hookcli.captures.filters.nodes import Node, Or

_PATTERNS: Final[Mapping[str, Callable[[Compared], Node]]] = {
    "~u": columns.path_of,
    "~m": lambda one: columns.text_of("method", one),
    "~h": lambda one: Or([contents.any_header(one), contents.any_answer_header(one)]),
    "~hq": contents.any_header,
    "~hs": contents.any_answer_header,
    "~b": lambda one: Or([contents.body_of(one), contents.answer_body_of(one)]),
    "~bq": contents.body_of,
    "~bs": contents.answer_body_of,
    "~t": contents.content_type,
    "~comment": lambda one: columns.text_of("note", one),
}
"""Those that take a regular expression."""

_PLAIN: Final[Mapping[str, Node | None]] = {
    "~e": states.status("err"),
    "~marked": states.IS["marked"],
    "~replay": states.IS["replay"],
}

WITH_VALUE: Final = frozenset({*_PATTERNS, "~c"})
"""Those that take the next word."""


def condition(token: Token) -> Node:
    """The condition that a synonym stands for.

    Raises:
        FilterError: there is no such operator, or its word is not what it takes.
    """
    if (plain := _PLAIN.get(token.name)) is not None:
        return plain
    value = token.value
    if value is None:
        names = " ".join(sorted((*WITH_VALUE, *_PLAIN)))
        raise FilterError(token.at, f"one of {names} is wanted here, or a text in quotes")
    if token.name != "~c":
        return _PATTERNS[token.name](pattern(value))
    if (made := states.status(value.text)) is None:
        raise FilterError(value.at, states.STATUS_WANTED)
    return made
