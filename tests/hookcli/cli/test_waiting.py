"""`wait`: what comes through a running listener, or through the relay alone; and what came instead."""

import asyncio
import json
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hookcli.cli import presence
from hookcli.cli.console import ExitCode
from hookcli.errors import UsageError
from tests.hookcli.cli.shelf import Shelf, records
from tests.support import rawhttp
from tests.support.processes import Process, hookcli
from tests.support.running import Endpoint, Listener, Relay, listener, relay

PAID = b'{"id": "evt_1", "type": "invoice.paid"}'


@contextmanager
def arriving(shelf: Shelf, *captures: dict[str, Any]) -> Iterator[None]:
    """A listener into whose store these captures come, one after the other, again and again."""
    done = threading.Event()

    def fill() -> None:
        number = 0
        while not done.wait(0.02):
            shelf.put(**captures[number % len(captures)])
            number += 1

    with presence.held(shelf.file, "ep_k3f9qz"):
        thread = threading.Thread(target=fill)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def test_what_matches_is_printed_and_ends_it(shelf: Shelf) -> None:
    old = shelf.put(event_type="invoice.paid")
    with arriving(shelf, {"event_type": "charge.ok"}, {"event_type": "invoice.paid"}):
        ended = shelf.run("wait", "type:invoice.paid", "--count", "2")
    found = ended.out.split()
    assert (ended.code, len(found), old in found) == (ExitCode.YES, 2, False)
    assert all(shelf.get(one)[0].event_type == "invoice.paid" for one in found)
    assert f"{found[0][:12]}  invoice.paid  200 in 31 ms" in ended.err


def test_what_came_before_counts_where_that_is_said(shelf: Shelf) -> None:
    import time

    id_ = shelf.put(event_type="invoice.paid", received_at=time.time_ns() // 1000 - 5_000_000)
    shelf.put(event_type="invoice.paid", received_at=1)
    with presence.held(shelf.file, "ep_x"):
        ended = shelf.run("wait", "type:invoice.paid", "--since", "1m", "--json")
    assert [one["id"] for one in records(ended, "event")] == [id_]


def test_in_vain_it_says_what_came_instead(shelf: Shelf) -> None:
    with arriving(shelf, {"event_type": "a"}, {"event_type": "a"}, {"method": "PUT"}):
        ended = shelf.run("wait", "type:invoice.paid", "--timeout", "400ms")
        quiet = shelf.run("wait", "type:invoice.paid", "--timeout", "300ms", "--json")
    assert (ended.code, ended.out) == (ExitCode.WAITED, "")
    assert ended.err.startswith("error: waited 400 ms for type:invoice.paid; ")
    assert "others arrived (a ×" in ended.err
    assert "PUT /webhooks/stripe ×" in ended.err
    (notice,) = [json.loads(line) for line in quiet.err.splitlines()]
    assert (notice["level"], notice["code"], quiet.out) == ("error", "WaitError", "")
    with presence.held(shelf.file, "ep_x"):
        alone = shelf.run("wait", "type:b", "--timeout", "50ms")
    assert alone.err == "error: waited 50 ms for type:b; nothing arrived\n"


def test_what_must_not_come(shelf: Shelf) -> None:
    with arriving(shelf, {"event_type": "charge.failed"}):
        ended = shelf.run("wait", "type:charge.failed", "--not")
        well = shelf.run("wait", "type:other", "--not", "--timeout", "200ms")
    assert (ended.code, len(ended.out.split())) == (ExitCode.NO, 1)
    assert (well.code, well.out, well.err) == (ExitCode.YES, "", "none came in 200 ms\n")


def test_copies_and_imports_did_not_arrive(shelf: Shelf) -> None:
    with arriving(shelf, {"event_type": "x", "seq": None}):
        assert shelf.run("wait", "type:x", "--timeout", "200ms").code == ExitCode.WAITED


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["wait", "ms>fast"], ExitCode.USAGE, "filter: "),
        (["wait", "@"], ExitCode.USAGE, "@ names a capture"),
        (["wait", "--timeout", "soon"], ExitCode.USAGE, "--timeout soon"),
        (["wait", "type:x"], ExitCode.USAGE, "no relay is configured"),
        (["wait", "type:x", "--follow-attempt"], ExitCode.USAGE, "needs a listener"),
    ],
)
def test_what_cannot_be_is_told_at_once(
    shelf: Shelf, arguments: list[str], code: ExitCode, said: str
) -> None:
    ended = shelf.run(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_a_listener_is_seen_while_it_holds_its_lock(tmp_path: Path) -> None:
    store = tmp_path / "c.sqlite"
    assert not presence.listens(store, None)
    with presence.held(store, "ep_1"):
        assert presence.listens(store, "ep_1")
        assert presence.listens(store, None)
        with pytest.raises(UsageError), presence.held(store, "ep_1"):
            pass
        with presence.held(store, "ep_3"):
            assert presence.listens(store, "ep_3")
        assert not presence.listens(store, "ep_2")
    assert not presence.listens(store, None)
    assert list(tmp_path.iterdir()) == []


# Through processes


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "server") as running:
        yield running


async def waiting(it: Listener, *arguments: str) -> Process:
    return await Process.start([hookcli(), "wait", *arguments], env=it.env, cwd=it.home)


async def post(server: Relay, it: Listener, body: bytes = PAID) -> int:
    signed = (b"Stripe-Signature", b"t=1,v1=" + b"0" * 64)
    fields = [(b"Content-Type", b"application/json"), signed]
    raw = rawhttp.request("POST", it.endpoint.path + "/x", fields, body)
    return (await rawhttp.once(server.port, raw)).status


async def test_a_running_listeners_captures_are_watched(server: Relay, tmp_path: Path) -> None:
    async with (
        rawhttp.program(rawhttp.after(0.1, rawhttp.respond(500))) as app,
        listener(tmp_path / "laptop", server.url, await server.endpoint(), app.url) as it,
    ):
        process = await waiting(
            it, "type:invoice.paid", "--follow-attempt", "--json", "--since", "1m"
        )
        began = asyncio.get_running_loop().time()
        assert await post(server, it) == 500
        assert await process.wait() == ExitCode.YES
        assert asyncio.get_running_loop().time() - began < 10
        event, attempt = (json.loads(line) for line in process.out)
        assert (event["type"], attempt["event"], attempt["status"]) == ("event", event["id"], 500)
        assert await it.stop() == ExitCode.TERMINATED
        assert list(it.home.glob("*.listening")) == []


async def test_without_a_listener_the_relay_is_watched_and_nothing_is_taken_from_it(
    server: Relay, tmp_path: Path
) -> None:
    it = Listener(tmp_path / "laptop", server.url, await server.endpoint(), None)
    process = await waiting(it, "type:invoice.paid", "body:evt_1")
    await process.line("^waiting for type:invoice.paid body:evt_1: connected", stream="err")
    assert await post(server, it, b'{"type": "other"}') == 202
    assert await post(server, it) == 202
    assert await process.wait() == ExitCode.YES
    assert len(process.out) == 1
    again = await waiting(it, "type:invoice.paid", "--since", "1m")
    assert (await again.wait(), again.out) == (ExitCode.YES, process.out)
    assert not it.store.exists()
    async with rawhttp.program() as app:
        it.target = app.url
        await it.start()
        assert len(await app.wait_for(2)) == 2  # delivered all the same
        await it.kill()


async def test_a_signal_ends_it(server: Relay, tmp_path: Path) -> None:
    it = Listener(tmp_path / "laptop", server.url, await server.endpoint(), None)
    process = await waiting(it, "--timeout", "0")
    await process.line("connected to the relay", stream="err")
    process.signal(signal.SIGINT)
    assert await process.wait(5) == ExitCode.INTERRUPTED
    assert (process.out, "Traceback" in process.tail()) == ([], False)


@pytest.mark.slow
async def test_a_relay_that_is_not_there_ends_it_and_so_does_a_signal(tmp_path: Path) -> None:
    it = Listener(
        tmp_path / "laptop", "http://127.0.0.1:9", Endpoint(id="ep_x", url="", token="hk_x"), None
    )
    process = await waiting(it, "--timeout", "300ms")
    assert await process.wait(5) == ExitCode.RELAY
    assert process.err[0] == "error: cannot reach 127.0.0.1:9"
    patient = await waiting(it, "--timeout", "0", "-v")
    async with rawhttp.program(rawhttp.hang()) as silent:
        it.relay_url = silent.url
        held = await waiting(it, "--timeout", "0")
        await silent.wait_for(1)
        held.signal(signal.SIGINT)
        assert await held.wait(5) == ExitCode.INTERRUPTED
    assert await patient.wait(20) == ExitCode.RELAY


async def test_a_relay_that_refuses_ends_it(server: Relay, tmp_path: Path) -> None:
    it = Listener(tmp_path / "laptop", server.url, await server.endpoint(), None)
    env = it.env | {"HOOKCLI_TOKEN": "hk_" + "x" * 43}
    process = await Process.start([hookcli(), "wait"], env=env, cwd=it.home)
    assert await process.wait() == ExitCode.AUTH
    assert process.err[0].startswith("error: ")
