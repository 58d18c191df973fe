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
    with pytest.raises(WaitError, match=r"waited 0.2 s for body.n:3; 2 came:") as vain:
        _ = relay.wait_for("body.n:3", timeout=0.2)
    assert vain.value.why == ("POST /x · github push · not sent",) * 2
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
    waiting = asyncio.ensure_future(relay.await_for("method:POST"))
    await webhook(b"").asend(relay.url)
    assert (await waiting).capture.peer == "127.0.0.1"


def test_many_that_came_are_counted_and_the_last_are_shown(relay: EmbeddedRelay) -> None:
    for number in range(12):
        webhook(b"").with_target(f"/{number}\u202e").send(relay.url)
    _ = relay.wait_for("path:/11*")
    with pytest.raises(WaitError, match="12 came, the last 10 of which:") as vain:
        _ = relay.wait_for("method:PUT", timeout=0.05)
    assert len(vain.value.why) == 10
    assert vain.value.why[-1].startswith("POST /11")
    assert "".join(vain.value.why).isprintable()


def test_one_that_has_ended_is_no_relay_where_nothing_came(tmp_path: Path) -> None:
    def use(it: EmbeddedRelay) -> None:
        it._error = OSError("the disk is gone")
        _ = it.wait_for(timeout=60)

    with pytest.raises(OSError, match="disk is gone"), EmbeddedRelay(tmp_path / "one") as it:
        use(it)


def test_nothing_came_is_said(tmp_path: Path) -> None:
    with EmbeddedRelay(tmp_path / "one") as it, pytest.raises(WaitError, match="nothing came"):
        _ = it.wait_for(timeout=0.05)


def test_a_relay_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "relay").write_text("in the way")
    with pytest.raises(Exception, match="relay"), EmbeddedRelay(tmp_path / "one"):
        pass
