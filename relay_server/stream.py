"""One stream to a listener: what lies after its cursor, then what arrives, by one and the same way.

A stream sends what its window allows and no more; what a slow listener has not taken stays in the
log. Frames are the `websockets` library's protocol without its network; nothing here waits, so an
idle stream is this object, its socket, and no task.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from websockets.protocol import State
from websockets.server import ServerProtocol

from hookcli.wire import codec
from hookcli.wire.frames import head
from hookcli.wire.messages import (
    Ack,
    ListenerMessage,
    Ping,
    Pong,
    Replied,
    Reply,
    Result,
    Target,
    Unknown,
    Welcome,
)
from relay_server.incoming import BAD_MESSAGE, TOO_LARGE, Fault, Incoming
from relay_server.log.base import Page, StorageError
from relay_server.registry import Endpoint
from relay_server.replies import Replies
from relay_server.window import Window
from relay_server.wish import Wish

if TYPE_CHECKING:
    from relay_server.streams import Streams

REVOKED, DELETED, SILENT, TOO_MANY = 4401, 4404, 4408, 4429
GOING_AWAY, UNREADABLE = 1001, 1011
_PAGE_EVENTS = 256
_PAGE_BYTES = 512 << 10
_GOODBYE_S = 2.0
_AGAIN_S = 0.25
_UNREAD_S = 3.0
_SMALL = 64 << 10
"""What has come of a message counts as held in memory above this."""
_CROWDED_S = 0.1
"""How long the close frame of a stream that had to give way has to leave."""


class Stream(asyncio.Protocol):
    """One stream, from its handshake to its end."""

    __slots__ = (
        "_begin",
        "_ended",
        "_goodbye",
        "_held",
        "_incoming",
        "_paused",
        "_peers",
        "_pong",
        "_position",
        "_protocol",
        "_reading",
        "_replies",
        "_streams",
        "_transport",
        "_unread_since",
        "_window",
        "endpoint",
        "heard",
        "id",
        "sha256",
        "since",
        "wish",
    )

    def __init__(
        self,
        streams: "Streams",
        protocol: ServerProtocol,
        endpoint: Endpoint,
        wish: Wish,
        *,
        number: int,
        sha256: str,
    ) -> None:
        self._streams = streams
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self.id = number
        self.endpoint = endpoint.id
        self.wish = wish
        self.sha256 = sha256
        """Of the token that opened it."""
        self.since = 0
        """When it began, µs since the Unix epoch: what its welcome says is now."""
        self.heard = streams.loop.time()
        """When the last bytes came."""
        self._begin = self._position = 0
        """The places after which it began, and up to which events were sent."""
        self._window = Window(streams.settings.window_events, streams.settings.window_bytes)
        self._replies = Replies(streams.loop)
        self._peers: bytes | None = None
        self._pong: bytes | None = None
        """The latest that could not be written yet."""
        self._incoming = Incoming(protocol, streams.settings.max_message)
        self._held = 0
        """Bytes that have come of a message, as told to `Unfinished`."""
        self._ended = self._paused = False
        self._goodbye: asyncio.TimerHandle | None = None
        """Ends the connection, and is not to keep what has come on it in memory."""
        self._unread_since: float | None = None
        """Since when the log cannot be read."""
        self._reading = True
        """A page is being read from the file, or where to begin is."""

    # -- from the transport -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is answered; where does the stream begin?"""
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self._flush()
        self._streams.entered(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        waits = bool(self._incoming)
        self._incoming.add(data)
        if not waits and self._take_some() and self._transport is not None:
            self._transport.pause_reading()
            self._streams.turns.wait(self._take_turn)

    def eof_received(self) -> None:
        """The listener will say no more."""
        while self._incoming:
            self._take_some()
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._transport = None
        self._incoming.drop()
        if self._goodbye is not None:
            self._goodbye.cancel()
        self._leave()
        self._streams.gone(self)

    def pause_writing(self) -> None:
        """The listener does not take what was written."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has taken it."""
        self._paused = False
        self.wake()

    # -- from the relay -----------------------------------------------------------------------

    def begin(self, endpoint: Endpoint, after: int) -> None:
        """Say where the log stands, and send what lies after `after`."""
        self._begin = self._position = after
        self._reading = False
        settings, log = self._streams.settings, self._streams.log
        self._send(
            codec.encode(
                Welcome(
                    endpoint=endpoint.id,
                    url=f"{self._streams.public_url}/{endpoint.id}",
                    head=log.head(endpoint.id),
                    after=after,
                    respond=self.wish.respond or endpoint.respond,
                    deadline_ms=self.wish.deadline_ms
                    or endpoint.deadline_ms
                    or settings.deadline_ms,
                    window_events=settings.window_events,
                    window_bytes=settings.window_bytes,
                    retention_s=settings.retention_s,
                    now=self.since,
                    relay=self._streams.relay,
                )
            )
        )
        self.wake()

    def replied(self, reply: Reply) -> None:
        """A sender was told something; listeners hear of events that they have been sent."""
        if self._begin < reply.seq <= self._position:
            self._replies.add([reply], self.wake)

    def peers(self, message: bytes) -> None:
        """The endpoint's listeners have changed; only the latest message counts."""
        self._peers = message
        self.wake()

    def refused(self, messages: Sequence[bytes]) -> None:
        """Senders were turned away; a listener that is behind does without knowing."""
        if not self._paused:
            for message in messages:
                self._send(message)

    def end(self, code: int, reason: str, within: float = _GOODBYE_S) -> None:
        """End the stream from our side, whatever it is doing; in so many seconds it is gone."""
        if self._ended:
            return
        if not (self._paused or self._reading):
            self._send_rest()
            self._send_replies(self._replies.all())
        self._leave()
        if self._protocol.state is State.OPEN:
            # A close frame's reason has 123 bytes at most (RFC 6455 §5.5).
            self._protocol.send_close(code, reason.encode()[:120].decode(errors="ignore"))
            self._flush()
        self._goodbye = self._streams.loop.call_later(within, self.abort)

    def give_way(self) -> None:
        """End it: what its listener is sending takes too much memory."""
        self.end(TOO_LARGE, "listeners are sending too much at once", _CROWDED_S)

    def abort(self) -> None:
        """Drop the connection, if it is still there."""
        if self._transport is not None:
            self._transport.abort()

    def _leave(self) -> None:
        if not self._ended:
            self._ended = True
            self._incoming.hear_no_more()
            self._hold(0)
            self._streams.left(self)

    # -- sending ------------------------------------------------------------------------------

    def wake(self) -> None:
        """Send what there is to send, as far as the window and the listener allow."""
        while not (self._paused or self._reading or self._ended):
            events, size = self._window.room()
            if events <= 0:
                break
            log = self._streams.log
            events, size = min(events, _PAGE_EVENTS), min(size, _PAGE_BYTES)
            page = log.peek(self.endpoint, self._position, events=events, size=size)
            if page is None:
                self._reading = True
                log.read(self.endpoint, self._position, self._read, events=events, size=size)
                return
            if page.is_empty or not self._send_page(page):
                break
        if not (self._paused or self._reading or self._ended):
            self._send_rest()

    def _read(self, page: Page | StorageError) -> None:
        """A page has come from the file."""
        if isinstance(page, StorageError):
            self._not_read(page)
            return
        self._reading, self._unread_since = False, None
        if not self._ended:
            self._send_page(page)
            self.wake()

    def _not_read(self, error: StorageError) -> None:
        """The disk may soon be whole again; who waits longer is not to believe that all is well."""
        now = self._streams.loop.time()
        if self._unread_since is None:
            self._unread_since = now
        if now - self._unread_since >= _UNREAD_S:
            self.end(UNREADABLE, f"the relay cannot read its log: {error}")
        self._streams.loop.call_later(_AGAIN_S, self._read_again)

    def _read_again(self) -> None:
        self._reading = False
        self.wake()

    def _send_page(self, page: Page) -> bool:
        """Whether anything was sent, so that there may be more."""
        frames: list[bytes] = []
        now = self._streams.loop.time()
        for gap in page.gaps:
            self._position = max(self._position, gap.to_seq)
            frames += _frame(codec.encode(gap))
        for seq, message in page.events:
            if not self._window.fits(len(message)):
                break
            self._window.sent(seq, len(message), now)
            self._position = seq
            frames += _frame(message)
        # Of earlier pages' events too, where a log keeps replies among the events that came later.
        told = [one for seq, one in page.replies.items() if self._begin < seq <= self._position]
        self._replies.add(told, self.wake)
        if frames and self._transport is not None:
            self._transport.writelines(frames)
        return bool(frames)

    def _send_rest(self) -> None:
        self._send_pong()
        self._send_replies(self._replies.due())
        if self._peers is not None:
            peers, self._peers = self._peers, None
            self._send(peers)

    def _send_replies(self, replies: tuple[Reply, ...]) -> None:
        if replies:
            self._send(codec.encode(Replied(replies=replies)))

    def _send_pong(self) -> None:
        pong, self._pong = self._pong, None
        if pong is not None:
            self._send(pong)

    def _send(self, message: bytes) -> None:
        if self._transport is not None and not self._ended:
            self._transport.writelines(_frame(message))

    def _flush(self) -> None:
        """Write what the protocol has to say: handshake, pongs, the close."""
        for data in self._protocol.data_to_send():
            if self._transport is None:
                return
            if self._paused and self._protocol.state is State.OPEN:
                continue  # pongs that nobody takes: only the latest ping needs one (RFC 6455 §5.5.3)
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
        if self._protocol.state is not State.OPEN:
            self._leave()

    # -- receiving ----------------------------------------------------------------------------

    def _take_turn(self) -> bool:
        """Take in some more, as long as there is more."""
        if self._transport is None:
            return False
        more = self._take_some()
        if not more:
            self._transport.resume_reading()
        return more

    def _take_some(self) -> bool:
        """Take in what has come, up to some frames; whether there is more."""
        self.heard = self._streams.loop.time()
        for message in self._incoming.take():
            self._take(message)
        self._flush()
        self._hold(self._incoming.size)
        return bool(self._incoming)

    def _hold(self, size: int) -> None:
        """So many bytes have come of a message that is not whole."""
        held, self._held = self._held, size if size > _SMALL and not self._ended else 0
        if held != self._held:
            self._streams.holds(self, self._held)

    def _take(self, message: ListenerMessage | Unknown | Fault) -> None:
        match message:
            case Ping(n=n):
                self._pong = codec.encode(Pong(n=n, now=time.time_ns() // 1000))
                if not self._paused:
                    self._send_pong()
            case Ack(seq=seq):
                self._acked(seq)
            case Result():
                self._answered(message)
            case Target(up=up):
                self._streams.target(self, up)
            case Unknown(type=kind):
                self._streams.unknown(self.endpoint, kind[:40])
            case Fault(code=code, reason=reason):
                self.end(code, reason)

    def _acked(self, seq: int) -> None:
        if not 0 <= seq <= self._position:
            self.end(BAD_MESSAGE, f"ack: event {seq} was not sent on this stream")
            return
        self._streams.captured(self.endpoint, seq)
        count, seconds = self._window.acked(seq, self.heard)
        if count:
            metrics = self._streams.metrics
            metrics.captured += count
            metrics.delivery.observe(seconds)
            self.wake()

    def _answered(self, result: Result) -> None:
        self._streams.metrics.program_did(result.outcome)
        sent = self._begin < result.seq <= self._position
        if not (sent and self._streams.answered(self, result)):
            self.end(BAD_MESSAGE, f"result: event {result.seq} was not sent on this stream")


def _frame(message: bytes) -> tuple[bytes, bytes]:
    """One binary message as one frame (RFC 6455 §5.2); the message itself is not copied."""
    return head(len(message)), message
