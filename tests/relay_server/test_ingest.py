"""Webhooks over raw sockets: nothing changed in either direction, nothing stored that was refused."""

import asyncio
import contextlib
import gzip
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.wire import codec
from hookcli.wire.headers import end_to_end
from hookcli.wire.messages import Event, Pairs, Target
from tests.relay_server.harness import Running, eventually, files_no_longer_than, relay, replies
from tests.support import rawhttp
from tests.support.running import Endpoint
from tests.support.stream import Stream, read_log

pytestmark = pytest.mark.log("sqlite", "nats")

HOST = b"Host: h\r\n"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data") as it:
        yield it


def answer(
    it: Stream,
    event: Event,
    status: int = 200,
    headers: Pairs = (),
    body: bytes = b"",
    reason: bytes = b"OK",
    outcome: str = "answered",
) -> None:
    it.send(
        codec.result(
            seq=event.seq,
            id=event.id,
            outcome=outcome,
            status=status,
            reason=reason,
            headers=headers,
            body=body,
        )
    )


@pytest.mark.log("sqlite", slow="nats")
@pytest.mark.parametrize(
    "method",
    [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "PROPFIND",
        "SEARCH",
        "FOO",
        "get",
    ],
)
async def test_every_method_is_an_event(hub: Running, method: str) -> None:
    endpoint = await hub.endpoint()
    told = await rawhttp.once(hub.port, rawhttp.request(method, endpoint.path, framing="none"))
    (event,) = await read_log(hub.port, endpoint)
    assert (told.status, event.method) == (202, method)
    assert told.value(b"Hookcli-Event-Id").decode() == event.id
    assert told.body == (
        b"" if method == "HEAD" else json.dumps({"id": event.id}, separators=(",", ":")).encode()
    )


async def test_a_browser_s_preflight_is_an_event_and_gets_nothing_of_ours(hub: Running) -> None:
    endpoint = await hub.endpoint()
    fields = (
        (b"Origin", b"https://shop.example"),
        (b"Access-Control-Request-Method", b"POST"),
        (b"Cookie", b"a=1; b=2"),
    )
    raw = rawhttp.request("OPTIONS", endpoint.path, fields, framing="none")
    told = await rawhttp.once(hub.port, raw)
    (event,) = await read_log(hub.port, endpoint)
    assert set(fields) <= set(event.headers)
    names = {name.lower() for name, _ in told.headers}
    assert not any(name.startswith(b"access-control-") for name in names)
    assert b"set-cookie" not in names


BODIES = {
    "empty": b"",
    "json": b'{ "a" :\t1 }\n',
    "gzip": gzip.compress(b"x" * 1_000),
    "false gzip": b"this is no gzip",
    "binary": bytes(range(256)) * 300,
    "large": b"\r\n0\r\n\r\n" * 200_000,
}


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_an_event_is_what_was_sent(hub: Running, body: bytes, framing: str) -> None:
    endpoint = await hub.endpoint()
    fields = (
        (b"Content-Type", b"application/json; charset=latin-1"),
        (b"content-type", b"text/plain"),
        (b"Content-Encoding", b"gzip"),
        (b"X-Sig", b"a,b"),
        (b"x-sig", b"\xe4\xff"),
        (b"Empty", b""),
        (b"Connection", b"X-Hop"),
        (b"X-Hop", b"kept in the event, as all is"),
    )
    raw = rawhttp.request(
        "POST", endpoint.path + "/a%2F..//b?q=%zz&q=+#f", fields, body, framing=framing
    )
    assert (await rawhttp.once(hub.port, raw)).status == 202
    (event,) = await read_log(hub.port, endpoint)
    assert event.headers[1:-1] == fields
    assert event.target == b"/a%2F..//b?q=%zz&q=+#f"
    assert event.body == body
    assert (event.url, event.peer, event.http_version) == (endpoint.url, "127.0.0.1", "1.1")


async def test_an_absolute_target_names_the_same_endpoint(hub: Running) -> None:
    endpoint = await hub.endpoint()
    raw = rawhttp.request("POST", f"http://elsewhere:99999{endpoint.path}?a", (), b"x")
    assert (await rawhttp.once(hub.port, raw)).status == 202
    assert (await read_log(hub.port, endpoint))[0].target == b"?a"


async def test_the_program_s_answer_comes_back_as_it_is(hub: Running) -> None:
    endpoint = await hub.endpoint()
    headers = (
        (b"set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Server", b"mine"),
        (b"X-\x7e", b"\xff"),
    )
    async with hub.stream(endpoint) as it, rawhttp.sender(hub.port) as sender:
        for status, body in ((201, b"made"), (204, b""), (304, b""), (500, b"x" * 3_000_000)):
            await sender.write(rawhttp.request("POST", endpoint.path, (), b"hi"))
            event = await hub.next_event(it, len(it.seqs) + 1)
            answer(it, event, status, headers, body, b"As \xe4 will")
            told = await sender.answer()
            assert told.start == b"HTTP/1.1 %d As \xe4 will" % status
            assert told.body == body
            length = [] if status in (204, 304) else [(b"Content-Length", b"%d" % len(body))]
            assert told.headers == (*end_to_end(headers), *length)
        await it.until(lambda: len(replies(it)) == 4, "replies")
        assert [(reply.status, reply.by) for reply in replies(it).values()] == [
            (201, "app"), (204, "app"), (304, "app"), (500, "app"),
        ]  # fmt: skip


@pytest.mark.log("sqlite", slow="nats")
async def test_a_head_gets_the_program_s_length_and_no_body(hub: Running) -> None:
    endpoint = await hub.endpoint()
    async with hub.stream(endpoint) as it, rawhttp.sender(hub.port) as sender:
        await sender.write(rawhttp.request("HEAD", endpoint.path, framing="none"))
        answer(it, await hub.next_event(it, 1), 200, ((b"Content-Length", b"77"),))
        told = await sender.answer(no_body=True)
        assert told.headers == ((b"Content-Length", b"77"),)
        assert (await sender.send(rawhttp.request("HEAD", "/ep_x", framing="none"))).status == 404


async def test_pipelined_requests_are_answered_in_order(hub: Running) -> None:
    endpoint = await hub.endpoint(respond="ack")
    raws = [
        rawhttp.request("POST", f"{endpoint.path}/{n}", (), b"x" * n, framing=framing)
        for n, framing in enumerate(["length", "chunked"] * 40)
    ]
    async with rawhttp.sender(hub.port) as sender:
        await sender.write(b"".join(raws[:40]) + rawhttp.request("GET", "/ep_x", framing="none"))
        await sender.write(b"".join(raws[40:]))
        statuses = [(await sender.answer()).status for _ in range(81)]
    assert statuses == [202] * 40 + [404] + [202] * 40
    targets = [event.target for event in await read_log(hub.port, endpoint)]
    assert targets == [b"/%d" % n for n in range(80)]


@pytest.mark.log("sqlite", slow="nats")
async def test_requests_byte_by_byte_and_on_one_connection(hub: Running) -> None:
    endpoint = await hub.endpoint()
    raw = rawhttp.request("POST", endpoint.path, ((b"A", b"b"),), b"body", framing="chunked")
    async with rawhttp.sender(hub.port) as sender:
        for _ in range(2):
            for at in range(len(raw)):
                await sender.write(raw[at : at + 1])
            assert (await sender.answer()).status == 202
    assert [event.body for event in await read_log(hub.port, endpoint)] == [b"body", b"body"]


@pytest.mark.log("sqlite", slow="nats")
async def test_expect_is_met_before_the_body_and_only_when_it_is_wanted(hub: Running) -> None:
    endpoint = await hub.endpoint()

    async def expect(path: str, length: int, value: bytes = b"100-continue") -> rawhttp.Sender:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        sender = rawhttp.Sender(reader, writer)
        fields = [(b"Host", b"h"), (b"Expect", value), (b"Content-Length", b"%d" % length)]
        await sender.write(rawhttp.head(b"POST %s HTTP/1.1" % path.encode(), fields))
        return sender

    sender = await expect(endpoint.path, 2)
    async with asyncio.timeout(5):
        interim = await rawhttp.read_message(sender._reader, of="response")
    assert interim is not None
    assert interim.status == 100
    await sender.write(b"hi")
    assert (await sender.answer()).status == 202
    await sender.close()
    for path, length, value, status in (
        (endpoint.path, 26 << 20, b"100-continue", 413),
        ("/ep_nobody", 2, b"100-continue", 404),
        (endpoint.path, 2, b"200-maybe", 417),
        (endpoint.path, 2, b"\xff", 417),
    ):
        sender = await expect(path, length, value)
        told = await sender.answer()
        assert (told.status, sender.interim) == (status, [])
        assert "error" in json.loads(told.body)
        await sender.close()
    assert len(await read_log(hub.port, endpoint)) == 1


async def test_too_large_a_body_is_refused_and_not_stored(tmp_path: Path) -> None:
    async with relay(tmp_path, max_body=1_000) as hub:
        endpoint = await hub.endpoint()
        for framing in ("length", "chunked"):
            raw = rawhttp.request("POST", endpoint.path, (), b"x" * 300_000, framing=framing)
            told = await rawhttp.once(hub.port, raw)
            assert told.status == 413
            assert json.loads(told.body)["error"]["code"] == "too_large"
            assert told.values(b"Connection") == [b"close"]
        exactly = rawhttp.request("POST", endpoint.path, (), b"x" * 1_000)
        assert (await rawhttp.once(hub.port, exactly)).status == 202
        assert len(await read_log(hub.port, endpoint)) == 1


@pytest.mark.log("sqlite", slow="nats")
@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400),
        (b"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 300 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\xd9\xa5\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    ],
)
async def test_what_is_no_webhook_gets_a_reason_and_the_next_connection_works(
    hub: Running, raw: bytes, status: int
) -> None:
    told = await rawhttp.once(hub.port, raw)
    assert told.status == status
    assert "error" in json.loads(told.body)
    assert told.values(b"Server") == []
    assert (await hub.post(await hub.endpoint())).status == 202


@pytest.mark.log("sqlite", slow="nats")
async def test_unknown_endpoints_look_the_same_whatever_is_sent(hub: Running) -> None:
    paths = ("/", "/ep_x", "/ep_" + "a" * 32, "/EP_X/y?z", "//", "/_x")
    seen = {
        (await rawhttp.once(hub.port, rawhttp.request("POST", path, (), body))).body
        for path in paths
        for body in (b"", b"x" * 200_000)
    }
    assert len(seen) == 1


async def test_the_ack_is_what_the_endpoint_says(hub: Running) -> None:
    endpoint = await hub.endpoint(
        ack_status=503, ack_headers=[["Retry-After", "7"], ["X", "y"]], ack_body="later"
    )
    told = await hub.post(endpoint)
    assert (told.status, told.body, told.value(b"Retry-After")) == (503, b"later", b"7")
    (event,) = await read_log(hub.port, endpoint)
    assert told.value(b"Hookcli-Event-Id").decode() == event.id


async def test_senders_get_the_ack_when_no_answer_is_to_be_had(hub: Running) -> None:
    endpoint = await hub.endpoint(deadline_ms=200)
    async with hub.stream(endpoint) as it:
        held = asyncio.ensure_future(hub.post(endpoint))
        event = await hub.next_event(it, 1)
        answer(it, event, outcome="refused")
        assert (await held).status == 202
        assert (await hub.post(endpoint)).status == 202  # the deadline
        it.send(Target(up=False))
        assert (await hub.post(endpoint)).status == 202  # at once
        it.send(Target(up=True))
        held = asyncio.ensure_future(hub.post(endpoint))
        answer(it, await hub.next_event(it, 4), 200, ((b"X", b"a\r\nSet-Cookie: forged"),))
        assert (await held).status == 202
        await it.until(lambda: len(replies(it)) == 4, "replies")
        found = replies(it)
        assert [found[seq].by for seq in (1, 2, 3, 4)] == ["ack", "deadline", "ack", "ack"]
        assert found[2].ms >= 200 > found[3].ms


async def test_an_event_goes_its_way_when_its_sender_hangs_up(hub: Running) -> None:
    endpoint = await hub.endpoint()
    async with hub.stream(endpoint) as it:
        _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(rawhttp.request("POST", endpoint.path, (), b"bye"))
        event = await hub.next_event(it, 1)
        writer.transport.abort()
        await it.until(lambda: 1 in replies(it), "reply")
        assert (replies(it)[1].by, replies(it)[1].status) == ("gone", 0)
        answer(it, event)
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        assert (await asyncio.gather(hub.post(endpoint), answer_next(hub, it)))[0].status == 200


async def answer_next(hub: Running, it: Stream) -> None:
    answer(it, await hub.next_event(it, len(it.seqs) + 1))


async def said_after_half_closing(hub: Running, endpoint: Endpoint) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(rawhttp.request("POST", endpoint.path, (), b"bye"))
    writer.write_eof()
    async with asyncio.timeout(5):
        said = await reader.read()
    writer.close()
    return said


async def test_a_sender_that_half_closes_gets_an_answer_that_takes_no_waiting(
    hub: Running,
) -> None:
    endpoint = await hub.endpoint()
    assert (await said_after_half_closing(hub, endpoint)).startswith(b"HTTP/1.1 202 ")
    async with hub.stream(endpoint) as it:
        assert await said_after_half_closing(hub, endpoint) == b""
        await it.until(lambda: 2 in replies(it), "reply")
        assert (replies(it)[2].by, replies(it)[2].status) == ("gone", 0)


async def test_half_a_request_is_no_event(hub: Running) -> None:
    endpoint = await hub.endpoint()
    raw = rawhttp.request("POST", endpoint.path, (), b"x" * 100)
    for part in (raw[:20], raw[:-1]):
        async with rawhttp.sender(hub.port) as sender:
            await sender.write(part)
    assert (await hub.post(endpoint)).status == 202
    assert len(await read_log(hub.port, endpoint)) == 1


@pytest.mark.log("sqlite")
async def test_a_broken_disk_is_told_and_mended_without_a_restart(hub: Running) -> None:
    endpoint = await hub.endpoint()
    kept = []
    with files_no_longer_than(300_000):
        while (told := await hub.post(endpoint, b"x" * 5_000)).status == 202:
            kept.append(told.value(b"Hookcli-Event-Id").decode())
        assert (told.status, told.value(b"Retry-After")) == (503, b"1")
        assert (await hub.call("GET", "/_/health"))[0] == 503
    begin = time.monotonic()
    while (await hub.post(endpoint)).status != 202:
        assert time.monotonic() - begin < 1.0
    assert (await hub.call("GET", "/_/ready"))[0] == 200
    assert set(kept) <= {event.id for event in await read_log(hub.port, endpoint)}


@pytest.mark.log("sqlite", slow="nats")
async def test_slow_senders_are_ended_and_others_are_not_harmed(tmp_path: Path) -> None:
    async with relay(tmp_path, head_timeout_s=0.5, idle_timeout_s=1.0) as hub:
        endpoint = await hub.endpoint()
        slow_body = rawhttp.head(
            b"POST %s HTTP/1.1" % endpoint.path.encode(),
            [(b"Host", b"h"), (b"Content-Length", b"100000")],
        )

        async def ended(first: bytes) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
            writer.write(first)
            async with asyncio.timeout(8):
                said = await reader.read()
            writer.close()
            return said

        silent, head, body = await asyncio.gather(
            ended(b""), ended(b"POST / HTTP/1.1\r\nHo"), ended(slow_body + b"x")
        )
        assert silent == b""
        assert head.startswith(b"HTTP/1.1 408 ")
        assert body.startswith(b"HTTP/1.1 408 ")
        assert (await hub.post(endpoint)).status == 202


async def test_bodies_wait_for_memory_and_none_is_lost(tmp_path: Path) -> None:
    async with relay(tmp_path, body_budget=1 << 20) as hub:
        endpoint = await hub.endpoint(respond="ack")
        body = b"x" * 900_000
        told = await asyncio.gather(*(hub.post(endpoint, body) for _ in range(12)))
        assert {one.status for one in told} == {202}
        assert len(await read_log(hub.port, endpoint)) == 12
        edge = hub.relay._running.edge
        await eventually(lambda: edge.budget.used == 0)


@pytest.mark.log("sqlite", slow="nats")
async def test_a_sender_that_does_not_read_its_answer_does_not_fill_memory(tmp_path: Path) -> None:
    async with relay(tmp_path, answer_budget=100_000) as hub:
        endpoint = await hub.endpoint()
        async with hub.stream(endpoint) as it:
            _, writer = await asyncio.open_connection("127.0.0.1", hub.port, limit=1)
            writer.write(rawhttp.request("POST", endpoint.path, (), b"x"))
            answer(it, await hub.next_event(it, 1), 200, (), b"y" * (15 << 20))
            edge = hub.relay._running.edge
            await eventually(lambda: edge.untaken.size > 100_000)
            held = asyncio.ensure_future(hub.post(endpoint))
            answer(it, await hub.next_event(it, 2), 200, (), b"y" * 1_000)
            assert (await held).status == 202
            writer.transport.abort()
            await eventually(lambda: edge.untaken.size == 0)


@pytest.mark.log("sqlite", slow="nats")
async def test_http_1_0_keeps_the_connection_only_if_asked(hub: Running) -> None:
    endpoint = await hub.endpoint()
    raw = rawhttp.request("POST", endpoint.path, (), b"x").replace(b"HTTP/1.1", b"HTTP/1.0")
    async with rawhttp.sender(hub.port) as sender:
        kept = raw.replace(HOST, HOST + b"Connection: keep-alive\r\n").replace(
            b"Host: hooks.test\r\n", b"Host: hooks.test\r\nConnection: keep-alive\r\n"
        )
        assert (await sender.send(kept)).values(b"Connection") == [b"keep-alive"]
        assert (await sender.send(raw)).values(b"Connection") == [b"close"]
        with pytest.raises(ConnectionResetError):
            await sender.answer()


@pytest.mark.log("sqlite", slow="nats")
async def test_a_provider_that_is_known_to_be_impatient_is_held_no_longer(tmp_path: Path) -> None:
    """Slack waits 3 s (https://docs.slack.dev/apis/events-api/): it hears the ack after 2."""
    async with relay(tmp_path / "data", deadline_ms=30_000) as hub:
        endpoint = await hub.endpoint()
        slack = (
            (b"X-Slack-Signature", b"v0=" + b"0" * 64),
            (b"X-Slack-Request-Timestamp", b"1763908329"),
        )
        async with hub.stream(endpoint) as it:
            began = time.monotonic()
            told = await hub.post(endpoint, headers=slack)
            waited = time.monotonic() - began
            assert told.status == 202
            await it.until(lambda: 1 in replies(it), "the reply", 5.0)
            assert replies(it)[1].by == "deadline"
    assert 1.9 < waited < 10
