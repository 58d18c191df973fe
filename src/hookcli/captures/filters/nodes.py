"""What a filter is made of: terms with `and`, `or`, `not`. Each is run in SQL and in Python alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from hookcli.captures.filters.compared import Sql
from hookcli.captures.filters.functions import FUNCTIONS
from hookcli.captures.model import Attempt, Capture, DeliveryState

COLUMN, FUNCTION, LOOKUP, HEADERS, BODY, ANSWER = range(6)
"""What running a term costs: a column, our code on a column, another table, what is large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A capture with all that a filter asks about, for one that the store does not hold yet."""

    capture: Capture
    body: bytes = b""
    attempts: Sequence[Attempt] = ()
    """The first one first."""
    state: DeliveryState | None = None
    """None for what has just arrived: it is about to be delivered, so it counts as pending."""
    dup: bool = False
    """Whether it repeats an event that came before."""

    @property
    def last(self) -> Attempt | None:
        """The latest attempt."""
        return self.attempts[-1] if self.attempts else None


class Node(Protocol):
    """A part of a filter."""

    @property
    def cost(self) -> int:
        """One of the costs above."""
        ...

    def sql(self) -> Sql:
        """The part as SQL over `captures c`, never NULL."""
        ...

    def matches(self, subject: Subject) -> bool:
        """The same in Python."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition, in both forms."""

    where: str
    values: tuple[object, ...] = ()
    test: Callable[[Subject], bool]
    cost: int = COLUMN

    def sql(self) -> Sql:
        """As `Node`."""
        return self.where, self.values

    def matches(self, subject: Subject) -> bool:
        """As `Node`."""
        return self.test(subject)


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not match."""

    part: Node

    @property
    def cost(self) -> int:
        """As `Node`."""
        return self.part.cost

    def sql(self) -> Sql:
        """As `Node`."""
        where, values = self.part.sql()
        return f"NOT ({where})", values

    def matches(self, subject: Subject) -> bool:
        """As `Node`."""
        return not self.part.matches(subject)


@dataclass(frozen=True)
class _Several:
    """Parts, the cheap ones first: what they decide, the others are not asked."""

    given: Sequence[Node]

    @cached_property
    def parts(self) -> list[Node]:
        """In the order in which they are asked."""
        return sorted(self.given, key=lambda part: part.cost)

    @property
    def cost(self) -> int:
        """The highest of the parts."""
        return max(part.cost for part in self.parts)

    def _joined(self, word: str) -> Sql:
        made = [part.sql() for part in self.parts]
        where = f" {word} ".join(where for where, _ in made)
        return f"({where})", tuple(value for _, values in made for value in values)


class And(_Several):
    """What all parts match."""

    def sql(self) -> Sql:
        """As `Node`."""
        return self._joined("AND")

    def matches(self, subject: Subject) -> bool:
        """As `Node`."""
        return all(part.matches(subject) for part in self.parts)


class Or(_Several):
    """What one of the parts matches."""

    def sql(self) -> Sql:
        """As `Node`."""
        return self._joined("OR")

    def matches(self, subject: Subject) -> bool:
        """As `Node`."""
        return any(part.matches(subject) for part in self.parts)


EVERYTHING = Term(where="1", test=lambda _: True)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood."""

    text: str
    """As it was typed."""
    root: Node = field(repr=False, compare=False)

    @property
    def functions(self) -> Mapping[str, tuple[int, Callable[..., Any]]]:
        """SQL functions that `where` may call: how many arguments each takes, and its code.

        They are the same for every filter, so a connection needs them once.
        """
        return FUNCTIONS

    def where(self) -> Sql:
        """A boolean expression over `captures c` and its parameters."""
        return self.root.sql()

    def matches(self, subject: Subject) -> bool:
        """Whether a capture passes; the same answer as `where` gives once it is stored."""
        return self.root.matches(subject)
