"""At the door: signatures that hold, challenges that need none, and repeats that came before."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hookcli.wire.messages import Refused
from relay_server.log.base import Draft
from relay_server.proof import INLINE, Repeats
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp
from tests.support.running import Endpoint
from tests.support.stream import read_log

SECRET = "canary" * 6
VERIFY = {"scheme": "github", "secrets": ["another", SECRET]}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data") as it:
        yield it


async def send(
    hub: Running, endpoint: Endpoint, body: bytes = b"{}", *, secret: str = SECRET, id_: str = "1"
) -> rawhttp.Message:
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
    fields = [
        (b"X-GitHub-Event", b"push"),
        (b"X-GitHub-Delivery", id_.encode()),
        (b"X-Hub-Signature-256", b"sha256=" + signed),
        (b"Content-Type", b"application/json"),
    ]
    return await rawhttp.once(hub.port, rawhttp.request("POST", endpoint.path, fields, body))


async def change(hub: Running, endpoint: Endpoint, **settings: Any) -> tuple[int, Any]:
    path = f"/_/v1/endpoints/{endpoint.id}"
    return await hub.call("PATCH", path, settings, token=endpoint.token)


@pytest.mark.log("sqlite", "nats")
@pytest.mark.parametrize("size", [2, INLINE + 1])
async def test_only_what_is_rightly_signed_comes_in(hub: Running, size: int) -> None:
    endpoint = await hub.endpoint(verify=VERIFY, respond="ack")
    body = b"x" * size
    async with hub.stream(endpoint) as it:
        assert (await send(hub, endpoint, body)).status == 202
        bad = await send(hub, endpoint, body, secret="wrong")
        assert bad.status == 401
        assert json.loads(bad.body)["error"]["code"] == "signature"
        plain = rawhttp.request("POST", endpoint.path, [], body)
        assert (await rawhttp.once(hub.port, plain)).status == 401

        def refused() -> list[Refused]:
            return [one for one in it.messages if isinstance(one, Refused)]

        await it.until(lambda: sum(1 + one.more for one in refused()) == 2, "refusals", 5.0)
        assert {(one.status, one.reason) for one in refused()} == {(401, "signature")}
    assert [event.body for event in await read_log(hub.port, endpoint)] == [body]
    _, shown = await hub.call("GET", f"/_/v1/endpoints/{endpoint.id}", token=endpoint.token)
    assert shown["refused"] == {"signature": 2}


@pytest.mark.log("sqlite", "nats")
async def test_the_secret_is_kept_and_never_told(tmp_path: Path) -> None:
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint(verify=VERIFY)
        status, shown = await change(hub, endpoint, name="x")
        assert (status, shown["verify"]) == (200, {"scheme": "github", "secrets": 2})
        assert SECRET not in json.dumps(shown)
        bad = await send(hub, endpoint, secret="wrong")
        assert SECRET.encode() not in bad.body
    async with relay(tmp_path / "data") as again:
        assert (await send(again, endpoint, secret="wrong")).status == 401
        assert (await send(again, endpoint)).status == 202
        assert (await change(again, endpoint, verify=None))[1]["verify"] is None
        assert (await send(again, endpoint, secret="wrong")).status == 202


async def test_a_challenge_comes_in_unsigned(hub: Running) -> None:
    endpoint = await hub.endpoint(verify={"scheme": "meta", "secrets": ["x"]})
    target = f"{endpoint.path}?hub.mode=subscribe&hub.challenge=123&hub.verify_token=t"
    told = await rawhttp.once(hub.port, rawhttp.request("GET", target))
    assert told.status == 202
    assert (await rawhttp.once(hub.port, rawhttp.request("GET", endpoint.path))).status == 401


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"verify": {"scheme": "nobody", "secrets": ["x"]}}, "scheme"),
        ({"verify": {"scheme": "stripe", "secrets": []}}, "secrets"),
        ({"verify": {"scheme": "stripe", "secrets": [""]}}, "secrets"),
        ({"verify": {"scheme": "stripe"}}, "secrets"),
        ({"verify": "stripe"}, "verify"),
        ({"dedup": "yes"}, "dedup"),
        ({"dedup_s": 0}, "dedup_s"),
    ],
)
async def test_what_cannot_be_is_named(hub: Running, settings: dict[str, Any], word: str) -> None:
    endpoint = await hub.endpoint()
    status, answer = await change(hub, endpoint, **settings)
    assert (status, word in answer["error"]["message"]) == (422, True)


@pytest.mark.log("sqlite", "nats")
async def test_a_repeat_is_dropped_and_its_sender_told_of_the_first(hub: Running) -> None:
    endpoint = await hub.endpoint(dedup="drop")
    first = await send(hub, endpoint, b"1", id_="a")
    again = await send(hub, endpoint, b"2", id_="a")
    other = await send(hub, endpoint, b"3", id_="b")
    assert (again.status, again.body) == (first.status, first.body)
    assert other.body != first.body
    assert [event.body for event in await read_log(hub.port, endpoint)] == [b"1", b"3"]
    _, shown = await hub.call("GET", f"/_/v1/endpoints/{endpoint.id}", token=endpoint.token)
    assert shown["refused"] == {"repeat": 1}


@pytest.mark.log("sqlite", "nats")
async def test_a_repeat_is_marked(hub: Running) -> None:
    endpoint, other = await hub.endpoint(dedup="mark"), await hub.endpoint(dedup="mark")
    for where in (endpoint, endpoint, other):
        assert (await send(hub, where, id_="a")).status == 202
    first, second = await read_log(hub.port, endpoint)
    assert (first.marks, second.marks) == ((), (f"repeats {first.id}",))
    assert [event.marks for event in await read_log(hub.port, other)] == [()]


@pytest.mark.log("sqlite", "nats")
async def test_what_comes_at_once_is_not_taken_for_a_repeat_of_what_may_be_lost(
    hub: Running,
) -> None:
    endpoint = await hub.endpoint(dedup="drop")
    told = await asyncio.gather(*(send(hub, endpoint, b"%d" % n, id_="a") for n in range(8)))
    kept = {event.id for event in await read_log(hub.port, endpoint)}
    assert kept
    assert {json.loads(one.body)["id"] for one in told} <= kept


def draft(event: str, delivery: str = "a", endpoint: str = "ep_1") -> Draft:
    headers = ((b"X-GitHub-Event", b"push"), (b"X-GitHub-Delivery", delivery.encode()))
    return Draft(
        endpoint=endpoint, id=event, received_at=0, method="POST", url="", target=b"",
        http_version="1.1", peer="", headers=headers, body=b"",
    )  # fmt: skip


def test_what_is_remembered_has_a_window_a_bound_and_an_end() -> None:
    it = Repeats(most=2)
    assert it.of(draft("1"), 10, 0.0) is None
    it.kept("1", 0.0, durable=True)
    found = it.of(draft("2"), 10, 10.0)
    assert found is not None
    assert found.event == "1"
    assert it.of(draft("3"), 10, 10.1) is None
    it.kept("3", 10.1, durable=False)  # it was not stored: nothing to be a repeat of
    assert it.of(draft("4"), 5, 10.1) is None
    for number, name in enumerate("bc"):
        assert it.of(draft(f"x{number}", name), 10, 11.0) is None
        it.kept(f"x{number}", 11.0, durable=True)
    assert it.of(draft("5"), 100, 11.0) is None  # forgotten: only the latest two are kept
    assert it.of(draft("6", "b"), 100, 11.0) is not None
    assert it.of(draft("7", "b", "ep_2"), 100, 11.0) is None
