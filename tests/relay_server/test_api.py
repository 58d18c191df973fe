"""The registry over HTTP: who may do what, and what is never told."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_server import auth
from relay_server.auth import Token, matches
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp

ALL = "/_/v1/endpoints"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data", open_registration=False) as it:
        yield it


@pytest.mark.log("sqlite", "nats")
async def test_an_endpoint_from_its_creation_to_its_end(hub: Running) -> None:
    key = hub.started.key
    status, made = await hub.call("POST", ALL, {"name": "shop"}, token=key)
    assert status == 201
    assert re.fullmatch(r"ep_[a-z2-7]{32}", made["id"])
    assert re.fullmatch(r"hk_[\w-]{43}", made["token"])
    assert made["url"] == f"{hub.url}/{made['id']}"
    assert (made["name"], made["respond"], made["ack_status"]) == ("shop", "app", 202)
    path, token = f"{ALL}/{made['id']}", made.pop("token")
    for credential in (key, token):
        assert await hub.call("GET", path, token=credential) == (200, made)
        assert await hub.call("GET", ALL, token=credential) == (200, {"endpoints": [made]})
    changes = {"respond": "ack", "deadline_ms": 2_000, "name": "x"}
    status, changed = await hub.call("PATCH", path, changes, token=token)
    assert (status, changed) == (200, made | changes)
    assert await hub.call("DELETE", path, token=token) == (204, None)
    assert (await hub.call("GET", path, token=key))[0] == 404
    assert (await hub.call("GET", path, token=token))[0] == 401


@pytest.mark.log("sqlite", "nats")
async def test_it_is_all_there_after_a_restart(tmp_path: Path) -> None:
    async with relay(tmp_path, open_registration=False) as hub:
        key = hub.started.key
        endpoint = await hub.endpoint(name="kept", ack_headers=[["A", "b"]])
    async with relay(tmp_path, open_registration=False) as hub:
        assert hub.started.key is None, "the key is told once"
        status, found = await hub.call("GET", f"{ALL}/{endpoint.id}", token=endpoint.token)
        assert (status, found["name"], found["ack_headers"]) == (200, "kept", [["A", "b"]])
        assert (await hub.call("POST", ALL, {}, token=key))[0] == 201


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_nothing_secret_is_on_the_disk(tmp_path: Path) -> None:
    async with relay(tmp_path, open_registration=False) as hub:
        endpoint = await hub.endpoint()
        key = str(hub.started.key)
    stored = everything_in(tmp_path)
    for secret in (key, endpoint.token):
        assert secret.encode() not in stored
        assert auth.hashed(secret).encode() in stored


async def test_strangers_get_the_same_answer_whatever_they_ask_for(hub: Running) -> None:
    endpoint = await hub.endpoint()
    other = await hub.endpoint()
    seen = set()
    for name in (endpoint.id, "ep_unknown", "_", "-"):
        for token in (None, "", "hk_wrong", other.token if name == endpoint.id else "x", "\x7f"):
            for method, verb in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")):
                fields = [] if token is None else [(b"Authorization", f"Bearer {token}".encode())]
                raw = rawhttp.request(method, f"{ALL}/{name}{verb}", fields, b"")
                told = await rawhttp.once(hub.port, raw)
                if told.status != 400:  # a control character in a field value
                    seen.add((told.start, told.headers, told.body))
    assert len(seen) == 1
    assert seen.pop()[0] == b"HTTP/1.1 401 Unauthorized"
    assert (await hub.call("GET", f"{ALL}/{endpoint.id}", token=endpoint.token))[0] == 200


async def test_a_token_is_taken_from_its_header_only(hub: Running) -> None:
    endpoint = await hub.endpoint()
    path, token = f"{ALL}/{endpoint.id}", endpoint.token
    for target, fields in (
        (f"{path}?token={token}", ()),
        (f"{path}?access_token={token}", ()),
        (path, ((b"Cookie", b"token=" + token.encode()),)),
        (path, ((b"X-Token", token.encode()),)),
        (path, ((b"Authorization", token.encode()),)),
        (path, ((b"Authorization", b"Basic " + token.encode()),)),
    ):
        told = await rawhttp.once(hub.port, rawhttp.request("GET", target, fields, b""))
        assert told.status == 401


@pytest.mark.parametrize("token", [None, "hk_wrong"])
async def test_creating_needs_the_relay_s_key(hub: Running, token: str | None) -> None:
    assert (await hub.call("POST", ALL, {}, token=token))[0] == 401
    endpoint = await hub.endpoint()
    assert (await hub.call("POST", ALL, {}, token=endpoint.token))[0] == 401
    assert (await hub.call("GET", ALL, token=token))[0] == 401


async def test_a_key_may_be_given(tmp_path: Path) -> None:
    key = "k" * 40
    async with relay(tmp_path, open_registration=False, key=key) as hub:
        assert hub.started.key is None
        assert (await hub.call("POST", ALL, {}, token=key))[0] == 201


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"respond": "maybe"}, "respond"),
        ({"deadline_ms": 0}, "deadline_ms"),
        ({"deadline_ms": 10**9}, "deadline_ms"),
        ({"ack_status": 99}, "ack_status"),
        ({"ack_headers": [["a b", "c"]]}, "ack_headers"),
        ({"ack_headers": [["a", "b\r\nc: d"]]}, "ack_headers"),
        (
            {"ack_headers": [["Transfer-Encoding", "chunked"]], "ack_body": "0\r\n\r\n"},
            "Transfer-E",
        ),
        ({"ack_headers": [["X-A", "b"], ["Connection", "X-A"]]}, "Connection, X-A"),
        ({"ack_headers": [["content-length", "1"]]}, "content-length"),
        ({"ack_headers": [["Hookcli-Event-ID", "other"]]}, "Hookcli-Event-ID"),
        ({"name": "\x1b[31m"}, "name"),
        ({"nmae": "x"}, "nmae"),
        ([], "object"),
    ],
)
async def test_a_wrong_setting_is_named(hub: Running, value: object, word: str) -> None:
    status, told = await hub.call("POST", ALL, value, token=hub.started.key)
    assert status == 422
    assert word in told["error"]["message"]


async def test_bytes_that_are_no_json_are_told_so(hub: Running) -> None:
    key = b"Bearer " + str(hub.started.key).encode()
    for body, kind, status in (
        (b"{", b"application/json", 422),
        (b"\xff", b"application/json", 422),
        (b"[" * 60_000, b"application/json", 422),
        (b"{}", b"text/plain", 415),
        (b"x" * 70_000, b"application/json", 413),
    ):
        fields = [(b"Authorization", key), (b"Content-Type", kind)]
        told = await rawhttp.once(hub.port, rawhttp.request("POST", ALL, fields, body))
        assert told.status == status
        assert "error" in json.loads(told.body)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_/", 404),
        ("GET", "/_/v1/endpoints/", 404),
        ("GET", "/_/v1/endpoints/../health", 404),
        ("PUT", "/_/v1/endpoints", 405),
        ("POST", "/_/health", 405),
        ("HEAD", "/_/ready", 200),
        ("GET", "/_/health?x", 200),
    ],
)
async def test_other_pages_and_methods(hub: Running, method: str, path: str, status: int) -> None:
    told = await rawhttp.once(hub.port, rawhttp.request(method, path, framing="none"))
    if method == "HEAD":
        assert told.body == b""
    assert told.status == status


async def test_an_open_relay_is_for_this_machine_s_programs_only(tmp_path: Path) -> None:
    async with relay(tmp_path) as hub:
        host = f"127.0.0.1:{hub.port}".encode()
        for origin, name, status in (
            ((), host, 201),
            ((), b"localhost", 201),
            (((b"Origin", b"https://evil.example"),), host, 403),
            ((), b"rebound.evil.example:80", 403),
        ):
            told = await rawhttp.once(
                hub.port, rawhttp.request("POST", ALL, origin, b"", host=name)
            )
            assert told.status == status


async def test_no_more_endpoints_than_allowed(tmp_path: Path) -> None:
    async with relay(tmp_path, max_endpoints=1) as hub:
        assert (await hub.call("POST", ALL, {}))[0] == 201
        assert (await hub.call("POST", ALL, {}))[0] == 429


@pytest.mark.log("sqlite", "nats")
async def test_changes_that_come_at_once_are_all_made(tmp_path: Path) -> None:
    changes: list[dict[str, object]] = [
        {"name": "shop"},
        {"respond": "ack"},
        {"deadline_ms": 500},
        {"dedup": "drop"},
    ]
    async with relay(tmp_path, open_registration=False) as hub:
        endpoint = await hub.endpoint()
        path, token = f"{ALL}/{endpoint.id}", endpoint.token
        told = await asyncio.gather(
            *(hub.call("PATCH", path, change, token=token) for change in changes)
        )
        assert [status for status, _ in told] == [200] * len(changes)
    async with relay(tmp_path, open_registration=False) as hub:
        _, found = await hub.call("GET", path, token=token)
        assert all(change.items() <= found.items() for change in changes)


@pytest.mark.log("sqlite", "nats")
async def test_no_more_endpoints_from_one_address_than_allowed(tmp_path: Path) -> None:
    over = {"endpoints_per_address": 2, "proxy_hops": 1, "open_registration": False}
    async with relay(tmp_path, **over) as hub:

        async def create(peer: str) -> int:
            fields = ((b"X-Forwarded-For", peer.encode()),)
            return (await hub.call("POST", ALL, {}, token=hub.started.key, headers=fields))[0]

        told = await asyncio.gather(*(create("192.0.2.1") for _ in range(4)))
        assert sorted(told) == [201, 201, 429, 429], "also of those that come at once"
        assert await create("192.0.2.2") == 201
        assert [await create("127.0.0.1") for _ in range(3)] == [201] * 3
        _, found = await hub.call("GET", ALL, token=hub.started.key)
        first = found["endpoints"][0]
        assert "created_from" not in first
        path = f"{ALL}/{first['id']}"
        assert (await hub.call("DELETE", path, token=hub.started.key))[0] == 204
        assert await create("192.0.2.1") == 201
    async with relay(tmp_path, **over, key="k" * 40) as hub:
        told = [
            (
                await hub.call(
                    "POST", ALL, {}, token="k" * 40, headers=((b"X-Forwarded-For", b"192.0.2.1"),)
                )
            )[0]
        ]
        assert told == [429], "it is remembered"


def test_tokens_match_until_they_run_out() -> None:
    old, new = Token(sha256=auth.hashed("a"), until=100), Token(sha256=auth.hashed("b"))
    assert matches("a", (old, new), 99) == old
    assert matches("a", (old, new), 100) is None
    assert matches("b", (old, new), 100) == new
    assert matches("c", (old, new), 99) is None
    assert matches("nobody", (), 0) is None
    assert matches("", (), 0) is None


def test_ids_are_unique_sortable_and_never_begin_with_a_dash() -> None:
    ids = [auth.EventIds().new(ms) for ms in (0, 1, 1_700_000_000_000, 2**48 - 1)]
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", one) for one in ids)
    assert len({auth.EventIds().new(5) for _ in range(10_000)}) == 10_000
    made = [auth.new_token() for _ in range(200)] + [auth.new_endpoint_id() for _ in range(200)]
    assert all(one.startswith(("hk_", "ep_")) for one in made)


@given(st.lists(st.integers(-(10**13), 10**13), max_size=40))
def test_ids_rise_whatever_the_clock_does(clock: list[int]) -> None:
    ids = auth.EventIds()
    made = [ids.new(now_ms) for now_ms in clock]
    assert made == sorted(set(made))
    assert all(len(one) == 26 for one in made)
