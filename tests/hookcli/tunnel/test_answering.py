"""What the relay is told of an attempt, and what happens to an answer that cannot travel."""

import hypothesis.strategies as st
from hypothesis import given

from hookcli.captures.model import Attempt, Outcome, Timing, Why
from hookcli.tunnel.answering import MOST, UNSENT, result
from hookcli.wire import codec
from hookcli.wire.messages import Result


def attempt(outcome: Outcome = Outcome.RESPONDED, body: bytes = b"", **more: object) -> Attempt:
    answered = outcome is Outcome.RESPONDED
    values = {
        "capture": "01JA8PZQ4M0000000000000001",
        "n": 0,
        "why": Why.LIVE,
        "target": "http://localhost:8000",
        "started_at": 1,
        "ms": 1.0,
        "timing": Timing(),
        "outcome": outcome,
        "status": 201 if answered else 0,
        "reason": b"Created",
        "body": body,
        "body_size": len(body),
    }
    return Attempt(**(values | more))  # type: ignore[arg-type]


def told(message: bytes) -> Result:
    decoded = codec.decode_listener(message)
    assert isinstance(decoded, Result)
    return decoded


@given(
    st.binary(max_size=2000),
    st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=8),
    st.integers(100, 999),
)
def test_the_answer_travels_as_it_is(
    body: bytes, headers: list[tuple[bytes, bytes]], status: int
) -> None:
    one = attempt(body=body, headers=tuple(headers), status=status)
    message, whole = result(one, 7, most=MOST)
    got = told(message)
    assert whole
    assert (got.seq, got.id, got.outcome) == (7, one.capture, "answered")
    assert (got.status, got.reason, got.headers, got.body) == (
        status,
        b"Created",
        tuple(headers),
        body,
    )


def test_without_an_answer_only_why_is_told() -> None:
    for outcome in Outcome:
        if outcome is not Outcome.RESPONDED:
            message, whole = result(
                attempt(outcome, b"half", headers=((b"a", b"b"),)), 7, most=MOST
            )
            got = told(message)
            assert whole
            assert (got.outcome, got.status, got.headers, got.body) == (outcome.value, 0, (), b"")


def test_an_answer_that_is_too_large_is_told_as_one_that_cannot_travel() -> None:
    one = attempt(body=b"x" * 1000)
    exact = len(result(one, 7, most=MOST)[0])
    assert result(one, 7, most=exact)[1]
    message, whole = result(one, 7, most=exact - 1)
    assert (told(message).outcome, whole) == (UNSENT, False)
    assert len(message) < 200
    assert not result(attempt(body=b"x" * 1000), 7, most=999)[1]
