"""NDJSON records: the documented keys, in one printable line, with nothing lost."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.model import (
    Attempt,
    Capture,
    Outcome,
    Signature,
    SignatureState,
    Timing,
    Told,
    Why,
)
from hookcli.wire.headers import Headers
from hookcli.workbench import records, urls


def capture(body: bytes, target: bytes = b"/hooks?a=1", headers: Headers = ()) -> Capture:
    return Capture(
        id="01JA8Q4MZX0000000000000000",
        endpoint="ep",
        seq=7,
        received_at=1_763_908_351_002_999,
        method="POST",
        url="https://relay.example/ep",
        target=target,
        http_version="1.1",
        peer="203.0.113.9",
        headers=headers,
        body_size=len(body),
        body_sha256=hashlib.sha256(body).digest(),
        source="stripe",
        event_type="invoice.paid",
        scheme="stripe",
        signature=Signature(state=SignatureState.BAD, reason="other_secret", age_ms=2100),
        tags=("checkout",),
    )


def test_an_event_has_the_documented_keys() -> None:
    headers = ((b"X-A", b"1"), (b"x-a", b"\xe9"), (b"Hookcli-Replay-Of", b"01J"))
    record = records.event_record(capture(b'{"a":1}', headers=headers), b'{"a":1}')
    assert record == {
        "v": 1,
        "type": "event",
        "at": "2025-11-23T14:32:31.002Z",
        "id": "01JA8Q4MZX0000000000000000",
        "seq": 7,
        "endpoint": "ep",
        "source": "stripe",
        "event_type": "invoice.paid",
        "received_at": "2025-11-23T14:32:31.002Z",
        "method": "POST",
        "url": "https://relay.example/ep/hooks?a=1",
        "path": "/hooks",
        "query": "a=1",
        "http_version": "1.1",
        "headers": [["X-A", "1"], ["x-a", "é"], ["Hookcli-Replay-Of", "01J"]],
        "body": '{"a":1}',
        "body_size": 7,
        "body_sha256": hashlib.sha256(b'{"a":1}').hexdigest(),
        "scheme": "stripe",
        "signature": {"state": "bad", "reason": "other_secret", "age_ms": 2100},
        "peer": "203.0.113.9",
        "replay_of": "01J",
        "parent": None,
        "tags": ["checkout"],
        "note": None,
    }


def test_a_body_that_is_not_utf8_is_base64() -> None:
    record = records.event_record(capture(b"\xff\x00"), b"\xff\x00")
    assert record["body_b64"] == "/wA="
    assert "body" not in record


def test_an_attempt_has_the_documented_keys() -> None:
    attempt = Attempt(
        capture="01J",
        n=2,
        why=Why.RETRY,
        target="http://localhost:8000",
        started_at=1_000_000,
        ms=84.25,
        timing=Timing(connect=1.0, wait=82.0),
        outcome=Outcome.TIMED_OUT,
        error="no answer within 30 s",
        next_retry_at=5_000_000,
    )
    record = records.attempt_record(attempt)
    assert record == {
        "v": 1,
        "type": "attempt",
        "at": "1970-01-01T00:00:01.084Z",
        "event": "01J",
        "n": 2,
        "why": "retry",
        "target": "http://localhost:8000",
        "started_at": "1970-01-01T00:00:01.000Z",
        "ms": 84.25,
        "timing": {"dns": None, "connect": 1.0, "wait": 82.0, "read": None},
        "outcome": "timeout",
        "status": None,
        "reason": None,
        "headers": [],
        "body": "",
        "body_size": 0,
        "error": "no answer within 30 s",
        "added": [],
        "next_retry_at": "1970-01-01T00:00:05.000Z",
    }


def test_a_reply_says_what_the_sender_was_told() -> None:
    told = Told(status=0, by="gone", ms=12.0)
    assert records.reply_record("01J", told, at=0) == {
        "v": 1,
        "type": "reply",
        "at": "1970-01-01T00:00:00.000Z",
        "event": "01J",
        "status": None,
        "by": "gone",
        "ms": 12.0,
    }


@given(body=st.binary(), value=st.binary())
def test_a_line_is_one_line_of_printable_ascii(body: bytes, value: bytes) -> None:
    line = records.line(records.event_record(capture(body, headers=((b"x", value),)), body))
    assert line.endswith(b"\n")
    assert all(0x20 <= byte < 0x7F for byte in line[:-1])
    assert json.loads(line)["headers"] == [["x", value.decode("latin-1")]]


TARGETS = st.builds(
    lambda path, query: path + query,
    st.one_of(st.just(b""), st.binary().map(lambda rest: b"/" + rest.replace(b"?", b""))),
    st.one_of(st.just(b""), st.binary().map(lambda rest: b"?" + rest)),
)


@given(url=st.sampled_from(["", "https://r.example/ep", "http://localhost:8000"]), target=TARGETS)
def test_a_called_url_comes_apart_again(url: str, target: bytes) -> None:
    path, query = urls.path_and_query(target)
    assert urls.take_apart(urls.called(url, target), path, query) == (url, target)
