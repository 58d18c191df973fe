"""Pick one capture: a few lines under the prompt, drawn on stderr, so that stdout can carry the id."""

import asyncio
from functools import partial

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input

from hookcli.captures.filters import FilterError, parse
from hookcli.captures.store import Store
from hookcli.tui import layout, loading, words
from hookcli.tui.acting import Acting, latest
from hookcli.tui.actions import bindings
from hookcli.tui.desk import Desk
from hookcli.tui.feed import Feed
from hookcli.tui.footer import footer
from hookcli.tui.messages import Chosen, Opened
from hookcli.tui.paint import COMPONENTS, Piece, draw_ascii, right
from hookcli.tui.peek import outcome_pieces
from hookcli.tui.setup import Setup
from hookcli.tui.terminal import SIGNALS, drawn_on_stderr, handlers_kept
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.event_list import EventList
from hookcli.tui.widgets.painted import PaintedLines

FIRST_ROWS, MORE_ROWS, MOST = 100, 4000, 20_000
"""Rows loaded before the first drawing, at once after that, and in all: older ones are for `ls`."""
DEBOUNCE_S = 0.08
RESULT = 18
"""Columns of the count."""


def pick(setup: Setup) -> tuple[str, int]:
    """Draw, and wait for a choice: the id, or an empty text; and 128 plus a signal's number, or 0."""
    picker = Picker(setup)
    with handlers_kept(), drawn_on_stderr():
        try:
            found = picker.run(inline=True, mouse=False)
        finally:
            picker.desk.close()
    if picker.crash is not None:
        raise picker.crash
    return found or "", picker.return_code or 0


class PickBar(Bar):
    """What narrows the list; its keys are those of the picker."""

    BINDINGS = bindings("pick")  # type: ignore[assignment]


class Picker(Acting, App[str], inherit_bindings=False):
    """Typing narrows, arrows choose, enter takes."""

    CSS_PATH = "tui.tcss"
    COMPONENT_CLASSES = COMPONENTS
    ENABLE_COMMAND_PALETTE = False
    TITLE = "hookcli"

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.setup = setup
        draw_ascii(setup.ascii_only)
        words.tell_times(setup.times)
        self.desk = Desk(lambda: Store.open(setup.store))
        self.feed = Feed()
        self.crash: Exception | None = None
        self.complete = False
        self._asked = 0
        self._wait: Timer | None = None
        self.label = PaintedLines(id="filter-label")
        self.input = PickBar(id="filter-input")
        self.result = PaintedLines(id="pick-result")
        self.event_list = EventList(self.feed, ascii_only=setup.ascii_only, id="events")
        self.event_list.can_focus = False
        self.peek = PaintedLines(id="peek")
        self.foot = PaintedLines(id="pick-footer")

    def compose(self) -> ComposeResult:
        """The filter, the list, what is chosen, the keys."""
        with Horizontal(id="filter-row"):
            yield self.label
            yield self.input
            yield self.result
        yield self.event_list
        yield self.peek
        yield self.foot

    def on_mount(self) -> None:
        """Signals, theme, the newest captures."""
        self.theme = layout.theme_for(self.setup.theme, self.available_themes, self.setup.env)
        self.set_keymap(self.setup.keys)
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))
        self.label.show([(Piece(" / ", "accent"),)])
        self.input.put(self.setup.begin)
        self.input.focus()
        self._tell()
        latest(self, "load", work=self._load)

    def on_unmount(self) -> None:
        """Give the signals back."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)

    def _fatal_error(self) -> None:
        """Leave at once: Textual's own report would print local variables, secrets among them."""
        self.crash = self._exception if isinstance(self._exception, Exception) else None
        self._close_messages_no_wait()

    @property
    def now(self) -> int:
        """µs since the Unix epoch."""
        return int(self.setup.wall() * 1_000_000)

    # Loading and narrowing

    async def _load(self) -> None:
        oldest: int | None = None
        size = FIRST_ROWS
        while self.feed.rows < MOST and not self.complete:
            older = partial(loading.older, before=oldest, limit=size, now=self.now)
            rows, oldest = await self.desk.run(older)
            self.feed.prepend(rows)
            self.event_list.rebuilt()
            self.complete = len(rows) < size
            size = MORE_ROWS
            if self.input.value.strip():
                self._narrow()
            self._tell()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow after a short silence."""
        event.stop()
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(DEBOUNCE_S, self._narrow)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter takes; the table has it as an action."""
        event.stop()

    def _narrow(self) -> None:
        self._asked += 1
        latest(self, "filter", work=partial(self._search, self.input.value, self._asked))

    async def _search(self, text: str, number: int) -> None:
        try:
            _ = parse(text, now=self.now) if text.strip() else None
        except FilterError as fault:
            self._tell(str(fault.wanted))
            return
        ids = None
        if text.strip():
            ids = await self.desk.run(partial(loading.matching, texts=[text], now=self.now))
        if number != self._asked:
            return
        self.feed.select(None if ids is None else lambda row: row.id in ids)
        self.event_list.rebuilt()
        self._tell()

    # Drawing

    def _tell(self, fault: str = "") -> None:
        count = f"{len(self.feed)} of {self.feed.rows}"
        self.result.show([(Piece(right(count, RESULT - 1), "dim"),)])
        row = self.event_list.row
        nothing = "no capture passes this filter" if self.feed.rows else "no captures yet"
        line: list[Piece] = [Piece(f"  {nothing}", "dim")]
        if fault:
            line = [Piece(f"  {fault}", "warn")]
        elif row is not None:
            pieces = outcome_pieces(row, self.now, ascii_only=self.setup.ascii_only)
            line = [Piece(f"  {row.id}  ", "accent"), *pieces]
        self.peek.show([tuple(line)])
        width = max(self.size.width, 40)
        self.foot.show(
            [footer(("pick",), width, self.setup.keys, ascii_only=self.setup.ascii_only, always=())]
        )

    def on_resize(self, event: events.Resize) -> None:
        """Other widths."""
        del event
        self._tell()

    def on_chosen(self, message: Chosen) -> None:
        """Another row."""
        message.stop()
        self._tell()

    def on_opened(self, message: Opened) -> None:
        """A double click takes."""
        message.stop()
        self.exit(message.row.id)

    # Actions

    def do_pick_take(self) -> None:
        """This one."""
        row = self.event_list.row
        if row is not None:
            self.exit(row.id)

    def do_pick_leave(self) -> None:
        """None."""
        self.exit(None)

    def do_pick_up(self) -> None:
        """The previous one."""
        self.event_list.do_previous()

    def do_pick_down(self) -> None:
        """The next one."""
        self.event_list.do_next()

    def do_pick_page_up(self) -> None:
        """A page up."""
        self.event_list.do_page_up()

    def do_pick_page_down(self) -> None:
        """A page down."""
        self.event_list.do_page_down()
