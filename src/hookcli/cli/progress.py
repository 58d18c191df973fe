"""Progress on stderr: one line that is drawn again on a terminal, now and then a line elsewhere."""

from collections.abc import Callable

from hookcli.cli.console import Console, is_terminal

DRAW_S = 0.1
"""At most so often on a terminal."""
TELL_S = 10.0
"""So often where nobody looks."""
_CLEAR = "\r\x1b[K"


class Progress:
    """Told of every step; draws as often as is useful. Lines of data go through `above`."""

    def __init__(self, console: Console, text: Callable[[], str], *, on: bool) -> None:
        self._console, self._text = console, text
        self._on = on and not console.quiet and not console.json
        self._terminal = is_terminal(console.stderr)
        self._next = DRAW_S if self._terminal else TELL_S
        self._drawn = False

    def step(self, elapsed_s: float) -> None:
        """Something ended, `elapsed_s` seconds after the beginning."""
        if not self._on or elapsed_s < self._next:
            return
        if not self._terminal:
            self._next = elapsed_s + TELL_S
            self._console.err(self._text())
            return
        self._next = elapsed_s + DRAW_S
        width = self._console.width() or 80
        shown = self._console.encodable(self._text(), self._console.stderr)[: width - 1]
        self._console.stderr.write(_CLEAR + shown)
        self._console.stderr.flush()
        self._drawn = True

    def above(self) -> None:
        """A line of data is about to be printed: the place must be free."""
        if self._drawn:
            self._console.stderr.write(_CLEAR)
            self._console.stderr.flush()
            self._drawn = False
