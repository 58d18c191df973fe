"""What is done with events: replaying, editing, copying, exporting, marking, notes, deleting."""

import asyncio
import shlex
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.screen import Screen

from hookcli.tui import loading, words
from hookcli.tui.acting import work
from hookcli.tui.details import Details
from hookcli.tui.replays import told
from hookcli.tui.rows import Row
from hookcli.tui.screens.boxes import Choice, ChoiceBox
from hookcli.tui.setup import MARK
from hookcli.tui.writing import expanded, item_of, markdown, suffix_of, write_export

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector
    from hookcli.tui.widgets.detail_pane import DetailPane
    from hookcli.tui.widgets.event_list import EventList


class EventActions(Screen[None]):
    """Part of the main screen."""

    app: "Inspector"
    event_list: "EventList"
    detail: "DetailPane"
    details: Details | None

    # What an action is about

    def chosen_rows(self) -> list[Row]:
        """The marked ones if there are any, else the one under the cursor."""
        marked = [row for row in self.app.board.feed.every() if row.marked]
        if marked:
            return marked
        row = self.event_list.row
        return [row] if row is not None else []

    def _one(self) -> Row | None:
        row = self.event_list.row
        if row is None:
            self.app.say("no event is chosen")
        return row

    # Replaying

    def do_replay(self) -> None:
        """The same bytes again."""
        self._replay(self.chosen_rows(), resign=False)

    def do_resign(self) -> None:
        """Signed again."""
        self._replay(self.chosen_rows(), resign=True)

    def do_replay_to(self) -> None:
        """With choices."""
        from hookcli.tui.screens.replay_form import ReplayForm

        rows = self.chosen_rows()
        if rows:
            _ = self.app.push_screen(ReplayForm(rows))

    def _replay(self, rows: Sequence[Row], *, resign: bool) -> None:
        if not rows:
            self.app.say("no event is chosen")
        elif len(rows) == 1 and (details := self._at_hand(rows[0])) is not None:
            self._replay_asked(rows[0], details, resign=resign)
        elif len(rows) == 1:
            work(self, "replay", self._replay_one(rows[0], resign=resign))
        else:
            self.app.replay_many([row.id for row in rows], resign=resign)

    async def _replay_one(self, row: Row, *, resign: bool) -> None:
        details = await self.app.details_of(row.id)
        if details is not None:
            self._replay_asked(row, details, resign=resign)

    def _at_hand(self, row: Row) -> Details | None:
        """The details of a row, if they are shown: then the next key meets what this one opens."""
        details = self.details
        return details if details is not None and details.capture.id == row.id else None

    def _replay_asked(self, row: Row, details: Details, *, resign: bool) -> None:
        target = self.app.target_of(details)
        if not target:
            self.app.say("no target is known for this event; R chooses one", "warn")
            return

        def send() -> None:
            work(self, "replay", self._send(row, details, target, resign=resign))

        self.app.ask_first(target, 1, send)

    async def _send(self, row: Row, details: Details, target: str, *, resign: bool) -> None:
        parcel = self.app.parcel(details, resign=resign)
        attempt = await self.app.replayer.send(parcel, target)
        text, role = told(row, attempt, parcel.remark)
        self.app.say(text, role)

    # Editing

    def do_edit(self) -> None:
        """A changed copy, here."""
        row = self.event_list.row
        if row is not None and (details := self._at_hand(row)) is not None:
            self._edit_here(details)
        else:
            work(self, "edit", self._edit())

    async def _edit(self) -> None:
        row = self._one()
        details = await self.app.details_of(row.id) if row else None
        if details is not None:
            self._edit_here(details)

    def _edit_here(self, details: Details) -> None:
        from hookcli.tui.screens.edit import TOO_LARGE, EditScreen

        if len(details.body) > TOO_LARGE or b"\0" in details.body[:4096]:
            self.app.say("large and binary bodies are edited in $EDITOR")
            self._edit_outside(details)
        else:
            _ = self.app.push_screen(EditScreen(details))

    def do_edit_outside(self) -> None:
        """The whole message in $EDITOR."""
        work(self, "edit", self._open_outside())

    async def _open_outside(self) -> None:
        row = self._one()
        details = await self.app.details_of(row.id) if row else None
        if details is not None:
            self._edit_outside(details)

    def _edit_outside(self, details: Details) -> None:
        from hookcli.tui.screens.edit import EditScreen

        edited = self.app.edit_outside(details.capture.request(details.body), details)
        if edited is not None:
            _ = self.app.push_screen(EditScreen(details, edited))

    # Copying

    def do_copy(self) -> None:
        """As curl."""
        work(self, "copy", self._copy_as("curl"))

    async def _copy_as(self, name: str) -> None:
        row = self._one()
        details = await self.app.details_of(row.id) if row else None
        if details is not None:
            self._copy_details(name, details)

    def _copy_details(self, name: str, details: Details) -> None:
        from hookcli.workbench import export

        target = self.app.target_of(details)
        made = export.export(name, [item_of(details)], with_secrets=True, to=target, files=True)
        text = made.data.decode("utf-8", "surrogateescape").rstrip("\n")
        for file_name, data in made.files.items():
            text = text.replace(file_name, str(self.app.keep_file(file_name, data)))
        capture = details.capture
        sensitive = export.credentials(capture.headers, capture.target.partition(b"?")[2])
        named = f"; holds {', '.join(dict.fromkeys(sensitive))}" if sensitive else ""
        self.app.copy(text, f"{name} of {words.short(capture.id)}{named}")

    def do_copy_more(self) -> None:
        """Choose what."""
        row = self._one()
        if row is None:
            return
        if (details := self._at_hand(row)) is not None:
            self._offer_copies(details)
        else:
            work(self, "copy", self._copy_more(row.id))

    async def _copy_more(self, id: str) -> None:  # noqa: A002
        details = await self.app.details_of(id)
        if details is not None:
            self._offer_copies(details)

    def _offer_copies(self, details: Details) -> None:
        capture = details.capture
        path = self.detail.pane.body_view.path
        choices = [
            Choice(id="url", text="URL", note=capture.url + capture.path),
            Choice(id="id", text="id", note=capture.id),
            Choice(id="body", text="body", note=words.long_size(capture.body_size)),
            Choice(id="headers", text="headers", note=words.plural(len(capture.headers), "header")),
            Choice(id="path", text="this JSON path", note=path or "$"),
            Choice(id="command", text="the replay command", note=f"hookcli replay {capture.id}"),
            Choice(id="markdown", text="markdown for an issue"),
            Choice(id="httpie", text="httpie"), Choice(id="http", text="HTTP message"),
        ]  # fmt: skip

        def picked(what: str | None) -> None:
            if what in ("httpie", "http"):
                self._copy_details(what, details)
            elif what:
                self.app.copy(self._text(what, details, path), what)

        _ = self.app.push_screen(
            ChoiceBox("Copy", choices, ascii_only=self.app.setup.ascii_only), picked
        )

    def _text(self, what: str, details: Details, path: str) -> str:
        capture = details.capture
        if what == "url":
            return capture.url + capture.path
        if what == "body":
            return details.body.decode("utf-8", "replace")
        if what == "headers":
            return "\n".join(
                f"{n.decode('latin-1')}: {v.decode('latin-1')}" for n, v in capture.headers
            )
        if what == "path":
            return path or "$"
        if what == "command":
            return f"hookcli replay {capture.id}"
        if what == "markdown":
            return markdown(details)
        return capture.id

    # Exporting

    def do_export(self) -> None:
        """Choose a form, then a file."""
        from hookcli.workbench import export

        rows = self.chosen_rows()
        if not rows:
            self.app.say("no event is chosen")
            return
        forms = [form for form in export.FORMATS.values() if form.many or len(rows) == 1]
        choices = [Choice(id=form.name, text=form.name, note=form.says) for form in forms]
        refs = " ".join(row.id for row in rows[:3]) + (" ..." if len(rows) > 3 else "")
        box = ChoiceBox(
            f"Export {words.plural(len(rows), 'capture')}", choices,
            ascii_only=self.app.setup.ascii_only,
            below=lambda form: f"hookcli export {form} {refs}",
        )  # fmt: skip
        _ = self.app.push_screen(box, lambda name: self._export_as(name, rows))

    def _export_as(self, name: str | None, rows: Sequence[Row]) -> None:
        if not name:
            return
        from hookcli.workbench import export

        stem = rows[0].id if len(rows) == 1 else f"hookcli-{len(rows)}-captures"
        path = self.app.setup.exports / f"{stem}{export.find(name).suffix}"
        self.app.ask(
            "write to",
            str(path),
            lambda text: work(self, "export", self._write(name, rows, expanded(text))),
        )

    async def _write(self, name: str, rows: Sequence[Row], path: Path) -> None:
        from hookcli.workbench import export

        items = [item_of(details) for row in rows if (details := await self.app.details_of(row.id))]
        made = export.export(name, items, files=True)
        try:
            await asyncio.to_thread(write_export, made, path)
        except OSError as error:
            self.app.say(f"cannot write {path}: {error.strerror}", "bad")
            return
        left = f"; {words.plural(len(made.left_out), 'secret')} left out" if made.left_out else ""
        self.app.say(f"wrote {path} ({words.long_size(len(made.data))}{left})", "ok")

    def do_save_bytes(self) -> None:
        """The bytes of the request, into a file."""
        row = self._one()
        if row is not None and (details := self._at_hand(row)) is not None:
            path = self.app.setup.exports / f"{row.id}{suffix_of(details)}"
            self.app.ask(
                "write the bytes to", str(path),
                lambda name: self.app.write_bytes(name, details.body),
            )  # fmt: skip

    def do_pager(self) -> None:
        """The body in the user's pager."""
        work(self, "pager", self._pager())

    async def _pager(self) -> None:
        row = self._one()
        details = await self.app.details_of(row.id) if row else None
        if details is None:
            return
        if not self.app.setup.pager:
            self.app.say("no pager: set HOOKCLI_PAGER or PAGER", "warn")
            return
        with tempfile.NamedTemporaryFile(prefix="hookcli-body-", suffix=".txt") as file:
            file.write(details.body)
            file.flush()
            self.app.run_outside([*shlex.split(self.app.setup.pager), file.name])

    # Marks, notes, tags

    def do_mark(self) -> None:
        """Mark or unmark."""
        row = self._one()
        if row is None:
            return
        self.app.change_row(replace(row, marked=not row.marked))
        self.app.write(partial(loading.set_tag, id=row.id, name=MARK, on=not row.marked))
        if self.event_list.has_focus:
            self.event_list.do_next()

    def do_unmark(self) -> None:
        """Unmark all."""
        marked = [row for row in self.app.board.feed.every() if row.marked]
        for row in marked:
            self.app.change_row(replace(row, marked=False))
        ids = [row.id for row in marked]
        for id_ in ids:
            self.app.write(partial(loading.set_tag, id=id_, name=MARK, on=False))
        told = f"unmarked {words.plural(len(ids), 'event')}" if ids else "nothing is marked"
        self.app.say(told)

    def do_note(self) -> None:
        """Write a note."""
        row = self._one()
        if row is not None:
            self.app.ask(
                f"note for {words.short(row.id)}", row.note, lambda text: self._note(row, text)
            )

    def _note(self, row: Row, text: str) -> None:
        self.app.change_row(replace(row, note=text))
        self.app.write(partial(loading.set_note, id=row.id, text=text))
        self.app.say(
            f"noted at {words.short(row.id)}"
            if text
            else f"took the note off {words.short(row.id)}"
        )

    def do_tag(self) -> None:
        """Give a name."""
        row = self._one()
        if row is not None:
            self.app.ask(
                "tag; the same again takes it off", "", lambda text: self._tag(row, text.strip())
            )

    def _tag(self, row: Row, name: str) -> None:
        if not name:
            return
        on = name not in row.tags
        tags = (*row.tags, name) if on else tuple(tag for tag in row.tags if tag != name)
        self.app.change_row(replace(row, tags=tags))
        self.app.write(partial(loading.set_tag, id=row.id, name=name, on=on))
        self.app.say(f":{name} now stands for {words.short(row.id)}" if on else f"took :{name} off")

    # Deleting

    def do_delete(self) -> None:
        """Delete; the store forgets when the screen is left, so that u can bring it back."""
        rows = self.chosen_rows()
        if not rows:
            return
        self.app.delete([row.id for row in rows])
        self.event_list.rebuilt()
        self.app.say(f"deleted {words.plural(len(rows), 'event')}; u brings back")

    def do_undo(self) -> None:
        """Bring back what was deleted last."""
        rows = self.app.undelete()
        if rows:
            self.event_list.rebuilt()
            self.event_list.go_to(rows[-1].id)
            self.app.say(f"brought back {words.plural(len(rows), 'event')}")
        else:
            self.app.say("nothing to bring back")
