"""A listener for several endpoints: which they are is on the screen, and none hides behind another."""

from pathlib import Path

from msgspec.structs import replace

from hookcli.tui import banners, header
from hookcli.tui.board import Board
from hookcli.tui.header import Counts
from hookcli.tui.link import Link
from hookcli.tui.paint import Line, length
from hookcli.tui.rows import Separator
from hookcli.tunnel import observe
from tests.hookcli.tui.rig import NOW, READY, capture, driven, listening

PAYMENTS = replace(
    READY, endpoint="ep_1", name="payments", url="https://hooks.example.com/ep_1", backlog=2
)
CHAT = replace(READY, endpoint="ep_2", name="chat", url="https://hooks.example.com/ep_2", backlog=1)
TARGET = "http://localhost:8000"


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def top(link: Link, now: float, width: int = 80) -> str:
    line = header.header(link, Counts(), width, now)
    assert length(line) <= width
    return said(line)


def both(at: float = 0.0) -> Link:
    link = Link()
    link.told(PAYMENTS, at)
    link.told(CHAT, at)
    return link


def test_the_header_names_them() -> None:
    for width in (60, 80, 300):
        assert ("payments + chat" in top(both(), 0, width)) == (width > 60)
    assert "payments + chat → localhost:8000" in top(both(), 0, 100)


def test_it_is_not_live_while_one_is_not() -> None:
    link = both()
    link.told(observe.Lost(endpoint="ep_2", reason="timeout"), 1)
    link.told(observe.Alive(endpoint="ep_1", round_trip_ms=1, clock_ahead_ms=0), 2)
    assert "chat lost 1 s" in top(link, 2)
    assert "live" not in top(link, 2)
    (line, *_) = banners.banner(link, 200, 2, oldest_ms=0, ascii_only=False)
    assert "No answer from hooks.example.com on chat for 1 s (timeout)" in said(line)
    link.told(observe.Connected(endpoint="ep_2", down_ms=2000, caught_up=0), 3)
    link.told(observe.Alive(endpoint="ep_1", round_trip_ms=1, clock_ahead_ms=0), 3)
    assert "live 0s" in top(link, 3)


def test_silence_of_one_is_not_covered_by_the_other() -> None:
    link = both()
    link.told(observe.Alive(endpoint="ep_1", round_trip_ms=1, clock_ahead_ms=0), 6)
    assert "chat stale 6s" in top(link, 6)


def test_where_both_are_gone_it_is_the_relay() -> None:
    link = both()
    for endpoint in ("ep_1", "ep_2"):
        link.told(observe.Lost(endpoint=endpoint, reason="timeout"), 1)
    assert "relay lost 4 s" in top(link, 5)


def test_one_that_never_connected_is_not_hidden_either() -> None:
    link = Link()
    link.told(
        observe.Reconnecting(
            endpoint="ep_2", attempt=1, retry_in_ms=1000, down_ms=0, reason="refused"
        ),
        0,
    )
    link.told(PAYMENTS, 1)
    assert "ep_2 lost 1 s" in top(link, 1)


def test_what_waits_for_the_program_is_added_up() -> None:
    link = both()
    for endpoint, count in (("ep_1", 3), ("ep_2", 0), ("ep_2", 1)):
        link.told(
            observe.TargetState(
                endpoint=endpoint, target=TARGET, state="refused", waiting=count, next_try_ms=1000
            ),
            0,
        )
    assert link.waiting == 4


def test_each_tells_when_it_has_caught_up() -> None:
    board = Board()
    board.take([PAYMENTS, CHAT], NOW, 0)
    for number, endpoint in enumerate(("ep_1", "ep_2", "ep_1")):
        made, body = capture(number, endpoint=endpoint)
        board.take([observe.Captured(capture=made, body=body)], NOW, 0)
    texts = [item.text for item in board.feed.items if isinstance(item, Separator)]
    assert "chat: caught up: 1 event," in texts[0]
    assert "payments: caught up: 2 events," in texts[1]


async def test_urls_views_and_the_event_say_which(tmp_path: Path) -> None:
    async with driven(tmp_path, listen=listening(), history=False) as it:
        it.report(PAYMENTS, CHAT)
        await it.settle()
        for ready in (PAYMENTS, CHAT):
            assert any(ready.name in line and ready.url in line for line in it.screen.splitlines())
        for number, endpoint in enumerate(("ep_1", "ep_2", "ep_1")):
            made, body = capture(number, endpoint=endpoint)
            it.report(observe.Captured(capture=made, body=body))
        await it.settle()
        assert "payments 2" in it.screen
        assert "to payments" in it.screen
        for _ in range(5):
            await it.press(">")
        assert "chat 1" in it.screen
        assert [row.endpoint for row in it.app.board.feed.items] == ["ep_2"]  # type: ignore[union-attr]
        await it.press("i")
        assert "chat" in it.screen
        assert PAYMENTS.url in it.screen


async def test_all_urls_are_copied(tmp_path: Path) -> None:
    async with driven(tmp_path, listen=listening(), history=False) as it:
        it.report(PAYMENTS, CHAT)
        await it.settle()
        copied: list[str] = []
        it.app.copy = lambda text, what: copied.append(text)  # type: ignore[method-assign]
        await it.press("u")
        assert copied == [f"{PAYMENTS.url}\n{CHAT.url}"]
