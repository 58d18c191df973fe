"""Everything the screen is given by the command line; nothing in this room reads the environment."""

import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hookcli.captures.model import MARK as MARK

if TYPE_CHECKING:
    from hookcli.captures.model import Attempt
    from hookcli.signatures import Secret
    from hookcli.wire.http import Request
    from hookcli.workbench.parcels import Forward


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Paths, preferences and what is known of the world outside."""

    store: Path
    """The capture store."""
    sender: "Callable[[], AbstractAsyncContextManager[Forward]]"
    """Opens what replays are sent with."""
    post: "Callable[[Request], Coroutine[Any, Any, Attempt]]"
    """Sends a request to its URL as a provider does."""
    state: Path
    """A folder of our own for drafts, the layout, copied texts."""
    exports: Path = field(default_factory=Path.cwd)
    """Where exported files are written."""
    env: Mapping[str, str] = field(default_factory=dict)
    """The environment, for finding a clipboard and starting editor and pager."""
    editor: str = ""
    """The editor's command line; empty when no variable names one."""
    pager: str = ""
    """What opens a body outside."""
    theme: str = ""
    """A Textual theme; empty for the default, `auto` as well."""
    times: str = "local"
    """`local`, `utc` or `relative`."""
    ascii_only: bool = False
    mouse: bool = True
    confirm_quit: bool = False
    clipboard: str = "auto"
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action id to keys, from `[keys]`."""
    views: Mapping[str, str] = field(default_factory=dict)
    """Name to filter, from `[views]`."""
    target: str = ""
    """Where replays go when a capture was never sent anywhere."""
    secrets: "Callable[[str], Sequence[Secret]]" = lambda scheme: ()
    """The secrets that are configured for a scheme."""
    all_secrets: "Callable[[], Sequence[Secret]]" = tuple
    """Those of all schemes, to find out which of them signed a request."""
    wall: Callable[[], float] = time.time
    """Seconds since the Unix epoch."""
    clock: Callable[[], float] = time.monotonic
    """Seconds that only go forward."""
    history: bool = True
    """Show earlier captures from the start; a listener begins with its own."""
    begin: str = ""
    """A filter that is in force from the start."""
