"""A relay and a listener of different versions: told in words, which of the two it is included."""

from pathlib import Path

import pytest

from hookcli.errors import RelayError
from hookcli.tunnel.observe import Notice, Ready, Reconnecting
from tests.hookcli.tunnel.listening import plan, running
from tests.relay_server.harness import relay


async def test_a_listener_that_is_too_old_ends_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hookcli.tunnel.stream.SUBPROTOCOL", "hookcli.v0")
    async with relay(tmp_path / "relay") as server:
        endpoint = await server.endpoint()
        async with running(plan(tmp_path, server.url, endpoint, None)) as it:
            ending = await it.end()
    assert isinstance(ending.error, RelayError)
    assert "speaks hookcli.v1, the listener hookcli.v0" in ending.error.message
    assert "the older one is too old" in ending.error.message
    (notice,) = it.watch.of(Notice)
    assert notice.level == "error"


async def test_a_relay_upgraded_under_a_listener_is_named_while_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with relay(tmp_path / "relay") as server:
        endpoint = await server.endpoint()
        async with running(plan(tmp_path, server.url, endpoint, None)) as it:
            await it.watch.count(Ready)
            with monkeypatch.context() as newer:
                for module in ("streams", "answers"):
                    newer.setattr(f"relay_server.{module}.SUBPROTOCOL", "hookcli.v2")
                for stream in tuple(server.relay._running.streams._connected):
                    stream.abort()
                await it.watch.until(
                    lambda: any("hookcli.v2" in one.reason for one in it.watch.of(Reconnecting)),
                    "words",
                )
            assert (await server.post(endpoint)).status == 202
            await it.watch.until(lambda: bool(it.watch.captures), "the event after all")
