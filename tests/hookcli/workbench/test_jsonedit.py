"""An edit of a JSON text changes the value it names, and no other byte."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hookcli.workbench import jsonedit
from hookcli.workbench.jsonedit import NoSuchPathError
from hookcli.workbench.jsonpath import Path, parse
from hookcli.workbench.jsonspans import find
from hookcli.workbench.splices import splice
from tests.hookcli.workbench.strategies import DOCUMENTS, JSON_TEXTS, KEYS, load
from tests.hookcli.workbench.test_jsonspans import paths


def set_(data: bytes, path: Path, value: bytes) -> bytes:
    return splice(data, [jsonedit.setting(data, path, value)])


def unset(data: bytes, path: Path) -> bytes:
    return splice(data, jsonedit.unsetting(data, path))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


@st.composite
def documents_and_paths(draw: st.DrawFn) -> tuple[bytes, Path]:
    data = draw(DOCUMENTS)
    return data, draw(st.sampled_from([path for path, _ in paths(load(data))]))


@given(documents_and_paths(), JSON_TEXTS.map(str.encode))
def test_a_set_value_is_read_back_and_the_rest_is_byte_identical(
    chosen: tuple[bytes, Path], value: bytes
) -> None:
    data, path = chosen
    old = find(data, path)
    assert old is not None
    after = set_(data, path, value)
    assert at(load(after), path) == load(value)
    assert after == data[: old.start] + value + data[old.end :]
    assert set_(after, path, data[old.start : old.end]) == data


@given(documents_and_paths(), KEYS, JSON_TEXTS.map(str.encode))
def test_an_added_key_is_read_back_and_taking_it_away_restores_every_byte(
    chosen: tuple[bytes, Path], key: str, value: bytes
) -> None:
    data, path = chosen
    inside = at(load(data), path)
    assume(isinstance(inside, list | dict))
    step = len(inside) if isinstance(inside, list) else key
    assume(isinstance(inside, list) or key not in inside)
    after = set_(data, (*path, step), value)
    assert at(load(after), (*path, step)) == load(value)
    assert unset(after, (*path, step)) == data


@given(documents_and_paths())
def test_an_unset_value_is_gone_and_nothing_else(chosen: tuple[bytes, Path]) -> None:
    data, path = chosen
    assume(path)
    wanted = load(data)
    holder = at(wanted, path[:-1])
    del holder[path[-1]]
    assert load(unset(data, path)) == wanted


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ('{"a":1}', "b", '{"a":1,"b":0}'),
        ('{"a": 1}', "b", '{"a": 1, "b": 0}'),
        ('{"a": 1,  "b": 2}', "c", '{"a": 1,  "b": 2,  "c": 0}'),
        ('{\n  "a" : 1\n}', "b", '{\n  "a" : 1,\n  "b" : 0\n}'),
        ('{ "a": 1 }', "b", '{ "a": 1, "b": 0 }'),
        ('{"a": {}}', "a.b", '{"a": {"b": 0}}'),
        ('{"a":{ }}', "a.b", '{"a":{ "b":0 }}'),
        ("[1, 2]", "[2]", "[1, 2, 0]"),
        ("[1,2]", "$.2", "[1,2,0]"),
        ("[]", "[0]", "[0]"),
        ('{"a":"\\u65e5"}', '"é"', '{"a":"\\u65e5","\\u00e9":0}'),
        ('{"a":"日"}', '"é"', '{"a":"日","é":0}'),
    ],
)
def test_what_is_added_is_written_like_its_neighbours(before: str, path: str, after: str) -> None:
    assert set_(before.encode(), parse(path), b"0").decode() == after


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ('{"a":1,"b":2,"c":3}', "b", '{"a":1,"c":3}'),
        ('{"a":1, "b":2, "c":3}', "c", '{"a":1, "b":2}'),
        ('{"a":1, "b":2}', "a", '{"b":2}'),
        ('{ "a": 1 }', "a", "{ }"),
        ('{"a":1,"b":2,"a":3}', "a", '{"b":2}'),
        ('{"a":1,"a":2}', "a", "{}"),
        ("[1, 2, 3]", "[1]", "[1, 3]"),
    ],
)
def test_a_removed_value_takes_one_comma_with_it(before: str, path: str, after: str) -> None:
    assert unset(before.encode(), parse(path)).decode() == after


@pytest.mark.parametrize(
    ("path", "known", "within"),
    [
        ("data.objct.id", ("data",), ("object", "lines")),
        ("data.lines[5]", ("data", "lines"), (0,)),
        ("data.lines.x", ("data", "lines"), (0,)),
        ("data.object.id.deep", ("data", "object", "id"), ()),
        ("[0]", (), ("data",)),
    ],
)
def test_a_missing_step_names_what_is_there(path: str, known: Path, within: Path) -> None:
    data = b'{"data": {"object": {"id": "x"}, "lines": [1]}}'
    with pytest.raises(NoSuchPathError) as caught:
        set_(data, parse(path), b"1")
    assert (caught.value.known, caught.value.within) == (known, within)


def test_the_whole_text_can_be_set_but_not_unset() -> None:
    assert set_(b' {"a":1}\n', (), b"[]") == b" []\n"
    with pytest.raises(NoSuchPathError):
        unset(b"{}", ())
