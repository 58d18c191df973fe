"""The detail of one event: a head, the tabs, and what the chosen tab shows."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from hookcli.tui import details as tell
from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.actions import bindings
from hookcli.tui.details import Details
from hookcli.tui.messages import SheetWanted
from hookcli.tui.paint import Line, Piece
from hookcli.tui.peek import outcome_pieces
from hookcli.tui.rows import Row
from hookcli.tui.widgets.lines_view import LinesView
from hookcli.tui.widgets.message_pane import MessagePane
from hookcli.tui.widgets.painted import PaintedLines
from hookcli.tui.widgets.raw_pane import RawPane
from hookcli.tui.widgets.sheet_views import DiffView, SignatureView

SIGNATURE, DIFF, RAW = 4, 5, 6
"""Tabs; the lines of the first two are worked out by the screen."""


class AttemptsView(LinesView):
    """The table of attempts; below it what differs from the one before, or from the marked one."""

    BINDINGS = bindings("attempts")
    HELP = "Every attempt that was made, with its answer."

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(ascii_only=ascii_only, id=id)
        self.details: Details | None = None
        self.row: Row | None = None
        self.marked = 0
        """The attempt to compare with; 0 for the one before."""

    def tell(self, details: Details, row: Row) -> None:
        """Show the attempts of a capture; the cursor is on the last and stays on the last, unless it was moved."""
        fresh = self.details is None or self.details.capture.id != details.capture.id
        last = fresh or self.choice == len(self.choices) - 1
        if fresh:
            self.marked = 0
        self.details, self.row = details, row
        self._draw(keep=not fresh)
        if last and details.attempts:
            self._move(len(details.attempts))

    def _draw(self, *, keep: bool) -> None:
        if self.details is None or self.row is None:
            return
        width = max(self.room, 40)
        lines, choices = tell.attempt_rows(
            self.details, width, self.marked, ascii_only=self.ascii_only
        )
        number = min(self.choice, len(choices) - 1) if keep else 0
        attempts = self.details.attempts
        if attempts:
            here = attempts[max(number, 0)]
            other = self._other(number)
            if other is not None:
                first, second = sorted((other, here), key=lambda each: each.n)
                lines += tell.compared(first, second, width, ascii_only=self.ascii_only)
        sender = tell.sender_line(self.details, self.row)
        if sender:
            lines += [(), sender]
        self.show(lines, choices, keep=keep)

    def _other(self, number: int):  # type: ignore[no-untyped-def]
        attempts = self.details.attempts if self.details else ()
        for attempt in attempts:
            if attempt.n == self.marked and attempt.n != attempts[number].n:
                return attempt
        return attempts[number - 1] if number > 0 else None

    def chosen(self) -> None:
        """Compare the newly chosen one."""
        self._draw(keep=True)

    @property
    def attempt_n(self) -> int:
        """The number of the chosen attempt; 0 when there is none."""
        attempts = self.details.attempts if self.details else ()
        return attempts[self.choice].n if self.choice < len(attempts) else 0

    def on_resize(self, event: events.Resize) -> None:
        """Other widths."""
        super().on_resize(event)
        self._draw(keep=True)

    def do_attempt_down(self) -> None:
        """The next attempt."""
        self._move(1)

    def do_attempt_up(self) -> None:
        """The attempt before."""
        self._move(-1)

    def do_attempt_mark(self) -> None:
        """Compare with this one."""
        self.marked = 0 if self.marked == self.attempt_n else self.attempt_n
        self._draw(keep=True)


class DetailPane(Acting, Vertical):
    """Shows the details it is given; which tab is its own state."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self.tab = 1
        self.attempt = 0
        """Which attempt the Response tab shows; 0 for the latest."""
        self.row: Row | None = None
        self.details: Details | None = None
        self.with_head = True
        self.now = 0
        self.head = PaintedLines(id="detail-head")
        self.tabs = PaintedLines(id="tabs")
        self.message = MessagePane(ascii_only=ascii_only, id="message")
        self.attempts = AttemptsView(ascii_only=ascii_only, id="attempts")
        self.signature = SignatureView(ascii_only=ascii_only, id="signature")
        self.diff = DiffView(ascii_only=ascii_only, id="diff")
        self.raw = RawPane(ascii_only=ascii_only, id="raw")
        self.answer = PaintedLines(id="detail-answer")
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Head, tabs, and the ways a tab is shown; one of them at a time."""
        yield self.head
        yield self.tabs
        yield self.message
        yield self.attempts
        yield self.signature
        yield self.diff
        yield self.raw
        yield self.answer

    def on_mount(self) -> None:
        """Only the request to begin with."""
        for each in (self.attempts, self.signature, self.diff, self.raw):
            each.display = False

    def on_resize(self, event: events.Resize) -> None:
        """Other widths, other cuts."""
        del event
        self._head()
        self._answer()
        if self.tab in (SIGNATURE, DIFF):
            self.post_message(SheetWanted())

    # Told by the screen

    def choose(self, row: Row | None, now: int) -> None:
        """Show the head of another row at once; its details follow."""
        if row is None or self.row is None or row.id != self.row.id:
            self.attempt = 0
        self.row, self.now = row, now
        self._head()

    def tell(self, details: Details | None) -> None:
        """Show the details of the row."""
        self.details = details
        self.refresh_tab()

    def go(self, tab: int) -> None:
        """Another tab; the focus stays in the detail if it was there."""
        had = self.focused
        self.tab = min(max(tab, 1), len(tell.TABS))
        self.refresh_tab()
        if had:
            focus_now(self.content)

    @property
    def focused(self) -> bool:
        """Whether something in here has the focus."""
        return self.has_focus_within

    @property
    def content(self):  # type: ignore[no-untyped-def]
        """The widget that shows the chosen tab."""
        own = {3: self.attempts, SIGNATURE: self.signature, DIFF: self.diff}
        return own.get(self.tab, self.pane.body_view)

    @property
    def pane(self) -> MessagePane:
        """What shows a body in the chosen tab."""
        return self.raw if self.tab == RAW else self.message

    def scroll_other(self, rows: int) -> None:
        """Scroll without the focus."""
        self.content.scroll_by_rows(rows)

    # Painting

    def _head(self) -> None:
        width = self.size.width
        row = self.row
        if width <= 0:
            return
        lines: list[Line] = []
        if row is not None and self.with_head:
            outcome = outcome_pieces(row, self.now, ascii_only=self.ascii_only)
            if width < 64:
                outcome = outcome[:2]  # what happened; how often is in the list
            lines = tell.head_lines(row, width, outcome=outcome)
        self.head.show(lines)
        self.tabs.show([tell.tabs_line(row, self.tab, width, ascii_only=self.ascii_only)])

    def refresh_tab(self) -> None:
        """Show what the chosen tab shows of the details, if that is not what is shown already."""
        self._head()
        self.show_tab()
        details, row = self.details, self.row
        if details is None or row is None:
            self._nothing()
            return
        if details.capture.id != row.id:  # those of the row are on their way
            return
        self._answer()
        self._fill(details, row)

    def show_tab(self) -> None:
        """Show what belongs to the tab, and nothing else."""
        self.message.display = self.tab in (1, 2)
        self.raw.display = self.tab == RAW
        self.attempts.display = self.tab == 3
        self.signature.display = self.tab == SIGNATURE
        self.diff.display = self.tab == DIFF

    def _fill(self, details: Details, row: Row) -> None:
        key = (details, self.tab, self.attempt, row.told)
        if key == self._shown:
            return
        self._shown = key
        if self.tab == 1:
            self._request(details)
        elif self.tab == 2:
            self._response(details)
        elif self.tab == 3:
            self.attempts.tell(details, row)
        elif self.tab == RAW:
            capture = details.capture
            kind = tell.content_type(capture.headers)
            self.raw.tell(details.body, kind, capture.body_sha256)

    def _answer(self) -> None:
        """The answer under the request, where there is room for it."""
        fits = self.with_head and self.size.height >= 26
        if self.tab != 1 or not fits or self.details is None or self.row is None:
            self.answer.show([])
            return
        width = self.size.width
        self.answer.show(
            tell.answer_lines(self.details, self.row, width, ascii_only=self.ascii_only)
        )

    def _nothing(self) -> None:
        self._shown = ()
        self.answer.show([])
        self.message.show(lambda width: (), (), b"", empty="nothing chosen")
        self.raw.tell(b"", "", b"")
        self.signature.show([])
        self.diff.show([])

    def _request(self, details: Details) -> None:
        capture = details.capture
        kind = tell.content_type(capture.headers)

        def title(width: int) -> Line:
            if self.with_head:
                return ()
            return tell.request_title(capture, width, ascii_only=self.ascii_only)

        self.message.show(title, capture.headers, details.body, content_type=kind)

    def _response(self, details: Details) -> None:
        attempt = next((a for a in details.attempts if a.n == self.attempt), details.last)
        if attempt is None:
            none: Line = (Piece(" No answer yet: no attempt has ended.", "dim"),)
            self.message.show(lambda width: none, (), b"", empty="nothing was answered")
            return
        kind = tell.content_type(attempt.headers)
        empty = "no body" if attempt.status else "no answer"
        title = tell.response_title(attempt, details, ascii_only=self.ascii_only)
        self.message.show(
            lambda width: title, attempt.headers, attempt.body, content_type=kind, empty=empty
        )

    def do_attempt_open(self) -> None:
        """The answer of the chosen attempt."""
        self.attempt = self.attempts.attempt_n
        self.go(2)
        focus_now(self.content)
