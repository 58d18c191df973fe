"""Webhooks in tests: captures as files, sent to a URL or an app, and a relay of the test's own.

    from hookcli.testing import Webhook, Webhooks

    def test_it_is_taken(webhook: Webhook) -> None: ...

The names are for annotations, and for fixtures of your own; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hookcli.testing.answers import Answer
    from hookcli.testing.relay import EmbeddedRelay
    from hookcli.testing.webhook import Webhook, Webhooks

__all__ = ["Answer", "EmbeddedRelay", "Webhook", "Webhooks"]

_PLACES = {
    "Answer": "answers",
    "EmbeddedRelay": "relay",
    "Webhook": "webhook",
    "Webhooks": "webhook",
}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value
