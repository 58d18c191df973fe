"""What `listen` is asked for on its command line alone, for all who make a listener of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What only this command line says; the rest are settings."""

    since: str | None = None
    from_seq: int | None = None
    now: bool = False
    for_: str | None = None
    count: int | None = None
    drain: bool = False
    paused: bool = False
    print_url: bool = False
    print_secret: bool = False
    routes: tuple[str, ...] = ()
    """As typed: `FILTER => URL`."""
    only: str = ""
    events: str = ""
    """Types, comma-separated."""
