"""One listener for several endpoints: everything comes, is told once at the end, and ends together."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.errors import AuthError
from hookcli.tunnel.observe import AttemptFinished, Captured, Done, Ready, TargetState
from hookcli.tunnel.several import Several
from tests.hookcli.tunnel.listening import Watch, plan
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "relay") as it:
        yield it


async def test_events_of_all_are_kept_delivered_and_counted(
    server: Running, tmp_path: Path
) -> None:
    one, two = await server.endpoint(), await server.endpoint()
    watch = Watch()
    async with rawhttp.program(rawhttp.respond(201)) as program:
        plans = [
            plan(tmp_path, server.url, each, program.url, called=name)
            for each, name in ((one, "one"), (two, "two"))
        ]
        it = Several(plans, watch)
        running = asyncio.ensure_future(it.run())
        await watch.count(Ready, 2)
        for number in range(3):
            for each in (one, two):
                assert (await server.post(each, b"%d" % number)).status == 201
        await watch.count(AttemptFinished, 6)
        it.pause()
        assert (await server.post(one)).status == 202
        it.resume()
        await watch.count(AttemptFinished, 7)
        named = {(ready.endpoint, ready.name) for ready in watch.of(Ready)}
        assert named == {(one.id, "one"), (two.id, "two")}
        told = {state.endpoint for state in watch.of(TargetState)}
        assert told <= {one.id, two.id}
        assert told, "of which endpoint it is told is said"
        it.stop()
        ending = await running
    kept = [(report.capture.endpoint, report.body) for report in watch.of(Captured)]
    assert sorted(kept[:6]) == sorted((each.id, b"%d" % n) for each in (one, two) for n in range(3))
    assert (ending.reason, ending.done.captured, ending.done.waiting) == ("stopped", 7, 0)
    assert watch.of(Done) == [ending.done]


async def test_one_that_cannot_go_on_ends_the_others_and_says_why(
    server: Running, tmp_path: Path
) -> None:
    one, two = await server.endpoint(), await server.endpoint()
    watch = Watch()
    plans = [
        plan(tmp_path, server.url, one, None),
        plan(tmp_path, server.url, two, None, token="hk_wrong"),
    ]
    async with asyncio.timeout(15):
        ending = await Several(plans, watch).run()
    assert isinstance(ending.error, AuthError)
    assert len(watch.of(Done)) == 1


async def test_each_drains_its_own(server: Running, tmp_path: Path) -> None:
    one, two = await server.endpoint(), await server.endpoint()
    for each, count in ((one, 2), (two, 5)):
        for _ in range(count):
            await server.post(each)
    watch = Watch()
    plans = [plan(tmp_path, server.url, each, None, drain=True) for each in (one, two)]
    async with asyncio.timeout(15):
        ending = await Several(plans, watch).run()
    assert (ending.reason, ending.done.captured) == ("drained", 7)
