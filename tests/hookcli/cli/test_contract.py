"""The published schema of NDJSON records: current, strict where it must be, open where it may grow."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from hookcli.captures.model import Told
from hookcli.cli.render import ndjson
from hookcli.cli.render.contract import KINDS, schema
from hookcli.tunnel import observe
from hookcli.workbench import records
from tests.hookcli.cli.made import AT, ID, attempt, capture
from tests.hookcli.cli.shelf import Shelf
from tests.hookcli.cli.test_ndjson import REPORTS
from tests.support import contract

DOCS = Path(__file__).parents[3] / "docs"


def test_the_published_schema_is_the_one_in_the_code() -> None:
    published = json.loads((DOCS / "ndjson.schema.json").read_text())
    assert published == schema(), "make docs"


@pytest.mark.parametrize("closed", [False, True])
def test_it_is_a_schema(closed: bool) -> None:
    assert jsonschema_rs.meta.is_valid(schema(closed=closed))


@pytest.mark.parametrize(("report", "kind", "facts"), REPORTS, ids=[kind for _, kind, _ in REPORTS])
def test_what_a_listener_tells_is_as_documented(
    report: observe.Report, kind: str, facts: object
) -> None:
    made = ndjson.record(report, AT)
    assert made is not None
    assert made["type"] == kind
    assert facts
    contract.check([ndjson.dumped(made)])


def test_what_is_written_of_captures_is_as_documented() -> None:
    event = records.event_record(capture(body=b"\xff"), b"\xff")
    told = Told(status=0, by="gone", ms=1.0)
    for record in (
        event,
        records.attempt_record(attempt(body=b"\xff")),
        records.reply_record(ID, told, at=AT),
        ndjson.done(observe.Done(captured=1, failed=0, waiting=0, last_seq=1), 0, AT),
    ):
        contract.check([ndjson.dumped(record)])


def test_a_reader_may_meet_what_is_new_and_a_test_may_not() -> None:
    event = records.event_record(capture(), b"")
    public = jsonschema_rs.validator_for(schema())
    for changed in (event | {"new": 1}, {"v": 1, "type": "new", "at": event["at"]}):
        assert public.is_valid(changed)
        assert contract.fault(json.dumps(changed))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"at": "yesterday"},
        {"headers": [["a"]]},
        {"body_b64": "eA=="},
        {"id": None},
        {"seq": "1"},
    ],
)
def test_what_is_wrong_is_found(change: dict[str, object]) -> None:
    event = records.event_record(capture(), b"")
    assert contract.fault(json.dumps(event)) == ""
    assert contract.fault(json.dumps(event | change)) != ""
    assert not jsonschema_rs.validator_for(schema()).is_valid(event | change)


def test_every_kind_says_what_it_is() -> None:
    assert all(kind.says and not kind.says.endswith(".") for kind in KINDS.values())


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (["config", "list"], {"setting"}),
        (["doctor"], {"check"}),
        (["rm", "@", "--yes"], {"deleted"}),
        (["ls"], {"event"}),
        (["show", "@"], {"event", "attempt"}),
        (["stats"], {"stats"}),
        (["trigger", "--list"], {"sample"}),
        (["verify", "@"], {"verification"}),
    ],
)
def test_commands_write_records_and_nothing_else(
    shelf: Shelf, arguments: list[str], kinds: set[str]
) -> None:
    shelf.put()
    ended = shelf.run(*arguments, "--json")  # every line is held against the schema there
    assert {one["type"] for one in ended.records} == kinds
