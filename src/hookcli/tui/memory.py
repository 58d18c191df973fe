"""What the screen remembers between runs: layout, filters, views, drafts. Written whole or not at all."""

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

HISTORY = 50


class Remembered(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The file `ui.json`; unknown keys are ignored, so an older hookcli reads a newer file."""

    layout: str = "auto"
    filters: list[str] = []
    """Kept filters, the newest first."""
    views: dict[str, str] = {}
    """Views saved on the screen; those of the configuration are not here."""


class Draft(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An edit that was begun and not kept yet."""

    parent: str
    message: bytes
    """The whole request as an HTTP message."""
    resign: bool = True
    target: str = ""
    saved_at: int = 0
    """µs since the Unix epoch."""
    sent: list[str] = []
    """Captures this draft was sent as."""


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file so that a reader sees the old or the new content, whatever dies when."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


@dataclass(slots=True)
class Memory:
    """The folder with `ui.json` and `drafts/`. A file that cannot be read counts as absent."""

    folder: Path
    kept: Remembered = field(default_factory=Remembered)

    @classmethod
    def load(cls, folder: Path) -> "Memory":
        """Read what is there."""
        try:
            kept = msgspec.json.decode((folder / "ui.json").read_bytes(), type=Remembered)
        except (OSError, msgspec.DecodeError):
            kept = Remembered()
        return cls(folder, kept)

    def save(self) -> None:
        """Write `ui.json`."""
        write_whole(self.folder / "ui.json", msgspec.json.encode(self.kept))

    def used_filter(self, text: str) -> None:
        """Put a filter on top of the history."""
        if text.strip():
            others = [each for each in self.kept.filters if each != text]
            self.kept.filters = [text, *others][:HISTORY]

    def _draft(self, parent: str) -> Path:
        safe = "".join(char for char in parent if char.isalnum() or char in "-_")
        return self.folder / "drafts" / f"{safe}.json"

    def draft(self, parent: str) -> Draft | None:
        """The draft of a capture, if one was left."""
        try:
            return msgspec.json.decode(self._draft(parent).read_bytes(), type=Draft)
        except (OSError, msgspec.DecodeError):
            return None

    def keep_draft(self, draft: Draft) -> None:
        """Save a draft; it survives whatever happens to the process."""
        write_whole(self._draft(draft.parent), msgspec.json.encode(draft))

    def drop_draft(self, parent: str) -> None:
        """Forget a draft."""
        self._draft(parent).unlink(missing_ok=True)
