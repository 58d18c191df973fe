"""Streams to listeners: what lies after the cursor, then what arrives, by one and the same way.

A stream sends what its window allows and no more; what a slow listener has not taken stays in the
log. One broken stream never touches another.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Literal, NoReturn

from aiohttp import WSMsgType
from aiohttp.web import BaseRequest, WebSocketResponse

from hookcli.wire import codec
from hookcli.wire.messages import (
    Ack,
    ListenerMessage,
    Peers,
    Ping,
    Pong,
    Replied,
    Reply,
    Result,
    Target,
    Unknown,
    Welcome,
)
from hookcli.wire.version import SUBPROTOCOL
from relay_server.hub import Hub, Listener, Tell
from relay_server.log.base import Log, StorageError
from relay_server.logging import note
from relay_server.registry import Endpoint, Registry
from relay_server.settings import Settings
from relay_server.window import Window

BAD_MESSAGE, REVOKED, DELETED, SILENT, TOO_LARGE, TOO_MANY = 4400, 4401, 4404, 4408, 4413, 4429
GOING_AWAY, INTERNAL = 1001, 1011
_PAGE_EVENTS = 128
_PAGE_BYTES = 1 << 20
_PEERS_AFTER_S = 0.2
_GOODBYE_S = 2.0
_AGAIN_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a listener asks for in the query of its request."""

    after: int | Literal["now"]
    since: int | None
    respond: Literal["app", "ack"] | None
    deadline_ms: int | None
    name: str


class _Over(Exception):  # noqa: N818
    """The stream has ended, from whichever side."""


class Socket(WebSocketResponse):
    """A WebSocket answer that does not name the server's software."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.pop("Server", None)


class Session:
    """One stream, from its welcome to its end."""

    def __init__(
        self, streams: "Streams", socket: Socket, endpoint: Endpoint, wish: Wish, sha256: str
    ) -> None:
        self._streams = streams
        self._socket = socket
        self._log = streams.log
        self.id = next(streams.numbers)
        self.endpoint = endpoint.id
        self.wish = wish
        self.sha256 = sha256
        """Of the token that opened it."""
        self.heard = streams.loop.time()
        """When the last message came."""
        self._begin = self._position = 0
        """The places after which it began, and up to which events were sent."""
        settings = streams.settings
        self._window = Window(settings.window_events, settings.window_bytes)
        self._replies: deque[Reply] = deque()
        self._peers: bytes | None = None
        self._pumping = self._again = False
        self._ending: tuple[int, str] | None = None
        self._scope: asyncio.Timeout | None = None
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self, endpoint: Endpoint, after: int) -> None:
        """Send and receive until either side ends it; then say why."""
        self._begin = self._position = after
        welcome = self._welcome(endpoint)
        try:
            async with asyncio.timeout(None) as self._scope:
                if self._ending is None:
                    await self._converse(welcome)
        except TimeoutError:
            pass  # `end` was called
        finally:
            self._tasks = self._scope = None
        await self._goodbye()

    async def _converse(self, welcome: bytes) -> None:
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._socket.send_bytes(welcome)
                self.wake()
                await self._receive()
        except* (_Over, ConnectionError):
            pass

    def _welcome(self, endpoint: Endpoint) -> bytes:
        settings = self._streams.settings
        return codec.encode(
            Welcome(
                endpoint=endpoint.id,
                url=f"{self._streams.public_url}/{endpoint.id}",
                head=self._log.head(endpoint.id),
                after=self._begin,
                respond=self.wish.respond or endpoint.respond,
                deadline_ms=self.wish.deadline_ms or endpoint.deadline_ms or settings.deadline_ms,
                window_events=settings.window_events,
                window_bytes=settings.window_bytes,
                retention_s=settings.retention_s,
                now=time.time_ns() // 1000,
                relay=self._streams.relay,
            )
        )

    # -- from the relay -----------------------------------------------------------------------

    def wake(self) -> None:
        """There may be something to send."""
        if self._pumping:
            self._again = True
        elif self._tasks is not None and self._ending is None:
            self._pumping = True
            self._tasks.create_task(self._pump())

    def replied(self, reply: Reply) -> None:
        """A sender was told something; listeners hear of events that they have been sent."""
        if reply.seq <= self._position and reply.seq > self._begin:
            self._replies.append(reply)
            self.wake()

    def peers(self, message: bytes) -> None:
        """The endpoint's listeners have changed; only the latest message counts."""
        self._peers = message
        self.wake()

    def end(self, code: int, reason: str) -> None:
        """End the stream from our side, whatever it is doing."""
        if self._ending is None:
            self._ending = (code, reason)
            if self._scope is not None:
                self._scope.reschedule(self._streams.loop.time())

    async def _goodbye(self) -> None:
        code, reason = self._ending or (1000, "")
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self._socket.close(code=code, message=reason.encode()[:120])
        except (TimeoutError, ConnectionError, RuntimeError):
            return

    # -- sending ------------------------------------------------------------------------------

    async def _pump(self) -> None:
        """Send until there is nothing more to send, or the window is full."""
        try:
            while True:
                self._again = False
                try:
                    more = await self._send_page()
                except StorageError:
                    # The senders are told; the listener waits until the disk is whole again.
                    await asyncio.sleep(_AGAIN_S)
                    more = True
                await self._send_rest()
                if not (more or self._again):
                    return
        finally:
            self._pumping = False

    async def _send_page(self) -> bool:
        events, size = self._window.room()
        if events <= 0:
            return False
        page = await self._log.read(
            self.endpoint,
            self._position,
            events=min(events, _PAGE_EVENTS),
            size=min(size, _PAGE_BYTES),
        )
        for gap in page.gaps:
            self._position = max(self._position, gap.to_seq)
            await self._socket.send_bytes(codec.encode(gap))
        for seq, message in page.events:
            if not self._window.fits(len(message)):
                return False
            self._window.sent(seq, len(message))
            self._position = seq
            reply = page.replies.get(seq)
            if reply is not None:
                self._replies.append(reply)
            await self._socket.send_bytes(message)
        return bool(page.events or page.gaps)

    async def _send_rest(self) -> None:
        if self._replies:
            replies = tuple(self._replies)
            self._replies.clear()
            await self._socket.send_bytes(codec.encode(Replied(replies=replies)))
        if self._peers is not None:
            peers, self._peers = self._peers, None
            await self._socket.send_bytes(peers)

    # -- receiving ----------------------------------------------------------------------------

    async def _receive(self) -> None:
        while True:
            message = await self._socket.receive()
            self.heard = self._streams.loop.time()
            if message.type is WSMsgType.BINARY:
                await self._take(message.data)
            elif message.type is WSMsgType.TEXT:
                self._stop(BAD_MESSAGE, "text: messages are binary")
            else:
                raise _Over

    async def _take(self, data: bytes) -> None:
        if len(data) > self._streams.settings.max_message:
            self._stop(TOO_LARGE, f"a message of {len(data)} bytes is too large")
        match self._decoded(data):
            case Ping(n=n):
                await self._socket.send_bytes(codec.encode(Pong(n=n, now=time.time_ns() // 1000)))
            case Ack(seq=seq):
                self._acked(seq)
            case Result() as result:
                self._answered(result)
            case Target(up=up):
                self._streams.tell(self._streams.hub.target(self.id, up))
            case Unknown(type=kind):
                note("unknown message", endpoint=self.endpoint, type=kind[:40])

    def _decoded(self, data: bytes) -> ListenerMessage | Unknown:
        try:
            return codec.decode_listener(data)
        except codec.WireError as error:
            self._stop(BAD_MESSAGE, str(error))

    def _acked(self, seq: int) -> None:
        if seq > self._position:
            self._stop(BAD_MESSAGE, f"ack: event {seq} was not sent on this stream")
        if self._window.acked(seq):
            self.wake()

    def _answered(self, result: Result) -> None:
        tells = None
        if self._begin < result.seq <= self._position:
            tells = self._streams.hub.answered(self.id, result)
        if tells is None:
            self._stop(BAD_MESSAGE, f"result: event {result.seq} was not sent on this stream")
        self._streams.tell(tells)

    def _stop(self, code: int, reason: str) -> NoReturn:
        self._ending = self._ending or (code, reason)
        raise _Over


class Streams:
    """Every open stream, by endpoint."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        registry: Registry,
        hub: Hub,
        *,
        loop: asyncio.AbstractEventLoop,
        public_url: str,
        relay: str,
    ) -> None:
        self.settings, self.log, self.hub, self.loop = settings, log, hub, loop
        self.public_url, self.relay = public_url, relay
        self.numbers = count(1)
        self.tell: Callable[[list[Tell]], None] = lambda _: None
        """Does what the hub decided."""
        self.stopping = False
        self._registry = registry
        self._of: dict[str, set[Session]] = {}
        self._changed: set[str] = set()
        self._timers: list[asyncio.TimerHandle] = []
        registry.changed = self.recheck

    def __len__(self) -> int:
        return sum(len(sessions) for sessions in self._of.values())

    async def serve(
        self, request: BaseRequest, endpoint: Endpoint, wish: Wish, sha256: str
    ) -> Socket:
        """Run one stream from its handshake to its end; the listener has been let in.

        Raises:
            aiohttp.web.HTTPBadRequest: the handshake is not one of RFC 6455 §4.2.1.
        """
        socket = Socket(
            protocols=(SUBPROTOCOL,),
            compress=False,
            timeout=_GOODBYE_S,
            # Above our own limit, so that it is ours that is told.
            max_msg_size=self.settings.max_message + (1 << 20),
        )
        await socket.prepare(request)
        session = Session(self, socket, endpoint, wish, sha256)
        after = await self._after(endpoint, wish)
        sessions = self._of.setdefault(endpoint.id, set())
        if len(sessions) >= self.settings.max_listeners:
            session.end(TOO_MANY, "too many listeners on this endpoint")
        if self.stopping:
            session.end(GOING_AWAY, "the relay is shutting down")
        # From here to the welcome nothing is awaited: what is appended meanwhile is after its head.
        sessions.add(session)
        unwatch = self.log.watch(endpoint.id, session.wake)
        self.hub.attached(
            Listener(
                id=session.id,
                endpoint=endpoint.id,
                respond=wish.respond,
                deadline_ms=wish.deadline_ms,
            )
        )
        self._peers_changed(endpoint.id)
        try:
            await session.run(endpoint, after)
        finally:
            unwatch()
            sessions.discard(session)
            if not sessions:
                self._of.pop(endpoint.id, None)
            self.tell(self.hub.detached(session.id))
            self._peers_changed(endpoint.id)
        return socket

    async def _after(self, endpoint: Endpoint, wish: Wish) -> int:
        if wish.since is not None:
            return await self.log.before(endpoint.id, wish.since)
        head = self.log.head(endpoint.id)
        # A cursor beyond the head is from a log that was lost: what comes now must not be missed.
        return head if wish.after == "now" else min(wish.after, head)

    def replied(self, endpoint: str, reply: Reply) -> None:
        """A sender was told something."""
        for session in self._of.get(endpoint, ()):
            session.replied(reply)

    def recheck(self, endpoint: str) -> None:
        """An endpoint was changed or deleted: end the streams that may no longer be."""
        now = time.time_ns() // 1000
        known = self._registry.get(endpoint) is not None
        if not known:
            self.tell(self.hub.deleted(endpoint))
        for session in tuple(self._of.get(endpoint, ())):
            if not known:
                session.end(DELETED, "the endpoint was deleted")
            elif not self._registry.still_valid(endpoint, session.sha256, now):
                session.end(REVOKED, "the token is no longer valid")

    def _peers_changed(self, endpoint: str) -> None:
        """Tell everyone in a moment, once for all changes until then."""
        if not self._changed:
            self.loop.call_later(_PEERS_AFTER_S, self._tell_peers)
        self._changed.add(endpoint)

    def _tell_peers(self) -> None:
        changed, self._changed = self._changed, set()
        for endpoint in changed:
            sessions = self._of.get(endpoint, ())
            names = tuple(sorted(session.wish.name for session in sessions))
            message = codec.encode(Peers(names=names))
            for session in sessions:
                session.peers(message)

    def sweep(self) -> None:
        """Called every second: end streams that are silent or whose token has run out."""
        now, wall = self.loop.time(), time.time_ns() // 1000
        for endpoint, sessions in tuple(self._of.items()):
            for session in tuple(sessions):
                if now - session.heard > self.settings.silence_s:
                    session.end(SILENT, f"nothing came for {self.settings.silence_s:.0f} s")
                elif not self._registry.still_valid(endpoint, session.sha256, wall):
                    session.end(REVOKED, "the token is no longer valid")

    def stop(self) -> None:
        """The relay ends: tell every listener, which may come back at once."""
        self.stopping = True
        for sessions in self._of.values():
            for session in tuple(sessions):
                session.end(GOING_AWAY, "the relay is shutting down")
