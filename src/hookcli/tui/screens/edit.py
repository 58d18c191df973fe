"""The editor: a changed copy, its draft, what will change, the answers, the same as a command."""

import asyncio
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, TextArea

from hookcli.captures.model import Attempt, SignatureState
from hookcli.errors import HookcliError, UsageError
from hookcli.tui import mutations, words
from hookcli.tui.acting import Acting, focus_now
from hookcli.tui.actions import bindings
from hookcli.tui.details import Details, content_type
from hookcli.tui.footer import footer
from hookcli.tui.memory import Draft
from hookcli.tui.paint import Piece
from hookcli.tui.replays import origin
from hookcli.tui.screens.edit_lines import PARTS, EditLines
from hookcli.tui.widgets.bar import Bar
from hookcli.tui.widgets.painted import PaintedLines
from hookcli.tui.widgets.safe_area import SafeArea
from hookcli.wire.http import Request
from hookcli.workbench import copies, message
from hookcli.workbench.describe import describe
from hookcli.workbench.parcels import Parcel

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector

TOO_LARGE = 200_000
"""Bytes; above it a key in a TextArea costs more than a screen may take."""
DRAFT_AFTER_S = 2.0
DESCRIBE_AFTER_S = 0.15
WIDE = 110
ROOMY = 20
"""Rows from which on the answers stay below the body."""


class EditScreen(Acting, EditLines, inherit_bindings=False):
    """Edits a copy. The original is only ever read."""

    BINDINGS = bindings("edit")  # type: ignore[assignment]
    app: "Inspector"
    HELP = "A changed copy; the original never changes."

    def __init__(self, details: Details, edited: Request | None = None) -> None:
        super().__init__()
        self.original = details.capture.request(details.body)
        self.details = details
        self._edited = edited
        self.resign = True
        self.part = 1
        self.saved_at = 0
        self.fault = ""
        self.answers: list[Attempt] = []
        self.sent: list[str] = []
        """Captures that were made of this draft."""
        self._last: tuple[Request, Parcel] | None = None
        """What was typed when it was sent last, and what was sent."""
        self._body = details.body
        """The bytes behind the text; they stay while the text is as it was put there."""
        self._text: str | None = None
        self._tidied = False
        """The text is indented for editing; only the values that change reach the bytes."""
        self._draft_wait: Timer | None = None
        self._describe_wait: Timer | None = None

    def compose(self) -> ComposeResult:
        """Head, request line, body and headers, what changes, answers, footer."""
        is_json = "json" in content_type(self.details.capture.headers) or self.original.body[
            :1
        ] in (b"{", b"[")
        self.head = PaintedLines(id="header")
        self.tabs = PaintedLines(id="tabs")
        self.method = Bar(id="edit-method")
        self.path = Bar(id="edit-path")
        self.target = Bar(id="edit-target")
        self.body = SafeArea(json=is_json, id="edit-body")
        self.headers = SafeArea(id="edit-headers", numbers=False, wrap=True)
        self.body_line = PaintedLines(id="edit-body-line")
        self.changes = PaintedLines(id="edit-changes")
        self.answer = PaintedLines(id="edit-answer")
        self.foot = PaintedLines(id="footer")
        yield self.head
        yield self.tabs
        with Container(id="edit-parts"):
            with Vertical(id="part-3"):
                for label, bar in (
                    ("Method", self.method),
                    ("Path", self.path),
                    ("Target", self.target),
                ):
                    with Horizontal(classes="bar-row"):
                        yield PaintedLines(id=f"label-{label.lower()}", classes="edit-label")
                        yield bar
            with Container(id="edit-middle"):
                with Vertical(id="part-1"):
                    yield self.body_line
                    yield self.body
                with Vertical(id="edit-right"):
                    with Vertical(id="part-2"):
                        yield PaintedLines(id="headers-line")
                        yield self.headers
                    with Vertical(id="part-4"):
                        yield self.changes
            with Vertical(id="part-5"):
                yield self.answer
        yield self.foot

    def on_mount(self) -> None:
        """Take up the draft, or begin from the original."""
        for name in ("Method", "Path", "Target"):
            label = self.query_one(f"#label-{name.lower()}", PaintedLines)
            label.show([(Piece(f"  {name}", "dim"),)])
        draft = self.app.memory.draft(self.details.capture.id) if self._edited is None else None
        request, target = self._edited or self.original, ""
        if draft is not None:
            try:
                request = message.read(draft.message).request
                self.resign, self.sent, target = draft.resign, list(draft.sent), draft.target
                self.saved_at = draft.saved_at
            except UsageError:
                self.app.say("the draft of this event cannot be read; begun anew", "warn")
        self.target.put(target or self.app.target_of(self.details))
        self._fill(request)
        self.lay_out()
        focus_now(self.body if self._text is not None else self.path)
        self.call_after_refresh(self.draw)

    def on_key(self, event: events.Key) -> None:
        """What was typed before the focus was there."""
        if event.is_printable and event.character and self.focused in (None, self.body):
            event.stop()
            self.body.insert(event.character)

    def _fill(self, request: Request) -> None:
        self.method.put(request.method)
        self.path.put(mutations.shown_target(request))
        self.headers.text = mutations.headers_text(request.headers)
        self._body = request.body
        text = mutations.editable(request.body)
        self._text = None
        self._tidied = False
        if text is not None and len(request.body) <= TOO_LARGE:
            if tidy := mutations.tidy_for_editing(text):
                text, self._tidied = tidy, True
            self.body.text = text
            # A text that the area would give back otherwise is not edited in it.
            self._text = text if self.body.text == text else None
        self.body.read_only = self._text is None
        if self._text is None:
            self.body.text = "(this body is edited in $EDITOR: F4)"

    # What is typed

    def request(self) -> Request:
        """The request as typed; UsageError when it is none."""
        body = self._body
        if self._text is not None and self.body.text != self._text:
            body = self.body.text.encode("utf-8")
            if self._tidied:
                body = mutations.onto(self.original, self._body, body)
        return mutations.built(
            self.original, self.method.value, self.path.value, self.headers.text, body
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Something was typed."""
        event.stop()
        self._typed()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Something was typed."""
        event.stop()
        self._typed()

    def _typed(self) -> None:
        for timer in (self._draft_wait, self._describe_wait):
            if timer is not None:
                timer.stop()
        self._draft_wait = self.set_timer(DRAFT_AFTER_S, self.save_draft)
        self._describe_wait = self.set_timer(DESCRIBE_AFTER_S, self.draw)

    def places(self) -> tuple[str, ...]:
        """Where one is here, in the words of the table."""
        return ("edit", "any")

    def save_draft(self) -> None:
        """Keep what is typed, if it differs from the original."""
        try:
            request = self.request()
        except UsageError:
            return  # a header line that is being typed; the next key saves again
        if request == self.original and not self.sent:
            return
        self.saved_at = self.app.now
        self.app.memory.keep_draft(
            Draft(parent=self.details.capture.id, message=message.write(request), resign=self.resign,
                  target=self.target.value, saved_at=self.saved_at, sent=self.sent)
        )  # fmt: skip
        self.draw()

    # Drawing

    def on_resize(self, event: events.Resize) -> None:
        """Side by side, or tabs."""
        del event
        self.lay_out()
        self.draw()

    @property
    def wide(self) -> bool:
        """Whether all parts are shown at once."""
        return self.app.size.width >= WIDE and self.app.size.height >= 30

    @property
    def _parts(self) -> tuple[int, ...]:
        """The part that is shown where there is room for one; what was answered stays in sight of the body."""
        both = self.part == 1 and self.answers and self.app.size.height >= ROOMY
        return (1, 5) if both else (self.part,)

    def lay_out(self) -> None:
        """Show all parts, or the chosen one."""
        self.set_class(self.wide, "-wide")
        self.tabs.display = not self.wide
        for number in range(1, len(PARTS) + 1):
            self.query_one(f"#part-{number}").display = self.wide or number in self._parts
        self.query_one("#edit-middle").display = self.wide or self.part in (1, 2, 4)
        self.query_one("#edit-right").display = self.wide or self.part in (2, 4)

    def draw(self) -> None:
        """What changes, what is wrong, what was answered."""
        if not self.is_mounted:
            return
        width, ascii_only = self.app.size.width, self.app.setup.ascii_only
        sentences: list[str] = []
        command, size = "", len(self.body.text)
        self.fault = ""
        try:
            request = self.request()
            size = len(request.body)
            sentences = copies.sentences(describe(self.original, request))
            command = mutations.command(
                self.details.capture.id, self.original, request, resign=self.resign
            )
        except HookcliError as error:
            self.fault = error.message
        self.head.show([self._head(width)])
        self.tabs.show([self._tabs(width, len(sentences))])
        self._draw_body_line(size)
        self.query_one("#headers-line", PaintedLines).show(
            [(Piece(" Headers, one a line", "dim"),)]
        )
        self.changes.show(self._changes(sentences, command))
        self.answer.show(self._answers(width))
        self.foot.show([footer(("edit",), width, self.app.setup.keys, ascii_only=ascii_only)])

    def on_clicked(self, event: object) -> None:
        """A tab was clicked."""
        kind, _, number = getattr(event, "action", "").partition(":")
        if kind == "part":
            self.go(int(number))
        elif kind == "act":
            self.action_act(number)

    def go(self, part: int) -> None:
        """Another part."""
        self.part = (part - 1) % len(PARTS) + 1
        self.lay_out()
        first = {1: self.body, 2: self.headers, 3: self.path}.get(self.part)
        self.set_focus(first)
        self.call_after_refresh(self.draw)

    def say(self, text: str, role: str = "") -> None:
        """Words at the bottom until the next drawing."""
        self.foot.show([(Piece(" "), Piece(text, role or "strong"))])

    # Actions

    def do_edit_tab_before(self) -> None:
        """The part before."""
        self.go(self.part - 1)

    def do_edit_tab_after(self) -> None:
        """The next part."""
        self.go(self.part + 1)

    def do_edit_resign(self) -> None:
        """On, off."""
        self.resign = not self.resign
        self._typed()
        self.draw()

    def do_edit_copy(self) -> None:
        """The command."""
        try:
            request = self.request()
        except UsageError as error:
            self.app.say(error.message, "bad")
            return
        text = mutations.command(
            self.details.capture.id, self.original, request, resign=self.resign
        )
        self.app.copy(text, "the command")

    def do_tidy(self) -> None:
        """Indent the JSON."""
        tidy = mutations.tidied(self.body.text) if self._text is not None else None
        if tidy is None:
            self.app.say("only JSON can be tidied", "warn")
            return
        self.body.text = tidy
        self._typed()

    def do_outside(self) -> None:
        """Go on in $EDITOR."""
        self.save_draft()
        try:
            request = self.request()
        except UsageError:
            request = self.original
        edited = self.app.edit_outside(request, self.details)
        if edited is not None:
            self._fill(edited)
            self._typed()

    async def do_keep(self) -> None:
        """A mutation, not sent."""
        parcel = await self._parcel(self.request())
        if not parcel.is_copy:
            self.app.say("nothing was changed: there is nothing to keep")
            return
        await self.app.replayer.keep(parcel)
        self.app.memory.drop_draft(self.details.capture.id)
        self.saved_at = 0
        self.app.say(f"kept as {words.short(parcel.capture.id)}", "ok")

    async def do_send(self) -> None:
        """A mutation, sent; the same again is the same mutation again."""
        request = self.request()
        target = origin(self.target.value)
        if not self.target.value.strip():
            self.app.say("no target: F3 goes to the request line", "warn")
            return
        if not await self.app.confirmed(target, 1):
            self.app.say("nothing was sent")
            return
        self.answers.append(await self.app.replayer.send(await self._made(request), target))
        self.lay_out()
        self.save_draft()
        self.draw()

    async def _made(self, request: Request) -> Parcel:
        """What to send: what was sent last if it is the same to the byte, else made anew."""
        if self._last is not None and self._last[0] == request:
            last = self._last[1]
            if last.capture.signature.state is not SignatureState.NEW:
                return last
        parcel = await self._parcel(request)
        if parcel.is_copy:
            self.sent.append(parcel.capture.id)
        self._last = (request, parcel)
        return parcel

    async def _parcel(self, request: Request) -> Parcel:
        resign = None if self.resign else False
        return await asyncio.to_thread(
            self.app.parcel, self.details, resign=resign, change=lambda _: request
        )

    def do_edit_close(self) -> None:
        """Back; the draft is kept."""
        self.save_draft()
        kept = self.saved_at != 0
        _ = self.dismiss(None)
        if kept:
            self.app.say("the draft is kept; e goes on with it")

    def do_back(self) -> None:
        """The same."""
        self.do_edit_close()
