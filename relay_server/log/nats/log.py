"""The log on NATS JetStream; see the package for what is where."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence

from hookcli.wire.messages import Reply
from relay_server.log.base import Done, Draft, Page, Retention, StorageError, Told, Wire
from relay_server.log.nats import block
from relay_server.log.nats.address import credentials, options, shown
from relay_server.log.nats.connection import Connection, RefusedError, UnsureError
from relay_server.log.nats.documents import Documents
from relay_server.log.nats.ending import ended
from relay_server.log.nats.following import Followed, Following
from relay_server.log.nats.jetstream import JetStream
from relay_server.log.nats.layout import Layout
from relay_server.log.nats.reading import Reading
from relay_server.log.nats.running import Running
from relay_server.log.recent import Recent
from relay_server.log.tail import Tail
from relay_server.settings import Settings

_REPLIES_AFTER_S = 0.1
_CLOSE_S = 5.0
_REFUSE_AFTER_S = 5.0
"""Until then senders wait for a leader that is being chosen; after that they are told at once."""
_AGAIN_AFTER_S = 2.0
"""A relay that has not heard of a deletion yet may still store an event: it is removed then."""


class NatsLog:
    """`base.Log` on JetStream, shared with every relay that names the same servers and prefix."""

    def __init__(self, settings: Settings, *, retention: Retention, tail_bytes: int) -> None:
        self.node = secrets.token_hex(6)
        """What this process is called in the log; another one after every start."""
        self.where = f"on {shown(settings.log or '')}"
        self.connection = Connection(up=self._up, down=self._down)
        self.js = JetStream(self.connection)
        self.wire: Wire | None = _Wire(self.connection, self.node, settings.log_prefix)
        self.taken: Callable[[str, int, str], None] = lambda _, __, ___: None
        self.replied: Callable[[str, Reply], None] = lambda _, __: None
        self.changed: Callable[[str, bytes | None], None] = lambda _, __: None
        self._settings, self._retention = settings, retention
        self._tail = Tail(tail_bytes)
        self._recent = Recent()
        self._replies: dict[str, list[Reply]] = {}
        self._open: Running | None = None
        self._serving: asyncio.Future[None] | None = None
        self._closing = asyncio.Event()

    async def open(self) -> None:
        """Connect, and make sure of the streams.

        Raises:
            StorageError: NATS cannot be reached, lets nobody in, or has no JetStream as wanted.
            SettingError: a file of credentials or certificates cannot be used, or is refused.
        """
        settings = self._settings
        found, shows = await asyncio.to_thread(options, settings), credentials(settings)
        if shows is not None:
            await asyncio.to_thread(shows.read)
        try:
            await self.connection.connect(f"hookcli relay {self.node}", found, shows)
            await self._prepare(settings)
        except StorageError as error:
            await self.connection.close()
            if shows is not None and isinstance(error, RefusedError):
                raise shows.refused(error) from error
            hint = _hint(error, self.connection.trouble)
            raise StorageError(f"{shown(settings.log or '')}: {error}{hint}") from error

    async def _prepare(self, settings: Settings) -> None:
        layout = Layout(settings.log_prefix, settings.log_streams)
        for stream in layout.small(settings.log_replicas):
            await self.js.stream(stream)
        documents = Documents(self.js, layout)
        streams = int(await documents.settle("streams", str(settings.log_streams)))
        layout = Layout(settings.log_prefix, streams)
        await self._make_streams(layout)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.ensure_future(self._serve(ready, layout, documents))
        await ready

    async def _make_streams(self, layout: Layout) -> None:
        for number in range(layout.streams):
            await self.js.stream(
                layout.large(
                    number,
                    replicas=self._settings.log_replicas,
                    age_s=self._retention.age_s,
                    total_bytes=self._retention.total_bytes,
                )
            )

    async def _serve(
        self, ready: asyncio.Future[None], layout: Layout, documents: Documents
    ) -> None:
        """All that goes on by itself, until the log is closed."""
        async with asyncio.TaskGroup() as group:
            it = self._open = Running(
                self.js,
                layout,
                documents,
                self._tail,
                group,
                node=self.node,
                endpoint_bytes=self._retention.endpoint_bytes,
            )
            it.following.by = lambda endpoint, seq, node: self.taken(endpoint, seq, node)
            it.following.replied = lambda endpoint, reply: self.replied(endpoint, reply)
            pulse = group.create_task(it.pulse.run())
            ready.set_result(None)
            await self._closing.wait()
            await ended([pulse])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await it.appending.drained()
                    await self._flush()
            await it.end()

    async def close(self) -> None:
        """Finish what was asked, and let go."""
        if self._serving is not None:
            self._closing.set()
            await self._serving
            self._open = None
            await self.connection.close()

    def limit(self, retention: Retention, *, low_water: int, tail_bytes: int) -> None:
        """Keep less or more from now on; free disk is the servers' own matter."""
        del low_water
        self._retention, self._tail.limit = retention, tail_bytes
        if self._open is not None:
            self._open.retaining.limit = retention.endpoint_bytes
            self._open.sweep.again()
            self._open.do(self._make_streams(self._open.layout))

    @property
    def _it(self) -> Running:
        if self._open is None:
            raise RuntimeError("the log is not open")
        return self._open

    @property
    def layout(self) -> Layout:
        """The names of its streams and subjects."""
        return self._it.layout

    @property
    def documents(self) -> Documents:
        """The endpoints and the facts."""
        return self._it.documents

    @property
    def reading(self) -> Reading:
        """What reads its streams."""
        return self._it.reading

    @property
    def following(self) -> Following:
        """The endpoints that somebody here listens to."""
        return self._it.following

    def _up(self) -> None:
        if self._open is not None:
            self._open.pulse.again()

    def _down(self) -> None:
        if self._open is not None:
            self._open.pulse.lost()

    # -- events -------------------------------------------------------------------------------

    def append(self, draft: Draft, told: Told) -> None:
        """Give the event the next place; `told` hears when enough servers have it."""
        if draft.endpoint not in self._it.documents:
            refused = "the endpoint was deleted"
        elif self.following.away_s(draft.endpoint) > _REFUSE_AFTER_S:
            refused = f"NATS has not answered for {_REFUSE_AFTER_S:.0f} s"
        else:
            self._it.appending.append(draft, told)
            return
        asyncio.get_running_loop().call_soon(told, StorageError(refused))

    def record(self, endpoint: str, reply: Reply) -> None:
        """Remember what a sender was told."""
        self._recent.note(endpoint, reply)
        if not self._replies:
            asyncio.get_running_loop().call_later(_REPLIES_AFTER_S, self._flush_soon)
        self._replies.setdefault(endpoint, []).append(reply)

    def _flush_soon(self) -> None:
        if self._open is not None:
            self._open.do(self._flush())

    async def _flush(self) -> None:
        replies, self._replies = self._replies, {}
        layout = self._it.layout
        for endpoint, some in replies.items():
            told = block.pack(block.Told(self.node, tuple(some)))
            await self.connection.say(layout.replies(endpoint), told)

    async def reach(self, endpoint: str) -> Followed | None:
        """Know where an endpoint stands, now and for a while; None: there is none.

        Raises:
            StorageError: nobody can say.
        """
        if endpoint not in self._it.documents:
            return None
        if not self.following.reachable(endpoint):
            raise StorageError("NATS cannot be reached")
        return await self.following.begin(endpoint)

    def look(self, endpoint: str, done: Done) -> None:
        """Make what `head` and `held` say current."""

        def told(found: Followed | StorageError | None) -> None:
            done(found if isinstance(found, StorageError) else None)

        self._it.ask(self.reach(endpoint), told)

    def head(self, endpoint: str) -> int:
        """The newest `seq` that this relay knows of."""
        it = self.following[endpoint]
        return it.head.seq if it is not None else 0

    def held(self, endpoint: str) -> tuple[int, int]:
        """Events and bytes, as far as this relay knows."""
        it = self.following[endpoint]
        return it.held if it is not None else (0, 0)

    def size(self) -> tuple[int | None, int]:
        """Bytes of all streams, replies included; JetStream does not count events."""
        return None, sum(self._it.pulse.sizes.values())

    def gauges(self) -> Sequence[tuple[str, str, float]]:
        """How the way to NATS is."""
        it = self._it
        return (
            (
                "nats_connected",
                "1 while there is a connection to NATS.",
                float(self.connection.connected),
            ),
            ("nats_streams", "Streams of events.", it.layout.streams),
            ("nats_streams_away", "Those that do not answer now.", len(it.following.away)),
            ("followed_endpoints", "Endpoints that are listened to here.", len(it.following)),
        )

    def counters(self) -> Sequence[tuple[str, str, float]]:
        """How often another relay was faster, and an answer got lost."""
        it = self._it.appending
        return (
            ("log_races", "Blocks that another relay stored one before.", it.raced),
            ("log_answers_lost", "Blocks of which no answer told at once.", it.unsure),
        )

    def watch(self, endpoint: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after every append, until the result is called; it was looked at before."""
        return self.following.watch(endpoint, wake)

    def peek(self, endpoint: str, after: int, *, events: int, size: int) -> Page | None:
        """The next events, if they are in memory and nothing can have been missed."""
        if not self.following.reachable(endpoint):
            return None
        found = self._tail.after(endpoint, after, events=events, size=size)
        return None if found is None else self._recent.onto(endpoint, Page(events=found))

    def read(
        self,
        endpoint: str,
        after: int,
        done: Callable[[Page | StorageError], None],
        *,
        events: int,
        size: int,
    ) -> None:
        """The next events, from JetStream."""
        self._it.ask(self._page(endpoint, after, events, size), done)

    async def _page(self, endpoint: str, after: int, events: int, size: int) -> Page:
        if not self.following.reachable(endpoint):
            raise StorageError("NATS cannot be reached")
        it = self.following[endpoint] or await self.reach(endpoint)
        if it is None:
            return Page()
        reading = self._it.reading
        page = await reading.page(endpoint, after, it.head, events=events, size=size)
        return self._recent.onto(endpoint, page)

    def before(self, endpoint: str, since: int, done: Callable[[int | StorageError], None]) -> None:
        """The place in front of the first event received at or after `since`."""

        async def find() -> int:
            it = await self.reach(endpoint)
            return await self._it.reading.before(endpoint, since, it.head) if it else 0

        self._it.ask(find(), done)

    # -- endpoints and facts ------------------------------------------------------------------

    async def endpoints(self) -> dict[str, bytes]:
        """Every endpoint's id and document; later changes are heard of, and all are taken care of."""
        documents = self._it.documents
        found = await documents.load()
        documents.changed = self._document
        self._it.do(self._it.sweep.run())
        return found

    def _document(self, endpoint: str, document: bytes | None) -> None:
        if document is None:
            self._it.forget(endpoint)
        self.changed(endpoint, document)

    def put_endpoint(self, endpoint: str, document: bytes, done: Done) -> None:
        """Store a new or changed document."""
        self._it.ask(self._it.documents.put(endpoint, document), done)

    def remove_endpoint(self, endpoint: str, done: Done) -> None:
        """Forget an endpoint and, soon, its events."""

        async def remove() -> None:
            await self._it.documents.remove(endpoint)
            self._it.forget(endpoint)
            self._it.do(self._remove_events(endpoint))

        self._it.ask(remove(), done)

    async def _remove_events(self, endpoint: str) -> None:
        await self._it.retaining.remove_all(endpoint)
        await asyncio.sleep(_AGAIN_AFTER_S)
        await self._it.retaining.remove_all(endpoint)

    async def get_meta(self, key: str) -> str | None:
        """A fact about the whole log."""
        return await self._it.documents.fact(key)

    async def settle_meta(self, key: str, value: str) -> str:
        """Store a fact unless there is one; what holds now."""
        return await self._it.documents.settle(key, value)

    def probe(self, done: Done) -> None:
        """Write a few bytes to every stream."""
        layout = self._it.layout

        async def write() -> None:
            await asyncio.gather(
                *(
                    self.js.put(layout.probe(number), b"", alone=True)
                    for number in range(layout.streams)
                )
            )

        self._it.ask(write(), done)


def _hint(error: StorageError, trouble: str) -> str:
    if isinstance(error, RefusedError):
        return ": a user in the address, or HOOKCLI_RELAY_LOG_CREDENTIALS, says who the relay is"
    if "replicas" in str(error) or "peers" in str(error):
        return "; HOOKCLI_RELAY_LOG_REPLICAS says how many servers keep each event"
    return f": {trouble}" if trouble and isinstance(error, UnsureError) else ""


class _Wire:
    """`base.Wire` on the log's own connection."""

    def __init__(self, connection: Connection, node: str, prefix: str) -> None:
        self._connection, self.node, self.prefix = connection, node, prefix

    async def subscribe(self, subject: str, take: Callable[[bytes], None]) -> None:
        """Hear what is said there."""
        await self._connection.subscribe(subject, lambda msg: take(msg.data))

    async def say(self, subject: str, data: bytes) -> None:
        """Say something to all who hear."""
        await self._connection.say(subject, data)
