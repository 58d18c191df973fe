"""Replacements at byte offsets: how an edit changes what it names and nothing beside it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """The bytes from `start` up to `end` become `new`."""

    start: int
    end: int
    new: bytes


def splice(data: bytes, changes: Iterable[Splice]) -> bytes:
    """`data` with all changes made; they do not overlap, and their offsets refer to `data`."""
    parts: list[bytes] = []
    at = 0
    for change in sorted(changes):
        parts += (data[at : change.start], change.new)
        at = change.end
    parts.append(data[at:])
    return b"".join(parts)
