"""Regular expressions over what strangers send: quick where that is safe, never for ever.

`re` backtracks, and while it does nothing else runs in this process, deliveries included. So the
most steps that a search could take are reckoned from the pattern and the text; where they are too
many, an automaton goes over the text once instead. Both give the same answer.
"""

import re
import warnings
from functools import cached_property
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hookcli.captures.filters.automaton import Automaton

_parser: Any = import_module("re._parser")

_STEPS = 20_000_000
"""`re` makes so many in a tenth of a second."""
_HOPELESS = 99
_LONGEST, _MOST_GROUPS = 2000, 100
_ESCAPE_OR_NAME = re.compile(r"\\.|\(\?P[<=][^>)]*", re.DOTALL)


class NoPatternError(Exception):
    """A text that is no regular expression, or one that is not understood here."""

    def __init__(self, why: str, position: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.position = position
        """Where in the pattern."""


def flags_of(text: str) -> int:
    """Letters match in either case unless one of the pattern is a capital; `\\S` is none."""
    letters = _ESCAPE_OR_NAME.sub("", text)
    return 0 if any(letter.isupper() for letter in letters) else re.IGNORECASE


class Pattern:
    """One regular expression, searched for in texts.

    Raises:
        NoPatternError: when it is made.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST or text.count("(") > _MOST_GROUPS:
            raise NoPatternError("this one is too large")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what may mean something else one day
                self._re = re.compile(text, flags_of(text))
                self._tree = _parser.parse(text, flags_of(text))
        except re.error as error:
            raise NoPatternError(str(error.msg), error.pos or 0) from None
        except (ValueError, OverflowError) as error:
            raise NoPatternError(str(error)) from None
        self._loops, self._ways = _shape(self._tree)
        self._prefix, self._literal = _literals(self._tree)
        self._either = bool(self._re.flags & re.IGNORECASE)
        if self._loops or self._ways > 1:
            _ = self._automaton

    @cached_property
    def _automaton(self) -> "Automaton":
        from hookcli.captures.filters.automaton import Automaton

        return Automaton(self._tree, self._re.flags)

    def found(self, value: str) -> bool:
        """Whether the pattern matches somewhere in the text."""
        starts = len(value) + 1
        if self._literal and (not self._either or value.isascii()):
            known = value.lower() if self._either else value
            if self._literal not in known:
                return False
            if self._prefix:
                starts = (known.count(self._prefix) + 1) * len(self._prefix)
        if self.steps(len(value), starts) <= _STEPS:
            return self._re.search(value) is not None
        return self._automaton.found(value)

    def steps(self, size: int, starts: int) -> int:
        """The most steps that `re` could take in a text, from so many places to begin at."""
        each: int = (size + 1) ** self._loops
        return starts * self._ways * each


def _shape(items: Any) -> tuple[int, int]:
    """How many open-ended repeats one way through has, and how many ways the others leave."""
    shapes = [_shape_of(str(kind), given) for kind, given in items]
    loops = sum(loops for loops, _ in shapes)
    return min(loops, _HOPELESS), min(prod(ways for _, ways in shapes), _STEPS + 1)


def _shape_of(kind: str, given: Any) -> tuple[int, int]:
    if kind == "SUBPATTERN":
        return _shape(given[3])
    if kind == "BRANCH":
        shapes = [_shape(items) for items in given[1]]
        return max(loops for loops, _ in shapes), sum(ways for _, ways in shapes)
    if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"):
        return 0, 1
    if kind not in ("MAX_REPEAT", "MIN_REPEAT"):
        return _HOPELESS, 1
    least, most, items = int(given[0]), int(given[1]), given[2]
    loops, ways = _shape(items)
    if loops == 0 and ways == 1:
        return (1, 1) if most >= _STEPS else (0, most - least + 1)
    if most <= 1:
        return loops, ways + 1
    if most > _HOPELESS:
        return _HOPELESS, _STEPS + 1
    return min(loops * most, _HOPELESS), min((ways + 1) ** most, _STEPS + 1)


def _literals(tree: Any) -> tuple[str, str]:
    """The text that every match begins with, and the longest that every match has."""
    runs = [""]
    for kind, given in tree:
        if str(kind) == "LITERAL":
            runs[-1] += chr(given)
        elif str(kind) != "AT":
            runs.append("")
    if tree.state.flags & re.IGNORECASE:
        runs = [run.lower() if run.isascii() else "" for run in runs]
    return runs[0], max(runs, key=len)
