"""NDJSON: every report that a program may want, `v`, `type` and `at` first, nothing lost of the bytes."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.model import Told
from hookcli.cli.render import ndjson
from hookcli.tunnel import observe
from tests.hookcli.cli.made import AT, ID, attempt, captured, ready

REPORTS: list[tuple[observe.Report, str, dict[str, Any]]] = [
    (ready(), "ready", {"url": "https://hooks.test/ep_k3f9qz", "resume_seq": 4711, "backlog": 0}),
    (observe.Connected(down_ms=29_000, caught_up=3), "connected", {"down_ms": 29_000}),
    (observe.Lost(reason="reset"), "lost", {"reason": "reset"}),
    (
        observe.Reconnecting(attempt=2, retry_in_ms=200, down_ms=300, reason="refused"),
        "reconnecting",
        {"try": 2, "retry_in_ms": 200, "down_ms": 300, "reason": "refused"},
    ),
    (captured(body=b"hi"), "event", {"id": ID, "body": "hi", "body_size": 2, "seq": 4711}),
    (observe.AttemptFinished(attempt=attempt()), "attempt", {"event": ID, "n": 1, "status": 200}),
    (
        observe.SenderTold(capture=ID, told=Told(status=200, by="app", ms=33.0)),
        "reply",
        {"event": ID, "status": 200, "by": "app"},
    ),
    (
        observe.Missing(from_seq=4, to_seq=9, count=6, reason="age"),
        "gap",
        {"from_seq": 4, "to_seq": 9, "count": 6, "reason": "age"},
    ),
    (
        observe.TurnedAway(
            at=AT,
            method="POST",
            target=b"?q=1",
            peer="192.0.2.1",
            status=422,
            reason="schema",
            detail="/required",
            more=2,
        ),
        "refused",
        {
            "refused_at": "2025-11-23T14:32:05.412Z",
            "path": "/",
            "query": "q=1",
            "status": 422,
            "more": 2,
        }
        | {"reason": "schema", "detail": "/required", "peer": "192.0.2.1", "method": "POST"},
    ),
    (
        observe.TargetState(target="http://localhost:8000", state="refused", waiting=3),
        "target",
        {"url": "http://localhost:8000", "state": "refused", "waiting": 3},
    ),
    (
        observe.Notice(level="warning", code="peers", text="another", hint="x"),
        "notice",
        {"level": "warning", "code": "peers", "text": "another", "hint": "x"},
    ),
]


@pytest.mark.parametrize(("report", "kind", "facts"), REPORTS, ids=[kind for _, kind, _ in REPORTS])
def test_a_report_becomes_a_record(
    report: observe.Report, kind: str, facts: dict[str, Any]
) -> None:
    made = ndjson.record(report, AT)
    assert made is not None
    decoded = json.loads(ndjson.dumped(made))
    assert list(decoded)[:3] == ["v", "type", "at"]
    assert (decoded["v"], decoded["type"], decoded["at"]) == (1, kind, "2025-11-23T14:32:05.412Z")
    assert facts.items() <= decoded.items()


def test_heartbeats_and_beginnings_are_for_screens() -> None:
    for report in (
        observe.Alive(round_trip_ms=1.0, clock_ahead_ms=0.0),
        observe.Stale(silent_ms=5000),
        observe.AttemptStarted(capture=ID, target="http://localhost:8000", n=1),
    ):
        assert ndjson.record(report, AT) is None


def test_the_last_record_says_how_it_ended() -> None:
    done = observe.Done(captured=131, failed=3, waiting=0, last_seq=4711)
    made = ndjson.done(done, 130, AT)
    assert {
        "type": "done",
        "captured": 131,
        "exit_code": 130,
        "last_seq": 4711,
    }.items() <= made.items()


@given(body=st.binary(max_size=300), target=st.binary(max_size=100))
def test_one_line_of_ascii_from_which_the_bytes_come_back(body: bytes, target: bytes) -> None:
    made = ndjson.record(captured(body=body, target=b"/" + target), AT)
    assert made is not None
    line = ndjson.dumped(made)
    assert line.isascii()
    assert line.isprintable()
    decoded = json.loads(line)
    back = (
        base64.b64decode(decoded["body_b64"]) if "body_b64" in decoded else decoded["body"].encode()
    )
    assert back == body
    assert decoded["body_sha256"] == hashlib.sha256(body).hexdigest()
