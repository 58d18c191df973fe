"""Two relays on one log: whatever one of them does holds on the other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from hookcli.wire import codec
from hookcli.wire.messages import Event, Peers, Refused, Target
from relay_server.app import Relay
from relay_server.registry import Endpoint
from relay_server.settings import Settings
from tests.relay_server.harness import Running, eventually, relay, replies
from tests.support import logs, rawhttp
from tests.support.natsservers import NatsServer
from tests.support.running import Endpoint as Created
from tests.support.stream import Stream, read_log

A_SECOND = 1.0


@pytest.fixture
async def pair(nats: NatsServer, tmp_path: Path) -> AsyncIterator[tuple[Running, Running]]:
    more = logs.shared(tmp_path, nats.url)
    async with relay(tmp_path, **more) as one, relay(tmp_path, **more) as two:
        yield one, two


def answer(it: Stream, event: Event, body: bytes = b"", outcome: str = "answered") -> None:
    it.send(
        codec.result(
            seq=event.seq,
            id=event.id,
            outcome=outcome,
            status=201,
            reason=b"Made",
            headers=((b"X-By", b"program"),),
            body=body,
        )
    )


async def until_known(
    it: Running, endpoint: Created, holds: Callable[[Endpoint | None], bool]
) -> None:
    """Wait, for a second at most, until that holds of what the relay knows of an endpoint."""
    await eventually(lambda: holds(it.relay._registry.get(endpoint.id)), A_SECOND)


def says(**wanted: object) -> Callable[[Endpoint | None], bool]:
    """Whether an endpoint has these settings."""
    return lambda it: it is not None and wanted.items() <= asdict(it).items()


async def on_both(one: Running, other: Running, **settings: object) -> Created:
    """A new endpoint, made at one of them and known to the other."""
    made = await one.endpoint(**settings)
    await until_known(other, made, lambda it: it is not None)
    return made


async def told_of(it: Stream) -> tuple[int, str]:
    """What the first sender was told, once the listener has heard it."""
    await it.until(lambda: bool(replies(it)), "what the sender was told")
    first = next(iter(replies(it).values()))
    return first.status, first.by


async def event(it: Stream, number: int = 1) -> Event:
    """Wait for so many events; the last of them."""
    await it.until(lambda: len(it.events) >= number, f"event {number}")
    return it.events[number - 1]


def peers(it: Stream) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Who listened and since when, each time it was told."""
    return [(one.names, one.since) for one in it.messages if isinstance(one, Peers)]


async def knows(it: Running, endpoint: str, listeners: int) -> None:
    """Wait until the relay has heard of so many listeners."""
    parts = it.relay._running
    await eventually(lambda: parts.hub.listeners(endpoint) == listeners)


async def test_an_answer_crosses_to_the_relay_that_holds_the_sender(
    pair: tuple[Running, Running],
) -> None:
    one, two = pair
    endpoint = await on_both(one, two)
    for size in (3, 3_000_000):
        async with two.stream(endpoint, after="now") as it, rawhttp.sender(one.port) as sender:
            await knows(one, endpoint.id, 1)
            await sender.write(rawhttp.request("POST", endpoint.path, (), b"hi"))
            answer(it, await event(it), b"x" * size)
            told = await sender.answer()
            assert (told.start, told.body) == (b"HTTP/1.1 201 Made", b"x" * size)
            assert await told_of(it) == (201, "app")
        await knows(one, endpoint.id, 0)


async def test_a_sender_waits_for_nobody_who_is_gone_or_whose_program_is_down(
    pair: tuple[Running, Running],
) -> None:
    one, two = pair
    endpoint = await on_both(one, two)
    async with two.stream(endpoint, after="now") as it, rawhttp.sender(one.port) as sender:
        await knows(one, endpoint.id, 1)
        await sender.write(rawhttp.request("POST", endpoint.path, (), b"1"))
        await it.until(lambda: len(it.seqs) == 1, "the first")
        answer(it, it.events[0], outcome="refused")
        assert (await sender.answer()).start.startswith(b"HTTP/1.1 202")
        await sender.write(rawhttp.request("POST", endpoint.path, (), b"2"))
        await it.until(lambda: len(it.seqs) == 2, "the second")
        it.send(Target(up=False))
        assert (await sender.answer()).start.startswith(b"HTTP/1.1 202")
        it.send(Target(up=True))
        await asyncio.sleep(0.1)
        await sender.write(rawhttp.request("POST", endpoint.path, (), b"3"))
        await it.until(lambda: len(it.seqs) == 3, "the third")
        it.close()
        assert (await sender.answer()).start.startswith(b"HTTP/1.1 202")


async def test_listeners_at_two_relays_know_of_each_other_and_the_first_answer_wins(
    pair: tuple[Running, Running],
) -> None:
    one, two = pair
    endpoint = await on_both(two, one)
    async with (
        one.stream(endpoint, after="now", more="&name=here") as here,
        two.stream(endpoint, after="now", more="&name=there") as there,
        rawhttp.sender(one.port) as sender,
    ):
        both = ("here", "there"), (here.welcome.now, there.welcome.now)
        await here.until(lambda: both in peers(here), "both names")
        await there.until(lambda: both in peers(there), "both names")
        await sender.write(rawhttp.request("POST", endpoint.path, (), b"hi"))
        answer(there, await event(there), b"first")
        assert (await sender.answer()).body == b"first"
        answer(here, await event(here), b"late")
        await sender.write(rawhttp.request("POST", endpoint.path, (), b"again"))
        answer(here, await event(here, 2), b"mine")
        assert (await sender.answer()).body == b"mine"


async def test_changes_rotations_and_deletions_hold_everywhere_within_a_second(
    pair: tuple[Running, Running],
) -> None:
    one, two = pair
    endpoint = await on_both(one, two)
    path = f"/_/v1/endpoints/{endpoint.id}"
    assert (await two.call("PATCH", path, {"ack_status": 299}, token=endpoint.token))[0] == 200

    await until_known(one, endpoint, says(ack_status=299))
    assert (await one.post(endpoint)).start.startswith(b"HTTP/1.1 299")
    async with two.stream(endpoint, after="now") as it:
        status, made = await one.call("POST", f"{path}/rotate", {}, token=endpoint.token)
        assert status == 200
        await it.until(lambda: it.closed is not None, "the end of the old token", A_SECOND)
        assert it.closed is not None
        assert it.closed[0] == 4401
    made_at_one = Created(id=endpoint.id, url=endpoint.url, token=made["token"])
    async with two.stream(made_at_one, after="now") as it:
        assert (await one.call("DELETE", path, token=made["token"]))[0] == 204
        await it.until(lambda: it.closed is not None, "the end of the endpoint", A_SECOND)
        assert it.closed is not None
        assert it.closed[0] == 4404
    await until_known(two, endpoint, lambda it: it is None)
    assert (await two.post(endpoint)).start.startswith(b"HTTP/1.1 404")


async def test_changes_made_on_both_at_once_are_all_made(pair: tuple[Running, Running]) -> None:
    one, two = pair
    endpoint = await on_both(one, two)
    path = f"/_/v1/endpoints/{endpoint.id}"
    for n in range(5):
        asked: list[dict[str, Any]] = [
            {"name": f"n{n}"},
            {"ack_status": 210 + n},
            {"ack_body": f"b{n}"},
        ]
        asked += [{"dedup_s": 60 + n}, {"deadline_ms": 1_000 + n}, {"methods": ["POST", f"M{n}"]}]
        told = await asyncio.gather(
            *(
                pair[at % 2].call("PATCH", path, changes, token=endpoint.token)
                for at, changes in enumerate(asked)
            )
        )
        assert [status for status, _ in told] == [200] * len(asked)
        wanted: dict[str, Any] = {
            name: value for changes in asked for name, value in changes.items()
        }
        wanted["methods"] = tuple(wanted["methods"])
        for it in pair:
            await until_known(it, endpoint, says(**wanted))


async def test_tokens_made_on_both_at_once_are_both_good(pair: tuple[Running, Running]) -> None:
    one, two = pair
    endpoint = await on_both(one, two)
    path = f"/_/v1/endpoints/{endpoint.id}"
    made = await asyncio.gather(
        *(it.call("POST", f"{path}/rotate", {"overlap_s": 60}, token=endpoint.token) for it in pair)
    )
    for it in pair:
        for _, rotated in made:
            await until_known(it, endpoint, lambda now: now is not None and len(now.tokens) == 3)
            assert (await it.call("GET", path, token=rotated["token"]))[0] == 200


async def test_who_changes_what_another_deletes_is_told_that_it_is_gone(
    pair: tuple[Running, Running],
) -> None:
    one, two = pair
    for n in range(5):
        endpoint = await on_both(one, two)
        path = f"/_/v1/endpoints/{endpoint.id}"
        deleted, *changed = await asyncio.gather(
            one.call("DELETE", path, token=endpoint.token),
            *(two.call("PATCH", path, {"dedup_s": 9 + n}, token=endpoint.token) for _ in range(9)),
        )
        assert deleted[0] == 204
        assert {status for status, _ in changed} <= {200, 404}
        await until_known(two, endpoint, lambda it: it is None)


async def test_events_taken_by_both_at_once_have_one_order_without_holes(
    pair: tuple[Running, Running],
) -> None:
    one, two = pair
    endpoint = await on_both(one, two)

    async def send(n: int) -> None:
        told = await (one, two)[n % 2].post(endpoint, b"%d" % n)
        assert told.start.startswith(b"HTTP/1.1 202")

    await asyncio.gather(*map(send, range(200)))
    for it in (one, two):
        found = await read_log(it.port, endpoint)
        assert [event.seq for event in found] == list(range(1, 201))
        assert sorted(int(event.body) for event in found) == list(range(200))
    async with two.stream(endpoint, after=150) as rest:
        await rest.catch_up(10.0)
        assert rest.seqs == list(range(151, 201))


async def test_a_large_event_is_whole_at_the_other(pair: tuple[Running, Running]) -> None:
    one, two = pair
    endpoint = await on_both(one, two, respond="ack")
    body = bytes(range(256)) * 40_000
    async with two.stream(endpoint) as it:
        await one.post(endpoint, body)
        await one.post(endpoint, b"after")
        await it.until(lambda: len(it.events) == 2, "both", 10.0)
        assert [event.body for event in it.events] == [body, b"after"]


async def test_who_listens_elsewhere_hears_of_refusals(pair: tuple[Running, Running]) -> None:
    one, two = pair
    endpoint = await on_both(one, two, methods=["POST"])
    async with two.stream(endpoint, after="now") as it:
        await knows(one, endpoint.id, 1)
        told = await rawhttp.once(one.port, rawhttp.request("PUT", endpoint.path, (), b""))
        assert told.start.startswith(b"HTTP/1.1 405")
        await it.until(lambda: any(isinstance(one, Refused) for one in it.messages), "the refusal")


async def test_what_a_listener_has_is_no_backlog_anywhere(pair: tuple[Running, Running]) -> None:
    one, two = pair
    endpoint = await on_both(one, two)
    for _ in range(3):
        await one.post(endpoint)
    async with two.stream(endpoint) as it:
        await it.until(lambda: len(it.seqs) == 3, "all")
        streams = one.relay._running.streams
        await eventually(lambda: streams.captured_up_to(endpoint.id) == 3, 3.0)


async def test_relays_on_one_log_have_one_key(nats: NatsServer, tmp_path: Path) -> None:
    more = logs.shared(tmp_path, nats.url)
    made = [Relay(Settings(listen="127.0.0.1:0", data=tmp_path, **more)) for _ in range(3)]
    started = await asyncio.gather(*(one.start() for one in made))
    try:
        keys = [one.key for one in started if one.key is not None]
        assert len(keys) == 1
        for one, it in zip(made, started, strict=True):
            running = Running(one, it)
            status, _ = await running.call("POST", "/_/v1/endpoints", {}, token=keys[0])
            assert status == 201
    finally:
        for one in made:
            await one.stop(0.5)


async def test_metrics_tell_relays_apart_and_see_each_other(
    nats: NatsServer, tmp_path: Path
) -> None:
    more = logs.shared(tmp_path, nats.url)
    async with (
        relay(tmp_path, node="north", **more) as north,
        relay(tmp_path, node="south", **more) as south,
    ):
        endpoint = await north.endpoint()
        await north.post(endpoint)
        told = b""
        for it, name in ((north, b"north"), (south, b"south")):
            await eventually(lambda it=it: len(it.relay._running.others) == 1)  # type: ignore[misc]
            host = b"127.0.0.1:%d" % it.port
            raw = rawhttp.request("GET", "/_/metrics", host=host)
            told = (await rawhttp.once(it.port, raw)).body
            assert b'hookcli_relay_node_info{node="%b"} 1.0' % name in told
            assert b"hookcli_relay_other_relays 1.0" in told
            assert b"hookcli_relay_nats_connected 1.0" in told
            assert b"hookcli_relay_log_races_total 0.0" in told
            assert b"hookcli_relay_backlog_events_all 1.0" in told
        assert b"hookcli_relay_received_total 0.0" in told, "each counts its own"
