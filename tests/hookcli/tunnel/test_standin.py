"""Challenges that hookcli answers when the program cannot: what the provider gets, and what is kept."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli import signatures
from hookcli.captures.model import DeliveryState, Outcome, Why
from hookcli.signatures import Secret
from hookcli.signatures.handshakes import known
from hookcli.tunnel.observe import AttemptFinished, Notice, Ready, SenderTold, TargetState
from hookcli.wire.http import Request
from tests.hookcli.signatures.made import SHARED
from tests.hookcli.signatures.test_handshakes import (
    ANSWERS,
    ASKED,
    CHALLENGE,
    PRIVATE,
    SECRETS,
)
from tests.hookcli.tunnel.listening import Run, plan, running, stored
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp
from tests.support.running import Endpoint

SIGNED = dict.fromkeys(("slack", "zoom", "twitch"), SHARED) | {"discord": Secret("own", PRIVATE)}
SLACK = json.dumps({"type": "url_verification", "challenge": CHALLENGE}).encode()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "relay") as it:
        yield it


@pytest.fixture
async def endpoint(server: Running) -> Endpoint:
    return await server.endpoint()


async def ask(server: Running, endpoint: Endpoint, request: Request) -> rawhttp.Message:
    """What the provider gets for a challenge."""
    fields = [
        pair for pair in request.headers if pair[0].lower() not in (b"host", b"content-length")
    ]
    raw = rawhttp.request(
        request.method, f"{endpoint.path}{request.target.decode()}", fields, request.body
    )
    return await rawhttp.once(server.port, raw)


async def told(it: Run) -> SenderTold:
    return (await it.watch.count(SenderTold))[-1]


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_provider_gets_its_answer_although_nobody_is_there(
    name: str, server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    asked = plan(tmp_path, server.url, endpoint, None, handshakes=True, secrets=SECRETS)
    challenge = ASKED[name]
    if name in SIGNED:  # with the time of day, and judged by when it came
        challenge = signatures.sign(challenge, name, SIGNED[name], now=time.time_ns() // 1000)
    async with running(asked) as it:
        await it.watch.count(Ready)
        got = await ask(server, endpoint, challenge)
        status, kind, body = ANSWERS[name]
        assert got.status == status
        assert got.body == (b"" if challenge.method == "HEAD" else body)
        assert (dict(got.headers).get(b"Content-Type") or b"") == kind
        assert (await told(it)).told.by == "hookcli"
        (finished,) = await it.watch.count(AttemptFinished)
        assert finished.attempt.why is Why.HANDSHAKE
        assert finished.attempt.added[0].startswith(f"answered by hookcli: {name} ")


def test_every_challenge_that_can_be_answered_is_tried() -> None:
    assert {name for name, _ in known()} - set(ANSWERS) == {"sns"}


async def test_a_program_that_is_down_still_gets_the_challenge_when_it_is_up(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with rawhttp.program() as program:
        await program.stop()
        asked = plan(tmp_path, server.url, endpoint, program.url, handshakes=True)
        async with running(asked) as it:
            await it.watch.count(Ready)
            for _ in range(2):  # found to be down by the first, known to be down at the second
                got = await server.post(endpoint, SLACK)
                assert (got.status, json.loads(got.body)) == (200, {"challenge": CHALLENGE})
            other = await server.post(endpoint, b'{"type": "message"}')
            assert other.status == 202
            await program.start()
            received = await program.wait_for(3)
            assert [one.body for one in received] == [SLACK, SLACK, b'{"type": "message"}']
            await it.watch.count(SenderTold, 3)
    assert [one.told.by for one in it.watch.of(SenderTold)] == ["hookcli", "hookcli", "ack"]
    async with stored(asked) as store:
        for summary in store.summaries():
            assert summary.state is DeliveryState.DONE
            assert (summary.last and summary.last.target) == program.url


@pytest.mark.parametrize(
    ("status", "by"), [(200, "app"), (401, "app"), (404, "hookcli"), (500, "hookcli")]
)
async def test_the_program_goes_first_and_its_word_counts(
    status: int, by: str, server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with rawhttp.program(rawhttp.respond(status, body=b"mine")) as program:
        asked = plan(tmp_path, server.url, endpoint, program.url, handshakes=True)
        async with running(asked) as it:
            await it.watch.count(TargetState)
            got = await server.post(endpoint, SLACK)
            assert (await told(it)).told.by == by
            assert (got.status == status) is (by == "app")
            plain = await server.post(endpoint, b"{}")
            assert (plain.status, plain.body) == (status, b"mine")
    async with stored(asked) as store:
        first = store.attempts(it.watch.captures[0].id)
    assert [one.why for one in first] == [Why.LIVE, Why.HANDSHAKE][: 1 + (by == "hookcli")]
    assert first[0].outcome is Outcome.RESPONDED


async def test_it_is_off_unless_asked_for(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with running(plan(tmp_path, server.url, endpoint, None)) as it:
        await it.watch.count(Ready)
        assert (await server.post(endpoint, SLACK)).status == 202


async def test_why_a_challenge_is_left_is_told_once(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with running(plan(tmp_path, server.url, endpoint, None, handshakes=True)) as it:
        await it.watch.count(Ready)
        for _ in range(2):
            assert (await ask(server, endpoint, ASKED["x"])).status == 202
        notices = await it.watch.count(Notice)
    assert [one.text for one in notices] == ["x CRC is not answered for your app: no secret for x"]


async def test_an_endpoint_that_acknowledges_at_once_is_told_of(
    server: Running, tmp_path: Path
) -> None:
    endpoint = await server.endpoint(respond="ack")
    async with running(plan(tmp_path, server.url, endpoint, None, handshakes=True)) as it:
        (notice,) = await it.watch.count(Notice)
        assert notice.hint == "--respond app"
        assert (await server.post(endpoint, SLACK)).status == 202
