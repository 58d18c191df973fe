"""What every part of the application has of the whole: the time, and words at the bottom of the screen."""

from typing import TYPE_CHECKING

from textual.app import App

from hookcli.tui.board import Board
from hookcli.tui.setup import Setup

if TYPE_CHECKING:
    from hookcli.tui.screens.main import MainScreen


class Part(App[int]):
    """Part of the application."""

    board: Board
    setup: Setup
    main: "MainScreen"

    @property
    def now(self) -> int:
        """µs since the Unix epoch."""
        return int(self.setup.wall() * 1_000_000)

    def say(self, text: str, role: str = "") -> None:
        """Tell what happened; it stays in the log."""
        self.board.say(text, self.now, role)
        if self.main.is_mounted:
            self.main.say(text, role)
        top = self.screen
        if top is not self.main and hasattr(top, "say"):
            top.say(text, role)
