"""`doctor`: one line for each thing between the provider and the program, one next step, one code."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.captures.store import Store
from hookcli.cli.console import ExitCode
from tests.hookcli.cli.laptop import Ended, Laptop
from tests.support import rawhttp
from tests.support.running import Relay, relay

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
