"""`doctor`: one line for each thing between the provider and the program, one next step, one code."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.captures.store import Store
from hookcli.cli import presence
from hookcli.cli.console import ExitCode
from relay_server import answers
from tests.hookcli.cli.laptop import Ended, Laptop
from tests.support import rawhttp
from tests.support.running import Relay, relay
from tests.support.stream import stream

CANARY = "hk_" + "canary" * 6


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "server") as running:
        yield running


@pytest.fixture
def laptop() -> Laptop:
    return Laptop()


def lines(ended: Ended, name: str) -> list[str]:
    return [line for line in ended.out if line[6:].startswith(f"{name} ")]


def test_nothing_configured_is_nothing_wrong(laptop: Laptop) -> None:
    ended = laptop.run_now("doctor")
    assert ended.returncode == ExitCode.YES
    assert "note  relay     none is configured" in lines(ended, "relay")[0]
    assert "no captures yet" in lines(ended, "store")[0]
    assert ended.err == []


async def test_all_is_well_from_the_relay_to_the_program(server: Relay, laptop: Laptop) -> None:
    await laptop.run("login", server.url, "--token", "-", stdin=server.key + "\n")
    await laptop.run("endpoint", "create", "pay")
    await laptop.run("config", "set", "endpoint", "pay")
    async with rawhttp.program() as program:
        await laptop.run("config", "set", "forward", program.url)
        ended = await laptop.run("doctor")
    assert ended.returncode == ExitCode.YES, ended.out
    said = "\n".join(ended.out)
    assert "answers in" in said
    assert "clocks agree" in said
    assert "the token opens http://" in said
    assert "streams can be opened" in said
    assert "accepts connections" in said
    assert "config.toml" in lines(ended, "settings")[0]
    assert server.key not in said


async def test_each_fault_is_named_with_a_next_step_and_the_rest_is_checked_too(
    server: Relay, laptop: Laptop
) -> None:
    async with rawhttp.program() as program:
        down = program.url
    endpoint = await server.endpoint()
    env = {
        "HOOKCLI_RELAY": server.url,
        "HOOKCLI_ENDPOINT": endpoint.id,
        "HOOKCLI_TOKEN": CANARY,
        "HOOKCLI_FORWARD": down,
    }
    ended = await laptop.run("doctor", "--json", **env)
    assert ended.returncode == ExitCode.NO
    found = {record["name"]: record for record in map(json.loads, ended.out)}
    assert list(found) == [
        "settings", "relay", "endpoint", "target", "store", "disk", "terminal"
    ]  # fmt: skip
    assert found["relay"]["result"] == "ok"
    assert found["endpoint"]["result"] == "wrong"
    assert "HOOKCLI_TOKEN" in found["endpoint"]["text"]
    assert found["endpoint"]["hint"].startswith("hookcli login")
    assert "refuses connections" in found["target"]["text"]
    assert found["store"]["result"] == "ok"
    assert CANARY not in "\n".join(ended.out)


async def test_every_endpoint_and_every_target_is_looked_at(
    server: Relay, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(laptop.home)
    await laptop.run("login", server.url, "--token", "-", stdin=server.key + "\n")
    for name in ("shop", "crm"):
        await laptop.run("endpoint", "create", name)
    async with rawhttp.program() as down:
        pass
    async with rawhttp.program() as program:
        (laptop.home / "hookcli.toml").write_text(
            f'endpoint = "shop,crm"\n[[route]]\nfilter = "source:stripe"\nto = '
            f'["{program.url}", "{down.url}"]\n'
        )
        ended = await laptop.run("doctor")
    assert ended.returncode == ExitCode.NO
    assert sum("the token opens" in line for line in lines(ended, "endpoint")) == 2
    targets = [line for line in lines(ended, "target") if "connections" in line]
    assert [line[:5] for line in targets] == ["ok   ", "wrong"]
    assert "the rest is only captured" in lines(ended, "target")[0]


async def test_the_token_is_that_of_a_listener_and_not_the_relay_s_key(
    server: Relay, laptop: Laptop
) -> None:
    await laptop.run("login", server.url, "--token", "-", stdin=server.key + "\n")
    made = await laptop.run("--json", "endpoint", "create", "pay")
    id_ = json.loads(made.out[0])["id"]
    await server.api(
        "POST", f"/_/v1/endpoints/{id_}/rotate", {"overlap_s": 0}
    )  # by another machine
    ended = await laptop.run("-e", "pay", "doctor")
    assert ended.returncode == ExitCode.NO
    assert "does not accept this token" in lines(ended, "endpoint")[0]


async def test_a_relay_that_is_gone(server: Relay, laptop: Laptop) -> None:
    await server.kill()
    ended = await laptop.run("doctor", HOOKCLI_RELAY=server.url, HOOKCLI_ENDPOINT="ep_x")
    assert ended.returncode == ExitCode.NO
    (line,) = lines(ended, "relay")
    assert line.startswith("wrong relay")
    assert "connection refused" in line
    assert any("/_/health" in line for line in ended.out)


def test_a_damaged_store_is_found(laptop: Laptop, tmp_path: Path) -> None:
    file = tmp_path / "captures.sqlite"
    Store.open(file).close()
    data = bytearray(file.read_bytes())
    data[4096 : 4096 + 2048] = os.urandom(2048)
    file.write_bytes(data)
    ended = laptop.run_now("--store", str(file), "doctor")
    assert ended.returncode == ExitCode.NO
    assert "is damaged" in lines(ended, "store")[0]


def proxied(status: int, body: bytes) -> rawhttp.Answer:
    """A relay behind a proxy that answers a WebSocket's handshake so."""
    json_type = [(b"Content-Type", b"application/json")]
    well = rawhttp.respond(200, json_type, b'{"status": "ok", "url": "https://hooks.test/ep_a"}')
    handshake = rawhttp.respond(status, [], body)

    async def answer(request: rawhttp.Message, writer: asyncio.StreamWriter) -> None:
        await (handshake if b"/stream" in request.target else well)(request, writer)

    return answer


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, b"<html>Bad Request", "lets no WebSocket through (HTTP 400)"),
        (426, answers.NOT_A_STREAM.body, "a proxy in between does not let them through"),
        (426, answers.other_version(b"hookcli.v0").body, "the older one is too old"),
    ],
)
async def test_a_road_on_which_no_stream_can_be_opened(
    laptop: Laptop, status: int, body: bytes, said: str
) -> None:
    async with rawhttp.program(proxied(status, body)) as it:
        env = {"HOOKCLI_RELAY": it.url, "HOOKCLI_ENDPOINT": "ep_a", "HOOKCLI_TOKEN": CANARY}
        ended = await laptop.run("doctor", **env)
    assert ended.returncode == ExitCode.NO
    (wrong,) = [line for line in lines(ended, "endpoint") if line.startswith("wrong")]
    assert said in wrong


async def test_who_listens_where(server: Relay, laptop: Laptop) -> None:
    endpoint = await server.endpoint()
    env = {
        "HOOKCLI_RELAY": server.url,
        "HOOKCLI_ENDPOINT": endpoint.id,
        "HOOKCLI_TOKEN": endpoint.token,
    }
    async with stream(server.port, endpoint, more="&name=desk") as it:
        ended = await laptop.run("doctor", **env)
        assert "1 listener connected (desk), elsewhere, none of them here" in "\n".join(ended.out)
        with presence.held(laptop.home / "data" / "hookcli" / "captures.sqlite", endpoint.id):
            ended = await laptop.run("doctor", **env)
        assert "1 listener connected (desk), here" in "\n".join(ended.out)
        assert it.closed is None, "nobody was disturbed"
    assert ended.returncode == ExitCode.YES
