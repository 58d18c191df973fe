"""Where two bodies differ: by path, by field, by line or by byte, whichever they allow."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import zip_longest

from hookcli.wire.headers import Headers
from hookcli.workbench import formtext, media
from hookcli.workbench.jsonpath import Path
from hookcli.workbench.jsonspans import JsonError, Member, is_container, members, root, unquote

MAX_DEPTH = 100
"""Deeper values are compared as a whole."""
_MOST_CELLS = 4_000_000
_MOST_RANGES = 64
_BLOCK = 4096

Found = tuple[Path, bytes | None, bytes | None]
"""Where, what stood there before and what stands there after; None for what is absent."""


class How(StrEnum):
    """By what two bodies were compared."""

    PATH = "path"
    FIELD = "field"
    LINE = "line"
    BYTE = "byte"


def bodies(a: bytes, a_headers: Headers, b: bytes, b_headers: Headers) -> tuple[How, list[Found]]:
    """How the two were compared, and what differs, in the order of the first."""
    kinds = {media.kind(a_headers, a), media.kind(b_headers, b)} - {media.Kind.EMPTY}
    if kinds == {media.Kind.JSON} and a and b:
        try:
            return How.PATH, list(json_values(a, b))
        except JsonError:
            kinds = {
                media.Kind.TEXT if media.is_text(a) and media.is_text(b) else media.Kind.BINARY
            }
    if kinds == {media.Kind.FORM}:
        return How.FIELD, list(form_fields(a, b))
    if media.Kind.BINARY in kinds or not (media.is_text(a) and media.is_text(b)):
        return How.BYTE, [
            ((start,), a[start:end_a], b[start:end_b]) for start, end_a, end_b in byte_ranges(a, b)
        ]
    return How.LINE, list(_line_blocks(a, b))


def json_values(a: bytes, b: bytes) -> Iterator[Found]:
    """The highest values that differ; blanks and key order do not count, number spelling does.

    JsonError if one of them is no JSON.
    """
    pairs: list[tuple[Path, Member | None, Member | None]] = [((), root(a), root(b))]
    while pairs:
        path, one, other = pairs.pop()
        before, after = _cut(a, one), _cut(b, other)
        if before == after:
            continue
        if one is None or other is None or before is None or after is None:
            yield path, before, after
        elif len(path) < MAX_DEPTH and before[:1] == after[:1] and is_container(a, one.start):
            inner = list(_paired(a, one, b, other))
            pairs += (((*path, key), left, right) for key, left, right in reversed(inner))
        elif not _same_string(before, after):
            yield path, before, after


def form_fields(a: bytes, b: bytes) -> Iterator[Found]:
    """The fields that differ, decoded; inside a field that holds JSON, its values."""
    for path, before, after in pairs_by_name(_form_pairs(a), _form_pairs(b)):
        if (
            before is not None
            and after is not None
            and before[:1] == after[:1]
            and before[:1] in (b"{", b"[")
        ):
            try:
                yield from (
                    ((*path, *inner), left, right)
                    for inner, left, right in json_values(before, after)
                )
                continue
            except JsonError:
                pass
        yield path, before, after


def pairs_by_name(
    a: Sequence[tuple[str, bytes]], b: Sequence[tuple[str, bytes]]
) -> Iterator[Found]:
    """Named values that differ; of repeated names the first is compared with the first."""
    ours, theirs = _grouped(a), _grouped(b)
    for name in dict.fromkeys((*ours, *theirs)):
        several = max(len(ours[name]), len(theirs[name])) > 1
        for at, (before, after) in enumerate(zip_longest(ours[name], theirs[name])):
            if before != after:
                yield ((name, at) if several else (name,)), before, after


def byte_ranges(a: bytes, b: bytes) -> list[tuple[int, int, int]]:
    """Where bytes differ, as (start, end in a, end in b); at most 64 ranges, the last open-ended.

    Of different lengths, all between the common beginning and the common end differs.
    """
    if a == b:
        return []
    if len(a) != len(b):
        head = _common(a, b)
        tail = _common_end(a[head:], b[head:])
        return [(head, len(a) - tail, len(b) - tail)]
    ranges: list[tuple[int, int, int]] = []
    for block in range(0, len(a), _BLOCK):
        if a[block : block + _BLOCK] != b[block : block + _BLOCK]:
            for at in range(block, min(block + _BLOCK, len(a))):
                if a[at] == b[at]:
                    continue
                if ranges and ranges[-1][1] == at:
                    ranges[-1] = (ranges[-1][0], at + 1, at + 1)
                elif len(ranges) == _MOST_RANGES:
                    end = len(a) - _common_end(a, b)
                    return [*ranges[:-1], (ranges[-1][0], end, end)]
                else:
                    ranges.append((at, at + 1, at + 1))
    return ranges


def line_changes(a: Sequence[bytes], b: Sequence[bytes]) -> Iterator[tuple[int, int, int, int]]:
    """The blocks of lines that differ, as (start, end) in a and (start, end) in b, from 0.

    Where the differing middles are too large to be aligned in reasonable time they are one block.
    """
    from difflib import SequenceMatcher

    head = _common(a, b)
    tail = _common_end(a[head:], b[head:])
    left, right = a[head : len(a) - tail], b[head : len(b) - tail]
    if not left and not right:
        return
    if len(left) * len(right) > _MOST_CELLS:
        yield head, len(a) - tail, head, len(b) - tail
        return
    for tag, i, j, k, m in SequenceMatcher(None, left, right).get_opcodes():
        if tag != "equal":
            yield head + i, head + j, head + k, head + m


def _line_blocks(a: bytes, b: bytes) -> Iterator[Found]:
    ours, theirs = a.splitlines(keepends=True), b.splitlines(keepends=True)
    for i, j, k, m in line_changes(ours, theirs):
        yield (i,), b"".join(ours[i:j]) if j > i else None, b"".join(theirs[k:m]) if m > k else None


def _paired(
    a: bytes, one: Member, b: bytes, other: Member
) -> Iterator[tuple[str | int, Member | None, Member | None]]:
    ours: dict[str | int, list[Member]] = defaultdict(list)
    theirs: dict[str | int, list[Member]] = defaultdict(list)
    for member in members(a, one.start):
        ours[member.key].append(member)
    for member in members(b, other.start):
        theirs[member.key].append(member)
    for key in dict.fromkeys((*ours, *theirs)):
        for left, right in zip_longest(ours.get(key, []), theirs.get(key, [])):
            yield key, left, right


def _cut(data: bytes, member: Member | None) -> bytes | None:
    return None if member is None else data[member.start : member.end]


def _same_string(a: bytes, b: bytes) -> bool:
    return a[:1] == b[:1] == b'"' and unquote(a) == unquote(b)


def _form_pairs(text: bytes) -> list[tuple[str, bytes]]:
    return [
        (field.name, formtext.decode(text[field.start : field.end]))
        for field in formtext.fields(text)
    ]


def _grouped(pairs: Sequence[tuple[str, bytes]]) -> dict[str, list[bytes]]:
    grouped: dict[str, list[bytes]] = defaultdict(list)
    for name, value in pairs:
        grouped[name].append(value)
    return grouped


def _common(a: Sequence[object], b: Sequence[object]) -> int:
    """How much of the beginnings is equal."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(a: Sequence[object], b: Sequence[object]) -> int:
    return _common(a[::-1], b[::-1])
