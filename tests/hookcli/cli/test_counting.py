"""`stats`: counts, failures, delivery rate and times, for people and for programs."""

import pytest

from hookcli.captures.model import DeliveryState, Outcome, SignatureState
from hookcli.captures.store import Batch, NewCapture
from hookcli.cli.console import ExitCode
from hookcli.workbench.stats import Group
from tests.hookcli.cli import made
from tests.hookcli.cli.shelf import Shelf, records
from tests.hookcli.cli.test_questions import command
from tests.hookcli.tui.terminal import terminal

HOUR = 3_600_000_000


@pytest.fixture
def busy(shelf: Shelf) -> Shelf:
    """Two sources, three types, answers of every sort."""
    kinds = [("stripe", "invoice.paid", 200)] * 3 + [
        ("stripe", "charge.failed", 500),
        ("github", "push", 204),
    ]
    for number, (source, what, status) in enumerate(kinds):
        at = made.AT + number * HOUR // 2
        id_ = shelf.put(source=source, event_type=what, status=None, received_at=at)
        shelf.commit(Batch(attempts=(made.attempt(id_, status=status, ms=10.0 * (number + 1)),)))
    one = made.capture("01JA8ZZZZZ0000000000000000", event_type="push", source="github")
    shelf.commit(
        Batch(captures=(NewCapture(capture=one, body=b"", targets=("http://127.0.0.1:9",)),))
    )
    shelf.put(b"", status=None, received_at=made.AT)
    return shelf


def test_groups_by_type_the_largest_first(busy: Shelf) -> None:
    ended = busy.run("stats", "--header")
    assert ended.out.splitlines() == [
        "type\tcount\t2xx\tfailing\twaiting\tskipped\trate\tp50\tp95\tp99",
        "invoice.paid\t3\t3\t0\t0\t0\t1.0000\t20.0\t30.0\t30.0",
        "push\t2\t1\t0\t1\t0\t0.5000\t50.0\t50.0\t50.0",
        "POST /webhooks/stripe\t1\t0\t0\t0\t1\t\t\t\t",
        "charge.failed\t1\t0\t1\t0\t0\t0.0000\t40.0\t40.0\t40.0",
    ]


def test_records_with_the_total_last(busy: Shelf) -> None:
    *groups, total = records(busy.run("stats", "--by", "source", "--json"), "stats")
    assert [(one["name"], one["count"]) for one in groups] == [
        ("stripe", 4),
        ("github", 2),
        ("-", 1),
    ]
    assert total["name"] is None
    assert {key: total[key] for key in ("count", "good", "failing", "waiting", "skipped")} == {
        "count": 7, "good": 4, "failing": 1, "waiting": 1, "skipped": 1,
    }  # fmt: skip
    assert (total["rate"], total["p99_ms"]) == (0.666667, 50.0)


def test_by_hour_and_by_status_and_of_some(busy: Shelf) -> None:
    hours = [line.split("\t")[0] for line in busy.run("stats", "--by", "hour").out.splitlines()]
    assert hours == sorted(hours)
    assert hours[0] == "2025-11-23T14:00:00.000Z"
    by_status = busy.run("stats", "--by", "status").out.splitlines()
    assert {line.split("\t")[0] for line in by_status} == {"200", "500", "204", "wait", "skip"}
    assert busy.run("stats", "source:github").out.startswith("push\t2\t")
    assert busy.run("stats", "source:nobody").code == ExitCode.NOT_FOUND
    assert busy.run("stats", "--by", "colour").code == ExitCode.USAGE


def test_a_table_for_people(busy: Shelf) -> None:
    env = {"HOOKCLI_STORE": str(busy.file), "NO_COLOR": "1"}
    with terminal(busy.file.parent, env=env, program=command("stats")) as screen:
        assert screen.wait() == ExitCode.YES
    lines = screen.output.decode().splitlines()
    assert lines[0].split() == [
        "TYPE",
        *["COUNT", "2XX", "FAILING", "WAITING", "SKIPPED", "RATE", "P50", "P95", "P99"],
    ]
    assert lines[-1].split()[:4] == ["all", "7", "4", "1"]


def test_nothing_to_count(shelf: Shelf) -> None:
    ended = shelf.run("stats")
    assert (ended.code, ended.out) == (ExitCode.YES, "")
    assert "no captures yet" in ended.err


def test_what_waits_without_an_answer_is_not_failing() -> None:
    group = Group("x")
    last = made.attempt(outcome=Outcome.REFUSED, status=0)
    from hookcli.captures.model import Last, Summary

    short = Last(
        n=1, why=last.why, target=last.target, outcome=last.outcome, status=0, ms=1.0, error="", next_retry_at=None
    )  # fmt: skip
    capture = made.capture()
    for state in (DeliveryState.PENDING, DeliveryState.FAILED):
        group.add(Summary(rowid=1, capture=capture, state=state, attempts=1, last=short))
    assert (group.waiting, group.failing, len(group.took)) == (1, 1, 0)
    assert capture.signature.state is SignatureState.NONE
