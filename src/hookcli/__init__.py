"""hookcli: webhooks to localhost, and the few names that scripts need.

    from hookcli import listen, open_store, query, replay

Importing this package imports nothing else; a name is loaded when it is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hookcli.captures.model import Attempt, Capture, Outcome, Summary
    from hookcli.captures.store import Store
    from hookcli.errors import HookcliError
    from hookcli.library import Event, Listening, listen, open_store, query, replay
    from hookcli.wire.http import Request

__all__ = [
    "Attempt",
    "Capture",
    "Event",
    "HookcliError",
    "Listening",
    "Outcome",
    "Request",
    "Store",
    "Summary",
    "listen",
    "open_store",
    "query",
    "replay",
]

_PLACES = {
    **dict.fromkeys(("Attempt", "Capture", "Outcome", "Summary"), "captures.model"),
    **dict.fromkeys(("Event", "Listening", "listen", "open_store", "query", "replay"), "library"),
    "HookcliError": "errors",
    "Request": "wire.http",
    "Store": "captures.store",
}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> "list[str]":  # in quotes, so that an old Python comes to where it is told
    """The public names."""
    return sorted(__all__)
