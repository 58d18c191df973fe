"""Events of a new shape are told apart from those of their kind before them."""

import json
from pathlib import Path
from typing import Any

from hookcli.captures.model import Capture
from hookcli.captures.store import Batch, NewCapture, Store
from hookcli.workbench.drifting import ENOUGH, Drifting
from tests.hookcli.cli import made


def one(number: int, **changes: Any) -> Capture:
    given = {"source": "shop", "event_type": "paid", "endpoint": "ep_1", "seq": number}
    return made.capture(f"01JA8PZQ4M{number:016d}", b"{}", **given | changes)


def body(number: int, **more: Any) -> bytes:
    return json.dumps({"id": number, "data": {"n": 1}} | more).encode()


def drifting(folder: Path, seen: int) -> Drifting:
    with Store.open(folder / "captures.db") as store:
        new = tuple(NewCapture(capture=one(n), body=body(n)) for n in range(seen))
        store.commit(Batch(captures=new))
    return Drifting(folder / "captures.db", "ep_1")


def test_what_is_new_against_twenty_is_noted_once(tmp_path: Path) -> None:
    it = drifting(tmp_path, ENOUGH)
    assert it.note(one(90), body(90)) == ""
    told = it.note(one(91), body(91, tax=3, data={"n": "1"}))
    assert told == "new shape: data.n integer → string, +tax"
    assert it.note(one(92), body(92, tax=4)) == ""


def test_too_few_are_no_rule(tmp_path: Path) -> None:
    it = drifting(tmp_path, ENOUGH - 1)
    assert it.note(one(90), body(90, tax=3)) == ""
    assert it.note(one(91), body(91, vat=3)) == "new shape: +vat"


def test_other_kinds_endpoints_and_texts_say_nothing(tmp_path: Path) -> None:
    it = drifting(tmp_path, ENOUGH)
    for capture, data in (
        (one(90, event_type="sent"), body(1, x=1)),
        (one(91, event_type=""), body(1, x=1)),
        (one(92), b"no JSON"),
        (one(93), b"[" * 100_000),
    ):
        assert it.note(capture, data) == ""
    assert Drifting(tmp_path / "captures.db", "ep_2").note(one(94), body(1, x=1)) == ""


def test_of_many_differences_some_are_named(tmp_path: Path) -> None:
    it = drifting(tmp_path, ENOUGH)
    told = it.note(one(90), body(90, **{f"f{n}": n for n in range(9)}))
    assert told == "new shape: +f0, +f1, +f2, +f3, +f4, 4 more"
