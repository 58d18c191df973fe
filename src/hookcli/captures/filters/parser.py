"""From text to filter: `and` between terms, `or`, `not`, parentheses."""

from hookcli.captures.filters import contents, synonyms
from hookcli.captures.filters.asked import Asked
from hookcli.captures.filters.fields import condition
from hookcli.captures.filters.lexer import FilterError, Kind, Lexer, Token
from hookcli.captures.filters.nodes import EVERYTHING, And, Filter, Node, Not, Or

_MOST_TERMS, _MOST_DEEP = 200, 50
"""SQLite reads no expression that is deeper than 1000."""

_TERM_WANTED = "a word or a field is wanted here: refund, status:5xx"


def parse(text: str, *, now: int) -> Filter:
    """The filter; one without a word passes everything. `now` in µs since the epoch.

    Raises:
        FilterError: it cannot be understood; the error says where and what is wanted there.
    """
    tokens = Lexer(text, synonyms.WITH_VALUE).tokens()
    if tokens[0].kind is Kind.END:
        return Filter(text, EVERYTHING)
    return Filter(text, _Parser(tokens, now).whole())


class _Parser:
    """One token after the other."""

    def __init__(self, tokens: list[Token], now: int) -> None:
        self._tokens = tokens
        self._now = now
        self._at = 0
        self._terms = 0
        self._deep = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _took(self, kind: Kind) -> bool:
        if self._token.kind is not kind:
            return False
        self._at += 1
        return True

    def whole(self) -> Node:
        """All tokens."""
        node = self._either()
        if self._token.kind is Kind.CLOSE:
            raise FilterError(self._token.at, "no ( is open that this one could close")
        return node

    def _either(self) -> Node:
        parts = [self._all()]
        while self._took(Kind.OR):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(parts)

    def _all(self) -> Node:
        parts = [self._not()]
        while self._token.kind not in (Kind.OR, Kind.CLOSE, Kind.END):
            self._took(Kind.AND)
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(parts)

    def _not(self) -> Node:
        turned = False
        while self._took(Kind.NOT):
            turned = not turned
        node = self._one()
        return Not(node) if turned else node

    def _one(self) -> Node:
        token = self._token
        if token.kind is Kind.OPEN:
            return self._group()
        if token.kind not in (Kind.WORD, Kind.FIELD, Kind.SYNONYM):
            raise FilterError(token.at, _TERM_WANTED)
        self._at += 1
        self._terms += 1
        if self._terms > _MOST_TERMS:
            raise FilterError(token.at, f"a filter of at most {_MOST_TERMS} terms is wanted")
        return self._term(token)

    def _group(self) -> Node:
        opened = self._token.at
        self._at += 1
        self._deep += 1
        if self._deep > _MOST_DEEP:
            raise FilterError(opened, f"at most {_MOST_DEEP} parentheses within another are wanted")
        node = self._either()
        if not self._took(Kind.CLOSE):
            raise FilterError(self._token.at, "a ) is wanted here")
        self._deep -= 1
        return node

    def _term(self, token: Token) -> Node:
        if token.kind is Kind.SYNONYM:
            return synonyms.condition(token)
        assert token.value is not None  # noqa: S101 - the lexer gives one to both others
        if token.kind is Kind.WORD:
            return contents.anywhere(token.value.text)
        return condition(
            Asked(
                name=token.name,
                at=token.at,
                operator=token.operator,
                operator_at=token.operator_at,
                value=token.value,
                now=self._now,
            )
        )
