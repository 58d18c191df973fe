"""What works while a log on JetStream is open, put together."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from relay_server.log.base import StorageError
from relay_server.log.nats.appending import Appending
from relay_server.log.nats.block import Block
from relay_server.log.nats.blocks import Blocks
from relay_server.log.nats.documents import Documents
from relay_server.log.nats.ending import ended
from relay_server.log.nats.following import Following
from relay_server.log.nats.jetstream import JetStream
from relay_server.log.nats.layout import Layout
from relay_server.log.nats.pulse import Pulse
from relay_server.log.nats.reading import Reading
from relay_server.log.nats.retaining import Retaining
from relay_server.log.nats.sweeping import Sweep
from relay_server.log.tail import Tail

T = TypeVar("T")
_log = logging.getLogger("relay")


class Running:
    """What works while the log is open."""

    def __init__(
        self,
        js: JetStream,
        layout: Layout,
        documents: Documents,
        tail: Tail,
        group: asyncio.TaskGroup,
        *,
        node: str,
        endpoint_bytes: int,
    ) -> None:
        self.layout, self.documents = layout, documents
        self._group, self._tasks = group, set[asyncio.Task[None]]()
        self.reading = Reading(js, layout)
        self.appending = Appending(
            Blocks(js, layout), node=node, start=self.do, stored=self._stored
        )
        heard = self.appending.heard
        self.following = Following(js, layout, self.reading, tail, node=node, heard=heard)
        self.retaining = Retaining(js, layout, endpoint_bytes)
        self.sweep = Sweep(
            documents,
            self.reading,
            self.retaining,
            reachable=self.following.reachable,
            purge=self._purge,
        )
        self.pulse = Pulse(
            js,
            layout,
            away=self._away,
            back=self._back,
            docs=documents.catch_up,
            passed=self.following.round,
            leave=js.connection.leave,
        )

    # -- tasks --------------------------------------------------------------------------------

    def do(self, what: Coroutine[Any, Any, object]) -> None:
        """Begin something that nobody waits for; what goes wrong is noted and hurts nobody."""
        task = self._group.create_task(_noted(what))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def ask(self, what: Coroutine[Any, Any, T], done: Callable[[T | StorageError], None]) -> None:
        """Begin something and tell what came of it."""

        async def asked() -> None:
            try:
                found: T | StorageError = await what
            except StorageError as error:
                found = error
            except Exception as error:
                _log.error("the log has failed: %s", error, exc_info=error)
                found = StorageError(str(error))
            done(found)

        self.do(asked())

    async def end(self) -> None:
        """Stop what is still under way."""
        while self._tasks:
            await ended(self._tasks)

    # -- what happens -------------------------------------------------------------------------

    def _stored(self, endpoint: str, at: int, it: Block, events: tuple[bytes, ...]) -> None:
        self.following.stored(endpoint, at, it, events)
        if self.retaining.stored(endpoint, it):
            self.do(self._purge(endpoint, it))

    async def _purge(self, endpoint: str, last: Block) -> None:
        await self.retaining.purge(endpoint, last)
        if self.following[endpoint] is not None:
            await self.following.look(endpoint)

    def forget(self, endpoint: str) -> None:
        """The endpoint is no more."""
        self.appending.drop(endpoint)
        self.following.forget(endpoint)

    def _away(self, number: int) -> None:
        if number not in self.following.away:
            self.following.away[number] = asyncio.get_running_loop().time()
            _log.warning("stream %s does not answer", self.layout.stream(number))
            self.following.wake([number])

    async def _back(self, number: int) -> None:
        await self.following.catch_up([number])
        self.following.away.pop(number, None)
        _log.info("stream %s answers again", self.layout.stream(number))
        self.following.wake([number])


async def _noted(what: Coroutine[Any, Any, object]) -> None:
    try:
        await what
    except StorageError as error:
        _log.warning("%s", error)
    except Exception as error:
        _log.error("the log has failed: %s", error, exc_info=error)
