"""Whatever ends the screen, nothing is lost: captures, marks, notes, drafts, waiting deliveries."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hookcli.captures.model import DeliveryState
from hookcli.captures.store import Batch, NewCapture, Store
from hookcli.tui.memory import Memory
from hookcli.tui.setup import MARK
from tests.hookcli.tui.rig import capture, driven, fill, identity
from tests.hookcli.tui.terminal import Terminal, terminal

pytestmark = pytest.mark.slow

ENDS: dict[str, Callable[[Terminal], object]] = {
    "q": lambda it: it.press("q"),
    "Q": lambda it: it.press("Q"),
    "ctrl+c": lambda it: it.press("\x03"),
    "SIGTERM": lambda it: it.signal(signal.SIGTERM),
    "SIGHUP": lambda it: it.signal(signal.SIGHUP),
    "SIGINT": lambda it: it.signal(signal.SIGINT),
    "kill -9": lambda it: it.signal(signal.SIGKILL),
    "closing the window": lambda it: it.hang_up(),
}


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_lost_by_leaving(tmp_path: Path, end: str) -> None:
    path = tmp_path / "captures.db"
    fill(path, 3)
    made, body = capture(3)
    store = Store.open(path)
    new = NewCapture(capture=made, body=body, targets=("http://localhost:8000",))
    _ = store.commit(Batch(captures=(new,)))
    store.close()
    with terminal(tmp_path) as it:
        it.until("4 seen")
        it.press("g", quiet=0.2)
        it.press("m", quiet=0.2)
        it.press(";", quiet=0.2)
        it.press("look here\r", quiet=0.3)
        it.until("noted at")
        it.press("g", quiet=0.2)
        it.press("e", quiet=0.4)
        it.until("What will change")
        it.press("x")
        it.until("draft saved")
        if end in ("q", "Q"):
            it.press("\x1b", quiet=0.4)  # in the editor they are letters
        ENDS[end](it)
        it.wait()
    again = Store.open(path)
    first, second = again.get(identity(0)), again.get(identity(1))
    assert first is not None
    assert second is not None
    assert MARK in first.tags
    assert second.note == "look here"
    assert again.count() == 4
    assert [one.state for one in again.pending(None)] == [DeliveryState.PENDING]
    draft = Memory.load(tmp_path / "state").draft(identity(0))
    assert draft is not None
    assert b"\nx" in draft.message
    again.close()


def test_a_deleted_event_is_gone_after_every_orderly_end_only(tmp_path: Path) -> None:
    path = tmp_path / "captures.db"
    fill(path, 3)
    with terminal(tmp_path) as it:
        it.until("3 seen")
        it.press("\x1b[3~", quiet=0.3)
        it.until("u brings back")
        it.signal(signal.SIGKILL)
        it.wait()
    assert Store.open(path).count() == 3
    with terminal(tmp_path) as it:
        it.until("3 seen")
        it.press("\x1b[3~", quiet=0.3)
        it.until("u brings back")
        it.signal(signal.SIGTERM)
        it.wait()
    assert Store.open(path).count() == 2


def test_suspending_gives_the_terminal_back_and_going_on_draws_again(tmp_path: Path) -> None:
    fill(tmp_path / "captures.db", 3)
    with terminal(tmp_path) as it:
        it.until("3 seen")
        it.press("\x1a", quiet=0.5)
        _, status = os.waitpid(it.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert it.clean
        it.output.clear()
        it.signal(signal.SIGCONT)
        it.until("3 seen")
        it.press("Q")
        assert it.wait() == 0


async def test_what_ends_after_the_screen_was_left_is_in_its_log(tmp_path: Path) -> None:
    async with driven(tmp_path, 1) as it:
        app = it.app
    with app._context():  # as work that is still at it has it
        app.say("replayed")
    assert app.board.log[-1].text == "replayed"
