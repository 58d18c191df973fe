"""A body of any size: indented, as sent, or as bytes; made in slices while keys are served."""

import time
from bisect import bisect_left

from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from hookcli.tui import bodies
from hookcli.tui.acting import Acting
from hookcli.tui.document import Document, Hit, search_pattern
from hookcli.tui.hexdump import HexDump
from hookcli.tui.highlight import json_pieces, with_hits
from hookcli.tui.messages import BodyMoved
from hookcli.tui.paint import Piece, shown, signed, strip_of, width_of
from hookcli.tui.pretty import DEPTH, MAX_LINE
from hookcli.tui.widgets.painted import with_selection
from hookcli.tui.widgets.styled import Styled

FIRST_SCREEN_S = 0.05
PAUSE_S = 0.003
"""Between two slices; keys and drawing have it."""
SLICE_S = 0.008
"""How long one slice of preparing lines may keep the screen from serving keys."""
_SIZES_EVERY_S = 0.1
_SELECT_LIMIT = 20_000
"""Rows that one selection with the mouse may cover."""


class BodyLines(Acting, Styled, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows bytes. Lines are never cut off: what is too long scrolls sideways or wraps."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self.data = b""
        self.content_type = ""
        self.kind = "empty"
        self.mode = "pretty"
        self.wrapping = False
        self.cursor = 0
        """The line the cursor is on."""
        self.hits: list[Hit] = []
        self.hit = -1
        """Which hit the cursor went to last."""
        self.sought = ""
        self._searched = 0
        self._left = 0
        self._lines: Document | HexDump = HexDump(b"")
        self._wrapped: tuple[tuple[int, str, int], Strip] | None = None
        self._slices: Timer | None = None
        self._sized_at = 0.0

    # What is shown

    def show(self, data: bytes, content_type: str, mode: str | None = None) -> None:
        """Show other bytes, from their beginning."""
        self.data, self.content_type = data, content_type
        self.kind = bodies.kind_of(data, content_type)
        self.set_mode(mode or bodies.first_mode(data, content_type))

    def set_mode(self, mode: str) -> None:
        """`pretty`, `raw` or `hex`."""
        self.mode = mode
        self._lines = bodies.document(
            self.data, self.content_type, mode, ascii_only=self.ascii_only
        )
        self.wrapping = mode == "raw"
        self.cursor = self._left = 0
        self._wrap()
        self._restart_search()
        self._lines.grow()
        self._resize()
        self.scroll_to(y=0, animate=False, force=True)
        self._search_on()
        if self._slices is not None:
            self._slices.stop()
        # The first screen is drawn before the rest is worked on.
        self._slices = self.set_timer(FIRST_SCREEN_S, self._slice) if not self.complete else None
        self.refresh()
        self.post_message(BodyMoved())

    @property
    def total(self) -> int:
        """Lines so far."""
        return self._lines.total

    @property
    def complete(self) -> bool:
        """Whether all lines are there and searched."""
        return self._lines.complete and self._searched >= self._lines.chunks

    @property
    def path(self) -> str:
        """Where in the body the cursor is: `$.data.object`, `0x30`."""
        if not self.total or (self.mode == "pretty" and self.kind != "json"):
            return ""
        return "" if self.mode == "raw" else self._lines.path(min(self.cursor, self.total - 1))

    def line_text(self, number: int) -> str:
        """The text of a line, as it is in the body."""
        return self._lines.line(number)[1]

    # Slices

    def _slice(self) -> None:
        until = time.perf_counter() + SLICE_S
        more = not self.complete
        while more and time.perf_counter() < until:
            growing = self._lines.grow()
            self._search_on()
            more = growing or not self.complete
        now = time.perf_counter()
        if not more or now - self._sized_at > _SIZES_EVERY_S:
            self._sized_at = now
            self._resize()
            self.post_message(BodyMoved())
        self._slices = self.set_timer(PAUSE_S, self._slice) if more and self.is_attached else None

    def _resume(self) -> None:
        if self._slices is None and not self.complete:
            self._slice()

    def _search_on(self) -> None:
        if not self.sought:
            self._searched = self._lines.chunks
            return
        for found in self._lines.find(search_pattern(self.sought), self._searched):
            self.hits += found
            self._searched += 1
            if found:
                break

    def _restart_search(self) -> None:
        self._wrapped = None
        self.hits, self.hit, self._searched = [], -1, 0

    # Searching

    def seek(self, text: str) -> None:
        """Search; the cursor goes to the first hit from where it is."""
        if text == self.sought:
            return
        self.sought = text
        self._restart_search()
        self._slice_search()
        self.refresh()
        self.post_message(BodyMoved())

    def _slice_search(self) -> None:
        until = time.perf_counter() + SLICE_S * 4
        while not self.complete and time.perf_counter() < until:
            self._lines.grow()
            self._search_on()
        if self.hits:
            self._to_hit(bisect_left(self.hits, (self.cursor, 0, 0)) % len(self.hits))
        self._resume()

    def _to_hit(self, number: int) -> None:
        self.hit = number
        line, start, _ = self.hits[number]
        self._lines.reveal(line)
        self._resize()
        self._to(line)
        room = max(self._room - 3, 8)
        depth = 2 * (self._lines.line(line)[0] & DEPTH)
        first = self._left + bool(self._left)  # the first cell says that something is left out
        if not self.wrapping and not first <= depth + start < self._left + room:
            self._left = max(depth + start - room // 2, 0)
        self.refresh()

    # Drawing

    @property
    def _gutter(self) -> int:
        return 1 if self.mode == "hex" else max(3, len(str(len(self.data) // 10))) + 2

    @property
    def _room(self) -> int:
        """Cells of a line's text: the last column is the scroll bar's, whether it shows or not."""
        return max(self.size.width - self._gutter - 1, 1)

    def _wrap(self) -> None:
        narrow = self.wrapping or self.mode == "hex"
        width = self._room if narrow else 0
        self._wrapped = None
        before = self._lines.total
        self._lines.wrap(width, lambda text: width_of(shown(text)))
        if self._lines.total != before:  # of bytes there are more or fewer on a line now
            self.cursor = self.cursor * self._lines.total // before
            self._restart_search()

    def _resize(self) -> None:
        self.virtual_size = Size(self.size.width, self._lines.rows)

    def on_resize(self, event: events.Resize) -> None:
        """Another width, other rows; the cursor stays in sight."""
        del event
        self._wrap()
        self._resize()
        self._in_sight()
        self.refresh()
        self._resume()

    def render_line(self, y: int) -> Strip:
        """One row of the body."""
        row = y + self.scroll_offset.y
        width = self.size.width
        if row >= self._lines.rows:
            return Strip.blank(width, self.rich_style)
        line, part = self._lines.at(row)
        strip = self._strip(line, part, width)
        strip = with_selection(self, strip, row)
        return strip.apply_offsets(0, row)

    def _strip(self, line: int, part: int, width: int) -> Strip:
        gutter, room = self._gutter, self._room
        over = ("cursor" if self.has_focus else "") if line == self.cursor else ""
        head = strip_of(self._head(line, part), gutter, self.role, over)
        begin = part * room if self.wrapping else self._left
        body = self._body_strip(line, begin + room, over)
        edge = Strip.blank(max(width - gutter - room, 0), self.role(over))
        before = not self.wrapping and bool(body.crop(0, begin).text.strip())
        seen = signed(body.crop(begin, begin + room), before=before, after=False)
        return Strip.join([head, seen, edge])

    def _body_strip(self, line: int, width: int, over: str) -> Strip:
        """A line from its beginning; several rows of a wrapped one share the work."""
        if not self.wrapping:
            return strip_of(self._pieces(line, 2 * width), width, self.role, over)
        key = (line, over, self.hit)
        if self._wrapped is None or self._wrapped[0] != key:
            whole = strip_of(self._pieces(line, MAX_LINE), MAX_LINE * 8, self.role, over)
            self._wrapped = (key, whole)
        return self._wrapped[1]

    def _head(self, line: int, part: int) -> tuple[Piece, ...]:
        bar = ">" if self.ascii_only else "▌"
        cursor = Piece(bar if line == self.cursor and self.has_focus else " ", "accent")
        label = self._lines.label(line) if part == 0 else None
        text = "" if label is None else str(label)
        return (cursor, Piece(text.rjust(self._gutter - 2) + " ", "number"))

    def _pieces(self, line: int, most: int) -> list[Piece]:
        """The line in pieces; what lies far beyond the right edge is not looked at."""
        flags, text = self._lines.line(line)
        text = text[: most + 64]
        depth = flags & DEPTH
        pieces = [Piece(self._indent(line, depth))]
        styled = json_pieces(text) if self._is_json else iter((Piece(text),))
        here = self.hits[self.hit] if 0 <= self.hit < len(self.hits) else None
        pieces += with_hits(styled, self._hits_of(line), here)
        if self._lines.folded(line):
            pieces.append(Piece(self._folded_text(line, text), "dim"))
        return pieces

    @property
    def _is_json(self) -> bool:
        return self.kind == "json" and self.mode != "hex"

    def _indent(self, line: int, depth: int) -> str:
        if not depth:
            return ""
        mark = "  "
        if self._lines.folded(line):
            mark = "+ " if self.ascii_only else "▸ "
        elif self._lines.fold_end(line) is not None:
            mark = "- " if self.ascii_only else "▾ "
        return "  " * (depth - 1) + mark

    def _folded_text(self, line: int, text: str) -> str:
        count = self._lines.items(line)
        closer = {"{": "}", "[": "]"}.get(text[-1:], "")
        return f" {count} {'item' if count == 1 else 'items'} {closer}"

    def _hits_of(self, line: int) -> list[Hit]:
        begin = bisect_left(self.hits, (line, 0, 0))
        end = bisect_left(self.hits, (line + 1, 0, 0))
        return self.hits[begin:end]

    def _overhang(self) -> int:
        """By how many cells the longest line in sight is longer than there is room."""
        top = self.scroll_offset.y
        rows = range(top, min(top + self.size.height, self._lines.rows))
        lines = {self._lines.at(row)[0] for row in rows}
        cells = (
            sum(width_of(shown(piece.text)) for piece in self._pieces(each, MAX_LINE))
            for each in lines
        )
        return max(max(cells, default=0) - self._room, 0)

    # Selecting with the mouse

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text under a selection, without line numbers."""
        first = selection.start.y if selection.start is not None else 0
        last = selection.end.y if selection.end is not None else self._lines.rows - 1
        last = min(last, self._lines.rows - 1, first + _SELECT_LIMIT)
        out: list[str] = []
        for row in range(max(first, 0), last + 1):
            span = selection.get_span(row)
            if span is None:
                continue
            line, part = self._lines.at(row)
            drawn = self._strip(line, part, self.size.width)
            end = drawn.cell_length if span[1] < 0 else span[1]
            out.append(drawn.crop(max(span[0], self._gutter), max(end, self._gutter)).text.rstrip())
        return ("\n".join(out), "\n") if out else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        del selection
        self.refresh()

    # Moving

    def _to(self, line: int) -> None:
        old, self.cursor = self.cursor, min(max(line, 0), max(self.total - 1, 0))
        for each in {old, self.cursor}:
            if each < self.total:
                row = self._lines.row_of(each)
                self.refresh_lines(row, max(self._height(each), 1))
        self._in_sight()
        self.post_message(BodyMoved())

    def _height(self, line: int) -> int:
        following = line + 1
        end = self._lines.row_of(following) if following < self.total else self._lines.rows
        return end - self._lines.row_of(line)

    def _in_sight(self) -> None:
        if not self.total or self.size.height <= 0:
            return
        row = self._lines.row_of(self.cursor)
        top, height = self.scroll_offset.y, self.size.height
        if row < top:
            self.scroll_to(y=row, animate=False, force=True)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False, force=True)
