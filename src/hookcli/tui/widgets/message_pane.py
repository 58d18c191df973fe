"""A request or an answer: its first lines and headers above, its body below, a status line."""

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from hookcli.tui import words
from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.messages import BodyMoved
from hookcli.tui.paint import Line, Piece, chop, cut, fitting, spread, width_of
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.body_view import BodyView
from hookcli.tui.widgets.painted import PaintedLines
from hookcli.wire.headers import Headers

_SHORT = 6
"""Headers shown when they are neither folded nor all there."""


class MessagePane(Acting, Vertical):
    """Shows what it is given; `H` folds the headers, `/` opens the search line."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self.body_view = self.make_view()
        self.top = PaintedLines(id="message-top")
        self.status = PaintedLines(id="message-status")
        self.search = Bar(id="search", placeholder="search in this body")
        self.headers: Headers = ()
        self.folding = 1
        """How much of the headers is shown: 0 one line, 1 some, 2 all."""
        self._title: Callable[[int], Line] = lambda width: ()
        self._has_body = True
        self._empty = ""

    def make_view(self) -> BodyView:
        """What shows the body."""
        return BodyView(ascii_only=self.ascii_only, id="body")

    def compose(self) -> ComposeResult:
        """Top, body, search line, status."""
        yield self.top
        yield self.body_view
        yield self.search
        yield self.status

    def show(
        self,
        title: Callable[[int], Line],
        headers: Headers,
        body: bytes,
        *,
        mode: str | None = None,
        content_type: str = "",
        empty: str = "no body",
    ) -> None:
        """Show a message; `title` makes its first line for a width, `empty` is what is said when there is no body."""
        self._title, self.headers, self._empty = title, headers, empty
        self._has_body = bool(body)
        self.body_view.show(body, content_type, mode)
        self.body_view.seek("")
        self._paint()

    def on_resize(self, event: events.Resize) -> None:
        """Other widths, other cuts."""
        del event
        self._paint()

    def on_body_moved(self, message: BodyMoved) -> None:
        """Path, hits and progress are another."""
        message.stop()
        self._paint()

    # Painting

    def _paint(self) -> None:
        width = self.size.width
        if width > 0:
            self.top.show([*self._head(width), self._separator(width)])
            self.status.show([self._status(width)])

    def _head(self, width: int) -> list[Line]:
        title = self._title(width)
        out: list[Line] = [title] if title else []
        if self.headers:
            out += header_lines(self.headers, width, self._level(), ascii_only=self.ascii_only)
        return out

    def _level(self) -> int:
        """Small panes show one line until asked for more."""
        if self.folding == 1 and (self.size.height < 26 or self.size.width < 40):
            return 0
        return self.folding

    def _separator(self, width: int) -> Line:
        dash = "-" if self.ascii_only else "─"
        text = f"{dash * 3} {self._facts(width) if self._has_body else self._empty} "
        hint = "(v changes) "
        text += hint if self._has_body and width_of(text) + width_of(hint) <= width else ""
        text = cut(text, width)
        return (Piece(text, "dim"), Piece(dash * (width - width_of(text)), "dim"))

    def _facts(self, width: int) -> str:
        """What is known of the body, in one line of whole words."""
        view = self.body_view
        dot = " - " if self.ascii_only else " · "
        kind = view.content_type.partition(";")[0].strip() or "type not named"
        lines = f"{view.total:,}".replace(",", " ")
        count = f"{lines} lines" if view.complete else f"{lines} lines so far"
        mode = "text" if view.mode == "pretty" and view.kind == "text" else view.mode
        size = words.long_size(len(view.data))
        known = ("body", size, kind, count, mode), ("body", size, kind, mode), ("body", size, mode)
        return fitting(known, dot, width - 5)

    def _status(self, width: int) -> Line:
        view = self.body_view
        begin: Line = (Piece(f" {view.path}", "accent"),)
        end: list[Piece] = []
        if view.sought:
            some = "" if view.complete else "+"
            quoted = f"“{view.sought}”" if not self.ascii_only else f'"{view.sought}"'
            matches = "match" if len(view.hits) == 1 and view.complete else "matches"
            end.append(Piece(f"/ {len(view.hits)}{some} {matches} for {quoted}"))
            if view.hits:
                end.append(Piece(f"  {view.hit + 1}/{len(view.hits)}  n N", "dim"))
        elif view.wrapping:
            end.append(Piece("wrapped (w)", "dim"))
        return spread(begin, (*end, Piece(" ")) if end else (), width)

    # Search

    def do_search(self) -> None:
        """Open the search line."""
        self.search.add_class("-open")
        self.search.value = self.body_view.sought
        focus_now(self.search)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as the words are typed."""
        event.stop()
        if self.search.has_class("-open"):
            self.body_view.seek(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was found."""
        event.stop()
        self.close_search()

    def on_bar_left(self, message: Bar.Left) -> None:
        """Give the search up."""
        message.stop()
        self.body_view.seek("")
        self.close_search()

    def close_search(self) -> None:
        """Hide the search line; the hits stay."""
        self.search.remove_class("-open")
        focus_now(self.body_view)

    # Actions

    def do_fold_headers(self) -> None:
        """One line, some, all."""
        level = self._level()
        self.folding = 2 if level < 2 else 0
        self._paint()


def header_lines(
    headers: Headers, width: int, level: int, *, ascii_only: bool = False
) -> Sequence[Line]:
    """The headers on one line, the first few, or all of them; names keep their spelling."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    count = words.plural(len(pairs), "header")
    if level == 0:
        mark = "+" if ascii_only else "▸"
        dot = " - " if ascii_only else " · "
        known = [pair for pair in pairs if pair[0].lower() not in _DULL]
        text = dot.join(f"{name}: {cut(value, 40)}" for name, value in known[:4])
        return [(Piece(f" {mark} {count}   "), Piece(cut(text, width - len(count) - 7), "dim"))]
    shown = pairs if level == 2 or len(pairs) <= _SHORT + 1 else pairs[:_SHORT]
    column = min(max((width_of(name) for name, _ in shown), default=0) + 2, max(width // 3, 12))
    lines: list[Line] = [
        spread(
            (Piece(f" {'-' if ascii_only else '▾'} {count}"),),
            (Piece("H folds ", "dim"),),
            width,
        )
    ]
    for name, value in shown:
        lines += _header(name, value, column, width, whole=level == 2)
    if len(shown) < len(pairs):
        rest = "..." if ascii_only else "…"
        lines.append((Piece(f"   {rest} {len(pairs) - len(shown)} more (H)", "dim"),))
    return lines


def _header(name: str, value: str, column: int, width: int, *, whole: bool) -> list[Line]:
    label = cut(name, column - 2)
    room = max(width - column - 4, 8)
    first = Piece(f"   {label}" + " " * (column - width_of(label)), "dim")
    if not whole:
        return [(first, Piece(cut(value, room)))]
    parts = chop(value, room)
    pad = Piece(" " * (column + 3))
    return [(first if n == 0 else pad, Piece(part)) for n, part in enumerate(parts)]


_DULL = {"host", "accept", "accept-encoding", "connection", "content-length", "user-agent"}
