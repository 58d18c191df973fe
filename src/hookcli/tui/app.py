"""The two ways in: the screen on the store alone, and the screen with a listener beside it.

Whether there is a terminal to draw on is decided before this module is imported.
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass

from hookcli.tui.board import Board
from hookcli.tui.bridge import Engine, Listen
from hookcli.tui.inspector import Inspector
from hookcli.tui.loading import budget_ms
from hookcli.tui.sending import Sender
from hookcli.tui.setup import MARK, Setup
from hookcli.tui.terminal import SIGNALS, drawn_on_stderr, handlers_kept
from hookcli.tunnel.observe import Observer

TRIES = 2
"""A screen that crashes is started again once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How the screen was left."""

    code: int
    """0, or 128 plus the number of the signal."""
    ending: object | None = None
    """What the listener's `run` returned."""
    error: BaseException | None = None
    """Why the listener ended, if by an error."""
    crash: Exception | None = None
    """The bug that ended the screen, after it was started again; the listener went on in lines."""


def run_ui(setup: Setup) -> int:
    """Browse and replay captures without listening; a bug of the screen is raised."""
    left = run_listen(setup, None, fallback=None)
    if left.crash is not None:
        raise left.crash
    return left.code


def run_listen(
    setup: Setup,
    listen: Listen | None,
    *,
    fallback: Callable[[Exception], Observer] | None,
    also: Observer | None = None,
    runner: Callable[[], asyncio.Runner] = asyncio.Runner,
) -> Left:
    """Listen in a thread and draw here, until the screen is left.

    `listen` makes the listener in the engine's loop, which `runner` makes; both come after the
    first drawing, because the network libraries take their time to import. `also` is told every
    report as well (NDJSON on a piped stdout); `fallback` makes who is told once the screen has
    crashed twice.
    """
    engine = Engine(listen, also=also, runner=runner)
    sender = Sender(setup.sender)
    board = Board(mark=MARK, budget_ms=budget_ms)
    crash: Exception | None = None
    code = 0
    try:
        for _ in range(TRIES):
            code, crash = _screen(setup, engine, sender, board)
            if crash is None:
                break
            board.say(
                f"the screen was started again after a bug ({type(crash).__name__})", 0, "bad"
            )
        if crash is not None and listen is not None:
            code = _without_screen(engine, fallback and fallback(crash))
    finally:
        engine.submit(sender.close())
        engine.stop()
    return Left(code=code, ending=engine.ending, error=engine.error, crash=crash)


def _screen(
    setup: Setup, engine: Engine, sender: Sender, board: Board
) -> tuple[int, Exception | None]:
    inspector = Inspector(setup, engine, sender.send, board)
    with handlers_kept(), drawn_on_stderr():
        try:
            code = inspector.run(mouse=setup.mouse)
        finally:
            inspector.put_away()
    return code or inspector.return_code or 0, inspector.crash


def _without_screen(engine: Engine, fallback: Observer | None) -> int:
    """Go on without a screen until a signal or the listener's end."""
    engine.begin()
    if fallback is not None:
        for report in engine.drain(limit=1_000_000):
            fallback(report)
        engine.redirect = fallback
    codes: list[int] = []
    with handlers_kept():
        for number in SIGNALS:
            signal.signal(number, lambda got, _: codes.append(128 + got))
        while not codes and not engine.over.wait(0.2):
            pass
    return codes[0] if codes else 0


__all__ = ["Left", "Setup", "run_listen", "run_ui"]
