"""What a project's file may say before its user has trusted it: it came with a clone."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from hookcli.config import values
from hookcli.config.schema import CLIPBOARDS, Key
from hookcli.config.secrets import write_private

ADVICE = "hookcli config trust"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Objects to what an untrusted project's file sets."""

    folder: Path
    known_relays: frozenset[str]
    trusted: bool

    def objection(self, key: Key, value: object) -> str:
        """Why the value is not taken; empty when it is."""
        if self.trusted:
            return ""
        match key.trust:
            case "free":
                return ""
            case "local":
                return "" if values.is_loopback(str(value)) else f"{value} is not this machine"
            case "inside":
                return "" if self._inside(str(value)) else "outside the project"
            case "known":
                return "" if value in self.known_relays else "you have not logged in to this relay"
            case "clipboard":
                return "" if value in CLIPBOARDS else "a command is not for a project's file to set"
            case "user":
                return "not for a project's file to set"
        assert_never(key.trust)

    def objection_to_secrets(self, references: tuple[str, ...]) -> str:
        """Why the secret is not taken; empty when it is."""
        files = [one.removeprefix("file:") for one in references if one.startswith("file:")]
        if self.trusted or all(self._inside(file) for file in files):
            return ""
        return "a file outside the project"

    def _inside(self, path: str) -> bool:
        return Path(path).resolve().is_relative_to(self.folder.resolve())


def guard(project: Path, trusted: Path, known_relays: frozenset[str]) -> Guard:
    """The guard for a project's file; `trusted` is the list of those the user trusts."""
    return Guard(
        folder=project.parent,
        known_relays=known_relays,
        trusted=_list(trusted).get(str(project.resolve())) == _digest(project),
    )


def grant(project: Path, trusted: Path) -> None:
    """Trust this file, as it is now: once changed it is not trusted any more."""
    entries = _list(trusted) | {str(project.resolve()): _digest(project)}
    write_private(trusted, json.dumps(entries, indent=1))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _list(trusted: Path) -> dict[str, str]:
    try:
        entries = json.loads(trusted.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}
