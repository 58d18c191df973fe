"""The folders of this user and the files in them."""

from dataclasses import dataclass
from pathlib import Path

PROJECT_FILE = "hookcli.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where this user's files are; nothing is created by asking."""

    config: Path
    data: Path

    @property
    def user_file(self) -> Path:
        """The user's settings."""
        return self.config / "config.toml"

    @property
    def credentials(self) -> Path:
        """Relay keys and endpoint tokens, mode 0600."""
        return self.config / "credentials.json"

    @property
    def trusted(self) -> Path:
        """The project files that the user trusts."""
        return self.config / "trusted.json"

    @property
    def store(self) -> Path:
        """The captures."""
        return self.data / "captures.sqlite"

    @property
    def screen(self) -> Path:
        """What the screen keeps: drafts, layout, what was copied."""
        return self.data / "screen"

    @property
    def relays(self) -> Path:
        """The logs of relays that run inside `hookcli listen`."""
        return self.data / "relays"

    @property
    def reports(self) -> Path:
        """Reports of bugs."""
        return self.data / "reports"


def of_user() -> Paths:
    """The folders that this platform prescribes (XDG on Linux)."""
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("hookcli", appauthor=False)
    return Paths(config=dirs.user_config_path, data=dirs.user_data_path)


def project_file(start: Path, home: Path) -> Path | None:
    """The nearest `hookcli.toml` from `start` upwards, not above a repository's root or the home."""
    for folder in (start, *start.parents):
        if (found := folder / PROJECT_FILE).is_file():
            return found
        if folder == home or (folder / ".git").exists():
            return None
    return None
