"""Who may come in: networks, methods, content types, rates; told, counted, and nothing stored."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.wire.messages import Refused
from relay_server import sets
from relay_server.senders import counted_as, sender
from relay_server.settings import SettingError
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp
from tests.support.running import Endpoint
from tests.support.stream import read_log


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data", proxy_hops=1) as it:
        yield it


async def ask(
    hub: Running,
    endpoint: Endpoint,
    method: str = "POST",
    *,
    peer: str = "",
    kind: str = "application/json",
    body: bytes = b"{}",
) -> rawhttp.Message:
    fields = [(b"Content-Type", kind.encode())]
    if peer:
        fields.append((b"X-Forwarded-For", peer.encode()))
    return await rawhttp.once(hub.port, rawhttp.request(method, endpoint.path, fields, body))


@pytest.mark.parametrize(
    ("allow", "peer", "status"),
    [
        (["192.0.2.0/24"], "192.0.2.7", 202),
        (["192.0.2.0/24"], "192.0.3.7", 403),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", 202),
        (["192.0.2.1", "2001:db8::/32"], "2001:db8:1::5", 202),
        (["2001:db8::/32"], "192.0.2.7", 403),
        (["github"], "140.82.112.9", 202),
        (["github"], "8.8.8.8", 403),
    ],
)
async def test_only_allowed_networks_come_in(
    hub: Running, allow: list[str], peer: str, status: int
) -> None:
    endpoint = await hub.endpoint(allow=allow)
    assert (await ask(hub, endpoint, peer=peer)).status == status
    events = await read_log(hub.port, endpoint)
    assert len(events) == (status == 202)
    assert all(event.peer == peer.removeprefix("::ffff:") for event in events)


@pytest.mark.parametrize(
    ("rules", "method", "kind", "status"),
    [
        ({"methods": ["post", "PUT"]}, "PUT", "a/b", 202),
        ({"methods": ["post"]}, "GET", "a/b", 405),
        ({"content_types": ["application/json"]}, "POST", "Application/JSON; charset=utf-8", 202),
        ({"content_types": ["application/json"]}, "POST", "application/jsonp", 415),
        ({"content_types": ["text/*"]}, "POST", "text/xml", 202),
        ({"content_types": ["text/*"]}, "POST", "", 415),
    ],
)
async def test_only_these_methods_and_content_types_come_in(
    hub: Running, rules: dict[str, list[str]], method: str, kind: str, status: int
) -> None:
    endpoint = await hub.endpoint(**rules)
    told = await ask(hub, endpoint, method, kind=kind)
    assert told.status == status
    if status == 405:
        assert told.value(b"Allow") == b"POST"


async def test_listeners_hear_of_those_who_were_turned_away_but_see_no_body(hub: Running) -> None:
    endpoint = await hub.endpoint(methods=["POST"])
    async with hub.stream(endpoint) as it:
        for _ in range(30):
            await ask(hub, endpoint, "DELETE", peer="192.0.2.9", body=b"secret stuff")

        def refused() -> list[Refused]:
            return [one for one in it.messages if isinstance(one, Refused)]

        await it.until(lambda: sum(1 + one.more for one in refused()) == 30, "refusals", 5.0)
        first = refused()[0]
    assert (first.method, first.status, first.reason) == ("DELETE", 405, "method")
    assert first.peer == "192.0.2.9"
    status, shown = await hub.call("GET", f"/_/v1/endpoints/{endpoint.id}", token=endpoint.token)
    assert (status, shown["refused"]) == (200, {"method": 30})


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"allow": ["example.com"]}, "allow"),
        ({"allow": ["10.0.0.0/40"]}, "allow"),
        ({"methods": [""]}, "methods"),
        ({"methods": ["POST\r\nX-Evil: 1"]}, "methods"),
        ({"methods": ["PÖST"]}, "methods"),
        ({"content_types": "text/xml"}, "content_types"),
        ({"content_types": ["json"]}, "content_types"),
        ({"content_types": ["text/xml; charset=utf-8"]}, "content_types"),
    ],
)
async def test_rules_that_cannot_be_are_named(
    hub: Running, changes: dict[str, object], word: str
) -> None:
    endpoint = await hub.endpoint()
    path = f"/_/v1/endpoints/{endpoint.id}"
    status, answer = await hub.call("PATCH", path, changes, token=endpoint.token)
    assert status == 422
    assert word in answer["error"]["message"]


async def test_too_many_at_once_are_told_when_to_come_again(tmp_path: Path) -> None:
    async with relay(tmp_path / "data", endpoint_rate=0.5, endpoint_burst=3.0) as hub:
        one, other = await hub.endpoint(), await hub.endpoint()
        told = [await ask(hub, one) for _ in range(5)]
        assert [answer.status for answer in told] == [202, 202, 202, 429, 429]
        assert int(told[-1].value(b"Retry-After")) >= 1
        assert json.loads(told[-1].body)["error"]["code"] == "too_fast"
        assert (await ask(hub, other)).status == 202
        assert len(await read_log(hub.port, one)) == 3


async def test_a_large_body_from_a_sender_that_is_too_fast_is_not_read(tmp_path: Path) -> None:
    limits = {"address_byte_rate": 1.0, "address_byte_burst": 1000.0, "proxy_hops": 1}
    async with relay(tmp_path / "data", **limits) as hub:
        endpoint = await hub.endpoint()
        assert (await ask(hub, endpoint, peer="192.0.2.1", body=b"x" * 5_000)).status == 202
        head = (
            f"POST {endpoint.path} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\n"
            "Content-Length: 9000000\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(head.encode())
        told = await rawhttp.read_message(reader, of="response")
        assert told is not None
        assert told.status == 429
        writer.close()
        assert (await ask(hub, endpoint, peer="192.0.2.2")).status == 202


@pytest.mark.parametrize(
    ("fields", "hops", "found"),
    [
        ([], 0, "peer"),
        (["203.0.113.5"], 0, "peer"),
        (["203.0.113.5"], 1, "203.0.113.5"),
        (["1.1.1.1, 203.0.113.5"], 1, "203.0.113.5"),
        (["1.1.1.1", "203.0.113.5,198.51.100.1"], 2, "203.0.113.5"),
        (["203.0.113.5"], 2, "peer"),
        ([], 1, "peer"),
        (["unknown"], 1, "peer"),
        (["[2001:db8::1]:443"], 1, "2001:db8::1"),
        (["203.0.113.5:99"], 1, "203.0.113.5"),
        (['"[2001:db8::1]"'], 1, "2001:db8::1"),
    ],
)
def test_only_as_many_proxies_are_believed_as_stand_there(
    fields: list[str], hops: int, found: str
) -> None:
    headers = tuple((b"X-Forwarded-For", value.encode()) for value in fields)
    assert sender("peer", headers, hops) == found


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("127.0.0.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("fe80::1%eth0", "fe80::/64"),
        ("", None),
    ],
)
def test_a_customer_with_many_addresses_counts_as_one(address: str, who: str | None) -> None:
    assert counted_as(address) == who


def test_the_operators_sets_go_over_the_built_in_ones(tmp_path: Path) -> None:
    file = tmp_path / "sets.json"
    file.write_text('{"github": ["192.0.2.0/24"], "office": ["198.51.100.7"]}')
    found = sets.load(str(file))
    assert found["github"] == ("192.0.2.0/24",)
    assert found["office"] == ("198.51.100.7/32",)
    assert "loopback" in found


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 1}', '{"a": ["nowhere"]}', '{"A B": []}', "{", '{"a": "10.0.0.0/8"}']
)
def test_a_file_of_sets_that_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sets.json"
    file.write_text(text)
    with pytest.raises(SettingError, match=r"sets\.json"):
        sets.load(str(file))
    with pytest.raises(SettingError):
        sets.load(str(tmp_path / "missing"))
