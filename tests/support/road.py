"""The whole road as processes: senders, a relay, a network, a listener, a program; and what it kept."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.support import rawhttp
from tests.support.processes import PATIENCE
from tests.support.proxy import Proxy, proxy
from tests.support.rawhttp import Answer, Message, Program
from tests.support.running import Endpoint, Listener, Relay, listener, relay

T = TypeVar("T")
EVENT_ID = b"Hookcli-Event-Id"


@dataclass(frozen=True, slots=True)
class Road:
    """Everything between a sender and its answer."""

    relay: Relay
    network: Proxy
    """Between the listener and the relay."""
    listener: Listener
    program: Program
    endpoint: Endpoint

    async def post(self, body: bytes = b"{}", path: str = "", within: float = 30.0) -> Message:
        """One webhook on a connection of its own."""
        raw = rawhttp.request("POST", self.endpoint.path + path, (), body)
        return await rawhttp.once(self.relay.port, raw, within=within)

    def captured(self) -> Counter[str]:
        """How often each event is in the store."""
        return Counter(row[0] for row in self.ask("select id from captures"))

    def done(self) -> set[str]:
        """The events whose deliveries are over."""
        return {row[0] for row in self.ask("select id from captures where state != 'pending'")}

    def ask(self, sql: str) -> list[tuple[str]]:
        """Look into the store, as somebody else would."""
        if not self.listener.store.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.listener.store}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()

    def delivered(self) -> Counter[str]:
        """How often each event came to the program."""
        return Counter(event_of(message) for message in self.program.received)

    async def settled(self, ids: Collection[str], within: float = 30.0) -> None:
        """Wait until these events are captured and delivered, as long as there is progress.

        Args:
            within: Seconds without any.
        """
        wanted, before = set(ids), -1
        while missing := wanted - self.done():
            if len(missing) == before:
                raise TimeoutError(f"{before} of {len(wanted)} not delivered")
            before = len(missing)
            with suppress(TimeoutError):
                await until(partial(self._fewer, wanted, before), "progress", within)

    def _fewer(self, wanted: set[str], count: int) -> bool | None:
        return len(wanted - self.done()) < count or None


def event_of(message: Message) -> str:
    """The id of the event that a request to the program brings."""
    return message.value(EVENT_ID).decode()


async def until(look: Callable[[], T | None], what: str, within: float = 20.0) -> T:
    """Wait until there is something to see; files and processes tell nobody when they change."""
    try:
        async with asyncio.timeout(within * PATIENCE):
            while (seen := look()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            return seen
    except TimeoutError:
        raise TimeoutError(f"no {what} in {within} s") from None


@asynccontextmanager
async def road(
    home: Path,
    *flags: str,
    answer: Answer | None = None,
    respond: str = "app",
    relay_settings: dict[str, str] | None = None,
) -> AsyncIterator[Road]:
    """A relay, a listener behind a network, and a program that answers; all gone at the end."""
    async with (
        relay(home / "relay", settings=relay_settings) as server,
        proxy(server.port) as network,
        rawhttp.program(answer) as program,
    ):
        endpoint = await server.endpoint(respond=respond)
        place = home / "laptop"
        async with listener(place, network.url, endpoint, program.url, *flags) as it:
            yield Road(server, network, it, program, endpoint)
