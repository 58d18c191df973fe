"""What a value is compared with: `:` contains or glob, `=`, `:~`, `<` and the like.

Two forms with one meaning: a method for Python, and where SQLite can say the same, an expression
for it. That runs without the interpreter's lock, so a search does not hold up a delivery.
"""

import json
import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from typing import Any, Final

from hookcli.captures import rows
from hookcli.captures.filters import forms, values
from hookcli.captures.filters.regex import Pattern

Sql = tuple[str, tuple[object, ...]]
"""A boolean expression and its parameters."""

_ESCAPED_STAR = re.compile(r"\\([*?])|([*?])|([^*?\\]+|\\)")


def folds(text: str) -> bool:
    """Whether a word is sought in either case: it has no capital."""
    return not any(character.isupper() for character in text)


def stored(value: str) -> str:
    """The text as the store gives it back: without lone surrogates."""
    if value.isascii():
        return value
    return str(rows.storable((value,))[0])


def decoded(value: bytes) -> str:
    """Bytes as text; what is no UTF-8 becomes U+FFFD."""
    return value.decode("utf-8", "replace")


class Compared(ABC):
    """One operand, made ready; subclasses say how it is compared."""

    kind: str = ""
    """By this and the operand SQL names it."""

    def __init__(self, operand: str) -> None:
        self.operand = operand

    @abstractmethod
    def text(self, value: str) -> bool:
        """Whether a text passes."""

    def raw(self, value: bytes) -> bool:
        """Whether bytes pass; as text, unless a subclass can do without."""
        return self.text(decoded(value))

    def json(self, value: Any) -> bool:
        """Whether a value inside a body passes; what is not text, as JSON writes it."""
        return self.text(value if isinstance(value, str) else written(value))

    def sql(self, column: str, *, blob: bool = False) -> Sql | None:
        """A boolean expression over the column and its parameters; None where SQLite cannot say it."""
        del column, blob
        return None


def written(value: Any) -> str:
    """A JSON value as compact JSON; empty when it is too deep to be written."""
    try:
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), default=forms.Several.plain
        )
    except (RecursionError, ValueError):
        return ""


class Contains(Compared):
    """The operand stands somewhere in the value.

    Letters outside ASCII are also sought as JSON escapes them, `\\u00fc`.
    """

    kind = "contains"

    def __init__(self, operand: str) -> None:
        super().__init__(operand)
        cased = operand.upper() != operand.lower()
        either = folds(operand)
        escaped = b"" if operand.isascii() else json.dumps(operand)[1:-1].encode()
        self._casefolded = operand.casefold() if either and cased and escaped else ""
        """What is sought in both cases of letters outside ASCII."""
        self._needles: list[tuple[bool, bytes]] = []
        """What else is sought, and whether in both cases of letters of ASCII."""
        if not self._casefolded:
            self._needles.append((either and cased, operand.encode()))
        if escaped:
            self._needles.append((either, escaped))

    def text(self, value: str) -> bool:
        """As `Compared`."""
        return self.raw(stored(value).encode())

    def raw(self, value: bytes) -> bool:
        """As `Compared`."""
        word = self._casefolded
        # What is ASCII stays so in either case.
        possible = word and (word.isascii() or not value.isascii())
        if possible and word in decoded(value).casefold():
            return True
        return any(needle in (value.lower() if both else value) for both, needle in self._needles)

    def json(self, value: Any) -> bool:
        """Numbers, true, false and null are compared whole: 10 is not in 2100."""
        if isinstance(value, str | list | dict):
            return super().json(value)
        return Equals(self.operand).json(value)

    def sql(self, column: str, *, blob: bool = False) -> Sql | None:
        """As `Compared`; SQLite knows the two cases of ASCII letters only."""
        if self._casefolded:
            return None
        if not self.operand:
            return "1", ()
        parts = [f"instr({f'lower({column})' if both else column}, ?) > 0"
                 for both, _ in self._needles]  # fmt: skip
        # Bytes are sought in bytes, text in text.
        given = tuple(needle if blob and not both else needle.decode()
                      for both, needle in self._needles)  # fmt: skip
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})", given


class Equals(Compared):
    """The value is the operand, in this case; a number inside a body is compared as one."""

    kind = "equals"

    def __init__(self, operand: str) -> None:
        super().__init__(operand)
        self._number = values.number(operand)

    def text(self, value: str) -> bool:
        """As `Compared`."""
        return stored(value) == self.operand

    def raw(self, value: bytes) -> bool:
        """As `Compared`."""
        return value == self.operand.encode()

    def json(self, value: Any) -> bool:
        """As `Compared`."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number is not None and value == self._number
        if isinstance(value, list | dict):
            return False
        return super().json(value)

    def sql(self, column: str, *, blob: bool = False) -> Sql | None:
        """As `Compared`."""
        return f"{column} = ?", (self.operand.encode() if blob else self.operand,)


class Glob(Compared):
    """The whole value, with `*` for anything and `?` for one character; `\\*` is a star.

    Each piece between two stars is sought behind the one before: no value makes that slow.
    """

    kind = "glob"

    def __init__(self, operand: str) -> None:
        super().__init__(operand)
        self.folds = folds(operand)
        self._pieces = self._split(operand.casefold() if self.folds else operand)
        self._ascii = operand.isascii()
        self._patterns = [
            re.compile("".join("." if one is None else re.escape(one) for one in piece), re.DOTALL)
            for piece in self._pieces
        ]
        self._sizes = [sum(1 if one is None else len(one) for one in p) for p in self._pieces]

    @staticmethod
    def _split(operand: str) -> list[list[str | None]]:
        """Texts, and None for `?`, from star to star."""
        pieces: list[list[str | None]] = [[]]
        for escaped, sign, other in _ESCAPED_STAR.findall(operand):
            if sign == "*":
                pieces.append([])
            else:
                pieces[-1].append(None if sign == "?" else escaped or other)
        return pieces

    def text(self, value: str) -> bool:
        """As `Compared`."""
        value = self._fold(stored(value))
        first, *others = self._patterns
        if not others:
            return first.fullmatch(value) is not None
        begun = first.match(value)
        end = len(value) - self._sizes[-1]
        if begun is None or end < begun.end():
            return False
        at = begun.end()
        for pattern in others[:-1]:
            found = pattern.search(value, at, end)
            if found is None:
                return False
            at = found.end()
        return others[-1].match(value, end) is not None

    def _fold(self, value: str) -> str:
        if not self.folds:
            return value
        if not self._ascii:
            return value.casefold()
        return value.lower() if value.isascii() else value.encode().lower().decode()

    def sql(self, column: str, *, blob: bool = False) -> Sql | None:
        """As `Compared`: with one star and nothing else."""
        del blob
        if len(self._pieces) != 2 or None in (*self._pieces[0], *self._pieces[1]):
            return None
        if self.folds and not self._ascii:
            return None
        begin, end = ("".join(map(str, piece)).encode() for piece in self._pieces)
        column = f"CAST({f'lower({column})' if self.folds else column} AS BLOB)"
        parts: list[str] = []
        if begin:
            parts.append(f"substr({column}, 1, {len(begin)}) = ?")
        if end:
            parts.append(f"substr({column}, -{len(end)}) = ?")
        if begin and end:
            parts.append(f"length({column}) >= {len(begin) + len(end)}")
        given = tuple(piece for piece in (begin, end) if piece)
        return (f"({' AND '.join(parts)})" if parts else "1"), given


class Regex(Compared):
    """A regular expression is found somewhere in the value."""

    kind = "regex"

    @cached_property
    def _pattern(self) -> Pattern:
        return Pattern(self.operand)

    def text(self, value: str) -> bool:
        """As `Compared`."""
        return self._pattern.found(stored(value))


_HOLDS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Number(Compared):
    """A value that is a number, or a text that is one, is smaller or larger."""

    def __init__(self, kind: str, operand: str) -> None:
        super().__init__(operand)
        self.kind = kind
        self._holds = _HOLDS[kind]
        self._number = values.number(operand) or 0

    def text(self, value: str) -> bool:
        """As `Compared`."""
        found = values.number(value.strip())
        return found is not None and self._holds(found, self._number)

    def json(self, value: Any) -> bool:
        """As `Compared`."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._holds(value, self._number)
        return isinstance(value, str) and self.text(value)


_KINDS: Final[dict[str, Callable[[str], Compared]]] = {
    **{one.kind: one for one in (Contains, Equals, Glob, Regex)},
    **{kind: partial(Number, kind) for kind in _HOLDS},
}


@lru_cache(maxsize=512)
def compared(kind: str, operand: str) -> Compared:
    """What SQL names by kind and operand."""
    return _KINDS[kind](operand)
