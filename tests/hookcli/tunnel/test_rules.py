"""What an endpoint's rules do, seen by its listener: who was turned away, and what was only marked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.tunnel.observe import Captured, Ready, TurnedAway
from tests.hookcli.tunnel.listening import plan, running
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp

SCHEMA = {"required": ["id"]}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "relay") as it:
        yield it


async def test_a_sender_turned_away_is_told_and_nothing_is_captured(
    server: Running, tmp_path: Path
) -> None:
    endpoint = await server.endpoint(schema=SCHEMA, methods=["POST"])
    async with running(plan(tmp_path, server.url, endpoint, None)) as it:
        await it.watch.count(Ready)
        raw = rawhttp.request("GET", endpoint.path + "/x?y", framing="none")
        assert (await rawhttp.once(server.port, raw)).status == 405
        (method,) = await it.watch.count(TurnedAway)
        assert (await server.post(endpoint, b"{}")).status == 422
        _, schema = await it.watch.count(TurnedAway, 2)
        ending = await it.stop()
    assert (method.method, method.target, method.reason) == ("GET", b"/x?y", "method")
    assert (schema.status, schema.reason, schema.detail) == (422, "schema", "/required")
    assert "with 422 (schema /required)" in schema.words
    assert not it.watch.captures
    assert ending.done.captured == 0


async def test_a_mark_becomes_the_capture_s_note(server: Running, tmp_path: Path) -> None:
    endpoint = await server.endpoint(schema=SCHEMA, schema_mode="mark")
    async with running(plan(tmp_path, server.url, endpoint, None)) as it:
        await it.watch.count(Ready)
        for body in (b'{"id": 1}', b"{}"):
            assert (await server.post(endpoint, body)).status == 202
        await it.watch.count(Captured, 2)
    assert [one.note for one in it.watch.captures] == [
        "",
        'schema: "id" is a required property',
    ]
