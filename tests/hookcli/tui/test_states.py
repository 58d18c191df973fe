"""The header, the banners and the log say what reports said, and no more."""

import pytest

from hookcli.tui import banners, header, stats
from hookcli.tui.board import Board
from hookcli.tui.header import Counts
from hookcli.tui.link import Link
from hookcli.tui.paint import Line, length
from hookcli.tui.rows import Separator
from hookcli.tunnel import observe
from tests.hookcli.tui.rig import NOW, READY, attempt, capture

TARGET = "http://localhost:8000"


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def top(link: Link, now: float, width: int = 80) -> str:
    return said(header.header(link, Counts(), width, now))


def live(at: float = 0.0) -> Link:
    link = Link()
    link.told(READY, at)
    return link


def test_never_live_before_the_welcome() -> None:
    link = Link()
    assert "live" not in top(link, 0)
    link.told(observe.Alive(round_trip_ms=3, clock_ahead_ms=0), 1)
    link.told(observe.TargetState(target=TARGET, state="up", waiting=0), 1)
    assert "live" not in top(link, 1)
    assert "connecting" in top(link, 1)
    link.told(READY, 2)
    assert "live 0s" in top(link, 2)


@pytest.mark.parametrize(
    ("silent", "word"),
    [(0, "live 0s"), (4.9, "live 4s"), (5.1, "stale 5s"), (9.9, "stale 9s"), (10.1, "lost 10 s")],
)
def test_silence_is_told_although_nothing_was_reported(silent: float, word: str) -> None:
    assert word in top(live(100), 100 + silent)


def test_a_lost_relay_is_shown_within_eleven_seconds_of_its_last_sign() -> None:
    link = live()
    for second in range(0, 20, 2):
        link.told(observe.Alive(round_trip_ms=1, clock_ahead_ms=0), second)
    last = 18
    shown = next(tenth / 10 for tenth in range(200) if "lost" in top(link, last + tenth / 10))
    assert shown <= 11


def test_lost_and_back() -> None:
    link = live()
    link.told(observe.Lost(reason="timeout"), 10)
    link.told(
        observe.Reconnecting(attempt=5, retry_in_ms=3000, down_ms=23000, reason="refused"), 33
    )
    assert "relay lost 23 s  try 5 in 3 s" in top(link, 33)
    link.told(observe.Connected(down_ms=29000, caught_up=3), 39)
    assert "live 0s" in top(link, 39)
    assert link.reconnects == 1


def test_stale_is_taken_back_by_the_next_sign() -> None:
    link = live()
    link.told(observe.Stale(silent_ms=6000), 3)
    assert "stale 6s" in top(link, 3)
    link.told(observe.Alive(round_trip_ms=1, clock_ahead_ms=0), 4)
    assert "live 0s" in top(link, 4)


def test_a_local_relay_is_not_called_live() -> None:
    link = Link()
    link.told(
        observe.Ready(
            **{name: getattr(READY, name) for name in READY.__struct_fields__} | {"local": True}
        ),
        0,
    )
    assert "local only" in top(link, 0)
    assert "live" not in top(link, 0)


@pytest.mark.parametrize("width", [60, 80, 100, 160, 300])
@pytest.mark.parametrize("state", ["", "up", "refused", "timeout"])
def test_the_header_fits(width: int, state: str) -> None:
    link = live()
    link.told(observe.TargetState(target=TARGET, state=state, waiting=3), 0)
    line = header.header(
        link, Counts(seen=128, failed=3, waiting=3, p50=14, p95=84, spark="▁▂▇"), width, 2
    )
    assert length(line) <= width
    assert "128 seen" in said(line)
    if state == "up" and width >= 80:
        assert ":8000 ● up" in said(line)


def test_the_target_is_not_assumed() -> None:
    assert "not tried yet" in top(live(), 0)
    link = live()
    link.told(observe.TargetState(target=TARGET, state="refused", waiting=2, next_try_ms=4000), 0)
    assert "✗ refused" in top(link, 0)


def banner(link: Link, now: float = 0.0, width: int = 80) -> str:
    lines = banners.banner(link, width, now, oldest_ms=41_000, ascii_only=False)
    assert all(length(line) <= width for line in lines)
    return " ".join(said(line).strip(" ┃") for line in lines)


def test_app_down_says_how_many_wait_and_that_nothing_is_lost() -> None:
    link = live()
    link.told(observe.TargetState(target=TARGET, state="refused", waiting=3, next_try_ms=4000), 0)
    text = banner(link)
    assert "localhost:8000 refuses connections (3 waiting, oldest 41 s, next try in 4 s)" in text
    assert "nothing is lost" in text


def test_relay_gone_says_that_everything_here_goes_on() -> None:
    link = live()
    link.told(observe.Lost(reason="timeout"), 0)
    assert "No answer from hooks.example.com for 23 s (timeout)" in banner(link, 23)
    assert "can be replayed and edited" in banner(link, 23)


def test_of_several_troubles_the_worst_is_told() -> None:
    link = live()
    link.paused = True
    assert "paused" in banner(link)
    link.told(observe.Lost(reason="timeout"), 0)
    assert "No answer" in banner(link)
    link.told(
        observe.Notice(level="error", code="token", text="token revoked", hint="hookcli login"), 0
    )
    assert banner(link) == "token revoked (hookcli login)"


def test_another_listener_is_told_of_until_it_has_gone_and_hides_no_trouble() -> None:
    link = live()
    link.told(observe.Notice(level="info", code="another-listener", text="another is here"), 0)
    assert banner(link) == "another is here"
    link.told(observe.TargetState(target=TARGET, state="refused", waiting=1), 0)
    assert "refuses connections" in banner(link)
    link.told(observe.TargetState(target=TARGET, state="up", waiting=0), 1)
    assert banner(link, 1) == "another is here"
    link.told(observe.Notice(level="info", code="alone", text="nobody else any more"), 2)
    assert banner(link, 2) == ""


def test_a_clock_that_is_off_is_worth_a_word() -> None:
    link = live()
    link.told(observe.Alive(round_trip_ms=1, clock_ahead_ms=94_000), 0)
    assert "clock is 94 s off the relay's" in banner(link)


def test_nothing_is_said_when_nothing_is_wrong() -> None:
    assert banner(live()) == ""


def test_gaps_and_reconnections_stand_between_the_events() -> None:
    board = Board()
    made, body = capture(0)
    board.take([observe.Captured(capture=made, body=body)], NOW, 0)
    board.take([observe.Missing(from_seq=2, to_seq=38, count=37, reason="retention")], NOW, 0)
    board.take([observe.Connected(down_ms=29_000, caught_up=3)], NOW, 0)
    texts = [item.text for item in board.feed.items if hasattr(item, "text")]
    assert "gap: 37 events are gone (seq 2 to 38, retention)" in texts[0]
    assert "connected again after 29 s · 3 to catch up" in texts[1]
    assert [line.text for line in board.log][-1].startswith("connected again")


def test_a_flood_at_the_door_is_one_line_between_the_events() -> None:
    board = Board()

    def turned_away(reason: str) -> observe.TurnedAway:
        return observe.TurnedAway(
            at=NOW, method="POST", target=b"/", peer="192.0.2.1", status=403, reason=reason, more=1
        )

    board.take([turned_away("address") for _ in range(50)], NOW, 0)
    board.take([turned_away("method")], NOW, 0)
    board.take([turned_away("address")], NOW + 11_000_000, 11)
    texts = [item.text for item in board.feed.items if isinstance(item, Separator)]
    assert len(texts) == 3
    assert "turned away POST / from 192.0.2.1 with 403 (address), and 1 other" in texts[0]
    assert texts[2].endswith("98 others before")
    assert len(board.log) == 52, "each is in the log"


def test_catching_up_is_told_when_it_is_done() -> None:
    board = Board()
    ready = observe.Ready(
        **{n: getattr(READY, n) for n in READY.__struct_fields__} | {"backlog": 2}
    )
    board.take([ready], NOW, 0)
    for number in (0, 1):
        made, body = capture(number)
        board.take([observe.Captured(capture=made, body=body)], NOW, 0)
    assert "caught up: 2 events, delivered in order" in board.feed.items[-1].text  # type: ignore[union-attr]


def test_an_event_from_capture_to_answer() -> None:
    board = Board()
    made, body = capture(0)
    board.take([observe.Captured(capture=made, body=body)], NOW, 0)
    row = board.feed.get(made.id)
    assert row is not None
    assert row.kind == "waiting"
    board.take([observe.AttemptStarted(capture=made.id, target=TARGET, n=1)], NOW, 0)
    assert board.feed.get(made.id).kind == "flight"  # type: ignore[union-attr]
    assert board.under_way(NOW + 1_200_000) == (1, 1200.0)
    board.take([observe.AttemptFinished(attempt=attempt(made.id, 500))], NOW, 0)
    row = board.feed.get(made.id)
    assert row is not None
    assert (row.kind, row.error) == ("failed", "unknown customer")
    assert board.counts(NOW).failed == 1


def test_how_long_events_take_through_the_relay_is_told_by_its_clock() -> None:
    board = Board()
    board.take([READY, observe.Alive(round_trip_ms=1, clock_ahead_ms=500)], NOW, 0)
    for number in range(4):
        made, body = capture(number)
        begun = made.received_at + 503_000
        board.take([observe.Captured(capture=made, body=body)], NOW, 0)
        board.take([observe.AttemptFinished(attempt=attempt(made.id, started_at=begun))], NOW, 0)
    found = stats.reckon(board.feed.every(), now=NOW, window_s=0, by="type", slots=10)
    lines = stats.head_lines(found, 100, through=sorted(board.through_ms), ascii_only=False)
    assert any("through us   p50 3 ms   p95 3 ms" in said(line) for line in lines)
    assert not any(
        "through us" in said(line) for line in stats.head_lines(found, 100, ascii_only=False)
    )


def test_after_another_target_was_chosen_nothing_is_said_of_the_old_one() -> None:
    link = live()
    link.told(observe.TargetState(target=TARGET, state="refused", waiting=3, next_try_ms=500), 1)
    link.told(observe.Retargeted(targets=("http://localhost:9000",)), 2)
    assert list(link.targets) == ["http://localhost:9000"]
    assert link.waiting == 0
    link.told(observe.TargetState(target="http://localhost:9000", state="up", waiting=0), 3)
    assert "9000" in top(link, 3)
    assert "refuse" not in top(link, 3)
