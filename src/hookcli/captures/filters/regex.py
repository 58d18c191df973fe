"""Regular expressions over what strangers send: quick where that is safe, never for ever.

`re` backtracks, and while it does nothing else runs in this process, deliveries included. So the
most steps that a search could take are reckoned from the pattern and the text; where they are too
many, an automaton goes over the text once instead. Both give the same answer.
"""

import re
import warnings
from importlib import import_module
from math import prod
from typing import Any

from hookcli.captures.filters.automaton import Automaton, NoPatternError

_parser: Any = import_module("re._parser")

_STEPS = 20_000_000
"""`re` makes so many in a tenth of a second."""
_HOPELESS = 99
_LONGEST, _MOST_GROUPS = 2000, 100
_ESCAPE_OR_NAME = re.compile(r"\\.|\(\?P[<=][^>)]*", re.DOTALL)


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
        self._shape = _shape(self._tree)
        self._prefix, self._literal = _literals(self._tree)
        prefix, ends = self._prefix, range(1, len(self._prefix))
        self._overlap = len(prefix) if any(prefix.startswith(prefix[end:]) for end in ends) else 1
        """How many of the prefix may begin where `count` counts one."""
        self._either = bool(self._re.flags & re.IGNORECASE)
        self._automaton = Automaton(self._tree, self._re.flags)

    def found(self, value: str) -> bool:
        """Whether the pattern matches somewhere in the text."""
        known = value.lower() if self._either else value
        # Outside ASCII, some letters have a third case.
        literal, prefix = (
            ("", "") if self._either and not value.isascii() else (self._literal, self._prefix)
        )
        if literal not in known:
            return False
        starts = known.count(prefix) * self._overlap if prefix else len(value) + 1
        if self.steps(len(value), starts) > _STEPS:
            return self._automaton.found(value)
        return self._searched(value, known, prefix)

    def _searched(self, value: str, known: str, prefix: str) -> bool:
        """As `re.search`, which in either case is slow to find what a match begins with."""
        if not prefix:
            return self._re.search(value) is not None
        at = known.find(prefix)
        while at >= 0:
            if self._re.match(value, at):
                return True
            at = known.find(prefix, at + 1)
        return False

    def steps(self, size: int, starts: int) -> int:
        """The most steps that `re` could take in a text, from so many places to begin at."""
        loops, ways, length = self._shape
        each: int = (size + 1) ** loops
        # What every match begins with is looked at once only.
        return starts * max(length - len(self._prefix), 1) * ways * each


_Shape = tuple[int, int, int]
"""Of a part: open-ended repeats in a row, ways to go through what else it leaves open, its length."""


def _shape(items: Any) -> _Shape:
    shapes = [_shape_of(str(kind), given) for kind, given in items]
    return _limited(
        sum(loops for loops, _, _ in shapes),
        prod(ways for _, ways, _ in shapes),
        sum(length for _, _, length in shapes),
    )


def _shape_of(kind: str, given: Any) -> _Shape:
    if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"):
        return 0, 1, 1
    if kind == "SUBPATTERN":
        return _shape(given[3])
    if kind == "BRANCH":
        shapes = [_shape(items) for items in given[1]]
        loops, ways, length = zip(*shapes, strict=True)
        return _limited(max(loops), sum(ways), max(length))
    if kind not in ("MAX_REPEAT", "MIN_REPEAT"):
        return _HOPELESS, 1, 1
    return _shape_of_repeat(int(given[0]), int(given[1]), *_shape(given[2]))


def _shape_of_repeat(least: int, most: int, loops: int, ways: int, length: int) -> _Shape:
    if most <= 1:
        return _limited(loops, ways + 1, length)
    endless = most >= _STEPS
    if loops == 0 and ways == 1:
        if endless:
            return 1, 1, max(length * least, length)
        return _limited(0, most - least + 1, length * most)
    # A repeat inside a repeat: each round may go another way.
    if most > _HOPELESS:
        return _HOPELESS, 1, length
    return _limited(loops * most, (ways + 1) ** most, length * most)


def _limited(loops: int, ways: int, length: int) -> _Shape:
    return min(loops, _HOPELESS), min(ways, _STEPS), max(length, 1)


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
