"""What a running relay reads anew when it is asked to, and what has become of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields

from relay_server.settings import RESTART, SettingError, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What came of reading the settings again."""

    settings: Settings
    """As they hold now."""
    changed: tuple[str, ...]
    """Names of those that are in force with another value."""
    restart: tuple[str, ...]
    """Names of those that wait for a restart."""
    no_sets: tuple[str, ...] = ()
    """Named lists of networks that endpoints allow and that are no more: nobody comes in by them."""


def compared(now: Settings, wanted: Settings) -> Reloaded:
    """What of it can be done without a restart."""
    differ = [
        field.name
        for field in fields(Settings)
        if getattr(now, field.name) != getattr(wanted, field.name)
    ]
    restart = [name for name in differ if name in RESTART]
    if (now.tls is None) != (wanted.tls is None):
        restart.append("tls")
    kept = {name: getattr(now, name) for name in restart}
    return Reloaded(
        settings=wanted.at(**kept),
        changed=tuple(name for name in differ if name not in restart),
        restart=tuple(restart),
    )


class Reload:
    """Asks a running relay to read its settings again, as often as it is wanted."""

    def __init__(
        self, read: Callable[[], Settings], told: Callable[[Reloaded | SettingError], None]
    ) -> None:
        """`read` is called in a thread; `told` hears what came of it."""
        self.asked = asyncio.Event()
        self.read, self.told = read, told
