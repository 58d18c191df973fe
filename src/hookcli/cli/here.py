"""What a command works with: the streams, the shared options, settings, credentials, the store."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hookcli.cli.console import Console
from hookcli.errors import UsageError

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.config.credentials import Credentials, KnownEndpoint
    from hookcli.config.load import Settings
    from hookcli.config.paths import Paths


@dataclass(slots=True)
class Shared:
    """The options that every command has."""

    profile: str | None = None
    relay: str | None = None
    endpoint: str | None = None
    store: str | None = None


@dataclass
class Here:
    """One run of one command; what it needs is read when it is first asked for."""

    console: Console
    shared: Shared
    overrides: dict[str, object] = field(default_factory=dict)
    """Further settings given as flags."""

    def take(self, name: str, value: object) -> None:
        """A shared option was given."""
        if name == "json":
            self.console.json = True
        elif name == "quiet":
            self.console.quiet = True
        elif name == "verbose":
            self.say_more(int(str(value)))
        elif name in ("color", "colour"):
            if value not in ("auto", "always", "never"):
                raise UsageError(f"--color {value}: auto, always or never is wanted")
            self.console.color = str(value)
        else:
            setattr(self.shared, name, value)

    def say_more(self, level: int) -> None:
        """1: the causes of failures too; 2: everything that goes over the wire."""
        self.console.verbose = level
        if level > 1:
            from hookcli.cli import wire_log

            wire_log.begin(self.console)

    @cached_property
    def paths(self) -> "Paths":
        """This user's folders."""
        from hookcli.config.paths import of_user

        return of_user()

    @cached_property
    def credentials(self) -> "Credentials":
        """Relay keys and endpoint tokens."""
        from hookcli.config.credentials import Credentials

        return Credentials(self.paths.credentials)

    @property
    def user_file(self) -> Path:
        """The user's settings file."""
        named = self.console.environ.get("HOOKCLI_CONFIG")
        return Path(named).expanduser() if named else self.paths.user_file

    @cached_property
    def project(self) -> Path | None:
        """The project's settings file."""
        from hookcli.config.paths import project_file

        try:
            return project_file(Path.cwd(), Path.home())
        except (OSError, RuntimeError):
            return None  # a folder that has been removed, a user without a home

    @cached_property
    def settings(self) -> "Settings":
        """All settings; what an untrusted project's file may not set is told once."""
        from hookcli.config.load import load

        shared = {"relay": self.shared.relay, "endpoint": self.shared.endpoint}
        flags = shared | {"store": self.shared.store} | self.overrides
        loaded = load(
            paths=self.paths,
            environ=self.console.environ,
            project=self.project,
            profile=self.shared.profile,
            flags=flags,
            known_relays=self.credentials.relays(),
        )
        for one in loaded.ignored:
            text = f"{one.file}: {one.key} is ignored: {one.why}"
            self.console.notice(text, "hookcli config trust, if you trust this project")
        return loaded

    @property
    def now(self) -> int:
        """µs since the Unix epoch."""
        return time.time_ns() // 1000

    @property
    def store_path(self) -> Path:
        """The file of captures."""
        named = self.settings.text("store")
        return Path(named).expanduser() if named else self.paths.store

    def confirm(self, question: str, flag: str = "--yes") -> bool:
        """Ask before something that cannot be taken back.

        Raises:
            UsageError: there is nobody to ask.
        """
        if self.console.can_ask():
            return self.console.ask(question)
        raise UsageError(f"cannot ask: {question}", hint=flag)

    @contextmanager
    def store(self, *, create: bool = True) -> Iterator["Store"]:
        """The capture store, closed at the end."""
        from hookcli.captures.store import Store

        opened = Store.open(self.store_path, create=create)
        try:
            yield opened
        finally:
            opened.close()

    def endpoint_id(self) -> str | None:
        """The id of the endpoint that `seq` references are about, as far as is known here."""
        from hookcli.config.endpoints import ID_PREFIX, name

        if (named := name(self.settings)).startswith(ID_PREFIX):
            return named
        found = self.known_endpoint()
        return found.id if found else None

    def known_endpoint(self) -> "KnownEndpoint | None":
        """The endpoint that the settings name, if it was made or seen from here."""
        from hookcli.cli import presence
        from hookcli.config.endpoints import known

        return known(
            self.settings, self.credentials, lambda id_: presence.listens(self.store_path, id_)
        )
