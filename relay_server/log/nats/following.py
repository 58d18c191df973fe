"""The endpoints that somebody at this relay listens to: what is new, and what was missed.

JetStream tells every stored message on to whoever listens (republish); that is fast and not sure,
for it is not repeated. So the newest message of each followed endpoint is looked up when the
connection was away, when its stream was, and every half minute.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from itertools import islice

from nats.aio.msg import Msg

from hookcli.wire.messages import Reply
from relay_server.log.base import StorageError
from relay_server.log.nats.block import Block, DamagedError, Told, block, told
from relay_server.log.nats.jetstream import JetStream
from relay_server.log.nats.layout import Layout
from relay_server.log.nats.reading import Head, Reading
from relay_server.log.tail import Tail

_log = logging.getLogger("relay")
_LINGER_S = 10.0
"""An endpoint that was asked for and is watched by nobody is followed for so long."""
_ROUND_S = 30.0
"""Within this every followed endpoint is looked up."""
_AT_ONCE = 32


class Followed:
    """One endpoint."""

    __slots__ = ("end", "first", "head", "last", "until", "watchers")

    def __init__(self, until: float) -> None:
        self.head = Head()
        self.last: Block | None = None
        self.first: Block | None = None
        """The oldest block when it was last looked up."""
        self.watchers: set[Callable[[], None]] = set()
        self.end: Callable[[], None] = lambda: None
        """Ends the news."""
        self.until = until

    @property
    def held(self) -> tuple[int, int]:
        """Events and bytes, as far as they were looked up."""
        if self.last is None or self.first is None or self.first.seq > self.last.last:
            return 0, 0
        return self.last.last - self.first.seq + 1, self.last.end - self.first.base


class Following:
    """All followed endpoints of one relay."""

    def __init__(
        self,
        js: JetStream,
        layout: Layout,
        reading: Reading,
        tail: Tail,
        *,
        node: str,
        heard: Callable[[str, int, str], None],
    ) -> None:
        self._js, self._layout, self._reading, self._tail = js, layout, reading, tail
        self._node, self._heard = node, heard
        self.replied: Callable[[str, Reply], None] = lambda _, __: None
        """Hears what senders of other relays were told."""
        self.by: Callable[[str, int, str], None] = lambda _, __, ___: None
        """Hears which relay took an event that has just come: endpoint, place, relay."""
        self._of: dict[str, Followed] = {}
        self._coming: dict[str, asyncio.Future[None]] = {}
        self.away: dict[int, float] = {}
        """The streams that cannot be asked now, and since when (seconds of the loop's clock)."""
        self._turn = 0

    def __getitem__(self, endpoint: str) -> Followed | None:
        return self._of.get(endpoint)

    def __len__(self) -> int:
        return len(self._of)

    def reachable(self, endpoint: str) -> bool:
        """Whether its stream answers."""
        return self._js.connection.connected and self._layout.number(endpoint) not in self.away

    def away_s(self, endpoint: str) -> float:
        """For how long its stream has not answered; 0: it does."""
        since = self.away.get(self._layout.number(endpoint))
        return 0.0 if since is None else asyncio.get_running_loop().time() - since

    async def begin(self, endpoint: str) -> Followed:
        """Follow it from now on, and know where it stands.

        Raises:
            StorageError: nobody can say.
        """
        until = asyncio.get_running_loop().time() + _LINGER_S
        it = self._of.get(endpoint)
        if it is None:
            it = Followed(until)
            # In this order nothing can be stored without being seen here or there.
            it.end = await self._js.connection.subscribe(
                self._layout.news(endpoint), lambda msg: self._news(endpoint, msg)
            )
            if endpoint in self._of:
                it.end()
                it = self._of[endpoint]
            else:
                self._of[endpoint] = it
                await self._js.connection.settle()
        it.until = max(it.until, until)
        await self.look(endpoint)
        return it

    def watch(self, endpoint: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Wake when something was stored; the result ends it."""
        it = self._of.get(endpoint)
        if it is None:
            raise RuntimeError(f"{endpoint} was not reached")
        it.watchers.add(wake)
        self._tail.follow(endpoint, it.head.seq)

        def end() -> None:
            it.watchers.discard(wake)
            if not it.watchers:
                self._tail.forget(endpoint)
                it.until = asyncio.get_running_loop().time() + _LINGER_S

        return end

    def forget(self, endpoint: str) -> None:
        """The endpoint is no more."""
        it = self._of.pop(endpoint, None)
        if it is not None:
            it.end()
            self._tail.forget(endpoint)

    # -- what comes ---------------------------------------------------------------------------

    def _news(self, endpoint: str, msg: Msg) -> None:
        try:
            if msg.subject.endswith(".r"):
                self._told(endpoint, told(msg.data))
                return
            it = block(msg.data)
        except DamagedError:
            return
        at = int((msg.headers or {}).get("Nats-Sequence", 0))
        self._heard(endpoint, at, it.id)
        self.stored(endpoint, at, it, it.events)

    def _told(self, endpoint: str, it: Told) -> None:
        if it.node != self._node:
            for reply in it.replies:
                self.replied(endpoint, reply)

    def stored(self, endpoint: str, at: int, it: Block, events: tuple[bytes, ...]) -> None:
        """A block is stored; those who watch are woken once for it."""
        followed = self._of.get(endpoint)
        if followed is None or it.last <= followed.head.seq:
            return
        if it.node != self._node:
            for n in range(it.count):
                self.by(endpoint, it.seq + n, it.node)
        if events and it.seq == followed.head.seq + 1:
            for n, message in enumerate(events):
                self._tail.add(endpoint, it.seq + n, message)
        else:
            self._tail.restart(endpoint, it.last)
        self._moved(followed, at, it)

    def _moved(self, it: Followed, at: int, last: Block) -> None:
        it.head.seq, it.head.at = last.last, at
        it.last = last
        if it.first is None:
            it.first = last
        for wake in tuple(it.watchers):
            wake()

    async def look(self, endpoint: str) -> None:
        """Ask where it ends and begins, and catch up with what was missed.

        Raises:
            StorageError: nobody can say.
        """
        last = await self._reading.last(endpoint)
        first = await self._reading.first(endpoint) if last is not None else None
        it = self._of.get(endpoint)
        if it is None:
            return
        it.first = first[1] if first is not None else None
        if last is not None and last[1].last > it.head.seq:
            self._tail.restart(endpoint, last[1].last)
            self._moved(it, *last)

    # -- when it was away ---------------------------------------------------------------------

    def wake(self, streams: Iterable[int]) -> None:
        """Those who watch endpoints of these streams are to look for themselves."""
        numbers = set(streams)
        for endpoint, it in tuple(self._of.items()):
            if self._layout.number(endpoint) in numbers:
                for wake in tuple(it.watchers):
                    wake()

    async def catch_up(self, streams: Iterable[int]) -> None:
        """Look up every followed endpoint of these streams."""
        numbers = set(streams)
        await self._look_up(one for one in self._of if self._layout.number(one) in numbers)

    async def round(self, passed_s: float) -> None:
        """Look up a part of all, and let go of those that nobody wants any more."""
        now = asyncio.get_running_loop().time()
        for endpoint, it in tuple(self._of.items()):
            if not it.watchers and now > it.until:
                self.forget(endpoint)
        names = tuple(filter(self.reachable, self._of))
        if not names:
            return
        part = min(len(names), int(len(names) * passed_s / _ROUND_S) + 1)
        self._turn %= len(names)
        await self._look_up(islice(names + names, self._turn, self._turn + part))
        self._turn += part

    async def _look_up(self, endpoints: Iterable[str]) -> None:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(endpoint: str) -> None:
            async with room:
                try:
                    await self.look(endpoint)
                except StorageError as error:
                    _log.info("endpoint %s could not be looked up: %s", endpoint, error)

        await asyncio.gather(*map(one, list(endpoints)))
