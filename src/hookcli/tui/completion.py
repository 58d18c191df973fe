"""What may come next in a filter: fields, their values, values seen; pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hookcli.captures.filters import FIELDS, NUMBERS, VALUES, quoted
from hookcli.tui.rows import Row

MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One way the word at the caret may go on."""

    text: str
    """What replaces the word."""
    note: str = ""


def word_at(text: str, caret: int) -> tuple[int, str]:
    """Where the word that ends at the caret begins, and the word."""
    start = caret
    while start > 0 and text[start - 1] not in ' ()"':
        start -= 1
    return start, text[start:caret]


def proposals(word: str, seen: Iterable[Row]) -> list[Proposal]:
    """Proposals for a word; `seen` gives the values that are really there."""
    minus = "-" if word.startswith("-") else ""
    word = word.removeprefix("-")
    field, colon, begun = word.partition(":")
    if not colon:
        if not word:
            return []
        found = [Proposal(text=minus + _ending(name), note=note) for name, note in FIELDS.items()
                 if name.startswith(word.lower()) and name != word]  # fmt: skip
        return found[:MOST]
    return [
        Proposal(text=f"{minus}{field}:{value}", note=note)
        for value, note in _values(field, begun, seen)
        if value != begun
    ][:MOST]


def unfinished(text: str) -> bool:
    """Whether the last word may become the name of a field."""
    _, word = word_at(text, len(text))
    return bool(word) and any(name.startswith(word.removeprefix("-").lower()) for name in FIELDS)


def _ending(name: str) -> str:
    return name if name.endswith(".") or name in NUMBERS else f"{name}:"


def _values(field: str, begun: str, seen: Iterable[Row]) -> list[tuple[str, str]]:
    low = begun.lower()
    if field in VALUES:
        return [(value, "") for value in VALUES[field] if value.lower().startswith(low)]
    counted = Counter(_of(field, seen))
    return [
        (quoted(value), str(count))
        for value, count in counted.most_common(200)
        if value and low in value.lower()
    ]


def _of(field: str, seen: Iterable[Row]) -> Iterable[str]:
    """What is in this field of all that was seen; of a hundred thousand in the time of a key."""
    if field == "type":
        return (row.event for row in seen)
    if field == "source":
        return (row.source for row in seen)
    if field == "path":
        return (row.path.partition("?")[0] for row in seen)
    if field == "tag":
        return (tag for row in seen for tag in row.tags)
    if field == "endpoint":
        return (row.endpoint for row in seen)
    return ()
