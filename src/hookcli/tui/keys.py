"""Keys one after the other: what is typed ahead of a focus that moves still arrives where it goes.

Textual hands a key to the widget that has the focus when it arrives. Typed fast, `/refund` would
have its first letters taken as keys of the list.
"""

import time
from collections import deque
from dataclasses import dataclass

from textual import events
from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump

GIVEN_UP_S = 0.25
"""A key whose end was not heard of for so long holds up no other."""


@dataclass
class KeyDone(Message):
    """Travels behind a key, the same way; when the app gets it, the key has been dealt with.

    It goes round twice: a key may make a widget post a message, and that is dealt with then too.
    """

    target: MessagePump
    again: bool = True


class OrderedKeys(App[int]):
    """Part of the application."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[events.Key] = deque()
        self._busy_since: float | None = None

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for the one before; everything else is as it was."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        since = self._busy_since
        if since is not None and time.monotonic() - since < GIVEN_UP_S:
            self._waiting.append(event)
            return
        self._waiting.append(event)
        await self._next_key()

    @property
    def keys_done(self) -> bool:
        """Whether every key that was pressed has been dealt with."""
        return self._busy_since is None and not self._waiting

    async def _next_key(self) -> None:
        if not self._waiting:
            self._busy_since = None
            return
        self._busy_since = time.monotonic()
        event = self._waiting.popleft()
        target = self.focused or self.screen
        await super().on_event(event)
        if not target.post_message(KeyDone(target)):
            self._busy_since = None

    async def on_key_done(self, message: KeyDone) -> None:
        """Round again, then the next one."""
        message.stop()
        if message.again and message.target.post_message(KeyDone(message.target, again=False)):
            return
        await self._next_key()
