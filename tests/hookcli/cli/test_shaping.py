"""`hookcli schema`: shapes of bodies as JSON Schema, as records, as models."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from tests.hookcli.cli.inprocess import hookcli
from tests.hookcli.cli.shelf import Shelf


@pytest.fixture
def filled(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "captures.db")
    shelf.env["HOOKCLI_STORE"] = str(shelf.file)
    for number in range(3):
        body = {"id": number} | ({"note": None} if number else {})
        shelf.put(json.dumps(body).encode(), source="shop", event_type="paid/late")
    shelf.put(b'{"x": [1.5]}', source="shop", event_type="sent")
    shelf.put(b"no JSON", source="shop", event_type="sent")
    return shelf


def test_one_kind_is_one_schema(filled: Shelf) -> None:
    ended = hookcli("schema", "type:paid*", env=filled.env)
    made = json.loads(ended.out)
    assert (ended.code, made["title"], made["x-seen"]) == (0, "shop paid/late", 3)
    assert made["required"] == ["id"]
    assert made["properties"]["note"] == {"type": "null", "x-seen": 2}


def test_several_kinds_are_one_document_that_each_body_fits(filled: Shelf) -> None:
    ended = hookcli("schema", env=filled.env)
    assert "1 body is left out: no JSON" in ended.err
    validator = jsonschema_rs.Draft202012Validator(json.loads(ended.out))
    for good in ({"id": 7}, {"x": [0.1]}):
        assert validator.is_valid(good)
    assert not validator.is_valid({"id": "7"})
    records = hookcli("--json", "schema", env=filled.env).records
    assert [one["title"] for one in records] == ["shop paid/late", "shop sent"]


def test_models_take_what_was_captured(filled: Shelf, tmp_path: Path) -> None:
    ended = hookcli("schema", "--pydantic", "-O", f"{tmp_path}/models/", env=filled.env)
    assert ended.code == 0
    made = tmp_path / "models" / "shop-paid-late.py"
    space: dict[str, type] = {"__name__": "made"}  # type: ignore[dict-item]
    exec(compile(made.read_text(), str(made), "exec"), space)
    model = space["ShopPaidLate"]
    assert model(id=3).id == 3
    assert model(id=3, note=None).note is None
    with pytest.raises(ValueError, match="id"):
        _ = model(id="x")
    several = hookcli("schema", "--pydantic", env=filled.env)
    assert (several.code, "-O models/" in several.err) == (2, True)


def test_nothing_to_infer_from_is_said(filled: Shelf) -> None:
    ended = hookcli("schema", "body:JSON", env=filled.env)
    assert (ended.code, "no capture with a JSON body matches" in ended.err) == (5, True)


def test_a_file_that_cannot_be_written_is_named(filled: Shelf, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = hookcli("schema", "type:sent", "-O", f"{tmp_path}/file/x.json", env=filled.env)
    assert ended.code != 0
    assert "cannot be written" in ended.err
