"""Retention while streams read: every place is an event or in a gap, and nothing waits for it."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from hookcli.wire.messages import Event, Gap
from tests.relay_server.harness import relay
from tests.support.stream import Stream
from tests.support.traffic import send_all

KEPT = 400_000


def places(it: Stream) -> list[int]:
    """What the stream has told of, in the order in which it told: places of events and of gaps."""
    told: list[int] = []
    for message in it.messages:
        if isinstance(message, Event):
            told.append(message.seq)
        elif isinstance(message, Gap):
            told += range(message.from_seq, message.to_seq + 1)
            assert message.count == message.to_seq - message.from_seq + 1
    return told


def is_told(it: Stream, place: int) -> bool:
    return (places(it) or [0])[-1] >= place


@pytest.mark.log("sqlite", "nats")
async def test_every_place_is_told_once_as_an_event_or_in_a_gap(tmp_path: Path) -> None:
    async with relay(tmp_path, endpoint_bytes=KEPT, window_events=4, tail_bytes=50_000) as hub:
        endpoint = await hub.endpoint(respond="ack")
        streams = [await Stream.open(hub.port, endpoint, after=0) for _ in range(3)]
        # Small ones stand in the database, large ones in files that are deleted meanwhile.
        for _ in range(4):
            await asyncio.gather(
                send_all(hub.port, endpoint.path, 150, senders=4, size=2_000),
                send_all(hub.port, endpoint.path, 30, senders=2, size=40_000),
            )
            streams.append(await Stream.open(hub.port, endpoint, after=0))
        head = 4 * 180
        for it in streams:
            await it.until(partial(is_told, it, head), "the head")
            assert places(it) == list(range(1, head + 1))
            assert it.closed is None
            it.close()
        assert any(it.gaps for it in streams), "nothing was removed"
        assert (await hub.held(endpoint))[1] <= KEPT
