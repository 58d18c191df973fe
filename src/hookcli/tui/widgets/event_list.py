"""The list of events: one line each, a cursor that repaints two lines, the same at any length."""

from textual import events
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hookcli.tui import rows, words
from hookcli.tui.acting import Acting
from hookcli.tui.actions import bindings
from hookcli.tui.feed import Feed
from hookcli.tui.messages import Chosen, Followed, Opened
from hookcli.tui.paint import Line, Piece, strip_of
from hookcli.tui.rows import Row, Separator
from hookcli.tui.widgets.styled import Styled

_CACHE = 400
"""Drawn lines kept; a screen and its neighbours."""


class EventList(Acting, Styled, ScrollView, can_focus=True, inherit_bindings=False):
    """Draws a Feed. The feed is changed by its owner, who then calls `grown` or `changed`."""

    BINDINGS = bindings("list")  # type: ignore[assignment]
    HELP = "The events, oldest first."

    follow: reactive[bool] = reactive(True, init=False)

    def __init__(self, feed: Feed, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.feed = feed
        self.ascii_only = ascii_only
        self.now = 0
        """µs since the epoch; the owner sets it before it asks for a repaint of what is running."""
        self.cursor = -1
        self.new = 0
        """Lines that came in while not following."""
        self._chosen: str | None = None
        self._cache: dict[tuple[int, bool, bool], tuple[rows.Item, Strip]] = {}
        self._grid = rows.columns(80)
        self._durations: dict[str, str] = {}
        """The durations that are drawn of what is under way or waits."""

    # Told by the owner

    def grown(self, added: int) -> None:
        """Lines were added at the end."""
        if not added:
            return
        self._resize()
        if self.follow or self.cursor < 0:
            self._to(len(self.feed) - 1, keep_follow=True)
        else:
            self.new += added
            self.post_message(Followed(self.follow, self.new))

    def shifted(self, added: int) -> None:
        """Lines were added at the beginning: what is read stays where it is."""
        if not added:
            return
        self._cache.clear()  # what came first may now be a repetition
        self._resize()
        if self.cursor >= 0:
            self.cursor += added
        self.scroll_to(y=self.scroll_offset.y + added, animate=False, force=True)
        if self.follow:
            self._to(len(self.feed) - 1, keep_follow=True)
        self.refresh()

    def row_changed(self, place: int | None) -> None:
        """One row is another; repaint it if it is in sight."""
        if place is not None:
            self.refresh_line(place)
            if place == self.cursor:
                self._tell(force=True)

    def rebuilt(self, *, same: bool = False) -> None:
        """The feed shows something else, or the `same` looked up anew; the cursor stays on its event, or near."""
        self._cache.clear()
        more = len(self.feed) - self.virtual_size.height
        self.new = self.new + max(more, 0) if same and not self.follow else 0
        self.post_message(Followed(self.follow, self.new))
        self._resize()
        place = self.feed.place(self._chosen) if self._chosen else None
        last = len(self.feed) - 1
        if place is None:
            place = last if self.follow else min(max(self.cursor, 0), last)
        self.cursor = -1
        self._to(place, keep_follow=True)
        self.refresh()

    def tick(self, now: int) -> None:
        """Repaint the lines in sight whose duration runs."""
        second = self.now // 1_000_000 != now // 1_000_000
        self.now = now
        if len(self._durations) > _CACHE:
            self._durations.clear()
        if second and words.relative():
            self._cache.clear()
            self.refresh()
            return
        top = self.scroll_offset.y
        for y in range(top, min(top + self.size.height, len(self.feed))):
            item = self.feed.items[y]
            if isinstance(item, Row) and (item.flying or item.waiting):
                shown = rows.time_of(item, now, ascii_only=self.ascii_only)
                if self._durations.get(item.id) != shown:
                    self._durations[item.id] = shown
                    self.refresh_line(y)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        if 0 <= self.cursor < len(self.feed):
            item = self.feed.items[self.cursor]
            return item if isinstance(item, Row) else None
        return None

    def go_to(self, id: str) -> bool:  # noqa: A002
        """Put the cursor on a capture, if it is shown."""
        place = self.feed.place(id)
        if place is not None:
            self._to(place)
        return place is not None

    # Drawing

    def _resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.feed))

    def on_resize(self, event: events.Resize) -> None:
        """Other widths, other columns."""
        del event
        self._grid = rows.columns(self.size.width)
        self._cache.clear()
        self._resize()
        self._in_sight()
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme: nothing drawn before is right any more."""
        super().notify_style_update()
        self._cache.clear()

    def render_line(self, y: int) -> Strip:
        """The line of one event."""
        index = y + self.scroll_offset.y
        if index >= len(self.feed):
            return Strip.blank(self.size.width, self.rich_style)
        item = self.feed.items[index]
        here = index == self.cursor
        if isinstance(item, Row) and (item.flying or item.waiting):
            return self._draw(item, here)
        key = (id(item), here, self.has_focus)
        found = self._cache.get(key)
        if found is not None and found[0] is item:
            return found[1]
        strip = self._draw(item, here)
        if len(self._cache) > _CACHE:
            self._cache.clear()
        self._cache[key] = (item, strip)
        return strip

    def _draw(self, item: rows.Item, here: bool) -> Strip:
        width = self.size.width
        if isinstance(item, Separator):
            line = separator(item, width, ascii_only=self.ascii_only)
        else:
            line = rows.line(
                item, self._grid, now=self.now, ascii_only=self.ascii_only,
                repeats=self.feed.repeats(item) is not None,
            )  # fmt: skip
        over = ""
        if here:
            bar = ">" if self.ascii_only else "▌"
            line = (Piece(bar, "accent"), *line[1:])
            over = "cursor" if self.has_focus else "away"
        return strip_of(line, width, self.role, over)

    # Moving

    def _to(self, index: int, *, keep_follow: bool = False) -> None:
        count = len(self.feed)
        if not keep_follow and self.follow:
            self.follow = False
        index = min(max(index, 0), count - 1)
        index = self._skip_separators(index)
        if index != self.cursor:
            old, self.cursor = self.cursor, index
            for line in (old, index):
                if line >= 0:
                    self.refresh_line(line)
        self._in_sight()
        self._tell()

    def _skip_separators(self, index: int) -> int:
        step = 1 if index >= self.cursor else -1
        for direction in (step, -step):
            place = index
            while 0 <= place < len(self.feed):
                if isinstance(self.feed.items[place], Row):
                    return place
                place += direction
        return -1

    def _in_sight(self) -> None:
        height = self.size.height
        if self.cursor < 0 or height <= 0:
            return
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def _tell(self, *, force: bool = False) -> None:
        row = self.row
        chosen = row.id if row else None
        if force or chosen != self._chosen:
            self._chosen = chosen
            self.post_message(Chosen(row))

    def watch_follow(self, follow: bool) -> None:
        """Tell; and go to the end when following begins."""
        if follow:
            self.new = 0
            self._to(len(self.feed) - 1, keep_follow=True)
        self.post_message(Followed(follow, self.new))

    def on_focus(self) -> None:
        """The cursor line looks different with the focus."""
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        """The cursor line looks different without the focus."""
        self.refresh_line(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click chooses, a second one opens."""
        index = event.y + self.scroll_offset.y
        if index < len(self.feed) and isinstance(self.feed.items[index], Row):
            self._to(index)
            if event.chain == 2 and self.row is not None:
                self.post_message(Opened(self.row))

    # Actions

    def do_next(self) -> None:
        """The next event."""
        self._to(self.cursor + 1)

    def do_previous(self) -> None:
        """The previous event."""
        self._to(self.cursor - 1)

    def do_first(self) -> None:
        """The first event."""
        self._to(0)

    def do_last(self) -> None:
        """The last event, and the new ones as they come."""
        if self.follow:
            self._to(len(self.feed) - 1, keep_follow=True)
        self.follow = True

    def do_half_down(self) -> None:
        """Half a page down."""
        self._to(self.cursor + max(self.size.height // 2, 1))

    def do_half_up(self) -> None:
        """Half a page up."""
        self._to(self.cursor - max(self.size.height // 2, 1))

    def do_page_down(self) -> None:
        """A page down."""
        self._to(self.cursor + max(self.size.height - 1, 1))

    def do_page_up(self) -> None:
        """A page up."""
        self._to(self.cursor - max(self.size.height - 1, 1))

    def do_follow(self) -> None:
        """Follow, or stop."""
        self.follow = not self.follow

    def do_open(self) -> None:
        """Show the event in full."""
        if self.row is not None:
            self.post_message(Opened(self.row))


def separator(item: Separator, width: int, *, ascii_only: bool = False) -> Line:
    """`═══ 14:35:31   connected again after 29 s · nothing missed ═════`."""
    bar = "=" if ascii_only else "═"
    text = f" {bar * 3} {item.text} "
    return (Piece(text, item.role), Piece(bar * max(width - len(text), 0), item.role))
