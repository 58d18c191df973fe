"""`-vv`: everything that goes over the wire, on stderr, and nothing that opens a door."""

import json
import logging
from pathlib import Path

import pytest

from hookcli import signatures
from hookcli.cli.console import ExitCode
from hookcli.signatures import samples
from hookcli.tunnel import wirelog
from hookcli.tunnel.forward import Forwarder
from tests.hookcli.cli.shelf import Shelf
from tests.support import rawhttp
from tests.support.processes import Process, hookcli
from tests.support.running import Listener, relay

CANARY = "canary" * 5
JSON = (b"Content-Type", b"application/json")


@pytest.mark.parametrize("asked", [(["-vv"], {}), ([], {"HOOKCLI_LOG": "debug"})])
def test_requests_and_answers_are_told_as_they_go(
    shelf: Shelf, app: rawhttp.Program, asked: tuple[list[str], dict[str, str]]
) -> None:
    flags, env = asked
    evil = (b"X-Evil", "\u202e\x9b2J".encode())
    shelf.put(to=app.url, target=f"/x?a=1&access_token={CANARY}".encode(), headers=(JSON, evil))
    ended = shelf.run("replay", "@", *flags, env=env)
    assert ended.code == ExitCode.YES
    told = [line.partition(" ")[2] for line in ended.err.splitlines()]
    assert told[0] == f"http  > connecting to {app.url.removeprefix('http://')}"
    assert told[1] == f"http  > POST /x?a=1&access_token={wirelog.HIDDEN} HTTP/1.1"
    assert "http  > Content-Type: application/json" in told
    assert "http  > X-Evil: \\u202e\\x9b2J" in told
    assert told[-3:] == ["http  < HTTP/1.1 200 OK", "http  < Content-Length: 2", "http  < (2 B)"]
    assert CANARY not in ended.err


def test_in_json_it_is_notices(shelf: Shelf, app: rawhttp.Program) -> None:
    shelf.put(to=app.url)
    ended = shelf.run("replay", "@", "-vv", "--json")
    notices = [json.loads(line) for line in ended.err.splitlines()]
    assert {(one["level"], one["code"]) for one in notices} == {("debug", "wire")}
    assert notices[0]["text"].startswith("http  > connecting to ")


def test_without_it_nothing_is_made_for_it(shelf: Shelf, app: rawhttp.Program) -> None:
    shelf.put(to=app.url)
    assert shelf.run("replay", "@", "-vv").err
    assert shelf.run("replay", "@", "-v").err == ""
    assert not wirelog.LOG.isEnabledFor(logging.DEBUG)
    assert type(wirelog.forwarder()) is Forwarder


def test_no_signature_of_any_provider_is_told() -> None:
    for name in signatures.names():
        scheme = signatures.load(name)
        if scheme is not None and scheme.header:
            line = wirelog.field(scheme.header.decode(), CANARY)
            assert line == f"{scheme.header.decode()}: {wirelog.HIDDEN}"
    assert samples.names()


def test_a_level_that_is_none(shelf: Shelf) -> None:
    ended = shelf.run("ls", env={"HOOKCLI_LOG": "info"})
    assert (ended.code, ended.err) == (
        ExitCode.USAGE,
        "error: HOOKCLI_LOG=info: debug is the only level\n",
    )


async def test_a_listener_tells_both_its_wires(tmp_path: Path) -> None:
    async with relay(tmp_path / "server") as server, rawhttp.program() as app:
        it = Listener(tmp_path / "laptop", server.url, await server.endpoint(), app.url)
        argv = [hookcli(), "listen", app.url, "-o", "lines", "-vv"]
        process = await Process.start(argv, env=it.env, cwd=it.home)
        try:
            await process.line(r"relay < Welcome endpoint=ep_", stream="err")
            signed = (b"Stripe-Signature", b"t=1,v1=" + CANARY.encode())
            raw = rawhttp.request("POST", it.endpoint.path + "/x", (signed,), CANARY.encode())
            assert (await rawhttp.once(server.port, raw)).status == 200
            for line in (
                r"relay > GET ws://\S+/stream\?after=0",
                r"relay < Event seq=1 .* target=/x .* headers=\d fields body=30 B",
                r"http  > POST /x HTTP/1.1",
                r"http  > Stripe-Signature: \(hidden\)",
                r"relay > Ack seq=1",
                r"relay > Result seq=1 .* outcome=answered status=200",
            ):
                await process.line(line, stream="err")
            await process.stop()
        finally:
            await process.kill()
        told = "\n".join(process.err)
        assert CANARY not in told
        assert it.endpoint.token not in told
