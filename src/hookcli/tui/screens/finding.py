"""Finding events: loading them, the filter, views, sorting."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.timer import Timer

from hookcli.tui import views
from hookcli.tui.acting import focus_now, latest, work
from hookcli.tui.messages import FilterCleared, FilterKept, FilterTyped
from hookcli.tui.paint import Line
from hookcli.tui.rows import Row

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector
    from hookcli.tui.widgets.event_list import EventList
    from hookcli.tui.widgets.filter_bar import FilterBar

FIRST_ROWS = 300
"""Loaded before anything is drawn; the older ones follow in the background."""
MORE_ROWS = 4000
NEWEST = 50
LOOK_EVERY_S = 1.0
REFILTER_S = 0.5
RECOUNT_S, RECOUNT_SHARE = 2.0, 0.1
"""Saved views are counted again no more often than this, and for no more than this share of the time."""

SORTS = {
    "at": None, "source": lambda row: row.source, "title": lambda row: row.title,
    "path": lambda row: row.path, "status": lambda row: row.status, "ms": lambda row: row.ms,
    "size": lambda row: row.size, "sig": lambda row: row.sig.value,
    "attempts": lambda row: row.attempts,
}  # fmt: skip


class Finding(Screen[None]):
    """Part of the main screen."""

    app: "Inspector"
    event_list: "EventList"
    filter_bar: "FilterBar"
    history: bool
    earlier: int
    draw_views: Callable[[], None]
    lay_out: Callable[[], None]
    draw: Callable[[], None]
    stay: Callable[[], bool]

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""
        """The filter that is in force, as typed."""
        self.view = 0
        self.ids: set[str] | None = None
        """What the filter in force lets through; None for everything."""
        self.loaded = False
        """Whether all that was in the store is on the screen."""
        self.saved_counts: dict[str, int] = {}
        self._selected = ("", 0)
        """Filter and view that the list shows."""
        self._sort = ""
        self._reverse = False
        self._asked = 0
        self._soon: Timer | None = None
        self._recount: Timer | None = None
        self._faulty: set[str] = set()
        """Views whose filter was blamed already."""
        self._counting_s = 0.0
        """How long counting took the last time."""

    # Loading

    async def load(self) -> None:
        """Load what is to be shown: the newest at once, the older ones bit by bit."""
        if not self.history:
            await self.load_waiting()
            self.earlier = await self.app.count_earlier()
            await self.count_saved()
            return
        oldest: int | None = None
        first = True
        while True:
            size = FIRST_ROWS if first else MORE_ROWS
            rows, oldest = await self.app.older_rows(oldest, size)
            added = self.app.board.feed.prepend(rows)
            if first:
                self.event_list.rebuilt()
                self.lay_out()
            elif self.app.board.feed.filtered:
                self.event_list.rebuilt()
            else:
                self.event_list.shifted(added)
            if first and self.app.setup.begin:
                _ = self.apply(self.app.setup.begin)
            first = False
            if len(rows) < size:
                break
        self.earlier = 0
        self.loaded = True
        self.draw_views()
        latest(self, "counts", work=self.count_saved)

    async def look_again(self) -> None:
        """Without a listener of our own, another process may have captured meanwhile."""
        if self.app.engine.listening or not self.loaded:
            return
        feed = self.app.board.feed
        news = [row for row in await self.app.newest_rows(NEWEST) if feed.get(row.id) != row]
        added = feed.append(news)
        self.event_list.grown(added)
        for row in news:
            self.event_list.row_changed(feed.place(row.id))
        if news:
            self.lay_out()
            self.refilter_soon()

    async def load_waiting(self) -> None:
        """What an earlier run left undelivered is shown from the start: it is about to be delivered."""
        rows = await self.app.pending_rows()
        if rows:
            self.app.board.feed.prepend(rows)
            self.event_list.rebuilt()
            self.lay_out()

    def do_history(self) -> None:
        """Show the captures of earlier runs as well."""
        if not self.history:
            self.history = True
            work(self, "load", self.load())

    # The filter

    def do_filter(self) -> None:
        """Open the filter bar."""
        self.filter_bar.open(self.typed)
        self.filter_bar.tell(self._result())
        self.draw_views()

    def do_filter_here(self) -> None:
        """The same, by the key that finds things everywhere."""
        self.do_filter()

    def on_filter_typed(self, message: FilterTyped) -> None:
        """Parse; a fault is pointed at and the last good list stays."""
        message.stop()
        if self.filter_bar.has_class("-open"):
            self.apply(message.text)

    def apply(self, text: str) -> bool:
        """Put a filter in force; False when it cannot be parsed, and then nothing changes."""
        from hookcli.captures.filters import FilterError, parse

        try:
            wanted = parse(text, now=self.app.now) if text.strip() else None
        except FilterError as fault:
            self.filter_bar.blame(fault.position, str(fault.wanted))
            self.filter_bar.tell(f"last good: {self._result()}", "warn")
            return False
        self.filter_bar.blame(None, "")
        self.typed = text if wanted is not None else ""
        self._ask()
        return True

    def _ask(self) -> None:
        self._asked += 1
        latest(self, "filter", work=partial(self._search, self._asked))

    async def _search(self, number: int) -> None:
        """Find the ids in the store; the list changes only when they are all there."""
        view = self.app.views[self.view]
        texts = [text for text in (self.typed, "" if view.test else view.filter) if text]
        ids = await self.app.matching(texts) if texts else None
        if number != self._asked:
            return
        if ids is not None and not ids and self._still_typing():
            self.filter_bar.tell(f"last good: {self._result()}", "warn")
            return
        self.ids = ids
        self._select()
        self.filter_bar.tell(self._result())
        self.draw()

    def _still_typing(self) -> bool:
        """Whether what is typed may become the name of a field: until then it empties nothing."""
        from hookcli.tui.completion import unfinished

        return self.filter_bar.has_class("-open") and unfinished(self.typed)

    def _select(self) -> None:
        """Tell the feed what passes."""
        test = self.app.views[self.view].test
        ids = self.ids

        def passes(row: Row) -> bool:
            return (ids is None or row.id in ids) and (test is None or test(row))

        key = SORTS.get(self._sort)
        feed = self.app.board.feed
        feed.select(
            passes if ids is not None or test is not None else None, key, reverse=self._reverse
        )
        chosen = self.typed, self.view
        self.event_list.rebuilt(same=chosen == self._selected)
        self._selected = chosen

    def nothing_words(self) -> str:
        """Why the list is empty."""
        view = f"the view {self.app.views[self.view].name}" if self.view else ""
        if view and self.typed:
            return f"Nothing in {view} passes this filter; esc takes the filter away."
        return (
            f"Nothing is in {view}; < and > choose another."
            if view
            else "No capture passes this filter."
        )

    def _result(self) -> str:
        feed = self.app.board.feed
        shown = (
            sum(1 for item in feed.items if isinstance(item, Row)) if feed.filtered else feed.rows
        )
        return f"{shown} of {feed.rows}"

    def refilter_soon(self) -> None:
        """Rows came or changed: ask again, at most twice a second, while a filter is in force."""
        if self._soon is None and (self.ids is not None or self.app.views[self.view].test):
            self._soon = self.set_timer(REFILTER_S, self._refilter)

        if self._recount is None and any(not view.test and view.filter for view in self.app.views):
            wait = max(RECOUNT_S, self._counting_s / RECOUNT_SHARE)
            self._recount = self.set_timer(wait, self._count_again)

    def _count_again(self) -> None:
        self._recount = None
        latest(self, "counts", work=self.count_saved)

    def _refilter(self) -> None:
        self._soon = None
        self._ask()

    def on_filter_kept(self, message: FilterKept) -> None:
        """Keep what is typed, if it is right."""
        message.stop()
        if self.apply(message.text):
            self.app.memory.used_filter(message.text)
            self.app.memory.save()
            self.close_filter()

    def on_filter_cleared(self, message: FilterCleared) -> None:
        """No filter any more."""
        message.stop()
        self.clear_filter()

    def clear_filter(self) -> None:
        """Take the filter away and close the bar."""
        self.filter_bar.blame(None, "")
        self.typed = ""
        self._ask()
        self.close_filter()

    def do_unfilter(self) -> None:
        """Escape in the list: one step back, and never out."""
        if self.stay():
            self.draw()
        elif self.typed:
            self.clear_filter()
        elif self.view:
            self.choose_view(0)

    def close_filter(self) -> None:
        """Back to the list."""
        self.filter_bar.close()
        focus_now(self.event_list)
        self.draw_views()

    def do_filter_save(self) -> None:
        """Keep the filter as a view under a name."""
        text = self.filter_bar.value.strip()
        if text and self.apply(text):
            self.app.ask("name of the view", "", lambda name: self._save_view(name, text))

    def _save_view(self, name: str, text: str) -> None:
        if name.strip():
            before = self.app.views[self.view].name
            self.app.memory.kept.views[name.strip()] = text
            self.app.memory.save()
            self.view = [view.name for view in self.app.views].index(before)
            self.app.say(f"saved the view {name.strip()}: {text}")
            self.close_filter()
            latest(self, "counts", work=self.count_saved)

    # Views

    def views_line(self, width: int) -> Line:
        """The row under the header."""
        board = self.app.board
        counts = views.counts(board.feed, self.saved_counts, board.link.several)
        return views.views_line(
            self.app.views, counts, self.view, width,
            follow=self.event_list.follow, new=self.event_list.new, typed=self.typed,
            ascii_only=self.app.setup.ascii_only,
        )  # fmt: skip

    async def count_saved(self) -> None:
        """How many events the saved views have."""
        from hookcli.captures.filters import FilterError

        began = time.monotonic()
        for view in self.app.views:
            if view.test is None and view.filter and view.name not in self._faulty:
                try:
                    ids = await self.app.matching([view.filter])
                except FilterError as fault:
                    self._faulty.add(view.name)
                    self.app.say(f"view {view.name}: {fault.wanted}", "warn")
                    continue
                self.saved_counts[view.name] = self.app.board.feed.among(ids)
        self._counting_s = time.monotonic() - began
        self.draw_views()

    def choose_view(self, number: int) -> None:
        """Use a view."""
        if 0 <= number < len(self.app.views):
            self.view = number
            self._ask()
            self.draw_views()

    def do_view_before(self) -> None:
        """The view to the left."""
        self.choose_view((self.view - 1) % len(self.app.views))

    def do_view_after(self) -> None:
        """The view to the right."""
        self.choose_view((self.view + 1) % len(self.app.views))

    def do_only_marked(self) -> None:
        """Only marked ones, and all again."""
        names = [view.name for view in self.app.views]
        self.choose_view(0 if self.view == names.index("Marked") else names.index("Marked"))

    def sort_by(self, column: str) -> None:
        """Sort by a column; again turns it round, a third time is as received."""
        if column == "at" or (self._sort == column and self._reverse):
            self._sort, self._reverse = "", False
        elif self._sort == column:
            self._reverse = True
        else:
            self._sort, self._reverse = column, False
        self._select()
        order = f"sorted by {self._sort}{' downwards' if self._reverse else ''}"
        self.app.say(order if self._sort else "in the order received")

    def do_next_match(self) -> None:
        """While a filter is on, each event of the list matches: go to the next."""
        self.event_list.do_next()

    def do_previous_match(self) -> None:
        """The one before."""
        self.event_list.do_previous()
