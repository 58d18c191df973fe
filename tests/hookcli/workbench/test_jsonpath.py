"""Paths: what is written is read again, and what is no path is told."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.errors import UsageError
from hookcli.workbench import jsonpath
from hookcli.workbench.jsonpath import Path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("data.object.id", ("data", "object", "id")),
        ("lines[0].id", ("lines", 0, "id")),
        ('"a.b".c', ("a.b", "c")),
        ('x."a\\"b"', ("x", 'a"b')),
        ("$", ()),
        ("$.data", ("data",)),
        ("$[2]", (2,)),
        ("[2][3]", (2, 3)),
        ("$cost", ("$cost",)),
        ("user[name]", ("user", "name")),
        ("xmlns:a", ("xmlns:a",)),
        ("first name", ("first name",)),
        ("lines.0", ("lines", "0")),
    ],
)
def test_a_path_is_read(text: str, path: Path) -> None:
    assert jsonpath.parse(text) == path


@pytest.mark.parametrize("text", ["", ".", "a..b", "a.", ".a", "a[", "a]b", '"a', "a[0", "$."])
def test_what_is_no_path_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="is not a path"):
        jsonpath.parse(text)


@given(st.lists(st.text() | st.integers(min_value=0, max_value=10**6)).map(tuple))
def test_a_written_path_reads_back(path: Path) -> None:
    assert jsonpath.parse(jsonpath.write(path)) == path
    assert jsonpath.assignment(jsonpath.write(path) + "=a=b:=c") == (path, False, "a=b:=c")
    assert jsonpath.assignment(jsonpath.write(path) + ":=1") == (path, True, "1")


@given(st.text())
def test_any_text_is_a_path_or_a_usage_error(text: str) -> None:
    for read in (jsonpath.parse, jsonpath.assignment):
        with suppress(UsageError):
            read(text)
