"""An event as the message that every stream sends and every log keeps."""

from hookcli.wire import codec
from relay_server.log.base import Draft


def encode(draft: Draft, seq: int) -> bytes:
    """The event at that place."""
    event = codec.event(
        seq=seq,
        id=draft.id,
        received_at=draft.received_at,
        method=draft.method,
        url=draft.url,
        target=draft.target,
        http_version=draft.http_version,
        peer=draft.peer,
        headers=draft.headers,
        body=draft.body,
        marks=draft.marks,
    )
    return codec.encode(event)
