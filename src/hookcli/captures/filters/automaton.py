"""A regular expression as an automaton: one look at each character, whatever the text.

The states are made as the text asks for them and kept, within a limit. Look-around and back
references are beyond it.
"""

import re
from collections.abc import Callable
from typing import Any

_MOST_STEPS = 1200
"""Of the program; how long a character takes at worst grows with it."""
_MOST_KEPT = 50_000
"""Transitions, in all states together."""

_EDGE, _LAST_NEWLINE, _NEWLINE, _WORD, _OTHER = range(5)
"""What stands before or behind a place; the edge is the text's beginning or end."""

_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip

_ALPHABETS = int(re.ASCII | re.LOCALE | re.UNICODE)

Test = Callable[[str], object]


class NoPatternError(Exception):
    """A text that is no regular expression, or one that is not understood here."""

    def __init__(self, why: str, position: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.position = position
        """Where in the pattern."""


class _State(dict[str, "_State"]):
    """Where the automaton stands; by character, where it goes."""

    def __init__(self, owner: "Automaton", at: frozenset[int], before: int) -> None:
        super().__init__()
        self.owner, self.at, self.before = owner, at, before

    def __missing__(self, character: str) -> "_State":
        made = self.owner.step(self, character)
        self[character] = made
        return made


class Automaton:
    """One pattern; several threads may ask.

    Raises:
        NoPatternError: when it is made, for what it cannot do.
    """

    def __init__(self, tree: Any, flags: int) -> None:
        self._program: list[tuple[str, Any]] = []
        """Steps: `read` with a test, `split` with two places, `go` with one, `at` with a kind."""
        self._emit(tree, flags)
        self._add("match", None)
        self._ascii = bool(flags & re.ASCII)
        self._matched = _State(self, frozenset(), _EDGE)
        self._states: dict[tuple[frozenset[int], int], _State] = {}
        self._kept = 0
        self._start = self._state(frozenset(), _EDGE)

    def found(self, text: str) -> bool:
        """Whether the pattern matches somewhere in the text."""
        state, matched = self._start, self._matched
        for character in text[:-1]:
            state = state[character]
            if state is matched:
                return True
        if text:
            # The last line end counts as an end too.
            state = self.step(state, text[-1], last=True)
        return state is matched or self._reach(state, _EDGE)[1]

    def step(self, state: _State, character: str, *, last: bool = False) -> _State:
        """Where a character leads."""
        kind = self._kind(character)
        ahead = _LAST_NEWLINE if last and kind == _NEWLINE else kind
        reading, done = self._reach(state, ahead)
        if done:
            return self._matched
        at = frozenset(n + 1 for n in reading if self._program[n][1](character))
        return self._state(at, kind)

    def _state(self, at: frozenset[int], before: int) -> _State:
        self._kept += 1
        if self._kept > _MOST_KEPT:
            self._kept, self._states = 0, {}
            self._start.clear()
        return self._states.setdefault((at, before), _State(self, at, before))

    def _kind(self, character: str) -> int:
        if character == "\n":
            return _NEWLINE
        word = (character.isalnum() or character == "_") and (
            character.isascii() or not self._ascii
        )
        return _WORD if word else _OTHER

    def _reach(self, state: _State, ahead: int) -> tuple[list[int], bool]:
        """The reading steps that can be had without reading, and whether the match is."""
        todo = [*state.at, 0]
        seen: set[int] = set()
        reading: list[int] = []
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            kind, given = self._program[at]
            if kind == "match":
                return [], True
            if kind == "read":
                reading.append(at)
            elif kind == "split":
                todo += given
            elif kind == "go":
                todo.append(given)
            elif _holds(given, state.before, ahead):
                todo.append(at + 1)
        return reading, False

    # From the pattern's tree to steps

    def _add(self, kind: str, given: Any) -> int:
        if len(self._program) >= _MOST_STEPS:
            raise NoPatternError("this one is too large")
        self._program.append((kind, given))
        return len(self._program) - 1

    def _emit(self, items: Any, flags: int) -> None:
        for kind, given in items:
            name = str(kind)
            if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
                self._add("read", re.compile(_one(name, given), flags & ~re.VERBOSE).match)
            elif name == "AT":
                many = flags & re.MULTILINE
                self._add("at", f"{given}_LINE" if many and str(given) in _LINES else str(given))
            elif name == "SUBPATTERN":
                if given[1] & _ALPHABETS:
                    raise NoPatternError("(?a:) and (?u:) are not understood here")
                self._emit(given[3], (flags | given[1]) & ~given[2])
            elif name == "BRANCH":
                self._branch(given[1], flags)
            elif name in ("MAX_REPEAT", "MIN_REPEAT"):
                self._repeat(int(given[0]), int(given[1]), given[2], flags)
            else:
                raise NoPatternError("look-around and back references are not understood here")

    def _branch(self, ways: Any, flags: int) -> None:
        ends: list[int] = []
        for number, items in enumerate(ways):
            split = self._add("split", None) if number + 1 < len(ways) else None
            self._emit(items, flags)
            if split is not None:
                ends.append(self._add("go", None))
                self._program[split] = ("split", (split + 1, len(self._program)))
        for end in ends:
            self._program[end] = ("go", len(self._program))

    def _repeat(self, least: int, most: int, items: Any, flags: int) -> None:
        if least > _MOST_STEPS:
            raise NoPatternError("this one is too large")
        for _ in range(least):
            self._emit(items, flags)
        if most > _MOST_STEPS:
            split = self._add("split", None)
            self._emit(items, flags)
            self._add("go", split)
            self._program[split] = ("split", (split + 1, len(self._program)))
            return
        splits: list[int] = []
        for _ in range(most - least):
            splits.append(self._add("split", None))
            self._emit(items, flags)
        for split in splits:
            self._program[split] = ("split", (split + 1, len(self._program)))


_LINES = frozenset({"AT_BEGINNING", "AT_END"})


def _holds(place: str, before: int, ahead: int) -> bool:
    """Whether a place between two characters is the one wanted."""
    if place in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
        return before == _EDGE
    if place == "AT_BEGINNING_LINE":
        return before in (_EDGE, _NEWLINE)
    if place == "AT_END":
        return ahead in (_EDGE, _LAST_NEWLINE)
    if place == "AT_END_LINE":
        return ahead in (_EDGE, _LAST_NEWLINE, _NEWLINE)
    if place == "AT_END_STRING":
        return ahead == _EDGE
    return ((before == _WORD) != (ahead == _WORD)) == (place == "AT_BOUNDARY")


def _one(kind: str, given: Any) -> str:
    """The pattern of one character."""
    if kind == "ANY":
        return "."
    if kind == "LITERAL":
        return _character(given)
    if kind == "NOT_LITERAL":
        return f"[^{_character(given)}]"
    parts = [_part(str(name), value) for name, value in given]
    return f"[{''.join(parts)}]"


def _part(kind: str, given: Any) -> str:
    if kind == "NEGATE":
        return "^"
    if kind == "LITERAL":
        return _character(given)
    if kind == "RANGE":
        return f"{_character(given[0])}-{_character(given[1])}"
    return _CATEGORIES[str(given)]


def _character(code: int) -> str:
    return f"\\U{code:08x}"
