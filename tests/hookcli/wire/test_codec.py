"""The wire's encoding: what goes in comes out, and what is wrong is named."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.wire import codec
from hookcli.wire import messages as m

numbers = st.integers(min_value=0, max_value=2**53)
pairs = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=6).map(tuple)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
replies = st.builds(
    m.Reply,
    seq=numbers,
    status=st.integers(0, 599),
    by=st.sampled_from(["app", "ack", "deadline", "gone"]),
    ms=st.floats(0, 1e6),
)

events = st.builds(
    codec.event,
    seq=numbers,
    id=texts,
    received_at=numbers,
    method=texts,
    url=texts,
    target=st.binary(max_size=60),
    http_version=st.sampled_from(["1.0", "1.1"]),
    peer=texts,
    headers=pairs,
    body=st.binary(max_size=300),
    marks=st.lists(texts, max_size=2).map(tuple),
)
results = st.builds(
    codec.result,
    seq=numbers,
    id=texts,
    outcome=texts,
    status=st.integers(0, 599),
    reason=st.binary(max_size=20),
    headers=pairs,
    body=st.binary(max_size=300),
)
welcomes = st.builds(
    m.Welcome,
    endpoint=texts,
    url=texts,
    head=numbers,
    after=numbers,
    respond=st.sampled_from(["app", "ack"]),
    deadline_ms=numbers,
    window_events=numbers,
    window_bytes=numbers,
    retention_s=numbers,
    now=numbers,
    relay=texts,
)
from_relay = st.one_of(
    events,
    welcomes,
    st.builds(
        m.Gap,
        from_seq=numbers,
        to_seq=numbers,
        count=numbers,
        reason=st.sampled_from(["age", "size"]),
    ),
    st.builds(m.Replied, replies=st.lists(replies, max_size=4).map(tuple)),
    st.builds(
        m.Refused,
        at=numbers,
        method=texts,
        target=st.binary(max_size=20),
        peer=texts,
        status=numbers,
        reason=texts,
        more=numbers,
        detail=texts,
    ),
    st.builds(m.Peers, names=st.lists(texts, max_size=3).map(tuple)),
    st.builds(m.Pong, n=numbers, now=numbers),
)
from_listener = st.one_of(
    results,
    st.builds(m.Ack, seq=numbers),
    st.builds(m.Target, up=st.booleans()),
    st.builds(m.Ping, n=numbers),
)


@given(from_relay)
def test_every_relay_message_survives_the_wire(message: m.RelayMessage) -> None:
    assert codec.decode_relay(codec.encode(message)) == message


@given(from_listener)
def test_every_listener_message_survives_the_wire(message: m.ListenerMessage) -> None:
    assert codec.decode_listener(codec.encode(message)) == message


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_message_unknown_or_a_wire_error(data: bytes) -> None:
    for decode in (codec.decode_relay, codec.decode_listener):
        try:
            message: object = decode(data)
        except codec.WireError as error:
            message = error
        assert isinstance(message, msgspec.Struct | codec.WireError)


@given(events, st.data())
def test_one_flipped_bit_never_passes_as_the_event(event: m.Event, data: st.DataObject) -> None:
    """An event damaged on the way is refused: never altered, never taken for something else."""
    encoded = bytearray(codec.encode(event))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        message = codec.decode_relay(bytes(encoded))
    except codec.WireError:
        return
    assert message == event


def test_a_deeply_nested_value_is_a_wire_error() -> None:
    with pytest.raises(codec.WireError):
        codec.decode_relay(b"\x91" * 100_000)


def test_a_message_of_a_later_version_is_unknown_not_an_error() -> None:
    data = msgspec.msgpack.encode({"type": "tomorrow", "x": 1})
    assert codec.decode_relay(data) == m.Unknown("tomorrow")
    assert codec.decode_listener(data) == m.Unknown("tomorrow")


def test_a_key_of_a_later_version_is_ignored() -> None:
    data = msgspec.msgpack.encode({"type": "ack", "seq": 3, "colour": "blue"})
    assert codec.decode_listener(data) == m.Ack(seq=3)


def test_a_wrong_field_is_named() -> None:
    data = msgspec.msgpack.encode({"type": "ack", "seq": "three"})
    with pytest.raises(codec.WireError, match=r"ack: .*\$\.seq"):
        codec.decode_listener(data)


def test_a_result_with_a_wrong_digest_is_refused() -> None:
    result = codec.result(seq=7, id="x", outcome="answered", status=200, body=b"yes")
    altered = msgspec.structs.replace(result, body=b"no!")
    with pytest.raises(codec.WireError, match="result 7: the digest"):
        codec.decode_listener(codec.encode(altered))
