"""The scanner finds what a parser finds, and keeps its footing on anything."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.workbench.jsonpath import Path
from hookcli.workbench.jsonspans import JsonError, chain, find, is_container, members, root
from tests.hookcli.workbench.strategies import DOCUMENTS, load


def paths(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from paths(inner, (*path, key))


@given(DOCUMENTS)
def test_every_value_lies_where_the_scanner_says(data: bytes) -> None:
    for path, value in paths(load(data)):
        found = find(data, path)
        assert found is not None
        assert load(data[found.start : found.end]) == value


@given(DOCUMENTS)
def test_members_are_what_a_parser_sees_with_repeats(data: bytes) -> None:
    top = root(data)
    if not is_container(data, top.start):
        return
    seen = list(members(data, top.start))
    pairs = json.loads(data, object_pairs_hook=list, parse_int=str, parse_float=str)
    keyed = data[top.start : top.start + 1] == b"{"
    assert [member.key for member in seen] == (
        [key for key, _ in pairs] if keyed else list(range(len(pairs)))
    )
    if keyed:
        for member in seen:
            assert json.loads(data[member.key_start : member.key_end]) == member.key


@given(
    st.binary() | st.text(alphabet='{}[]",:\\ 1a\n').map(str.encode),
    st.lists(st.sampled_from(["a", "", 0, 1])),
)
def test_anything_is_scanned_or_refused_in_the_documented_way(
    data: bytes, path: list[str | int]
) -> None:
    try:
        found = chain(data, tuple(path))
    except JsonError:
        return
    assert all(0 <= one.start < one.end <= len(data) for one in found)


def test_what_stands_before_a_fault_is_found() -> None:
    data = b'{"a": {"b": 1}, "c": [1, 2}, broken'
    with pytest.raises(JsonError):
        root(data)
    assert [member.key for member in _until_fault(data)] == ["a", "c"]


def test_a_fault_beside_the_path_does_not_matter() -> None:
    data = b'{"bad": {oops: 1e}, "good": [ 1.50 ]}'
    found = find(data, ("good", 0))
    assert found is not None
    assert data[found.start : found.end] == b"1.50"


def test_of_a_repeated_key_the_last_counts() -> None:
    data = b'{"a": 1, "a": 2}'
    found = find(data, ("a",))
    assert found is not None
    assert data[found.start : found.end] == b"2"


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"a":' * 100_000, b'["' + b'\\"' * 200_000])
def test_a_hostile_text_is_refused_without_recursion(data: bytes) -> None:
    with pytest.raises(JsonError):
        find(data, ("a", "a"))


def _until_fault(data: bytes) -> Iterator[Any]:
    try:
        yield from members(data, 0)
    except JsonError:
        return
