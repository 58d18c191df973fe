"""`listen` with routes: events go where filters say, each target with an outcome of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.inprocess import hookcli
from tests.support import rawhttp
from tests.support.running import Listener, Relay, listener, relay

PAID = b'{"type": "invoice.paid"}'


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "server") as running:
        yield running


@pytest.fixture
async def apps() -> AsyncIterator[list[rawhttp.Program]]:
    """Three programs that answer 201, 202 and 203."""
    async with (
        rawhttp.program(rawhttp.respond(201)) as one,
        rawhttp.program(rawhttp.respond(202)) as two,
        rawhttp.program(rawhttp.respond(203)) as three,
    ):
        yield [one, two, three]


async def post(server: Relay, it: Listener, path: str, body: bytes = b"{}") -> int:
    fields = [(b"Content-Type", b"application/json"), (b"Stripe-Signature", b"t=1,v1=00")]
    raw = rawhttp.request("POST", it.endpoint.path + path, fields, body)
    return (await rawhttp.once(server.port, raw)).status


async def test_each_event_goes_where_the_first_fitting_route_leads(
    server: Relay, apps: list[rawhttp.Program], tmp_path: Path
) -> None:
    one, two, three = apps
    flags = ["--route", f"path:/two => {two.url}", "-r", f"path:/both => {three.url}, {two.url}"]
    endpoint = await server.endpoint()
    async with listener(tmp_path / "laptop", server.url, endpoint, one.url, *flags) as it:
        (ready,) = it.of("ready")
        assert ready["targets"] == [one.url, two.url, three.url]
        assert await post(server, it, "/one") == 201
        assert await post(server, it, "/two") == 202
        assert await post(server, it, "/both") == 203  # the first target answers the sender
        attempts = await it.until("attempt", 4)
    assert [message.target for message in one.received] == [b"/one"]
    assert sorted(message.target for message in two.received) == [b"/both", b"/two"]
    assert [message.target for message in three.received] == [b"/both"]
    told = {(one["event"], one["target"]): one["status"] for one in attempts}
    both = it.of("event")[2]["id"]
    assert told[both, three.url] == 203
    assert told[both, two.url] == 202


async def test_one_target_that_is_down_costs_the_others_and_their_senders_nothing(
    server: Relay, apps: list[rawhttp.Program], tmp_path: Path
) -> None:
    one, two, _ = apps
    await two.stop()
    flags = ["--route", f"path:/two => {two.url}"]
    async with listener(tmp_path / "l", server.url, await server.endpoint(), one.url, *flags) as it:
        await it.until("target", 2)
        began = asyncio.get_running_loop().time()
        assert await post(server, it, "/two") == 202  # the relay's ack, at once
        assert asyncio.get_running_loop().time() - began < 5
        assert await post(server, it, "/one") == 201
        await two.start()
        assert [message.target for message in await two.wait_for(1)] == [b"/two"]


async def test_what_is_left_out_is_captured_and_its_sender_does_not_wait(
    server: Relay, apps: list[rawhttp.Program], tmp_path: Path
) -> None:
    one, *_ = apps
    flags = ["--only", "path:/hooks", "--events", "invoice.*,push"]
    async with listener(tmp_path / "l", server.url, await server.endpoint(), one.url, *flags) as it:
        assert await post(server, it, "/hooks", PAID) == 201
        began = asyncio.get_running_loop().time()
        assert await post(server, it, "/hooks", b'{"type": "charge.ok"}') == 202
        assert await post(server, it, "/other", PAID) == 202
        assert asyncio.get_running_loop().time() - began < 5
        events = await it.until("event", 3)
        assert [event["skipped"] for event in events] == [False, True, True]
        await it.stop()
        listed = await it.run("ls", "--fields", "path,status", "--reverse")
        assert listed.out == ["/hooks\t201", "/hooks\tskip", "/other\tskip"]
    assert len(one.received) == 1


async def test_routes_of_the_project_without_a_default(
    server: Relay, apps: list[rawhttp.Program], tmp_path: Path
) -> None:
    one, *_ = apps
    home = tmp_path / "laptop"
    folder = home / "config" / "hookcli"
    folder.mkdir(parents=True)
    port = one.url.rpartition(":")[2]
    (folder / "config.toml").write_text(f'[[route]]\nfilter = "source:stripe"\nto = ["{port}"]\n')
    async with listener(home, server.url, await server.endpoint(), None) as it:
        assert await post(server, it, "/x", PAID) == 201
        raw = rawhttp.request("POST", it.endpoint.path, [], b"plain")
        assert (await rawhttp.once(server.port, raw)).status == 202
        events = await it.until("event", 2)
        assert [event["skipped"] for event in events] == [False, True]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--route", "8000"], "FILTER => URL is wanted"),
        (["--route", "ms>fast => 8000"], "filter: "),
        (["--route", "type:a => x y"], "a port, host:port"),
        (["--only", "ms>"], "filter: "),
        (["--events", ","], "no type is named"),
    ],
)
def test_a_wrong_route_is_told_before_anything_is_connected(flags: list[str], said: str) -> None:
    ended = hookcli("listen", "8000", "--relay", "http://127.0.0.1:9", *flags)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert said in ended.err
