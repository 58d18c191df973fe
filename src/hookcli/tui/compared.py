"""The lines of the tab Diff, and where in them the differences are; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hookcli.tui import words
from hookcli.tui.beside import BESIDE_FROM, Beside, lines_of
from hookcli.tui.details import IGNORED, Details, outcome_title
from hookcli.tui.paint import Line, Piece, cut, left, spread, wrapped
from hookcli.workbench import diff

VALUES, TEXT, BODIES = FORMS = ("values", "text", "bodies")
"""Value by value; a unified diff of the whole messages; the whole bodies beside each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared with what."""

    this: Details
    other: Details
    why: str
    """Why it is compared with that one."""
    ignore: tuple[str, ...] = IGNORED
    form: str = VALUES
    """One of FORMS."""


@dataclass(slots=True)
class Sheet:
    """Lines, and those of them where a difference begins."""

    lines: Sequence[Line] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    wheres: list[str] = field(default_factory=list)
    """The path of each stop."""

    def add(self, lines: Sequence[Line]) -> None:
        """Lines at the end."""
        self.lines = [*self.lines, *lines]

    def stop(self, where: str) -> None:
        """A difference begins with the next line."""
        self.stops.append(len(self.lines))
        self.wheres.append(where)


def nothing(width: int) -> Sheet:
    """What is said when there is nothing to compare with."""
    texts = ("Nothing to compare with: no other event of this type.",
             "Mark an event with m, then it is compared with that one.")  # fmt: skip
    lines: list[Line] = [()]
    for text in texts:
        lines += [*((Piece(f"  {part}", "dim"),) for part in wrapped(text, width - 4, 3)), ()]
    return Sheet(lines=lines)


def diff_sheet(it: Comparison, width: int, *, ascii_only: bool) -> Sheet:
    """What differs from another event: by path where the bodies allow it, or as text."""
    a, b = it.other.capture.request(it.other.body), it.this.capture.request(it.this.body)
    ignore = diff.Ignore(it.ignore)
    found = diff.requests(a, b, ignore=ignore)
    answer = diff.answers(it.other.last, it.this.last, ignore=ignore)
    sections = [*found.sections, answer]
    count = sum(len(section.differences) for section in sections)
    ignored = sum(len(section.ignored) for section in sections)
    sheet = Sheet()
    sheet.add(_title(it, count, ignored, width, ascii_only=ascii_only))
    if it.form == BODIES:
        return _whole(it, sheet.lines, width, ascii_only=ascii_only)
    if it.form == TEXT:
        names = (words.short(it.other.capture.id), words.short(it.this.capture.id))
        _unified(sheet, list(diff.unified(a, b, names)))
        return sheet
    sheet.add(_sides(it.this, it.other, width, ascii_only=ascii_only))
    for section in sections:
        _section(sheet, section, width, ascii_only=ascii_only)
    return sheet


def _whole(it: Comparison, above: Sequence[Line], width: int, *, ascii_only: bool) -> Sheet:
    ours, theirs = (lines_of(one, ascii_only=ascii_only) for one in (it.other, it.this))
    if width >= BESIDE_FROM:
        half = (width - 3) // 2
        sides = _side("  OTHER", it.other), _side("  THIS", it.this)
        above = [*above, (Piece(left(sides[0], half + 3), "strong"), Piece(sides[1], "strong"))]
    else:
        above = [*above, *_sides(it.this, it.other, width, ascii_only=ascii_only)]
    rows = Beside(above, ours, theirs, width, ascii_only=ascii_only)
    return Sheet(lines=rows, stops=rows.stops, wheres=[""] * len(rows.stops))


def unified_text(it: Comparison) -> str:
    """The two as messages, as `diff -u` writes it."""
    a, b = it.other.capture.request(it.other.body), it.this.capture.request(it.this.body)
    names = (words.short(it.other.capture.id), words.short(it.this.capture.id))
    return "".join(f"{line}\n" for line in diff.unified(a, b, names))


def _title(it: Comparison, count: int, ignored: int, width: int, *, ascii_only: bool) -> list[Line]:
    arrow = "<->" if ascii_only else "↔"
    this, other = words.short(it.this.capture.id), words.short(it.other.capture.id)
    more = f", {ignored} ignored" if ignored else ""
    tail = f"{words.plural(count, 'difference')}{more} "
    names: Line = (Piece(f"  {this} {arrow} {other}"),)
    why = f"  compared with {it.why}"
    return [spread(names, (Piece(tail, "strong"),), width), (Piece(why, "dim"),), ()]


def _unified(sheet: Sheet, lines: Sequence[str]) -> None:
    if not lines:
        sheet.add([(Piece("  the same, to the byte", "dim"),)])
    for line in lines:
        if line.startswith("@@"):
            sheet.stop("")
        roles = {"-": "bad", "+": "ok", "@": "accent"}
        sheet.add([(Piece(f"  {line}", roles.get(line[:1], "")),)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Three columns where there is room: the place, the other's value, this one's."""

    name: int
    value: int

    @classmethod
    def of(cls, width: int) -> "_Grid":
        name = max(min(48, width // 3), 24)
        return cls(name=name, value=max((width - name - 6) // 2, 16))

    def line(self, name: Piece, before: Piece, after: Piece, bar: str) -> Line:
        """One row."""
        return (
            name._replace(text=left(name.text, self.name) + " "),
            before._replace(text=left(before.text, self.value)), Piece(f" {bar} ", "dim"),
            after._replace(text=cut(after.text, self.value)),
        )  # fmt: skip


def _side(name: str, details: Details) -> str:
    outcome = outcome_title(details.last) if details.last else "not forwarded"
    return f"{name}  {words.clock(details.capture.received_at)}  {outcome}"


def _sides(this: Details, other: Details, width: int, *, ascii_only: bool) -> list[Line]:
    if width < BESIDE_FROM:
        return [(Piece("  " + _side("- other", other), "bad"),),
                (Piece("  " + _side("+ this ", this), "ok"),)]  # fmt: skip
    bar = "|" if ascii_only else "│"
    sides = Piece(_side("OTHER", other), "strong"), Piece(_side("THIS", this), "strong")
    return [_Grid.of(width).line(Piece(""), *sides, bar)]


def _section(sheet: Sheet, section: diff.Section, width: int, *, ascii_only: bool) -> None:
    names = {"request": "request line", "response": "answer"}
    title = names.get(section.name, section.name)
    if section.identical or not section.differences:
        ignored = len(section.ignored)
        text = f"{ignored} ignored, else the same" if ignored else "only order or spacing differ"
        text = "the same" if section.identical else text
        sheet.add([(Piece(f"  {title:<13}", "dim"), Piece(text, "dim"))])
        return
    how = {"path": "by path, key order does not count", "line": "by line", "byte": "by byte"}
    note = how.get(str(section.how.value), "")
    number = words.plural(len(section.differences), "difference")
    sheet.add([(Piece(f"  {title:<13}", "strong"), Piece(f"{number}  "), Piece(note, "dim"))])
    for difference in section.differences:
        sheet.stop(difference.where)
        sheet.add(_difference(difference, width, ascii_only=ascii_only))


def _difference(one: diff.Difference, width: int, *, ascii_only: bool) -> list[Line]:
    where = one.where
    before = _value(one.before)
    after = _value(one.after)
    if width >= BESIDE_FROM:
        bar = "|" if ascii_only else "│"
        values = Piece(before, "bad"), Piece(after, "ok")
        return [_Grid.of(width).line(Piece(f"    {where}"), *values, bar)]
    return [(Piece(f"    {where}"),), (Piece("      - ", "bad"), Piece(before)),
            (Piece("      + ", "ok"), Piece(after))]  # fmt: skip


def _value(value: bytes | None) -> str:
    if value is None:
        return "(absent)"
    return " ".join(value[:400].decode("utf-8", "replace").split()) or '""'
