"""Full screens that are read and closed: the connection, the log, how to go public, the key file."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.screen import Screen

from hookcli.tui import words
from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.actions import bindings
from hookcli.tui.board import Board
from hookcli.tui.footer import footer
from hookcli.tui.header import target_sentence
from hookcli.tui.link import Stream
from hookcli.tui.paint import Line, Piece, flowed, width_of
from hookcli.tui.widgets.lines_view import LinesView
from hookcli.tui.widgets.painted import PaintedLines


class ReadingScreen(Acting, Screen[None], inherit_bindings=False):
    """A title, lines, the keys. The lines are asked for again and again: they may change."""

    BINDINGS = bindings("full")  # type: ignore[assignment]

    def __init__(self, title: str, lines: Callable[[int], Sequence[Line]], *, ascii_only: bool,
                 end: bool = False) -> None:  # fmt: skip
        super().__init__()
        self._title, self._lines, self._ascii, self._end = title, lines, ascii_only, end

    def compose(self) -> ComposeResult:
        """Title, lines, footer."""
        self.head = PaintedLines(id="header")
        self.view = LinesView(ascii_only=self._ascii, id="reading")
        self.foot = PaintedLines(id="footer")
        yield self.head
        yield self.view
        yield self.foot

    def on_mount(self) -> None:
        """Draw now and every second."""
        self.draw()
        self.set_interval(1.0, self.draw)
        focus_now(self.view)
        if self._end:
            self.call_after_refresh(self.view.do_bottom)

    def on_resize(self) -> None:
        """Another width."""
        self.draw()

    def draw(self) -> None:
        """Draw what is known now."""
        width = self.app.size.width
        self.head.show([(Piece(f" {self._title}", "strong"),)])
        self.view.show(self._lines(width - 1), keep=True)
        self.foot.show([footer(("full", "any"), width, {}, ascii_only=self._ascii)])

    def do_close(self) -> None:
        """Back."""
        _ = self.dismiss(None)

    def do_back(self) -> None:
        """Back."""
        _ = self.dismiss(None)


def log_lines(board: Board, width: int) -> list[Line]:
    """The log, oldest first."""
    if not board.log:
        return [(), (Piece("  Nothing happened yet.", "dim"),)]
    return [
        made
        for line in board.log
        for made in _told(f" {words.clock(line.at, millis=True)}  ", line.text, line.role, width)
    ]


def _told(name: str, text: str, role: str, width: int) -> list[Line]:
    """A text beside its name, on as many lines as it takes."""
    first, *more = flowed(text, max(width - width_of(name), 20))
    indent = Piece(" " * width_of(name))
    return [
        (Piece(name, "dim"), Piece(first, role)),
        *((indent, Piece(part, role)) for part in more),
    ]


def _stream_rows(stream: Stream, now: float) -> list[tuple[str, str, str]]:
    url = stream.ready.url if stream.ready else "not connected yet"
    rows = [("endpoint", stream.name, ""), ("URL", url, "accent")]
    state = stream.state(now)
    if state == "live" and stream.ready and stream.ready.local:
        state = "local only"
    rows += [("state", state, ""), ("last sign", stream.age(now), "")]
    if stream.ready:
        rows.append(("began after", f"seq {stream.ready.resume_seq}", ""))
    return rows


def connection_lines(
    board: Board, now: float, facts: Sequence[tuple[str, str]], width: int
) -> list[Line]:
    """URLs, relay, targets and their state."""
    link = board.link
    rows: list[tuple[str, str, str]] = []
    if link.ready is None:
        rows.append(
            ("relay", "no listener runs here" if link.phase == "none" else "not connected yet", "")
        )
    else:
        ready = link.ready
        for stream in link.streams.values():
            rows += _stream_rows(stream, now)
        rows.append(("relay", ready.relay, ""))
        if link.round_trip_ms is not None:
            rows.append(("round trip", words.long_span(link.round_trip_ms), ""))
        ahead = abs(link.clock_ahead_ms)
        if ahead >= 1000:
            side = "ahead of" if link.clock_ahead_ms > 0 else "behind"
            rows.append(("clock", f"{words.long_span(ahead)} {side} the relay's", "warn"))
        rows.append(("kept there", f"{words.long_span(ready.retention_s * 1000)}", ""))
        rows.append(("reconnects", str(link.reconnects), ""))
        rows.append(("gaps", str(link.gaps), "bad" if link.gaps else ""))
    for target in link.targets.values():
        rows.append(("target", target.url, "accent"))
        rows.append(
            ("", target_sentence(target) + (f": {target.error}" if target.error else ""), "")
        )
        rows.append(("", f"{target.waiting} waiting", "wait" if target.waiting else ""))
    rows += [(name, value, "") for name, value in facts]
    return [
        (),
        *(line for name, text, role in rows for line in _told(f"  {name:<12}", text, role, width)),
    ]
