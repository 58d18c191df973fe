"""What the editor shows beside the text: head, parts, verdict, what changes, the answers."""

from typing import TYPE_CHECKING

from textual.screen import Screen

from hookcli.captures.model import Attempt
from hookcli.tui import words
from hookcli.tui.details import Details, content_type, outcome_title
from hookcli.tui.paint import Line, Piece, cut, spread, wrapped
from hookcli.tui.peek import answer_line
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.painted import PaintedLines
from hookcli.tui.widgets.safe_area import SafeArea
from hookcli.workbench.pretty import fault

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector

PARTS = ("Body", "Headers", "Request line", "What changes", "Answer")


class EditLines(Screen[None]):
    """Part of the editor."""

    app: "Inspector"
    details: Details
    resign: bool
    part: int
    saved_at: int
    fault: str
    answers: list[Attempt]
    body: SafeArea
    headers: SafeArea
    target: Bar
    body_line: PaintedLines
    changes: PaintedLines
    _text: str | None
    _tidied: bool

    def _head(self, width: int) -> Line:
        capture = self.details.capture
        sign = "e" if self.app.setup.ascii_only else "✎"
        saved = (
            f"draft saved {words.clock(self.saved_at)} "
            if self.saved_at
            else "never changes the original "
        )
        what = f" {sign} mutation of {words.short(capture.id)}   {capture.source} {capture.event_type}".rstrip()
        return spread((Piece(what, "strong"),), (Piece(saved, "dim"),), width)

    def _tabs(self, width: int, count: int) -> Line:
        notes = {2: str(self.headers.text.count("\n") + 1), 4: str(count) if count else ""}
        if self.answers:
            notes[5] = outcome_title(self.answers[-1]).partition(" ")[0]
        mark = ">" if self.app.setup.ascii_only else "❯"
        pieces: list[Piece] = []
        for number, name in enumerate(PARTS, 1):
            label = name if width >= 76 else name.split()[0]
            here = number == self.part
            pieces.append(Piece(f" {mark if here else ' '}{number} {label} {notes.get(number, '')}".rstrip() + " ",
                                "title" if here else "", f"part:{number}"))  # fmt: skip
        return tuple(pieces)

    def _draw_body_line(self, size: int) -> None:
        """`size`: bytes that would be sent."""
        kind = content_type(self.details.capture.headers).partition(";")[0]
        verdict, role = self._verdict()
        width = max(self.body_line.size.width, 20)
        only = "  indented here only" if self._tidied else ""
        begin = (Piece(f" Body  {kind}  {words.long_size(size)}{only}", "dim"),)
        self.body_line.show([spread(begin, (Piece(f"{verdict} ", role),), width)])

    def _verdict(self) -> tuple[str, str]:
        if self.fault:
            return self.fault, "bad"
        if self.body.json and self._text is not None:
            found = fault(self.body.text.encode("utf-8", "replace"))
            return ("JSON ok", "ok") if found is None else (f"not JSON: {found}", "bad")
        return "", ""

    def _changes(self, sentences: list[str], command: str) -> list[Line]:
        width = max(self.changes.size.width - 2, 30)
        lines: list[Line] = [
            (Piece(f" What will change: {len(sentences) or 'nothing yet'}", "strong"),)
        ]
        lines += [(Piece(f"  {cut(text, width)}"),) for text in sentences[:12]]
        if len(sentences) > 12:
            lines.append((Piece(f"  and {len(sentences) - 12} more", "dim"),))
        lines += [
            (Piece(f"  {part}", role),)
            for text, role in self._signing()
            for part in wrapped(text, width, 3)
        ]
        if command:
            lines += [(), (Piece(" The same from the command line (F8 copies)", "strong"),)]
            lines += [
                (Piece(f"  {cut(line, width)}", "accent"),) for line in command.splitlines()[:10]
            ]
        return lines

    def _signing(self) -> list[tuple[str, str]]:
        scheme = self.details.capture.scheme
        if not scheme:
            return []
        if not self.resign:
            return [("not signed again: the signature will not fit (ctrl+r)", "warn")]
        secrets = self.app.setup.secrets(scheme)
        if not secrets:
            return [(f"no secret for {scheme}: it cannot be signed again, your app will refuse it. "
                     f"Set it under [secrets].", "warn")]  # fmt: skip
        return [(f"signed again: {scheme} with “{secrets[0].name}”", "ok")]

    def _answers(self, width: int) -> list[Line]:
        where = self.target.value or "no target"
        lines: list[Line] = [(Piece(f" To {where}", "dim"),)]
        if not self.answers:
            return [*lines, (Piece("  nothing was sent yet; ctrl+j sends", "dim"),)]
        for number, attempt in list(enumerate(self.answers, 1))[-3:]:
            good = 200 <= attempt.status < 300
            lines.append((Piece(f"  #{number} {outcome_title(attempt)}", "ok" if good else "bad"),
                          Piece(f"  {words.long_span(attempt.ms)}   "), Piece(answer_line(attempt))))  # fmt: skip
            note = ", ".join(attempt.added)
            role = "warn" if "left as it was" in note else "dim"
            lines += [
                (Piece(f"     {part}", role),) for part in wrapped(note, width - 6, 2) if part
            ]
        return lines
