"""One `field operator value` as it was typed, and what its value means."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hookcli.captures.filters import values
from hookcli.captures.filters.automaton import NoPatternError
from hookcli.captures.filters.compared import Compared, compared
from hookcli.captures.filters.lexer import FilterError, Value
from hookcli.captures.filters.regex import Pattern

EQUAL: Final = (":", "=", "!=")
TEXT: Final = (*EQUAL, ":~")
NUMBER: Final = (*EQUAL, "<", "<=", ">", ">=")
EVERY: Final = (*NUMBER, ":~")

NUMBER_WANTED: Final = "a number is wanted here: 12, 2.5"

_GLOB = re.compile(r"(?<!\\)[*?]")
_ESCAPED = re.compile(r"\\([*?])")
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")
_ORDER = re.compile(r"[<>]=?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a field."""

    name: str
    at: int
    operator: str
    operator_at: int
    value: Value
    now: int
    """µs since the epoch."""

    def allow(self, operators: tuple[str, ...]) -> None:
        """FilterError at the operator when it is none of these."""
        if self.operator not in operators:
            names = f"{', '.join(operators[:-1])} or {operators[-1]}"
            raise FilterError(self.operator_at, f"{names} is wanted here, behind {self.name}")

    def wrong(self, wanted: str) -> FilterError:
        """The error for a value that is not what the field has."""
        return FilterError(self.value.at, wanted)

    def ordered(self, read: Callable[[str], float | None], wanted: str) -> tuple[str, float]:
        """`=`, `<` and the like with the number; `:>500` says the same as `>500`."""
        self.allow(NUMBER)
        operator, text = self.operator, self.value.text
        if operator == ":" and (match := _ORDER.match(text)):
            operator, text = match[0], text[match.end() :]
        number = read(text)
        if number is None:
            raise self.wrong(wanted)
        return "=" if operator in EQUAL else operator, number

    @property
    def is_order(self) -> bool:
        """Whether larger or smaller is asked for."""
        return self.operator not in TEXT or (
            self.operator == ":" and _ORDER.match(self.value.text) is not None
        )

    def text(self, *, allowed: tuple[str, ...] = TEXT, somewhere: bool = False) -> Compared:
        """How a text is compared; a glob is the whole of it, or may be `somewhere` in it."""
        self.allow(allowed)
        if self.operator == ":~":
            return pattern(self.value)
        if not self.value.raw and not self.value.quoted:
            raise self.wrong("a value is wanted here")
        if self.operator in ("=", "!="):
            return compared("equals", self.value.text)
        if self.operator == ":":
            return self._contains(somewhere=somewhere)
        if values.number(self.value.text) is None:
            raise self.wrong(NUMBER_WANTED)
        return compared(self.operator, self.value.text)

    def _contains(self, *, somewhere: bool) -> Compared:
        text = self.value.text
        if self.value.quoted:
            return compared("contains", text)
        if not _GLOB.search(text):
            return compared("contains", _ESCAPED.sub(r"\1", text))
        return compared("glob", f"*{text}*" if somewhere else text)


def pattern(value: Value) -> Compared:
    """A regular expression.

    Raises:
        FilterError: at its fault.
    """
    text = value.pattern
    if not text:
        raise FilterError(value.at, "a regular expression is wanted here")
    if not _SPECIAL.search(text):
        return compared("contains", text)
    try:
        Pattern(text)
    except NoPatternError as error:
        wanted = f"a regular expression is wanted here: {error.why}"
        raise FilterError(value.place(error.position), wanted) from None
    return compared("regex", text)
