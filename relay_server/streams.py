"""Every open stream, by endpoint: who may open one, who is told what, and when each must end."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from itertools import count

from msgspec.structs import replace
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from hookcli.wire import codec
from hookcli.wire.headers import first
from hookcli.wire.messages import Pairs, Peers, Refused, Reply, Result
from hookcli.wire.version import SUBPROTOCOL
from relay_server import answers
from relay_server.answers import Answer, refusal
from relay_server.auth import bearer
from relay_server.cluster.others import Others
from relay_server.cluster.words import Seat
from relay_server.hub import Hub, Listener, Tell
from relay_server.log.base import Log, StorageError
from relay_server.logging import note
from relay_server.metrics import Metrics
from relay_server.registry import Registry
from relay_server.settings import Settings
from relay_server.stream import DELETED, GOING_AWAY, REVOKED, SILENT, TOO_MANY, Stream
from relay_server.turns import Turns
from relay_server.unfinished import Unfinished
from relay_server.wish import WishError, read_wish

_PEERS_AFTER_S = 0.2
_MOST_UNKNOWN = 100
_REFUSED_AFTER_S = 0.2
_REFUSED_EACH = 10
_HANDSHAKE = (b"host", b"connection", b"upgrade")
_quiet = logging.getLogger("relay.websockets")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class Streams:
    """The streams of one relay."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        registry: Registry,
        hub: Hub,
        others: Others,
        *,
        loop: asyncio.AbstractEventLoop,
        metrics: Metrics,
        public_url: str,
        relay: str,
    ) -> None:
        self.metrics = metrics
        self.settings, self.log, self.hub, self.loop = settings, log, hub, loop
        self.public_url, self.relay = public_url, relay
        self.tell: Callable[[list[Tell]], None] = lambda _: None
        """Does what the hub decided."""
        self.stopping = False
        self._numbers = count(1)
        self._registry = registry
        self.turns = Turns(loop.call_soon)
        """Of streams on which more has come than is taken in at once."""
        self.unfinished = Unfinished(settings.answer_budget, settings.endpoint_budget)
        self._of: dict[str, dict[Stream, Callable[[], None]]] = {}
        """Each stream with what ends its watch on the log."""
        self._connected: set[Stream] = set()
        self._captured: dict[str, int] = {}
        """Endpoint to the `seq` up to which a listener has said to have its events."""
        self._nobody = asyncio.Event()
        self._changed: set[str] = set()
        self._unknown: set[str] = set()
        self._turned_away: dict[str, list[Refused]] = {}
        registry.changed = self.recheck
        self.others = others
        others.peers_changed = self._peers_changed
        others.captured = self._captured_up_to
        others.turned_away = self._refused
        log.replied = self.replied
        log.taken = others.taken

    def __len__(self) -> int:
        return sum(len(streams) for streams in self._of.values())

    def open(self, name: str, query: bytes, headers: Pairs) -> Stream | Answer:
        """Let a listener in: its stream, which takes the connection over, or why not.

        An unknown endpoint and a wrong token are one answer and the same work.
        """
        token = bearer((first(headers, b"authorization") or b"").decode("latin-1"))
        opened = self._registry.valid(name, token, time.time_ns() // 1000)
        endpoint = self._registry.get(name)
        if opened is None or endpoint is None:
            return answers.UNAUTHORIZED
        offered = first(headers, b"sec-websocket-protocol") or b""
        if (first(headers, b"upgrade") or b"").lower() != b"websocket":
            return answers.NOT_A_STREAM
        if SUBPROTOCOL.encode() not in [one.strip() for one in offered.split(b",")]:
            return answers.other_version(offered)
        try:
            wish = read_wish(query, max_deadline_ms=self.settings.max_deadline_ms)
        except WishError as error:
            return refusal(422, "invalid", str(error))
        protocol = self._shake_hands(headers)
        if protocol is None:
            return refusal(400, "handshake", "this is not a WebSocket handshake")
        return Stream(
            self, protocol, endpoint, wish, number=next(self._numbers), sha256=opened.sha256
        )

    def _shake_hands(self, headers: Pairs) -> ServerProtocol | None:
        """A protocol that has its handshake ready to be sent; None: it was not one."""
        protocol = ServerProtocol(
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            # Above our own limit, so that it is ours that is told.
            max_size=self.settings.max_message + (1 << 20),
            logger=_quiet,
        )
        fields = [
            name + b": " + value
            for name, value in headers
            if name.lower() in _HANDSHAKE or name.lower().startswith(b"sec-websocket-")
        ]
        protocol.receive_data(b"\r\n".join([b"GET / HTTP/1.1", *fields, b"", b""]))
        for request in protocol.events_received():
            if isinstance(request, Request):
                response = protocol.accept(request)
                if response.status_code == 101:
                    protocol.send_response(response)
                    return protocol
        return None

    def entered(self, stream: Stream) -> None:
        """A stream has its connection; it begins as soon as it is known where."""
        self._connected.add(stream)
        self.log.look(stream.endpoint, partial(self._looked, stream))

    def _looked(self, stream: Stream, trouble: StorageError | None) -> None:
        if trouble is not None:
            self._begin(stream, trouble)
        elif stream.wish.since is not None:
            self.log.before(stream.endpoint, stream.wish.since, partial(self._begin, stream))
        else:
            after = stream.wish.after
            self._begin(stream, self.log.head(stream.endpoint) if after == "now" else after)

    def _begin(self, stream: Stream, after: int | StorageError) -> None:
        """From the head that the welcome names to the hub nothing may come between."""
        endpoint = self._registry.get(stream.endpoint)
        streams = self._of.get(stream.endpoint, {})
        if endpoint is None:
            stream.end(DELETED, "the endpoint was deleted")
        elif isinstance(after, StorageError):
            stream.end(GOING_AWAY, "the log cannot be read now")
        elif self.stopping:
            stream.end(GOING_AWAY, "the relay is shutting down")
        elif len(streams) >= self.settings.max_listeners:
            stream.end(TOO_MANY, "too many listeners on this endpoint")
        else:
            stream.since = time.time_ns() // 1000
            self._of[endpoint.id] = streams
            streams[stream] = self.log.watch(endpoint.id, stream.wake)
            self.hub.attached(
                Listener(
                    id=stream.id,
                    endpoint=endpoint.id,
                    respond=stream.wish.respond,
                    deadline_ms=stream.wish.deadline_ms,
                )
            )
            wish = stream.wish
            self.others.attached(
                Seat(
                    stream.id,
                    endpoint.id,
                    wish.name,
                    wish.respond,
                    wish.deadline_ms,
                    since=stream.since,
                )
            )
            self._peers_changed(endpoint.id)
            # A cursor beyond the head is from a log that was lost: nothing new must be missed.
            after = min(after, self.log.head(endpoint.id))
            if stream.wish.after != "now":
                self.captured(endpoint.id, after)
            stream.begin(endpoint, after)

    def left(self, stream: Stream) -> None:
        """A stream has ended."""
        streams = self._of.get(stream.endpoint, {})
        unwatch = streams.pop(stream, None)
        if not streams:
            self._of.pop(stream.endpoint, None)
        if unwatch is not None:
            unwatch()
            self.tell(self.hub.detached(stream.id))
            self.others.detached(stream.id)
            self._peers_changed(stream.endpoint)

    def gone(self, stream: Stream) -> None:
        """A stream's connection is closed."""
        self._connected.discard(stream)
        if not self._connected:
            self._nobody.set()

    def holds(self, stream: Stream, size: int) -> None:
        """A stream holds so many bytes of a message that is not whole; one may have to give way."""
        number = self.unfinished.holds(stream.endpoint, stream.id, size)
        if number is not None:
            next(one for one in self._connected if one.id == number).give_way()

    def replied(self, endpoint: str, reply: Reply) -> None:
        """A sender was told something."""
        for stream in self._of.get(endpoint, ()):
            stream.replied(reply)

    def refused(self, endpoint: str, one: Refused) -> None:
        """A sender was turned away; those who listen hear of the first few, and how many more."""
        self.others.refused(endpoint, one)
        self._refused(endpoint, one)

    def _refused(self, endpoint: str, one: Refused) -> None:
        if endpoint not in self._of:
            return
        if not self._turned_away:
            self.loop.call_later(_REFUSED_AFTER_S, self._tell_refused)
        found = self._turned_away.setdefault(endpoint, [])
        if len(found) < _REFUSED_EACH:
            found.append(one)
        else:
            found[-1] = replace(found[-1], more=found[-1].more + 1)

    def _tell_refused(self) -> None:
        turned_away, self._turned_away = self._turned_away, {}
        for endpoint, found in turned_away.items():
            messages = [codec.encode(one) for one in found]
            for stream in tuple(self._of.get(endpoint, ())):
                stream.refused(messages)

    def target(self, stream: Stream, up: bool) -> None:
        """A listener's program accepts connections, or no longer."""
        self.tell(self.hub.target(stream.id, up))
        self.others.target(stream.id, up)

    def answered(self, stream: Stream, result: Result) -> bool:
        """A listener says how its program did; False: that names another event."""
        tells = self.hub.answered(stream.id, result)
        if tells is None:
            return False
        self.tell(tells)
        self.others.answered(stream.id, stream.endpoint, result)
        return True

    def captured(self, endpoint: str, seq: int) -> None:
        """A listener has said to have everything up to there."""
        self.others.acked(endpoint, seq)
        self._captured_up_to(endpoint, seq)

    def _captured_up_to(self, endpoint: str, seq: int) -> None:
        self._captured[endpoint] = max(seq, self._captured.get(endpoint, 0))

    def captured_up_to(self, endpoint: str) -> int:
        """The place up to which somebody is known to have the events; 0 when nobody is."""
        return self._captured.get(endpoint, 0)

    def backlog(self, endpoint: str) -> int:
        """How many events nobody has said to have; all that are held, before anybody listened."""
        after = self.captured_up_to(endpoint)
        held, _ = self.log.held(endpoint)
        return min(held, self.log.head(endpoint) - after) if after else held

    def unknown(self, endpoint: str, kind: str) -> None:
        """A listener speaks of something that this relay does not know; each kind is noted once."""
        if kind not in self._unknown and len(self._unknown) < _MOST_UNKNOWN:
            self._unknown.add(kind)
            note("unknown message", endpoint=endpoint, type=kind)

    def recheck(self, endpoint: str) -> None:
        """An endpoint was changed or deleted: end the streams that may no longer be."""
        if self._registry.get(endpoint) is None:
            self._captured.pop(endpoint, None)
            self.tell(self.hub.deleted(endpoint))
        now = time.time_ns() // 1000
        for stream in tuple(self._of.get(endpoint, ())):
            self._recheck(stream, now)

    def _recheck(self, stream: Stream, now: int) -> None:
        if self._registry.get(stream.endpoint) is None:
            stream.end(DELETED, "the endpoint was deleted")
        elif not self._registry.still_valid(stream.endpoint, stream.sha256, now):
            stream.end(REVOKED, "the token is no longer valid")

    def _peers_changed(self, endpoint: str) -> None:
        """Tell everyone in a moment, once for all changes until then."""
        if not self._changed:
            self.loop.call_later(_PEERS_AFTER_S, self._tell_peers)
        self._changed.add(endpoint)

    def _tell_peers(self) -> None:
        changed, self._changed = self._changed, set()
        for endpoint in changed:
            streams = tuple(self._of.get(endpoint, ()))
            listening = self._listening(endpoint)
            names = tuple(name for name, _ in listening)
            since = tuple(at for _, at in listening)
            message = codec.encode(Peers(names=names, since=since))
            for stream in streams:
                stream.peers(message)

    def names(self, endpoint: str) -> tuple[str, ...]:
        """What everyone is called who listens to this endpoint, sorted."""
        return tuple(name for name, _ in self._listening(endpoint))

    def _listening(self, endpoint: str) -> list[tuple[str, int]]:
        here = [(stream.wish.name, stream.since) for stream in self._of.get(endpoint, ())]
        return sorted(here + self.others.listening(endpoint))

    def sweep(self) -> None:
        """Called every second: end streams that are silent or whose token has run out."""
        now, wall = self.loop.time(), time.time_ns() // 1000
        for stream in tuple(self._connected):
            if now - stream.heard > self.settings.silence_s:
                stream.end(SILENT, f"nothing came for {self.settings.silence_s:.0f} s")
            else:
                self._recheck(stream, wall)

    async def stop(self, grace_s: float) -> None:
        """The relay ends: tell every listener, which may come back at once."""
        self.stopping = True
        for stream in tuple(self._connected):
            stream.end(GOING_AWAY, "the relay is shutting down")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._connected:
                    self._nobody.clear()
                    await self._nobody.wait()
        for stream in tuple(self._connected):
            stream.abort()
