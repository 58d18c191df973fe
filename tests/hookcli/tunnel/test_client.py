"""The connection against relays that misbehave, and servers that are none."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import trustme

from hookcli.errors import RelayError
from hookcli.tunnel import clocks, reception
from hookcli.tunnel.listen import From, Now, Since
from hookcli.tunnel.observe import (
    Alive,
    AttemptFinished,
    Captured,
    Connected,
    Lost,
    Missing,
    Notice,
    Ready,
    Reconnecting,
    SenderTold,
    TurnedAway,
)
from hookcli.wire import codec
from hookcli.wire.messages import Ack, Gap, Refused, Replied, Reply, Result
from tests.hookcli.tunnel.fakerelay import ENDPOINT, Peer, event, fake_relay, welcome
from tests.hookcli.tunnel.listening import plan, running, stored
from tests.support import rawhttp

DAMAGED = codec.encode(event(2)).replace(b"203.0.113.9", b"203.0.113.8")


async def greet(peer: Peer) -> None:
    """A relay with an empty log."""
    await peer.send(welcome())


class Clock:
    """The real one, which can be made to jump."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return clocks.forward() + self.ahead


@asynccontextmanager
async def server(answer: bytes, asked: asyncio.Event | None = None) -> AsyncIterator[str]:
    """A server that answers every connection with these bytes and hangs up; none: it says nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            asked.set()
        if answer:
            writer.write(answer)
        else:
            await reader.read()
        writer.close()

    it = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{it.sockets[0].getsockname()[1]}"
    finally:
        it.close()


async def test_the_handshake_says_who_wants_what(tmp_path: Path) -> None:
    async with fake_relay(greet) as relay:
        asked = plan(
            tmp_path, relay.url, ENDPOINT, None, respond="ack", deadline_ms=2500, name="a b/ü"
        )
        async with running(asked) as it:
            await it.watch.count(Alive)
            peer = await relay.peer()
        assert peer.path == (
            "/_/v1/endpoints/ep_test/stream?after=0&respond=ack&deadline_ms=2500&name=a%20b/%C3%BC"
        )
        for start, query in (
            (Now(), "after=now"),
            (Since(at=5), "since=5"),
            (From(seq=7), "after=6"),
            (From(seq=0), "after=0"),
        ):
            async with running(
                plan(tmp_path / query, relay.url, ENDPOINT, None, start=start)
            ) as it:
                await it.watch.count(Ready)
            assert relay.peers[-1].path.partition("?")[2] == query + "&name=here"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.test/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\n\r\n<html>",
        b'HTTP/1.1 422 No\r\n\r\n{"error": {"code": "invalid", "message": "since: no number"}}',
    ],
)
async def test_a_server_that_is_no_relay_is_told_at_once(answer: bytes, tmp_path: Path) -> None:
    async with server(answer) as url, running(plan(tmp_path, url, ENDPOINT, None)) as it:
        ending = await it.end()
    assert isinstance(ending.error, RelayError)
    status = answer.split()[1].decode()
    wanted = "refuses: since: no number" if status == "422" else f"(HTTP {status})"
    assert wanted in ending.error.message


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "HTTP 503"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "no HTTP there"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "no WebSocket there"),
        (b"HTTP/1.1 101", "the connection broke"),
    ],
)
async def test_what_may_pass_is_tried_again(answer: bytes, reason: str, tmp_path: Path) -> None:
    async with server(answer) as url, running(plan(tmp_path, url, ENDPOINT, None)) as it:
        first, second = (await it.watch.count(Reconnecting, 2))[:2]
        assert first.reason.startswith(reason)
        assert (first.attempt, second.attempt) == (2, 3)


async def test_another_subprotocol_is_another_protocol(tmp_path: Path) -> None:
    async with fake_relay(greet, subprotocol="hookcli.v9") as relay:
        async with running(plan(tmp_path, relay.url, ENDPOINT, None)) as it:
            ending = await it.end()
        assert isinstance(ending.error, RelayError)


async def test_the_relays_certificate_is_verified(tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("nothing is said to a relay that is not verified")

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        # `insecure` is for the program's certificate; the relay's is verified all the same.
        async with running(plan(tmp_path, url, ENDPOINT, None, insecure=True)) as it:
            ending = await it.end()
    finally:
        listening.close()
    assert isinstance(ending.error, RelayError)
    assert "certificate" in ending.error.message


async def test_a_relay_without_tls_is_not_spoken_to_without_it(tmp_path: Path) -> None:
    async with fake_relay(greet) as relay:
        url = relay.url.replace("http://", "https://")
        async with running(plan(tmp_path, url, ENDPOINT, None)) as it:
            ending = await it.end()
        assert isinstance(ending.error, RelayError)
        assert "TLS" in ending.error.message
        assert relay.peers == []


async def test_connecting_has_three_seconds_in_all(tmp_path: Path) -> None:
    clock, connected = Clock(), asyncio.Event()
    async with (
        server(b"", connected) as url,
        running(plan(tmp_path, url, ENDPOINT, None), clock=clock) as it,
    ):
        await connected.wait()
        clock.ahead += 3.0
        (retry,) = await it.watch.count(Reconnecting)
    assert retry.reason.startswith("timed out after ")


async def test_a_laptop_that_slept_drops_its_connection_and_has_a_new_one_at_once(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with fake_relay(greet) as relay:
        async with running(plan(tmp_path, relay.url, ENDPOINT, None), clock=clock) as it:
            await it.watch.count(Alive)
            clock.ahead += 8 * 3600.0
            (lost,) = await it.watch.count(Lost)
            assert lost.reason == "no heartbeat for 8 h"
            await it.watch.count(Connected)
            assert (await relay.peer(2)).path.startswith(peer_path(after=0))
        assert (await relay.peer(1)).closed is not None


def acked(peer: Peer, seq: int) -> bool:
    return peer.received[-1:] == [Ack(seq=seq)]


def peer_path(*, after: int) -> str:
    return f"/_/v1/endpoints/ep_test/stream?after={after}&"


async def test_events_are_acknowledged_once_they_are_on_disk(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(welcome(), event(1), event(2), event(5))

    async with fake_relay(script) as relay:
        asked = plan(tmp_path, relay.url, ENDPOINT, None)
        async with running(asked) as it:
            peer = await relay.peer()
            await peer.until(lambda: peer.received[-1:] == [Ack(seq=5)])
            async with stored(asked) as store:
                assert store.cursor(ENDPOINT.id) == 5
                assert store.count() == 3
            await it.stop()


async def test_a_message_in_several_frames_is_one(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(welcome())
        whole = codec.encode(event(1, b"x" * 100_000))
        await peer.connection.send(whole[at : at + 7000] for at in range(0, len(whole), 7000))

    async with (
        fake_relay(script) as relay,
        running(plan(tmp_path, relay.url, ENDPOINT, None)) as it,
    ):
        (captured,) = await it.watch.count(Captured)
        assert captured.body == b"x" * 100_000


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (DAMAGED, "event 2: the digest does not match its bytes"),
        (b"\xc1nonsense", "not a message"),
        ("text", "not a message"),
        (b"", "not a message"),
    ],
)
async def test_damage_closes_the_stream_and_costs_nothing(
    raw: bytes | str, fault: str, tmp_path: Path
) -> None:
    async def script(peer: Peer) -> None:
        if "after=0" in peer.path:
            await peer.send(welcome(), event(1), raw)
        else:
            await peer.send(welcome(after=1), event(2))

    async with (
        fake_relay(script) as relay,
        running(plan(tmp_path, relay.url, ENDPOINT, None)) as it,
    ):
        await it.watch.count(Captured, 2)
        assert [one.seq for one in it.watch.captures] == [1, 2]
        (lost,) = it.watch.of(Lost)
        assert fault in lost.reason
        peer = await relay.peer(1)
        await peer.until(lambda: peer.closed is not None)
        assert peer.closed is not None
        assert peer.closed[0] == 4400
        assert (await relay.peer(2)).path.startswith(peer_path(after=1))


async def test_what_lies_damaged_in_the_log_does_not_hold_up_what_follows(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        if "after=1" in peer.path:
            await peer.send(welcome(after=1), DAMAGED)
        elif "after=2" in peer.path:
            await peer.send(welcome(after=2), event(3))
        else:
            await peer.send(welcome(), event(1), DAMAGED)

    async with fake_relay(script) as relay:
        asked = plan(tmp_path, relay.url, ENDPOINT, None)
        async with running(asked) as it:
            await it.watch.count(Captured, 2)
            assert [one.seq for one in it.watch.captures] == [1, 3]
            assert len(it.watch.of(Lost)) == 3
            (notice,) = [one for one in it.watch.of(Notice) if one.code == "damaged"]
            assert notice.level == "error"
            assert "event 2" in notice.text
            await it.stop()


async def test_what_the_relay_says_beside_events_is_told(tmp_path: Path) -> None:
    refused = Refused(
        at=1, method="POST", target=b"/x", peer="203.0.113.9", status=429, reason="rate", more=3
    )

    async def script(peer: Peer) -> None:
        await peer.send(
            welcome(),
            Gap(from_seq=1, to_seq=6, count=5, reason="age"),
            event(7),
            Replied(replies=(Reply(seq=7, status=202, by="ack", ms=1.5),)),
            Replied(replies=(Reply(seq=99, status=200, by="app", ms=1.5),)),
            refused,
            b"\x81\xa4type\xa4news",
            b"\x81\xa4type\xa4news",
        )

    async with fake_relay(script) as relay:
        asked = plan(tmp_path, relay.url, ENDPOINT, None)
        async with running(asked) as it:
            (told,) = await it.watch.count(SenderTold)
            (missing,) = it.watch.of(Missing)
            (turned_away,) = await it.watch.count(TurnedAway)
            (unknown,) = await it.watch.count(Notice)
            await it.stop()
        assert (missing.from_seq, missing.to_seq, missing.count) == (1, 6, 5)
        assert (told.capture, told.told.by) == (event(7).id, "ack")
        assert (turned_away.status, turned_away.reason, turned_away.more) == (429, "rate", 3)
        assert "'news'" in unknown.text
        async with stored(asked) as store:
            (summary,) = store.summaries()
            assert summary.capture.told == told.told


async def test_a_gap_is_told_once(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        if "after=0" in peer.path:
            await peer.send(welcome(), Gap(from_seq=1, to_seq=9, count=9, reason="size"))
        else:
            await peer.send(welcome(after=9))

    async with fake_relay(script) as relay:
        asked = plan(tmp_path, relay.url, ENDPOINT, None)
        async with running(asked) as it:
            await it.watch.count(Missing)
            await it.stop()
        async with running(asked) as it:
            await it.watch.count(Ready)
        assert relay.peers[-1].path.startswith(peer_path(after=9))


async def test_only_what_was_sent_on_this_stream_and_is_waited_for_gets_a_result(
    tmp_path: Path,
) -> None:
    async def script(peer: Peer) -> None:
        after = 0 if "after=0" in peer.path else 2
        await peer.send(welcome(after=after, head=1 + after))
        await peer.send(event(after + 1), event(after + 2))
        if after == 0:
            await peer.until(lambda: bool(peer.of(Result)))
            await peer.connection.close(1001, "the relay is shutting down")

    async with (
        rawhttp.program(rawhttp.respond(201, body=b"ok")) as program,
        fake_relay(script) as relay,
        running(plan(tmp_path, relay.url, ENDPOINT, program.url)) as it,
    ):
        await it.watch.count(AttemptFinished, 4)
        second = await relay.peer(2)
        await second.until(lambda: bool(second.of(Result)))
        first = await relay.peer(1)
        for peer, seq in ((first, 2), (second, 4)):
            (result,) = peer.of(Result)
            assert isinstance(result, Result)
            assert (result.seq, result.id) == (seq, event(seq).id)
            assert (result.outcome, result.status, result.body) == ("answered", 201, b"ok")


async def test_beyond_so_many_waiting_events_nothing_more_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "MOST_WAITING", 3)

    async def script(peer: Peer) -> None:
        await peer.send(welcome(respond="ack"))
        for seq in range(1, 10):
            await peer.send(event(seq))
            await peer.until(partial(acked, peer, seq))

    async with rawhttp.program() as program:
        asked = plan(tmp_path, "", ENDPOINT, program.url, paused=True)
        async with fake_relay(script) as relay, running(replace(asked, relay=relay.url)) as it:
            await it.watch.count(Captured, 3)
            (notice,) = await it.watch.count(Notice)
            assert notice.code == "waiting"
            it.listener.deliver_one()
            await it.watch.count(Captured, 4)
            it.listener.resume()
            await program.wait_for(9)


async def test_a_relay_that_does_not_keep_to_its_window_is_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "_MOST_BYTES", 10_000)

    async def script(peer: Peer) -> None:
        await peer.send(welcome(respond="ack"))
        for seq in range(1, 200):
            await peer.send(event(seq, b"x" * 4000))

    async with (
        fake_relay(script) as relay,
        running(plan(tmp_path, relay.url, ENDPOINT, None)) as it,
    ):
        await it.watch.count(Captured, 199)
        assert [one.seq for one in it.watch.captures] == list(range(1, 200))
