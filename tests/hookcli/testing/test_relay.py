"""A relay inside a test: a real one, that can be waited on."""

import asyncio
from pathlib import Path

import pytest

from hookcli.errors import UsageError, WaitError
from hookcli.testing.relay import EmbeddedRelay
from hookcli.testing.webhook import Webhook
from hookcli.wire.http import Request
from tests.hookcli.testing.shop import Shop


def webhook(body: bytes) -> Webhook:
    request = Request(method="POST", url="", target=b"/x", headers=((b"X-Github-Event", b"push"),), body=body)  # fmt: skip
    return Webhook(name="made", request=request)


def test_what_comes_is_waited_for_and_given_once(relay: EmbeddedRelay) -> None:
    for number in (1, 2):
        assert webhook(b'{"n": %d}' % number).send(relay.url).status == 202
    assert relay.wait_for("body.n:2").body == b'{"n": 2}'
    assert relay.wait_for().body == b'{"n": 1}'
    assert [event.capture.target for event in relay.captures()] == [b"/x", b"/x"]
    with pytest.raises(WaitError, match=r"waited 0.2 s for body.n:3; what came: .*push ×2"):
        _ = relay.wait_for("body.n:3", timeout=0.2)
    with pytest.raises(UsageError):
        _ = relay.wait_for("status:")


def test_it_delivers_and_the_sender_gets_the_answer(relay: EmbeddedRelay) -> None:
    shop = Shop()
    server = shop.serve()
    relay.forward(server.server_port)
    answer = webhook(b"{}").send(relay.url)
    assert (answer.status, answer.text) == (400, '{"error": "signature"}')
    assert relay.wait_for("status:400").capture.event_type == "push"
    server.shutdown()
    server.server_close()


async def test_a_coroutine_can_use_it(relay: EmbeddedRelay) -> None:
    waiting = asyncio.ensure_future(asyncio.to_thread(relay.wait_for, "method:POST"))
    await webhook(b"").asend(relay.url)
    assert (await waiting).capture.peer == "127.0.0.1"


def test_nothing_came_is_said(tmp_path: Path) -> None:
    with EmbeddedRelay(tmp_path / "one") as it, pytest.raises(WaitError, match="nothing came"):
        _ = it.wait_for(timeout=0.05)


def test_a_relay_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "relay").write_text("in the way")
    with pytest.raises(Exception, match="relay"), EmbeddedRelay(tmp_path / "one"):
        pass
