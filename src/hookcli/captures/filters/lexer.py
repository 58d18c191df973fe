"""The text of a filter in tokens, each with its place, so that a fault can be pointed at."""

import re
from dataclasses import dataclass
from enum import Enum, auto

_FIELD = re.compile(
    r"""(?=[A-Za-z])
    (?P<name>(?:[^\s()"\[\]=:<>!]|"(?:[^"\\]|\\.)*"|\[[^\[\]\s]*\])+)
    (?P<operator>:~|!=|<=|>=|==|[:=<>])""",
    re.VERBOSE | re.DOTALL,
)
_SYNONYM = re.compile(r"~[^\s()\"]*")
_SIGN = re.compile(r"&&?|\|\|?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_UNQUOTED_ESCAPE = re.compile(r'\\(["\\])')
_BARE = re.compile(r"[\w./@+-][\w./:@+-]*")
_QUOTED_SIGN = re.compile(r'["\\]')
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS = {"and": "AND", "or": "OR", "not": "NOT"}


class FilterError(Exception):
    """A filter that cannot be understood."""

    def __init__(self, position: int, wanted: str) -> None:
        super().__init__(wanted)
        self.position = position
        """Where in the text the fault is; its length where something is missing at the end."""
        self.wanted = wanted
        """What was expected there, as a sentence."""


class Kind(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    WORD = auto()
    """A word or a phrase in quotes."""
    FIELD = auto()
    """`name`, `operator` and `value`."""
    SYNONYM = auto()
    """`~b`; the value is the next word, if it takes one."""
    END = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What stands behind an operator, or a word."""

    raw: str
    """As typed, without its quotes."""
    at: int
    """Where `raw` begins."""
    quoted: bool

    @property
    def text(self) -> str:
        """What is meant: inside quotes a backslash stands before a quote or a backslash."""
        return _UNQUOTED_ESCAPE.sub(r"\1", self.raw) if self.quoted else self.raw

    @property
    def pattern(self) -> str:
        """What is meant as a regular expression: of backslashes only those before quotes go."""
        return self.raw.replace('\\"', '"') if self.quoted else self.raw

    def place(self, at: int) -> int:
        """Where in the filter the character `at` of `pattern` stands."""
        begun = 0
        while self.quoted and begun < at and (found := self.raw.find('\\"', begun)) >= 0:
            if found >= at:
                break
            at, begun = at + 1, found + 2
        return self.at + at


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One part of the text."""

    kind: Kind
    at: int
    name: str = ""
    operator: str = ""
    operator_at: int = 0
    value: Value | None = None


def quoted(text: str) -> str:
    """A text as a filter's value that means exactly it."""
    if _BARE.fullmatch(text):
        return text
    return '"' + _QUOTED_SIGN.sub(r"\\\g<0>", text) + '"'


def plain(text: str) -> str:
    """The text with every lone surrogate as U+FFFD, of the same length: SQLite holds none."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


class Lexer:
    """Reads one text from left to right."""

    def __init__(self, text: str, synonyms_with_value: frozenset[str]) -> None:
        self.text = plain(text)
        self.at = 0
        self._with_value = synonyms_with_value

    def tokens(self) -> list[Token]:
        """All of them, END last.

        Raises:
            FilterError: a quote is not closed, a minus stands alone, or a synonym lacks its word.
        """
        found: list[Token] = []
        while True:
            self._skip()
            found.append(self._next())
            if found[-1].kind is Kind.END:
                return found

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _next(self) -> Token:
        text, at = self.text, self.at
        sign = text[at : at + 1]
        if not sign:
            return Token(kind=Kind.END, at=at)
        if sign in "()":
            self.at += 1
            return Token(kind=Kind.OPEN if sign == "(" else Kind.CLOSE, at=at)
        if match := _SIGN.match(text, at):
            self.at = match.end()
            return Token(kind=Kind.AND if sign == "&" else Kind.OR, at=at)
        if sign in "!-":
            self.at += 1
            if sign == "-" and (self.at == len(text) or text[self.at].isspace()):
                raise FilterError(at, "what is left out follows the minus at once: -is:replay")
            return Token(kind=Kind.NOT, at=at)
        if sign == "~":
            return self._synonym()
        return self._field() or self._word()

    def _synonym(self) -> Token:
        at = self.at
        match = _SYNONYM.match(self.text, at)
        name = match[0] if match else "~"
        self.at += len(name)
        if name not in self._with_value:
            return Token(kind=Kind.SYNONYM, at=at, name=name)
        self._skip()
        value = self._value()
        if not value.raw:
            raise FilterError(value.at, f"a word is wanted here, behind {name}")
        return Token(kind=Kind.SYNONYM, at=at, name=name, value=value)

    def _field(self) -> Token | None:
        match = _FIELD.match(self.text, self.at)
        # A URL is a word.
        if match is None or self.text.startswith("://", match.start("operator")):
            return None
        operator = "=" if match["operator"] == "==" else match["operator"]
        self.at = match.end()
        return Token(
            kind=Kind.FIELD,
            at=match.start(),
            name=match["name"],
            operator=operator,
            operator_at=match.start("operator"),
            value=self._value(),
        )

    def _word(self) -> Token:
        value = self._value(word=True)
        name = "" if value.quoted else _WORDS.get(value.raw.lower(), "")
        kind = Kind[name] if name and value.raw in (name, name.lower()) else Kind.WORD
        return Token(kind=kind, at=value.at, value=value)

    def _value(self, *, word: bool = False) -> Value:
        """A text in quotes, or all up to a blank or a parenthesis that closes an outer one."""
        text, begin = self.text, self.at
        if text[begin : begin + 1] == '"':
            match = _QUOTED.match(text, begin)
            if match is None:
                raise FilterError(begin, 'a closing " is wanted for this one')
            self.at = match.end()
            return Value(raw=match[1], at=match.start(1), quoted=True)
        depth = 0
        while self.at < len(text):
            sign = text[self.at]
            if sign.isspace() or (sign == ")" and not depth):
                break
            if sign == "(" and word and text[begin : self.at].lower() in _WORDS:
                break
            depth += (sign == "(") - (sign == ")")
            # In a regular expression a backslash takes the meaning from a parenthesis.
            self.at += 2 if sign == "\\" and text[self.at + 1 : self.at + 2] in ("(", ")") else 1
        return Value(raw=text[begin : self.at], at=begin, quoted=False)
