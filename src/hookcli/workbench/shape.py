"""The shape of JSON bodies: which fields there are, of which types, and in how many of how many seen.

Shapes add up: that of two sets of bodies is that of both together, in whatever order they are learnt.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hookcli.workbench.jsonpath import write

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MOST_FIELDS = 500
"""Fields of one object that are told apart; with more, its keys are data, not names."""
DEEPEST = 64

Step = str | int


@dataclass(slots=True)
class Shape:
    """What stands, or may stand, at one place."""

    types: Counter[str] = field(default_factory=Counter)
    """How often each JSON type stood here; `integer` apart from `number`."""
    fields: dict[str, "Shape"] = field(default_factory=dict)
    """Of the objects that stood here; none once they are maps."""
    values: "Shape | None" = None
    """Of all values of the objects that stood here, together: they had too many keys for names."""
    items: "Shape | None" = None
    """Of all elements of the arrays that stood here, together."""

    @property
    def seen(self) -> int:
        """How many values stood here."""
        return self.types.total()

    def required(self) -> list[str]:
        """The fields that every object had."""
        count = self.types["object"]
        return [name for name, one in self.fields.items() if one.seen == count]


def of(value: object, depth: int = 0) -> Shape:
    """The shape of one parsed JSON value."""
    shape = Shape(types=Counter({_type(value): 1}))
    if depth >= DEEPEST:
        return shape
    if isinstance(value, Mapping):
        shape.fields = {str(name): of(one, depth + 1) for name, one in value.items()}
        _settle(shape)
    elif isinstance(value, list) and value:
        shape.items = Shape()
        for one in value:
            shape.items = merged(shape.items, of(one, depth + 1))
    return shape


def merged(a: Shape, b: Shape) -> Shape:
    """The shape of what both were learnt from."""
    names = dict.fromkeys((*a.fields, *b.fields))
    shape = Shape(
        types=a.types + b.types,
        fields={name: _both(a.fields.get(name), b.fields.get(name)) for name in names},
        values=None if a.values is None and b.values is None else _both(a.values, b.values),
        items=None if a.items is None and b.items is None else _both(a.items, b.items),
    )
    _settle(shape)
    return shape


def _settle(shape: Shape) -> None:
    """Keep what stands under too many keys as one, so that a shape is as large as what is regular in it."""
    if shape.values is None and len(shape.fields) <= MOST_FIELDS:
        return
    for one in shape.fields.values():
        shape.values = _both(shape.values, one)
    shape.fields = {}


def _both(a: Shape | None, b: Shape | None) -> Shape:
    if a is None or b is None:
        return a or b or Shape()
    return merged(a, b)


def _type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def read(body: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("too deep") from None


# As JSON Schema


def schema(shape: Shape, *, title: str = "") -> dict[str, Any]:
    """The JSON Schema of a shape: everything that was seen passes.

    A field is required when every object had it; `x-seen` says how many there were of those that it
    could have stood in, so that seldom and never missing are told apart.
    """
    head = {"$schema": DRAFT} | ({"title": title} if title else {})
    return head | _node(shape) | {"x-seen": shape.seen}


def _node(shape: Shape) -> dict[str, Any]:
    types = set(shape.types)
    if "number" in types:
        types.discard("integer")
    names = sorted(types, key=lambda one: (one == "null", one))
    made: dict[str, Any] = {"type": names[0] if len(names) == 1 else names} if names else {}
    if shape.values is not None:
        made["additionalProperties"] = _node(shape.values)
    elif "object" in types:
        made["properties"] = {
            name: _node(one) | {"x-seen": one.seen} for name, one in shape.fields.items()
        }
        if required := shape.required():
            made["required"] = required
    if shape.items is not None:
        made["items"] = _node(shape.items)
    return made


# What is new


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One place where a body is not as those before it."""

    path: tuple[Step, ...]
    """Elements of arrays and values of maps are not told apart: their step is left out."""
    kind: str
    """`new`, `gone` or `type`."""
    was: str = ""
    now: str = ""

    def __str__(self) -> str:
        """`+data.tax`, `-data.vat`, `data.amount integer → string`."""
        where = write(self.path)
        if self.kind == "type":
            return f"{where} {self.was} → {self.now}"
        return ("+" if self.kind == "new" else "-") + where


def drift(known: Shape, value: object) -> list[Drift]:
    """What is new in a body against a shape, each once, in the order of the body."""
    return list(dict.fromkeys(_drift(known, value, ())))


def _drift(known: Shape, value: object, path: tuple[Step, ...]) -> Iterator[Drift]:
    now = _type(value)
    if now not in known.types and not (now == "integer" and "number" in known.types):
        if known.seen:
            was = "|".join(sorted(known.types))
            yield Drift(path=path, kind="type", was=was, now=now)
        return
    if isinstance(value, Mapping) and known.values is not None:
        for one in value.values():
            yield from _drift(known.values, one, path)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            if (shape := known.fields.get(str(name))) is None:
                yield Drift(path=(*path, str(name)), kind="new")
            else:
                yield from _drift(shape, one, (*path, str(name)))
        for name in known.required():
            if name not in value:
                yield Drift(path=(*path, name), kind="gone")
    elif isinstance(value, list) and known.items is not None:
        for one in value:
            yield from _drift(known.items, one, path)
