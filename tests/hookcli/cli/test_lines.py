"""The line log as a screenplay: reports in, lines out."""

import re
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.model import Outcome, Signature, SignatureState, Told, Why
from hookcli.cli.render.lines import HOLD_US, LEAST_WIDTH, Lines
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import cells
from hookcli.tunnel import observe
from tests.hookcli.cli.made import AT, ID, OTHER, attempt, captured

WIDTH = 110


@pytest.fixture
def log() -> Lines:
    return Lines(width=WIDTH, zone=UTC)


def told(status: int, by: str, ms: float = 33.0, id_: str = ID) -> observe.SenderTold:
    return observe.SenderTold(capture=id_, told=Told(status=status, by=by, ms=ms))


def done(id_: str = ID, **changes: object) -> observe.AttemptFinished:
    return observe.AttemptFinished(attempt=attempt(id_, **changes))


def test_an_event_says_what_it_is_where_it_goes_how_big_and_how_signed(log: Lines) -> None:
    signature = Signature(state=SignatureState.OK)
    made = captured(
        body=b"x" * 4100, source="stripe", event_type="invoice.paid", signature=signature
    )
    (line,) = log.lines(made, AT)
    assert line.startswith("14:32:05.412 --> stripe invoice.paid")
    assert re.search(r"POST /webhooks/stripe +4\.1 kB  sig ok   01JA8PZQ4M00$", line)


def test_a_bad_signature_says_why(log: Lines) -> None:
    signature = Signature(state=SignatureState.BAD, reason="another secret of yours fits")
    event, under = log.lines(captured(signature=signature), AT)
    assert "SIG BAD" in event
    assert under.strip() == "signature: another secret of yours fits"


def test_an_answer_waits_for_what_the_sender_was_told(log: Lines) -> None:
    assert log.lines(done(status=422, body=b'{"error":"unknown"}'), AT) == []
    (line,) = log.lines(told(422, "app"), AT + 1000)
    assert line.startswith('14:32:05.443 <-- 422     31 ms  {"error":"unknown"}')
    assert line.endswith("→ sender 422  01JA8PZQ4M00")
    assert log.rest() == []


def test_it_does_not_wait_long(log: Lines) -> None:
    log.lines(done(), AT)
    assert log.due(AT + HOLD_US - 1) == []
    (line,) = log.due(AT + HOLD_US)
    assert "sender" not in line
    assert log.next_due is None


def test_a_late_reply_is_news_only_if_it_is_not_the_answer(log: Lines) -> None:
    for id_ in (ID, OTHER):
        log.lines(done(id_), AT)
    log.due(AT + HOLD_US)
    assert log.lines(told(200, "app"), AT + 1_000_000) == []
    (line,) = log.lines(told(202, "deadline", 10_000, OTHER), AT + 10_000_000)
    assert "sender was told 202 (deadline) after 10 s" in line


def test_a_sender_told_first_is_on_the_answers_line(log: Lines) -> None:
    assert log.lines(told(202, "ack", 1.0), AT) == []
    (line,) = log.lines(done(), AT)
    assert "→ sender 202 (ack)" in line


def test_a_sender_that_hung_up_was_told_nothing(log: Lines) -> None:
    log.lines(told(0, "gone"), AT)
    (line,) = log.lines(done(), AT)
    assert "→ sender nothing: it hung up" in line


def test_a_failure_says_what_failed_and_when_it_is_tried_again(log: Lines) -> None:
    failed = done(
        why=Why.RETRY, n=3, outcome=Outcome.TIMED_OUT, status=0, ms=30_000.0, body=b"",
        error="no answer within 30 s", next_retry_at=AT + 34_000_000,
    )  # fmt: skip
    (line,) = log.lines(failed, AT)
    assert "<-- FAIL     30 s  retry #3  no answer within 30 s" in line
    assert "retry in 4 s" in line


def test_a_program_that_is_down_is_told_once_and_its_return_once(log: Lines) -> None:
    down = observe.TargetState(target="http://localhost:8000", state="refused", waiting=1)
    up = observe.TargetState(target="http://localhost:8000", state="up", waiting=2)
    assert log.lines(up, AT) == []
    (line,) = log.lines(down, AT)
    assert "!!! localhost:8000 refuses connections" in line
    assert log.lines(down, AT) == []
    (line,) = log.lines(up, AT)
    assert "=== localhost:8000 answers again" in line


def test_the_connection_is_told_as_it_is(log: Lines) -> None:
    stale = observe.Stale(silent_ms=5000)
    assert "no sign of life from the relay for 5 s" in log.lines(stale, AT)[0]
    assert log.lines(stale, AT) == []
    log.lines(observe.Alive(round_trip_ms=1.0, clock_ahead_ms=0.0), AT)
    assert log.lines(stale, AT) != []
    assert "!!! relay lost (reset)" in log.lines(observe.Lost(reason="reset"), AT)[0]
    tries = [
        observe.Reconnecting(attempt=n, retry_in_ms=100, down_ms=n * 1000, reason="refused")
        for n in range(1, 20)
    ]
    assert sum(bool(log.lines(one, AT)) for one in tries) == 4  # 2, 4, 8, 16
    (line,) = log.lines(observe.Connected(down_ms=29_000, caught_up=3), AT)
    assert "=== connected again after 29 s, 3 to catch up" in line
    (line,) = log.lines(observe.Connected(down_ms=1000, caught_up=0), AT)
    assert line.endswith("connected again after 1 s, nothing missed")


def test_a_gap_is_told_with_its_places(log: Lines) -> None:
    gap = observe.Missing(from_seq=4, to_seq=9, count=6, reason="age")
    assert log.lines(gap, AT)[0].endswith(
        "6 events missed: the relay had removed them (too old), seq 4..9"
    )


def test_who_was_turned_away_is_told_and_stays_on_its_line(log: Lines) -> None:
    one = observe.TurnedAway(
        at=AT,
        method="POST",
        target=b"/\x1b[2J\n",
        peer="192.0.2.1",
        status=429,
        reason="endpoint_rate",
        more=1_200,
    )
    (line,) = log.lines(one, AT)
    assert "!!! the relay turned away POST /" in line
    assert line.endswith("from 192.0.2.1 with 429 (endpoint rate), and 1,200 others")
    assert line.isprintable()


@given(
    path=st.binary(max_size=200),
    words=st.tuples(st.text(max_size=50), st.text(max_size=50)),
    body=st.binary(max_size=200),
    width=st.integers(LEAST_WIDTH, 200),
)
def test_whatever_was_sent_stays_on_its_line_and_in_its_columns(
    path: bytes, words: tuple[str, str], body: bytes, width: int
) -> None:
    log = Lines(width=width, zone=UTC)
    source, event_type = words
    lines = log.lines(captured(target=b"/" + path, source=source, event_type=event_type), AT)
    lines += log.lines(told(500, "app"), AT)
    lines += log.lines(done(body=body, status=500), AT)
    assert len(lines) == 2
    for line in lines:
        assert cells(line) <= width
        assert line.isprintable()
        assert line.endswith("01JA8PZQ4M00")


def test_colour_adds_nothing_but_colour(log: Lines) -> None:
    colored = Lines(paint=Paint(True), width=WIDTH, zone=UTC)
    reports: list[observe.Report] = [
        captured(source="stripe", event_type="x"),
        told(500, "app"),
        done(status=500),
        observe.Lost(reason="reset"),
    ]
    plain = [line for one in reports for line in log.lines(one, AT)]
    painted = [line for one in reports for line in colored.lines(one, AT)]
    assert painted != plain
    assert [re.sub(r"\x1b\[\d+m", "", line) for line in painted] == plain
