"""Endpoints and facts: stored once, known on every relay within a moment.

Changes are heard as they are stored. What was missed shows in the stream's last place, which is
looked at every second.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from nats.aio.msg import Msg

from relay_server.log.base import ElsewhereError, StorageError
from relay_server.log.nats.jetstream import JetStream, RacedError
from relay_server.log.nats.layout import Layout

_RUN = 512
_RUN_BYTES = 4 << 20
_AGAIN_S = 0.05
_BEHIND_S = 2.0
"""A copy of the stream may be behind its leader for a moment."""


class Documents:
    """The documents of all endpoints, as last heard."""

    def __init__(self, js: JetStream, layout: Layout) -> None:
        self._js, self._layout = js, layout
        self.changed: Callable[[str, bytes | None], None] = lambda _, __: None
        """Hears of a document that another relay has stored; None: deleted."""
        self._at: dict[str, int] = {}
        """The place of every document, in order of creation."""
        self._gone: dict[str, int] = {}
        """The places of those that were deleted: they never come back."""
        self._seen = 0
        """Up to where the stream has been read."""
        self._heeding = False

    def __contains__(self, endpoint: str) -> bool:
        return endpoint in self._at

    def all(self) -> list[str]:
        """Every endpoint there ever was, first those that were deleted, the latest before others."""
        return [*reversed(self._gone), *self._at]

    def removed(self, endpoint: str) -> bool:
        """Whether it was there, and is no more."""
        return endpoint in self._gone

    async def load(self) -> dict[str, bytes]:
        """Read them all; `changed` hears of none of them, and is to be set anew.

        Raises:
            StorageError: they cannot be read.
        """
        if not self._heeding:
            self._heeding = True
            await self._js.connection.subscribe(self._layout.changed, self._heard)
            await self._js.connection.settle()
        found: dict[str, bytes] = {}

        def note(endpoint: str, document: bytes | None) -> None:
            if document is None:
                found.pop(endpoint, None)
            else:
                found[endpoint] = document

        self.changed = note
        self._at, self._gone, self._seen = {}, {}, 0
        last = (await self._js.info(self._layout.docs)).state.last_seq
        until = asyncio.get_running_loop().time() + _BEHIND_S
        await self.catch_up()
        while self._seen < last:
            if asyncio.get_running_loop().time() > until:
                raise StorageError(f"{self._layout.docs}: a copy is behind")
            await asyncio.sleep(_AGAIN_S)
            await self.catch_up()
        return found

    async def catch_up(self, last: int | None = None) -> None:
        """Read what was stored and not heard of; nothing if that is up to `last`.

        The facts beside documents are read and passed over: for a part of the subjects the server
        would go through all of them again for every message.
        """
        if last is not None and last <= self._seen:
            return
        stream, documents = self._layout.docs, self._layout.doc("")
        while found := await self._js.run(stream, ">", self._seen + 1, count=_RUN, size=_RUN_BYTES):
            self._seen = max(self._seen, found[-1].at)
            for message in found:
                if message.subject.startswith(documents):
                    name = message.subject.removeprefix(documents)
                    self._know(name, message.at, message.data)

    def _heard(self, msg: Msg) -> None:
        headers = msg.headers or {}
        at = int(headers.get("Nats-Sequence", 0))
        name = msg.subject.rpartition(".")[2]
        self._know(name, at, msg.data)

    def _know(self, endpoint: str, at: int, document: bytes) -> None:
        if at <= max(self._at.get(endpoint, 0), self._gone.get(endpoint, 0)):
            return
        if document:
            self._at[endpoint] = at
        else:
            self._at.pop(endpoint, None)
            self._gone[endpoint] = at
        self.changed(endpoint, document or None)

    def put(self, endpoint: str, document: bytes) -> Coroutine[Any, Any, None]:
        """Store a new document, or what became of the one that is known now.

        Raises:
            ElsewhereError: another relay was first; what it has stored is known then.
            StorageError: it is not stored, or was deleted.
        """
        return self._put(endpoint, document, self._at.get(endpoint, 0))

    async def _put(self, endpoint: str, document: bytes, after: int) -> None:
        if endpoint in self._gone:
            raise StorageError("the endpoint was deleted")
        subject = self._layout.doc(endpoint)
        try:
            at = await self._js.put(subject, document, after=after)
        except RacedError:
            found = await self._js.last(self._layout.docs, subject)
            if found is not None:
                self._know(endpoint, found.at, found.data)
            raise ElsewhereError("it was changed on another relay at the same time") from None
        self._at[endpoint] = max(at, self._at.get(endpoint, 0))

    async def remove(self, endpoint: str) -> None:
        """Forget an endpoint, for ever.

        Raises:
            StorageError: it is not forgotten.
        """
        at = await self._js.put(self._layout.doc(endpoint), b"")
        self._at.pop(endpoint, None)
        self._gone[endpoint] = at

    # -- facts --------------------------------------------------------------------------------

    async def fact(self, key: str) -> str | None:
        """A fact about the whole log."""
        found = await self._js.last(self._layout.docs, self._layout.fact(key))
        return found.data.decode() if found is not None else None

    async def settle(self, key: str, value: str) -> str:
        """Store a fact unless there is one; what holds now."""
        try:
            await self._js.put(self._layout.fact(key), value.encode(), after=0)
        except RacedError:
            found = await self.fact(key)
            return value if found is None else found
        return value
