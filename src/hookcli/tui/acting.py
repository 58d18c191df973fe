"""How an action of the table reaches the method that does it: from the focus outwards."""

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

from textual.actions import SkipAction
from textual.app import App
from textual.dom import DOMNode
from textual.widget import Widget

from hookcli.errors import HookcliError


def handler_name(action: str) -> str:
    """The method that does an action: `replay-to` is done by `do_replay_to`."""
    return "do_" + action.replace("-", "_")


class Acting:
    """Mixed into widgets, screens and the app: bindings of the table call `act('<id>')`.

    A plain class on purpose: Textual follows only the first base that is a DOM node, and would
    miss the style rules of the real one.
    """

    def action_act(self, action: str) -> None:
        """Run an action here or further out; nobody's key goes on to the next binding."""
        if not act(cast(DOMNode, self), action):
            raise SkipAction


def handles(node: DOMNode, action: str) -> bool:
    """Whether something from this node outwards does this action."""
    return any(callable(getattr(each, handler_name(action), None)) for each in _outwards(node))


def act(node: DOMNode, action: str) -> bool:
    """Run the action by the nearest node that knows it; False when none does."""
    for each in _outwards(node):
        handler = getattr(each, handler_name(action), None)
        if handler is not None:
            result = handler()
            if inspect.isawaitable(result):
                work(node, action, result)
            return True
    return False


def focus_now(widget: Widget) -> None:
    """Focus at once: `Widget.focus` does it later, and keys typed meanwhile go elsewhere."""
    widget.screen.set_focus(widget, scroll_visible=False)


def latest(node: DOMNode, group: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run work that replaces what runs under the same name; nothing is begun that is cancelled first."""
    begun = partial(_begun, node.app, work)
    node.run_worker(cast(Any, begun), group=group, exclusive=True)


def work(node: DOMNode, group: str, doing: Awaitable[object]) -> None:
    """Run work beside the screen."""
    node.run_worker(_told(node.app, doing), group=group)


async def _begun(app: App[Any], work: Callable[[], Awaitable[None]]) -> None:
    await _told(app, work())


def _outwards(node: DOMNode) -> list[DOMNode]:
    chain = list(node.ancestors_with_self)
    return chain if isinstance(chain[-1], App) else [*chain, node.app]


async def _told(app: App[Any], work: Awaitable[object]) -> None:
    """Failures with a sentence are told in words; all others are bugs and surface as such."""
    try:
        await work
    except HookcliError as error:
        say = getattr(app, "say", None)
        if say is None:
            raise
        say(error.message if error.hint is None else f"{error.message} (try: {error.hint})", "bad")
