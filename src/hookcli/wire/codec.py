"""Messages to bytes and back: one MessagePack value each, digests checked on the way in.

Raises only `WireError`, whatever the bytes are.
"""

import hashlib

import msgspec

from hookcli.wire.messages import (
    Event,
    ListenerMessage,
    Pairs,
    RelayMessage,
    Result,
    Unknown,
)


class WireError(Exception):
    """Bytes that are not a message; the text names the fault and is safe to send to the peer."""


class _Tagged(msgspec.Struct):
    type: str
    digest: bytes | None = None


_encoder = msgspec.msgpack.Encoder()
_tag = msgspec.msgpack.Decoder(_Tagged)
_from_relay: msgspec.msgpack.Decoder[RelayMessage] = msgspec.msgpack.Decoder(RelayMessage)
_from_listener: msgspec.msgpack.Decoder[ListenerMessage] = msgspec.msgpack.Decoder(ListenerMessage)
_RELAY_TYPES = frozenset({"welcome", "event", "gap", "replied", "refused", "peers", "pong"})
_LISTENER_TYPES = frozenset({"ack", "result", "target", "ping"})

encode = _encoder.encode
"""Encode one message as MessagePack."""


def decode_relay(data: bytes) -> RelayMessage | Unknown:
    """Decode what a relay sent.

    Raises:
        WireError: the bytes are not a message, a field is wrong, or the digest does not match.
    """
    try:
        message = _from_relay.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _unknown(data, _RELAY_TYPES, error)
    if isinstance(message, Event) and message.digest != event_digest(message):
        raise WireError(f"event {message.seq}: the digest does not match its bytes")
    return message


def decode_listener(data: bytes) -> ListenerMessage | Unknown:
    """Decode what a listener sent.

    Raises:
        WireError: the bytes are not a message, a field is wrong, or the digest does not match.
    """
    try:
        message = _from_listener.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _unknown(data, _LISTENER_TYPES, error)
    if isinstance(message, Result) and message.digest != result_digest(message):
        raise WireError(f"result {message.seq}: the digest does not match its bytes")
    return message


def _unknown(data: bytes, known: frozenset[str], error: Exception) -> Unknown:
    try:
        tagged = _tag.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise WireError(f"not a message: {error}") from error
    if tagged.type in known:
        raise WireError(f"{tagged.type}: {error}") from error
    if tagged.digest is not None:
        # Only events and results carry a digest: this was one before its type was damaged,
        # and ignoring it would lose it.
        raise WireError(f"{tagged.type}: not a type that carries a digest")
    return Unknown(tagged.type)


def event_digest(event: Event) -> bytes:
    """The digest that an event must carry."""
    fields = (
        event.seq,
        event.id,
        event.received_at,
        event.method,
        event.url,
        event.target,
        event.http_version,
        event.peer,
        event.headers,
    )
    return _digest(_with_marks(fields, event.marks), event.body)


def result_digest(result: Result) -> bytes:
    """The digest that a result must carry."""
    fields = (
        result.seq,
        result.id,
        result.outcome,
        result.status,
        result.reason,
        result.headers,
    )
    return _digest(fields, result.body)


def event(
    *,
    seq: int,
    id: str,  # noqa: A002
    received_at: int,
    method: str,
    url: str,
    target: bytes,
    http_version: str,
    peer: str,
    headers: Pairs,
    body: bytes,
    marks: tuple[str, ...] = (),
) -> Event:
    """An event with its digest."""
    fields = (seq, id, received_at, method, url, target, http_version, peer, headers)
    return Event(
        seq=seq,
        id=id,
        received_at=received_at,
        method=method,
        url=url,
        target=target,
        http_version=http_version,
        peer=peer,
        headers=headers,
        body=body,
        digest=_digest(_with_marks(fields, marks), body),
        marks=marks,
    )


def result(
    *,
    seq: int,
    id: str,  # noqa: A002
    outcome: str,
    status: int = 0,
    reason: bytes = b"",
    headers: Pairs = (),
    body: bytes = b"",
) -> Result:
    """A result with its digest."""
    fields = (seq, id, outcome, status, reason, headers)
    return Result(
        seq=seq,
        id=id,
        outcome=outcome,
        status=status,
        reason=reason,
        headers=headers,
        body=body,
        digest=_digest(fields, body),
    )


def _with_marks(fields: tuple[object, ...], marks: tuple[str, ...]) -> tuple[object, ...]:
    """What the digest of an event is over: most have no marks, and theirs says nothing of any."""
    return (*fields, marks) if marks else fields


def _digest(fields: tuple[object, ...], body: bytes) -> bytes:
    digest = hashlib.sha256(_encoder.encode(fields))
    digest.update(body)
    return digest.digest()
