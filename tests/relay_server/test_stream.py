"""Streams: nothing missed, nothing doubled, one broken stream touches no other."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.wire import codec
from hookcli.wire.messages import Ack, Gap, Peers, Pong, Target
from relay_server.streams import Streams
from tests.relay_server.harness import Running, eventually, no_more_than, relay, replies
from tests.support import rawhttp
from tests.support.running import Endpoint
from tests.support.stream import RefusedError, Stream
from tests.support.traffic import number_of, send_all, traffic

pytestmark = pytest.mark.log("sqlite", "nats")


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data") as it:
        yield it


def streams(hub: Running) -> Streams:
    return hub.relay._running.streams


async def closed(it: Stream, within: float = 5.0) -> int:
    async with asyncio.timeout(within):
        while it.closed is None:
            it._news.clear()
            await it._news.wait()
    return it.closed[0]


async def in_step(it: Stream) -> int:
    """Ping, and wait for the answer: what was sent before has been dealt with. Its number."""

    def pongs() -> list[int]:
        return [message.n for message in it.messages if isinstance(message, Pong)]

    before = len(pongs())
    it.ping()
    await it.until(lambda: len(pongs()) > before, "pong")
    return pongs()[-1]


async def test_the_welcome_says_where_the_log_stands(hub: Running) -> None:
    endpoint = await hub.endpoint(respond="ack", deadline_ms=1_234)
    await hub.post(endpoint)
    async with hub.stream(endpoint, after="now") as it:
        welcome = it.welcome
        assert (welcome.head, welcome.after, welcome.respond) == (1, 1, "ack")
        assert (welcome.endpoint, welcome.url) == (endpoint.id, endpoint.url)
        assert (welcome.deadline_ms, welcome.window_events) == (1_234, 256)
        assert abs(welcome.now - time.time_ns() // 1000) < 5_000_000
    async with hub.stream(endpoint, after=0, more="&respond=app&deadline_ms=99") as it:
        assert (it.welcome.respond, it.welcome.deadline_ms, it.welcome.after) == ("app", 99, 0)
    async with hub.stream(endpoint, after=999) as it:
        assert it.welcome.after == 1, "a cursor from a log that was lost misses nothing new"


async def test_a_stream_goes_on_where_the_cursor_stands(hub: Running) -> None:
    endpoint = await hub.endpoint(respond="ack")
    await send_all(hub.port, endpoint.path, 50)
    async with hub.stream(endpoint) as it:
        await it.until(lambda: len(it.seqs) >= 20, "20 events")
        cursor = it.seqs[19]
    await send_all(hub.port, endpoint.path, 30)
    async with hub.stream(endpoint, after=cursor) as it:
        await it.catch_up()
        assert it.seqs == list(range(cursor + 1, 81))
        await hub.post(endpoint)
        await it.until(lambda: it.seqs[-1] == 81, "a live event")


async def test_since_begins_at_a_time(hub: Running) -> None:
    endpoint = await hub.endpoint()
    await hub.post(endpoint)
    since = time.time_ns() // 1000
    await hub.post(endpoint)
    async with hub.stream(endpoint, more=f"&since={since}") as it:
        await it.catch_up()
        assert it.seqs == [2]


async def test_catching_up_under_traffic_misses_and_doubles_nothing(hub: Running) -> None:
    endpoint = await hub.endpoint(respond="ack")
    await send_all(hub.port, endpoint.path, 500, size=3_000)
    async with traffic(hub.port, endpoint.path, senders=8, size=2_000) as senders:
        async with hub.stream(endpoint) as it:
            await senders.until_acked(500)
        async with hub.stream(endpoint, after=it.seqs[-1] if it.seqs else 0) as rest:
            await senders.until_acked(1_000)
            last = len(senders.ledger.acked)
            await rest.until(lambda: rest.seqs[-1] >= 500 + last, "the last of them")
    seqs = it.seqs + rest.seqs
    assert seqs == list(range(1, len(seqs) + 1))
    numbers = [number_of(event.body) for event in it.events + rest.events if event.seq > 500]
    assert len(set(numbers)) == len(numbers) >= 1_000


async def test_every_listener_gets_everything_and_only_its_own(hub: Running) -> None:
    one, other = await hub.endpoint(respond="ack"), await hub.endpoint(respond="ack")
    async with hub.stream(one) as a, hub.stream(one) as b, hub.stream(other) as c:
        for n in range(20):
            await hub.post(one, b"one%d" % n)
            await hub.post(other, b"other%d" % n)
        for it in (a, b, c):
            await it.until(lambda it=it: len(it.seqs) == 20, "all")  # type: ignore[misc]
        assert {event.body[:3] for event in a.events + b.events} == {b"one"}
        assert {event.body[:5] for event in c.events} == {b"other"}


async def test_the_window_stops_a_stream_and_an_ack_opens_it(tmp_path: Path) -> None:
    async with relay(tmp_path, window_events=10, window_bytes=1 << 20) as hub:
        endpoint = await hub.endpoint(respond="ack")
        await send_all(hub.port, endpoint.path, 40)
        it = await Stream.open(hub.port, endpoint, acks=False)
        await it.until(lambda: len(it.seqs) == 10, "the window")
        await in_step(it)
        assert len(it.seqs) == 10
        it.send(Ack(seq=4))
        await it.until(lambda: len(it.seqs) == 14, "four more")
        it.close()


async def test_the_window_counts_bytes_and_one_event_always_may(tmp_path: Path) -> None:
    async with relay(tmp_path, window_bytes=100_000) as hub:
        endpoint = await hub.endpoint(respond="ack")
        for size in (60_000, 30_000, 30_000, 500_000):
            await hub.post(endpoint, b"x" * size)
        it = await Stream.open(hub.port, endpoint, acks=False)
        for acked, seen in ((0, 2), (1, 3), (2, 3), (3, 4)):
            it.send(Ack(seq=acked))
            await it.until(lambda seen=seen: len(it.seqs) == seen, "events")  # type: ignore[misc]
            await in_step(it)
            assert len(it.seqs) == seen
        it.close()


@pytest.mark.log("sqlite", slow="nats")
async def test_a_listener_that_reads_nothing_slows_only_itself(tmp_path: Path) -> None:
    async with relay(tmp_path) as hub:
        endpoint = await hub.endpoint(respond="ack")
        stuck = await Stream.open(hub.port, endpoint, acks=False)
        stuck.stop_reading()
        async with hub.stream(endpoint) as it:
            for _ in range(40):
                assert (await hub.post(endpoint, b"x" * 1_000_000)).status == 202
            await it.until(lambda: len(it.seqs) == 40, "all", 10)
        stuck.close()


async def test_what_retention_removed_is_told_as_a_gap(tmp_path: Path) -> None:
    async with relay(tmp_path, endpoint_bytes=50_000) as hub:
        endpoint = await hub.endpoint()
        for _ in range(30):
            await hub.post(endpoint, b"x" * 5_000)
        await no_more_than(50_000, hub, endpoint)
        async with hub.stream(endpoint, after=3) as it:
            await it.catch_up()
            gap = it.messages[1]
            assert isinstance(gap, Gap)
            assert (gap.from_seq, gap.to_seq + 1, gap.reason) == (4, it.seqs[0], "size")
            assert gap.count == gap.to_seq - 3
            assert it.seqs[-1] == 30


async def test_replies_come_for_events_that_were_sent_here_and_once(hub: Running) -> None:
    endpoint = await hub.endpoint()
    for _ in range(5):
        await hub.post(endpoint)
    async with hub.stream(endpoint, after=2) as it:
        await it.until(lambda: len(replies(it)) == 3, "replies")
        assert set(replies(it)) == {3, 4, 5}
        assert {reply.by for reply in replies(it).values()} == {"ack"}


async def test_who_else_listens_is_told_when_it_changes(hub: Running) -> None:
    endpoint = await hub.endpoint()

    def names(it: Stream) -> tuple[str, ...]:
        found = [message.names for message in it.messages if isinstance(message, Peers)]
        return found[-1] if found else ()

    async with hub.stream(endpoint, more="&name=me") as it:
        async with hub.stream(endpoint, more="&name=you%0d"):
            await it.until(lambda: names(it) == ("me", "you"), "both")
        await it.until(lambda: names(it) == ("me",), "one")


@pytest.mark.log("sqlite", slow="nats")
async def test_a_ping_is_answered_and_silence_ends_the_stream(tmp_path: Path) -> None:
    async with relay(tmp_path, silence_s=0.6) as hub:
        endpoint = await hub.endpoint()
        async with hub.stream(endpoint) as it, hub.stream(endpoint) as silent:
            for n in range(1, 8):
                assert await in_step(it) == n
                await asyncio.sleep(0.3)
            assert await closed(silent) == 4408
            assert it.closed is None


FOREIGN = codec.result(seq=7, id="x", outcome="answered", status=200)


@pytest.mark.log("sqlite", slow="nats")
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", 4400),
        (b"\xff\xff", 4400),
        (codec.encode({"type": "ack", "seq": "one"}), 4400),
        (codec.encode(Ack(seq=99)), 4400),
        (codec.encode(FOREIGN), 4400),
        (codec.encode(FOREIGN)[:-1] + b"\x00", 4400),
        (codec.encode({"type": "event", "digest": b"x"}), 4400),
    ],
)
async def test_a_bad_message_ends_that_stream_only(hub: Running, payload: bytes, code: int) -> None:
    endpoint = await hub.endpoint(respond="ack")
    async with hub.stream(endpoint) as it, hub.stream(endpoint) as other:
        it.write_frame(2, payload)
        assert await closed(it) == code
        assert it.closed is not None
        assert it.closed[1]
        assert (await hub.post(endpoint, b"after")).status == 202
        await other.until(lambda: other.seqs == [1], "the event")


@pytest.mark.log("sqlite", slow="nats")
async def test_text_frames_are_refused_and_unknown_messages_are_not(hub: Running) -> None:
    endpoint = await hub.endpoint()
    async with hub.stream(endpoint) as it, hub.stream(endpoint) as text:
        it.write_frame(2, codec.encode({"type": "from-the-future", "x": 1}))
        text.write_frame(1, b"hello")
        assert await closed(text) == 4400
        await in_step(it)


@pytest.mark.log("sqlite", slow="nats")
async def test_a_message_too_large_ends_the_stream(tmp_path: Path) -> None:
    async with relay(tmp_path, max_message=100_000) as hub:
        endpoint = await hub.endpoint()
        async with hub.stream(endpoint) as it:
            it.write_frame(2, b"x" * 100_001)
            assert await closed(it) == 4413


async def test_a_result_for_another_event_ends_the_stream_and_holds_on(hub: Running) -> None:
    endpoint = await hub.endpoint(deadline_ms=500)
    async with hub.stream(endpoint) as it, hub.stream(endpoint) as other:
        held = asyncio.ensure_future(hub.post(endpoint))
        event = await hub.next_event(it, 1)
        it.send(codec.result(seq=1, id="another", outcome="answered", status=200))
        assert await closed(it) == 4400
        await other.until(lambda: other.seqs == [1], "the event")
        other.send(codec.result(seq=1, id=event.id, outcome="answered", status=299))
        assert (await held).status == 299


async def test_the_first_answer_wins(hub: Running) -> None:
    endpoint = await hub.endpoint()
    async with hub.stream(endpoint) as slow, hub.stream(endpoint) as fast:
        held = asyncio.ensure_future(hub.post(endpoint))
        event = await hub.next_event(slow, 1)
        await hub.next_event(fast, 1)
        for it, status in ((fast, 201), (slow, 202)):
            it.send(codec.result(seq=1, id=event.id, outcome="answered", status=status))
            await in_step(it)
        assert (await held).status == 201
        assert slow.closed is None


async def test_a_listener_that_dies_lets_its_senders_go_at_once(hub: Running) -> None:
    endpoint = await hub.endpoint()
    async with hub.stream(endpoint) as it:
        held = asyncio.ensure_future(hub.post(endpoint))
        await hub.next_event(it, 1)
        it.close()
        begin = time.monotonic()
        assert (await held).status == 202
        assert time.monotonic() - begin < 1.0


async def test_a_program_that_is_down_holds_nobody(hub: Running) -> None:
    endpoint = await hub.endpoint()
    async with hub.stream(endpoint) as it:
        it.send(Target(up=False))
        await in_step(it)
        begin = time.monotonic()
        assert (await hub.post(endpoint)).status == 202
        assert time.monotonic() - begin < 1.0


async def test_rotating_revoking_and_deleting_end_streams_at_once(hub: Running) -> None:
    endpoint = await hub.endpoint()
    path = f"/_/v1/endpoints/{endpoint.id}"
    async with hub.stream(endpoint) as it:
        status, made = await hub.call("POST", path + "/rotate", token=endpoint.token)
        assert status == 200
        assert await closed(it) == 4401
    with pytest.raises(RefusedError, match="401"):
        await Stream.open(hub.port, endpoint)
    renewed = Endpoint(id=endpoint.id, url=endpoint.url, token=made["token"])
    async with hub.stream(renewed) as it:
        assert (await hub.call("DELETE", path, token=renewed.token))[0] == 204
        assert await closed(it) == 4404
    assert (await hub.post(endpoint)).status == 404


@pytest.mark.log("sqlite", slow="nats")
async def test_an_overlap_keeps_the_old_token_until_it_runs_out(hub: Running) -> None:
    endpoint = await hub.endpoint()
    path = f"/_/v1/endpoints/{endpoint.id}/rotate"
    async with hub.stream(endpoint) as it:
        status, _ = await hub.call("POST", path, {"overlap_s": 1}, token=endpoint.token)
        assert status == 200
        async with hub.stream(endpoint):
            assert it.closed is None
        assert await closed(it) == 4401
    with pytest.raises(RefusedError, match="401"):
        await Stream.open(hub.port, endpoint)


@pytest.mark.log("sqlite", slow="nats")
async def test_no_more_listeners_than_allowed(tmp_path: Path) -> None:
    async with relay(tmp_path, max_listeners=1) as hub:
        endpoint = await hub.endpoint()
        async with hub.stream(endpoint) as it:
            with pytest.raises(RefusedError, match="4429"):
                await Stream.open(hub.port, endpoint)
            assert it.closed is None


@pytest.mark.log("sqlite", slow="nats")
@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("hookcli.v1", "hookcli.v9"), 426),
        (("Upgrade: websocket", "Upgrade: h2c"), 426),
        (("?after=0", "?after=minus"), 422),
        (("?after=0", "?after=0&respond=maybe"), 422),
        (("Bearer hk_", "Bearer hk_x"), 401),
        (("Bearer", "Basic"), 401),
        (("/ep_", "/ep_x"), 401),
        (("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 9"), 400),
    ],
)
async def test_a_stream_that_may_not_be_is_refused_before_the_upgrade(
    hub: Running, change: tuple[str, str], status: int
) -> None:
    endpoint = await hub.endpoint()
    raw = (
        f"GET /_/v1/endpoints/{endpoint.id}/stream?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Protocol: hookcli.v1\r\nAuthorization: Bearer {endpoint.token}\r\n\r\n"
    )
    assert change[0] in raw
    told = await rawhttp.once(hub.port, raw.replace(*change).encode())
    assert told.status == status
    assert told.values(b"Server") == []


async def test_many_come_and_go_and_nothing_is_left_of_them(hub: Running) -> None:
    endpoint = await hub.endpoint()
    for _ in range(5):
        opened = await asyncio.gather(*(Stream.open(hub.port, endpoint) for _ in range(20)))
        assert len(streams(hub)) == 20
        for it in opened:
            it.close()
        await eventually(lambda: len(streams(hub)) == 0)
    assert hub.relay._running.hub.listeners(endpoint.id) == 0


async def test_who_catches_up_hears_what_every_sender_was_told(tmp_path: Path) -> None:
    """Over several pages: a reply may be stored long after its event, behind many others."""
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint()
        async with rawhttp.sender(hub.port) as sender:
            for n in range(300):
                raw = rawhttp.request("POST", endpoint.path, (), b"%d" % n)
                assert (await sender.send(raw)).status == 202
    async with relay(tmp_path / "data") as hub, hub.stream(endpoint) as it:
        await it.catch_up()
        await it.until(lambda: len(replies(it)) == 300, "all replies", 5.0)
        assert {(one.status, one.by) for one in replies(it).values()} == {(202, "ack")}
