"""The bytes of a request as they came: their digest, the parts of a form, going to an offset."""

from collections.abc import Sequence
from itertools import islice

from hookcli.captures.multipart import Part, parts
from hookcli.tui import bodies, words
from hookcli.tui.actions import bindings
from hookcli.tui.hexdump import HexDump, has_controls
from hookcli.tui.messages import Clicked
from hookcli.tui.paint import Line, Piece, cut, left, length, spread, width_of
from hookcli.tui.widgets.body_view import BodyView
from hookcli.tui.widgets.message_pane import MessagePane

MOST_PARTS = 1000
"""Parts that are looked for; a body of nothing but parts has millions."""
_CONTROL = "terminal control bytes: shown, never sent to your terminal"
_CONTROL_SHORT = "control bytes, only shown"


class RawView(BodyView):
    """A body that has offsets."""

    BINDINGS = bindings("raw")
    HELP = "The bytes as they came."

    def go_to(self, offset: int) -> None:
        """Put the cursor on the line of a byte, among the bytes."""
        if self.mode != "hex":
            self.set_mode("hex")
        self._to(offset // self._bytes)

    @property
    def _bytes(self) -> int:
        return self._lines.bytes if isinstance(self._lines, HexDump) else 0

    @property
    def here(self) -> tuple[int, int] | None:
        """The bytes of the cursor's line, from and up to; None where lines are not of bytes."""
        if not self._bytes or not self.total:
            return None
        start = self.cursor * self._bytes
        return start, min(start + self._bytes, len(self.data))


class RawPane(MessagePane):
    """Parts above instead of headers; below, which of them the cursor is in."""

    body_view: RawView

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(ascii_only=ascii_only, id=id)
        self.digest = ""
        self._parts: Sequence[Part] = ()

    def make_view(self) -> BodyView:
        """One that has offsets."""
        return RawView(ascii_only=self.ascii_only, id="raw-body")

    def tell(self, body: bytes, content_type: str, digest: bytes) -> None:
        """Show the bytes of a request."""
        self.digest = digest.hex()
        self._parts = tuple(islice(parts(body, content_type.encode("latin-1")), MOST_PARTS))
        self.show(lambda width: (), (), body, mode="hex", content_type=content_type)

    # Painting

    def _head(self, width: int) -> list[Line]:
        if not self._parts:
            return []
        return part_lines(self._parts, width, whole=self.folding == 2, ascii_only=self.ascii_only)

    def do_fold_headers(self) -> None:
        """The parts on one line, or each on its own."""
        self.folding = 0 if self.folding == 2 else 2
        self._paint()

    def _facts(self, width: int) -> str:
        view = self.body_view
        dot = " - " if self.ascii_only else " · "
        rest = "..." if self.ascii_only else "…"
        what = "bytes as received" if view.mode == "hex" else f"as received{dot}{view.mode}"
        size = words.long_size(len(view.data))
        kind = view.content_type.partition(";")[0].strip() or "type not named"
        whole, short = f"sha256 {self.digest}", f"sha256 {self.digest[:8]}{rest}"
        guess = bodies.charset_words(view.data, view.content_type)
        known = (
            (what, size, kind, whole, guess),
            (what, size, kind, short, guess),
            (what, size, short, guess),
        )
        lines = [dot.join(facts) for facts in known]
        return next((line for line in lines if width_of(line) + 5 <= width), lines[-1])

    def _status(self, width: int) -> Line:
        view = self.body_view
        if view.sought or view.here is None:
            return super()._status(width)
        start, end = view.here
        pieces = [Piece(f" {view.path}   ", "accent"), Piece(self._part_words(start, end))]
        if has_controls(view.data[start:end]):
            mark = "^" if self.ascii_only else "▲"
            text = _CONTROL if width >= length(pieces) + len(_CONTROL) + 6 else _CONTROL_SHORT
            return spread(tuple(pieces), (Piece(f"{mark} {text} ", "warn"),), width)
        return tuple(pieces)

    def _part_words(self, start: int, end: int) -> str:
        for number, part in enumerate(self._parts, 1):
            if part.start < end and start < part.end:
                return f"part {number} of {self._count}   {describe(part)}"
        return ""

    @property
    def _count(self) -> str:
        return f"{len(self._parts)}{'+' if len(self._parts) == MOST_PARTS else ''}"

    # Going to a place

    def do_offset(self) -> None:
        """Ask for an offset and go there."""
        self.app.ask("go to offset: 0x30, 48, or a part's number as #2", "", self._go)  # type: ignore[attr-defined]

    def _go(self, text: str) -> None:
        place = self._place(text.strip())
        if place is None:
            self.app.say(f"no such place: {text}", "warn")  # type: ignore[attr-defined]
        else:
            self.body_view.go_to(place)

    def _place(self, text: str) -> int | None:
        """The offset that was meant; None for one that is not in the body."""
        try:
            if text.startswith("#"):
                return self._parts[int(text[1:]) - 1].start if int(text[1:]) > 0 else None
            place = int(text or "0", 0)
        except (ValueError, IndexError):
            return None
        return place if 0 <= place < max(len(self.body_view.data), 1) else None

    def on_clicked(self, message: Clicked) -> None:
        """A click on a part goes to it."""
        kind, _, place = message.action.partition(":")
        if kind == "offset":
            message.stop()
            self.body_view.go_to(int(place))


def describe(part: Part) -> str:
    """`photo.jpg  image/jpeg  212 kB`; a field by its name."""
    name = part.filename or part.name or "no name"
    facts = [name, part.content_type, words.long_size(part.end - part.start)]
    return "  ".join(fact for fact in facts if fact)


def part_lines(found: Sequence[Part], width: int, *, whole: bool, ascii_only: bool) -> list[Line]:
    """The parts on one line, or a table of them: name, file, type, size, offset."""
    mark = ("- " if whole else "+ ") if ascii_only else ("▾ " if whole else "▸ ")
    head = f" {mark}{words.plural(len(found), 'part')}"
    if not whole:
        dot = " - " if ascii_only else " · "
        names = dot.join(describe(part) for part in found[:20])
        return [
            (Piece(head), Piece("   "), Piece(cut(names, max(width - len(head) - 3, 0)), "dim"))
        ]
    name = min(max(width_of(part.name) for part in found), 24)
    file = min(max(width_of(part.filename) for part in found), 32)
    kind = max(min(width - name - file - 34, 30), 8)
    lines: list[Line] = [spread((Piece(head),), (Piece("H folds ", "dim"),), width)]
    for number, part in enumerate(found, 1):
        text = f" {number:>4}  {left(part.name, name)}  {left(part.filename, file)}  "
        text += f"{left(part.content_type, kind)} {words.long_size(part.end - part.start):>8}  "
        lines.append((Piece(text, "", f"offset:{part.start}"), Piece(f"0x{part.start:x}", "dim")))
    return lines
