"""The one screen with the list and the detail: what is drawn where, and when it is drawn again."""

import time
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.timer import Timer

from hookcli.tui import layout, rows, trying, words
from hookcli.tui.acting import Acting, focus_now, latest, work
from hookcli.tui.actions import bindings
from hookcli.tui.banners import banner
from hookcli.tui.board import Changes
from hookcli.tui.details import Details
from hookcli.tui.empty import empty_lines
from hookcli.tui.footer import footer
from hookcli.tui.header import header, state_pieces
from hookcli.tui.messages import Chosen, Clicked, Followed, Opened, SortBy
from hookcli.tui.paint import Line, Piece, length, spread
from hookcli.tui.peek import answer_line, outcome_pieces, peek
from hookcli.tui.rows import Row
from hookcli.tui.screens.event_actions import EventActions
from hookcli.tui.screens.finding import LOOK_EVERY_S, Finding
from hookcli.tui.screens.listener_actions import ListenerActions
from hookcli.tui.screens.panes import Panes
from hookcli.tui.screens.tabs import TabContents
from hookcli.tui.widgets.detail_pane import DetailPane
from hookcli.tui.widgets.event_list import EventList
from hookcli.tui.widgets.filter_bar import FilterBar
from hookcli.tui.widgets.lines_view import LinesView
from hookcli.tui.widgets.painted import PaintedLines

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector

DETAIL_AFTER_S = 0.02
PASSING_S = 0.1
"""Of rows that are chosen one so soon after the other only that is loaded on which one stays for `DETAIL_AFTER_S`: a
key held down must not load every body it passes."""
SAID_FOR_S = 6.0
DRAW_EVERY_S = 0.5
"""Seconds pass in the header although nothing happens; no more often than people look."""


class EmptyView(LinesView, inherit_bindings=False):
    """What to do before the first event."""

    BINDINGS = bindings("empty")
    HELP = "Nothing was captured yet."


class MainScreen(
    Acting,
    Panes,
    EventActions,
    ListenerActions,
    Finding,
    TabContents,
    Screen[None],
    inherit_bindings=False,
):
    """List and detail."""

    BINDINGS = bindings("main")  # type: ignore[assignment]
    app: "Inspector"

    def __init__(self) -> None:
        super().__init__()
        self.details: Details | None = None
        self.opened = False
        """Whether the detail has the screen where there is room for one only."""
        self.zoomed = False
        self.showing = ""
        """`side`, `stacked`, `list` or `detail`."""
        self.history = False
        self.earlier = 0
        """Captures from earlier runs that are not shown."""
        self._detail_wait: Timer | None = None
        self._chosen_at = 0.0
        self._said: tuple[str, str, float] = ("", "", 0.0)
        self._drawn_at = 0.0

    def compose(self) -> ComposeResult:
        """Header, views or filter, banner, the panes, footer."""
        ascii_only = self.app.setup.ascii_only
        self.event_list = EventList(self.app.board.feed, ascii_only=ascii_only, id="events")
        self.detail = DetailPane(ascii_only=ascii_only, id="detail-pane")
        self.filter_bar = FilterBar(ascii_only=ascii_only, id="filter")
        self.empty = EmptyView(ascii_only=ascii_only, id="empty")
        self.heading = PaintedLines(id="heading")
        self.peek = PaintedLines(id="peek")
        self.head = PaintedLines(id="header")
        self.views_row = PaintedLines(id="views")
        self.banner = PaintedLines(id="banner")
        self.foot = PaintedLines(id="footer")
        self.panes = Container(id="panes")
        yield self.head
        yield self.views_row
        yield self.filter_bar
        yield self.banner
        with self.panes:
            with Vertical(id="list-pane"):
                yield self.heading
                yield self.event_list
                yield self.peek
            yield self.detail
            yield self.empty
        yield self.filter_bar.proposals
        yield self.foot

    def on_mount(self) -> None:
        """Draw what is known and begin to load."""
        self.filter_bar.seen = self.app.board.feed.every
        self.filter_bar.history = self.app.memory.kept.filters
        self.history = self.app.setup.history
        self.lay_out()
        self.draw()
        work(self, "load", self.load())
        self.set_interval(LOOK_EVERY_S, partial(latest, self, "look", self.look_again))

    # Layout

    def on_resize(self, event: events.Resize) -> None:
        """Another size may mean another layout."""
        del event
        self.lay_out()
        self.call_after_refresh(self.draw)

    @property
    def without_events(self) -> bool:
        """Whether one of the empty screens is shown."""
        return self.app.board.feed.rows == 0 and not self.app.board.feed.filtered

    def lay_out(self) -> None:
        """Show the panes for this size."""
        size = self.app.size
        choice = self.app.memory.kept.layout
        if self.zoomed:
            self.opened = self.detail.has_focus_within or self.showing == "detail"
        wanted = layout.panes(
            size.width, size.height, choice, opened=self.opened, zoomed=self.zoomed
        )
        if self.without_events:
            wanted = "empty"
        if wanted != self.showing:
            _ = self.panes.set_classes(f"-{wanted}")
            self.showing = wanted
            self.detail.with_head = wanted != "detail"
            self._place_focus()
            # What is drawn for a width comes once the widths are known.
            self.call_after_refresh(self.draw)

    def _place_focus(self) -> None:
        if self.filter_bar.has_class("-open") and self.filter_bar.input.has_focus:
            return
        if self.showing == "empty":
            focus_now(self.empty)
        elif self.showing == "detail":
            focus_now(self.detail.content)
        elif not self.detail.has_focus_within:
            focus_now(self.event_list)

    # Drawing

    def draw(self) -> None:
        """Everything that is one or a few lines; each only if it is another than before."""
        self.draw_head()
        self.draw_views()
        self._draw_banner()
        self._draw_list_lines()
        self.draw_footer()
        if self.without_events:
            self._draw_empty()

    def draw_head(self) -> None:
        """The header: the connection, or in the full detail the event."""
        app, width = self.app, self.app.size.width
        now = app.setup.clock()
        ascii_only = app.setup.ascii_only
        row = self.event_list.row
        if self.showing == "detail" and row is not None:
            self.head.show([self._event_head(row, width, now)])
            return
        counts = app.board.counts(app.now, ascii_only=ascii_only)
        self.head.show([header(app.board.link, counts, width, now, ascii_only=ascii_only)])

    def _event_head(self, row: Row, width: int, now: float) -> Line:
        ascii_only = self.app.setup.ascii_only
        dot = " - " if ascii_only else " · "
        what = f"{row.source}{dot}{row.title}" if row.source else row.title
        place = f"{self.event_list.cursor + 1} of {len(self.app.board.feed)}"
        outcome = outcome_pieces(row, self.app.now, ascii_only=ascii_only)
        end: Line = (
            Piece(f"{words.short(row.id)}  ", "dim"),
            Piece(f"{place}  ", "dim"),
            *outcome,
            Piece(" "),
        )
        state = state_pieces(self.app.board.link, now, ascii_only=ascii_only)[:2]
        if length(end) > width * 0.55:
            end = (*outcome, Piece(" "))
        return spread((*state, Piece("   "), Piece(what, "strong")), end, width)

    def draw_views(self) -> None:
        """Views, follow, filter; the bar instead while it is open."""
        typing = self.filter_bar.has_class("-open")
        self.views_row.display = not typing and self.showing not in ("detail", "empty")
        self.views_row.show([self.views_line(self.app.size.width)])

    def _draw_banner(self) -> None:
        app = self.app
        lines = self.leaving_lines() or banner(
            app.board.link, app.size.width, app.setup.clock(),
            oldest_ms=app.board.oldest_waiting_ms(app.now), ascii_only=app.setup.ascii_only,
        )  # fmt: skip
        if self.without_events and not self.leaving_lines():
            lines = []
        self.banner.show(lines)

    def _draw_list_lines(self) -> None:
        width = self.event_list.size.width
        self.event_list.now = self.app.now
        if width <= 0 or self.showing in ("detail", "empty"):
            return
        self.heading.show([rows.heading(rows.columns(width))])
        row = self.event_list.row
        if row is None:
            text = self.nothing_words() if self.app.board.feed.filtered else ""
            self.peek.show([(), (Piece(f" {text}", "dim"),), ()])
            return
        details = self.details if self.details and self.details.capture.id == row.id else None
        self.peek.show(
            peek(row, self.app.now, budget_ms=details.budget_ms if details else None,
                 capture=details.capture if details else None,
                 repeats=self.app.board.feed.repeats(row),
                 endpoint=self.app.board.link.several.get(row.endpoint, ""),
                 ascii_only=self.app.setup.ascii_only, width=width)
        )  # fmt: skip

    def draw_footer(self) -> None:
        """The keys of what has the focus; for some seconds what was said last."""
        text, role, until = self._said
        if text and self.app.setup.clock() < until:
            self.foot.show([(Piece(" "), Piece(text, role or "strong"))])
            return
        self.foot.show([
            footer(self.places(), self.app.size.width, self.app.setup.keys,
                   ascii_only=self.app.setup.ascii_only)
        ])  # fmt: skip

    def _draw_empty(self) -> None:
        app = self.app
        self.empty.show(
            empty_lines(app.board.link, app.setup.clock(), self.empty.room,
                        sample=trying.command(trying.FIRST, app.setup.secrets),
                        earlier=self.earlier, ascii_only=app.setup.ascii_only),
            keep=True,
        )  # fmt: skip

    def places(self) -> tuple[str, ...]:
        """Where the focus is, in the words of the table."""
        focused = self.focused
        if focused is self.filter_bar.input:
            return ("filter", "any")
        if isinstance(focused, EmptyView):
            return ("empty", *self._without(), "any")
        if focused is not None and self.detail in focused.ancestors:
            own = {3: ("attempts",), 4: ("signature",), 5: ("diff",), 6: ("raw", "body")}
            return (*own.get(self.detail.tab, ("body",)), "detail", "main", "any")
        return ("list", "main", "any")

    def _without(self) -> tuple[str, ...]:
        """What the empty screen has not: a listener, earlier captures, a reason to go public."""
        link = self.app.board.link
        known = {"unheard": not link.url, "first": not self.earlier, "reached": not link.local}
        return tuple(name for name, true in known.items() if true)

    def say(self, text: str, role: str = "") -> None:
        """Words about what happened, at the bottom for some seconds."""
        self._said = (text, role, self.app.setup.clock() + SAID_FOR_S)
        self.draw_footer()

    def quiet(self) -> None:
        """Take what was said away: the next key was pressed."""
        if self._said[0]:
            self._said = ("", "", 0.0)
            self.draw_footer()

    # Told by the app

    def took(self, changes: Changes) -> None:
        """Reports came in."""
        was_empty = self.showing == "empty"
        if changes.added:
            self.event_list.grown(changes.added)
        for id in changes.changed:  # noqa: A001
            self.event_list.row_changed(self.app.board.feed.place(id))
        if changes.fresh or changes.changed:
            self.refilter_soon()
        if was_empty and not self.without_events:
            self.lay_out()
        row = self.event_list.row
        if row is not None and row.id in changes.changed:
            self._load_detail()

    def ticked(self, *, news: bool) -> None:
        """A tenth of a second has passed; without news only what runs is drawn, and now and then all."""
        self.event_list.tick(self.app.now)
        now = time.monotonic()
        if news or now - self._drawn_at >= DRAW_EVERY_S:
            self._drawn_at = now
            self.draw()

    # The selected event

    def on_chosen(self, message: Chosen) -> None:
        """Head and peek at once; the body too, unless one passes by."""
        self.detail.choose(message.row, self.app.now)
        self._draw_list_lines()
        self.draw_head()
        self.draw_views()
        if self._detail_wait is not None:
            self._detail_wait.stop()
            self._detail_wait = None
        if message.row is None:
            self.details = None
            self.detail.tell(None)
            return
        now = time.monotonic()
        passing, self._chosen_at = now - self._chosen_at < PASSING_S, now
        if passing:
            self._detail_wait = self.set_timer(DETAIL_AFTER_S, self._load_detail)
        else:
            self._load_detail()

    def _load_detail(self) -> None:
        self._detail_wait = None
        row = self.event_list.row
        if row is not None:
            latest(self, "detail", work=partial(self._fetch, row.id))

    async def _fetch(self, id: str) -> None:  # noqa: A002
        details = await self.app.details_of(id)
        row = self.event_list.row
        if details is None or row is None or row.id != id:
            return
        self.details = details
        if details.last is not None and (error := answer_line(details.last)) != row.error:
            # A list is read without answers: why it failed is learnt when somebody looks.
            row = replace(row, error=error)
            _ = self.app.board.feed.put(row)
        self.detail.choose(row, self.app.now)
        self._draw_list_lines()
        if self.showing not in ("list", "empty"):
            self.detail.tell(details)
            self.fill_sheet()

    def on_followed(self, message: Followed) -> None:
        """The views row shows it."""
        del message
        self.draw_views()

    def on_opened(self, message: Opened) -> None:
        """Show the detail, full where there is room for one only."""
        del message
        self.open_detail()

    def open_detail(self) -> None:
        """Give the detail the focus, and the screen where needed."""
        self.opened = True
        self.lay_out()
        self.detail.show_tab()
        row = self.event_list.row
        if row is not None and (details := self._at_hand(row)) is not None:
            self.detail.tell(details)
            self.fill_sheet()
        focus_now(self.detail.content)
        self.draw()

    def on_sort_by(self, message: SortBy) -> None:
        """A column's name was clicked."""
        self.sort_by(message.column)

    def on_clicked(self, message: Clicked) -> None:
        """A piece with an action was clicked."""
        kind, _, name = message.action.partition(":")
        if kind == "act":
            self.app.act_from_focus(name)
        elif kind == "view":
            self.choose_view(int(name))
        elif kind == "sort":
            self.sort_by(name)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Other keys at the bottom."""
        del event
        self.draw_footer()

    def on_key(self, event: events.Key) -> None:
        """Any key takes the last words away."""
        del event
        self.quiet()
