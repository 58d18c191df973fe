"""Shapes of JSON bodies: everything that was seen passes, and what is new is told."""

import json
from unittest import mock

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.workbench import shape as shapes
from hookcli.workbench.shape import MOST_FIELDS, Shape, drift, merged, of, schema
from tests.hookcli.workbench.strategies import JSON_VALUES

SOME = st.lists(JSON_VALUES, min_size=1, max_size=5)
LIMIT = st.sampled_from([1, MOST_FIELDS])
"""With one field for a limit, nearly every object is a map."""


def learnt(values: list[object]) -> Shape:
    made = Shape()
    for value in values:
        made = merged(made, of(value))
    return made


@given(SOME, LIMIT)
def test_what_was_seen_passes_its_schema_and_is_no_drift(values: list[object], limit: int) -> None:
    with mock.patch.object(shapes, "MOST_FIELDS", limit):
        shape = learnt(values)
        validator = jsonschema_rs.Draft202012Validator(schema(shape))
        for value in values:
            assert validator.is_valid(value)
            assert drift(shape, value) == []


@given(SOME, SOME, SOME, LIMIT)
def test_shapes_add_up_in_any_order(
    a: list[object], b: list[object], c: list[object], limit: int
) -> None:
    with mock.patch.object(shapes, "MOST_FIELDS", limit):
        one, two, three = learnt(a), learnt(b), learnt(c)
        together = merged(merged(one, two), three)
        assert merged(one, merged(two, three)) == together == learnt(a + b + c)
        assert merged(one, two) == merged(two, one)
        assert merged(one, Shape()) == one


def test_required_optional_and_nullable_are_kept_apart_with_counts() -> None:
    bodies: list[object] = [
        {"id": 1, "tax": None, "items": [{"n": 1}, {"n": 2.5, "s": "x"}]},
        {"id": 2, "tax": "A", "note": "n", "items": []},
    ]
    assert schema(learnt(bodies), title="shop paid") == {
        "$schema": shapes.DRAFT,
        "title": "shop paid",
        "type": "object",
        "properties": {
            "id": {"type": "integer", "x-seen": 2},
            "tax": {"type": ["string", "null"], "x-seen": 2},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "n": {"type": "number", "x-seen": 2},
                        "s": {"type": "string", "x-seen": 1},
                    },
                    "required": ["n"],
                },
                "x-seen": 2,
            },
            "note": {"type": "string", "x-seen": 1},
        },
        "required": ["id", "tax", "items"],
        "x-seen": 2,
    }


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"id": 9, "data": {"n": 1, "list": [{"a": 1}]}}, []),
        ({"id": "9", "data": {"n": 1}}, ["id integer → string"]),
        ({"data": {"n": 1}}, ["-id"]),
        ({"id": 1, "data": {"n": 1, "x.y": 0}}, ['+data."x.y"']),
        ({"id": 1, "data": {"n": 1, "list": [{"a": 1, "b": 2}, {"b": 3}]}}, ["+data.list.b", "-data.list.a"]),
        ({"id": None, "data": []}, ["id integer → null", "data object → array"]),
        ([], ["$ object → array"]),
    ],
)  # fmt: skip
def test_what_is_new_is_told_by_its_place(now: object, told: list[str]) -> None:
    known = learnt([{"id": 1, "data": {"n": 1, "list": [{"a": 1}]}}, {"id": 2, "data": {"n": 2}}])
    assert [str(one) for one in drift(known, now)] == told


def test_an_object_whose_keys_are_data_is_a_map() -> None:
    shape = learnt([{f"user_{n}": n} for n in range(MOST_FIELDS + 1)])
    assert schema(shape)["additionalProperties"] == {"type": "integer"}
    assert drift(shape, {"another": 1}) == []
    assert [str(one) for one in drift(shape, {"another": "1"})] == ["$ integer → string"]
    for n in range(3):
        shape = merged(shape, of({f"more_{n}": n}))
    assert shape.fields == {}, "it grows no more"


def test_what_is_deep_is_learnt_as_far_as_it_is_looked_at() -> None:
    deep = json.loads("[" * 200 + "]" * 200)
    assert drift(of(deep), deep) == []
    with pytest.raises(ValueError, match="too deep"):
        _ = shapes.read(b"[" * 100_000)
