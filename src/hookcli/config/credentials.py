"""Relay keys and endpoint tokens: one JSON file of mode 0600, changed under a lock."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hookcli.config.secrets import write_private
from hookcli.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEndpoint:
    """An endpoint that was made or seen from here."""

    id: str
    name: str
    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRelay:
    """What opens one relay."""

    key: str = field(default="", repr=False)
    """The relay's own key, which may create endpoints."""
    endpoints: tuple[KnownEndpoint, ...] = ()

    def endpoint(self, name: str) -> KnownEndpoint | None:
        """By id or by name."""
        found = (one for one in self.endpoints if name in (one.id, one.name))
        return next(found, None)

    def with_endpoint(self, endpoint: KnownEndpoint) -> "KnownRelay":
        """With this endpoint instead of any of the same id."""
        others = tuple(one for one in self.endpoints if one.id != endpoint.id)
        return replace(self, endpoints=(*others, endpoint))

    def without_endpoint(self, id: str) -> "KnownRelay":  # noqa: A002 - the word of the glossary
        """Without it."""
        return replace(self, endpoints=tuple(one for one in self.endpoints if one.id != id))


class Credentials:
    """The file. Read anew each time: another process may have changed it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def relays(self) -> dict[str, KnownRelay]:
        """Origin to what opens it.

        Raises:
            ConfigError: the file is there and is not what this program writes.
        """
        try:
            text = self.file.read_text("utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.file} cannot be read") from error
        try:
            return {origin: _decoded(entry) for origin, entry in json.loads(text)["relays"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = f"move {self.file} away and log in again"
            raise ConfigError(f"{self.file} is damaged", hint=hint) from error

    def relay(self, origin: str) -> KnownRelay:
        """What opens this relay; empty when nothing is known."""
        return self.relays().get(origin, KnownRelay())

    def change(self, origin: str, how: Callable[[KnownRelay], KnownRelay | None]) -> None:
        """Replace one relay's entry by what `how` makes of it; None removes it."""
        with self._locked():
            relays = self.relays()
            changed = how(relays.get(origin, KnownRelay()))
            if changed is None:
                relays.pop(origin, None)
            else:
                relays[origin] = changed
            entries = {origin: _encoded(relay) for origin, relay in relays.items()}
            write_private(self.file, json.dumps({"v": 1, "relays": entries}, indent=1))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.file.with_suffix(".lock").open("wb") as lock:
                _lock(lock.fileno())
                yield
        except OSError as error:
            raise ConfigError(f"{self.file} cannot be written: {error.strerror}") from error


def _lock(handle: int) -> None:
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


def _encoded(relay: KnownRelay) -> dict[str, object]:
    endpoints = {
        one.id: {"name": one.name, "url": one.url, "token": one.token} for one in relay.endpoints
    }
    return {"key": relay.key, "endpoints": endpoints}


def _decoded(entry: dict[str, dict[str, dict[str, str]]]) -> KnownRelay:
    endpoints = tuple(
        KnownEndpoint(id=key, name=one["name"], url=one["url"], token=one["token"])
        for key, one in entry["endpoints"].items()
    )
    return KnownRelay(key=str(entry["key"]), endpoints=endpoints)
