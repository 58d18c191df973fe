"""Beyond the screen: the clipboard, files, the editor, the pager."""

import asyncio
import shlex
from collections.abc import Sequence
from pathlib import Path

from hookcli.errors import UsageError
from hookcli.tui import words
from hookcli.tui.acting import work
from hookcli.tui.clipboard import copy as copy_text
from hookcli.tui.details import Details
from hookcli.tui.paint import shown
from hookcli.tui.part import Part
from hookcli.tui.writing import editor_file, expanded, run_program
from hookcli.wire.http import Request


class Outside(Part):
    """Part of the application."""

    def copy(self, text: str, what: str) -> None:
        """Copy, and say how."""
        work(self, "copy", self._copy(text, what))

    async def _copy(self, text: str, what: str) -> None:
        driver = self._driver
        terminal = driver.write if driver is not None and not self.is_headless else None
        done = await asyncio.to_thread(
            copy_text, text, self.setup.env, terminal=terminal,
            folder=self.setup.state / "copied", wanted=self.setup.clipboard,
        )  # fmt: skip
        self.say(f"{what}: {done.sentence}", "ok" if done.file is None else "")

    def keep_file(self, name: str, data: bytes) -> Path:
        """A file for a body that is too large for a command line."""
        folder = self.setup.state / "copied"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / name
        path.write_bytes(data)
        path.chmod(0o600)
        return path

    def write_text(self, name: str, text: str) -> None:
        """Write a text to a file, and say so."""
        self.write_bytes(name, text.encode("utf-8", "surrogateescape"))

    def write_bytes(self, name: str, data: bytes) -> None:
        """Write bytes to a file, and say so."""
        path = expanded(name)
        try:
            path.write_bytes(data)
        except OSError as error:
            self.say(f"cannot write {path}: {error.strerror}", "bad")
        else:
            self.say(f"wrote {path} ({words.long_size(len(data))})", "ok")

    def edit_outside(self, request: Request, details: Details) -> Request | None:
        """The request as it comes back from $EDITOR; None when nothing is to be done with it."""
        from hookcli.workbench import message

        if not self.setup.editor:
            self.say("no editor: set HOOKCLI_EDITOR, VISUAL or EDITOR", "warn")
            return None
        before = message.write(request, http_version=details.capture.http_version or "1.1")
        path = editor_file(before)
        try:
            status = self.run_outside([*shlex.split(self.setup.editor), str(path)])
            after = path.read_bytes()
        finally:
            path.unlink(missing_ok=True)
        if status:
            self.say(f"the editor ended with {status}: discarded", "warn")
            return None
        if after == before:
            self.say("nothing was changed")
            return None
        try:
            return message.read(after).request
        except UsageError as error:
            kept = self.keep_file(f"{details.capture.id}.http", after)
            self.say(f"{error.message}; what you wrote is in {kept}", "bad")
            return None

    def run_outside(self, command: Sequence[str]) -> int:
        """Run a program with the terminal handed over; its exit status."""
        with self.suspend():
            status = run_program(command)
        if status == 127:
            self.say(f"{shown(command[0])} cannot be started", "bad")
        return status
