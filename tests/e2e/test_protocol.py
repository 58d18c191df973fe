"""docs/protocol.md suffices: a listener written from it alone loses, doubles and changes nothing."""

import ast
import asyncio
import random
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support import corpus, rawhttp
from tests.support.processes import PATIENCE, Process, environment
from tests.support.proxy import Proxy, proxy
from tests.support.running import Endpoint, Relay, relay
from tests.support.traffic import traffic

CLIENT = Path(__file__).parents[2] / "docs/examples/listener.py"


def test_it_is_short_and_needs_two_libraries() -> None:
    text = CLIENT.read_text()
    assert len(text.splitlines()) < 100
    modules = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").partition(".")[0])
    assert modules - sys.stdlib_module_names == {"msgspec", "websockets"}


class Client:
    """The example as a process, with what it has kept."""

    def __init__(self, home: Path, port: int, endpoint: Endpoint) -> None:
        self.home, self.port, self.endpoint = home, port, endpoint
        self.process: Process | None = None

    async def start(self) -> Process:
        path = str(self.home / "kept.sqlite")
        argv = [
            sys.executable,
            str(CLIENT),
            f"http://127.0.0.1:{self.port}",
            self.endpoint.id,
            path,
        ]
        env = environment(self.home, {"HOOKCLI_TOKEN": self.endpoint.token})
        self.process = await Process.start(argv, env=env)
        await self.process.line("after")
        return self.process

    def kept(self) -> list[dict[str, Any]]:
        """The events, in the order of their places."""
        with closing(sqlite3.connect(self.home / "kept.sqlite")) as db:
            rows = db.execute("select message from event order by seq")
            return [msgspec.msgpack.decode(row[0]) for row in rows]

    def ids(self) -> list[str]:
        """Of the events that it has kept."""
        return [event["id"] for event in self.kept()]


async def fault(turn: int, it: Relay, between: Proxy, listener: Client) -> None:
    """One of the things that happen to a listener."""
    chance = random.Random(turn)
    match turn % 5:
        case 0:
            between.reset()
        case 1:
            assert listener.process is not None
            await listener.process.kill()
            await listener.start()
        case 2:
            between.cut_after(chance.randrange(2_000))
        case 3:
            await it.kill()
            await it.start()
        case _:
            between.damage_after(chance.randrange(2_000))


@asynccontextmanager
async def client(home: Path, port: int, endpoint: Endpoint) -> AsyncIterator[Client]:
    it = Client(home, port, endpoint)
    await it.start()
    try:
        yield it
    finally:
        if it.process is not None:
            await it.process.kill()


@pytest.mark.log("sqlite", "nats")
async def test_it_keeps_what_was_sent_and_its_answers_come_back(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        endpoint = await it.endpoint()
        async with client(tmp_path, it.port, endpoint) as listener:
            examples = corpus.awkward()
            for example in examples:
                target = f"{endpoint.path}/{example.name}?%20=/"
                raw = rawhttp.request(
                    "POST", target, example.headers(), example.body, framing=example.framing
                )
                answer = await rawhttp.once(it.port, raw)
                assert (answer.status, answer.body) == (200, example.body), example.name
            kept = listener.kept()
    assert [event["body"] for event in kept] == [example.body for example in examples]
    for event, example in zip(kept, examples, strict=True):
        assert event["target"] == f"/{example.name}?%20=/".encode()
        sent = example.headers()
        assert [tuple(pair) for pair in event["headers"]][1 : 1 + len(sent)] == sent


@pytest.mark.log("sqlite", slow="nats")
async def test_it_comes_back_after_every_fault_and_misses_and_doubles_nothing(
    tmp_path: Path, rounds: int
) -> None:
    async with relay(tmp_path) as it, proxy(it.port) as between:
        endpoint = await it.endpoint(respond="ack")
        acked: set[str] = set()
        async with client(tmp_path, between.port, endpoint) as listener:
            for turn in range(rounds):
                async with traffic(it.port, endpoint.path, senders=4, limit=100) as senders:
                    await senders.until_acked(20)
                    await fault(turn, it, between, listener)
                acked |= set(senders.ledger.acked.values())
                async with asyncio.timeout(20 * PATIENCE):
                    while not acked <= set(listener.ids()):  # noqa: ASYNC110 - a file tells nobody
                        await asyncio.sleep(0.02)
            ids = listener.ids()
    assert len(ids) == len(set(ids))
