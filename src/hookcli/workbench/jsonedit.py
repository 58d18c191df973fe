"""Set and unset one value of a JSON text; every byte outside it stays as it was sent."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby

from hookcli.workbench.jsonpath import Path
from hookcli.workbench.jsonspans import (
    JsonError,
    Member,
    chain,
    is_container,
    members,
    root,
    step_in,
)
from hookcli.workbench.splices import Splice

_COLON = re.compile(rb'"([ \t\r\n]*+:[ \t\r\n]*+)')


class NoSuchPathError(LookupError):
    """The path ends early: `known` exists, and `within` are the keys (or places) found there."""

    def __init__(self, path: Path, known: Path, within: Sequence[str | int]) -> None:
        super().__init__(path)
        self.path = path
        self.known = known
        self.within = tuple(within)


def setting(data: bytes, path: Path, value: bytes) -> Splice:
    """The change that puts the JSON text `value` at `path`.

    A key that is missing only at the end of the path is added behind its neighbours and in their
    style, as is the place behind the last of a list; NoSuchPathError for any other missing step.
    """
    found = chain(data, path)
    if len(found) == len(path) + 1:
        return Splice(found[-1].start, found[-1].end, value)
    here = found[-1]
    if len(found) < len(path) or not is_container(data, here.start):
        raise _missing(data, path, found)
    inside = list(members(data, here.start))
    keyed = data[here.start : here.start + 1] == b"{"
    step = step_in(data, here.start, path[-1])
    if isinstance(step, str) != keyed or (isinstance(step, int) and step != len(inside)):
        raise _missing(data, path, found)
    key = quote(step, data) if isinstance(step, str) else None
    return _added(data, here.start, inside, key, value)


def unsetting(data: bytes, path: Path) -> list[Splice]:
    """The changes that remove the value at `path` with its key and one comma; repeats go too."""
    found = chain(data, path)
    if len(found) < len(path) + 1 or not path:
        raise _missing(data, path, found)
    at = found[-2].start
    inside = list(members(data, at))
    changes: list[Splice] = []
    kept_to = at + 1
    place = 0
    for gone, run in groupby(inside, lambda member: member.key == found[-1].key):
        group = list(run)
        place += len(group)
        if not gone:
            kept_to = group[-1].end
        elif place < len(inside):
            changes.append(Splice(group[0].key_start, inside[place].key_start, b""))
        else:
            changes.append(Splice(kept_to, group[-1].end, b""))
    return changes


def quote(text: str, beside: bytes) -> bytes:
    """The JSON string for `text`, with non-ASCII characters escaped where `beside` escapes them."""
    escape = b"\\u" in beside or any("\ud800" <= character <= "\udfff" for character in text)
    return json.dumps(text, ensure_ascii=escape).encode()


def _added(
    data: bytes, at: int, inside: Sequence[Member], key: bytes | None, value: bytes
) -> Splice:
    item = value if key is None else key + _colon(data, inside) + value
    if not inside:
        # The blanks of an empty container go on both sides: `{ }` becomes `{ "a": 1 }`.
        return Splice(at + 1, at + 1, _blanks(data, at + 1) + item)
    last = inside[-1]
    return Splice(last.end, last.end, _separator(data, at, inside) + item)


def _blanks(data: bytes, at: int) -> bytes:
    end = at
    while data[end : end + 1] in (b" ", b"\t", b"\r", b"\n"):
        end += 1
    return data[at:end]


def _separator(data: bytes, at: int, inside: Sequence[Member]) -> bytes:
    if len(inside) > 1:
        return data[inside[-2].end : inside[-1].key_start]
    lead = data[at + 1 : inside[0].key_start]
    if b"\n" in lead:
        return b"," + lead
    return b", " if lead or b" " in _colon(data, inside) else b","


def _colon(data: bytes, inside: Sequence[Member]) -> bytes:
    if inside and isinstance(inside[-1].key, str):
        return data[inside[-1].key_end : inside[-1].start]
    match = _COLON.search(data)
    return match[1] if match else b":"


def _missing(data: bytes, path: Path, found: Sequence[Member]) -> NoSuchPathError:
    here = found[-1].start
    within: list[str | int] = []
    if is_container(data, here):
        with suppress(JsonError):  # What stands before the fault is all there is to offer.
            within.extend(member.key for member in members(data, here))
    return NoSuchPathError(path, tuple(member.key for member in found[1:]), within)


def is_json(data: bytes) -> bool:
    """Whether `data` begins like an object or a list and its brackets close."""
    try:
        return is_container(data, root(data).start)
    except JsonError:
        return False
