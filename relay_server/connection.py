"""One connection: requests in order, one answer each, time and memory bounded.

A request for a WebSocket is handed on, connection and all.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from relay_server import answers
from relay_server.admission import Head, Phase, Verdict, overdue
from relay_server.answers import Answer, framed
from relay_server.exchange import Exchange
from relay_server.inbound import Inbound, Limits, Received
from relay_server.memory import Place

if TYPE_CHECKING:
    from relay_server.edge import Edge

_PIPELINE = 16
"""Requests that may wait behind the one being answered before reading stops."""
_LINGER_BYTES = 64 << 20
_ONE_WRITE = 64 << 10


class Connection(asyncio.Protocol):
    """One connection, until it closes or is handed over."""

    def __init__(self, edge: "Edge") -> None:
        self.edge = edge
        self.peer = ""
        self._transport: asyncio.Transport | None = None
        self._inbound = Inbound(edge.limits, self._vet)
        self._place: Place | None = None
        """In memory, of the body being read."""
        self._leave_line: Callable[[], None] | None = None
        """Set while that body waits for its place."""
        self._waiting: deque[tuple[Received, Place]] = deque()
        """Whole requests behind the one being answered."""
        self._current: Exchange | None = None
        self._pumping = self._closing = self._reading_paused = False
        self.ended = False
        """The peer has closed its side."""
        self._whose = ""
        """Of which endpoint the answer written last is."""
        self._stuck = 0
        """Bytes of it that the peer does not take."""
        self._discarded = 0
        self._seen: tuple[Phase, int] = (Phase.IDLE, 0)
        self._seen_since = 0.0

    # -- from the transport -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        # uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self.peer = _address(transport.get_extra_info("peername"))
        self._seen_since = self.edge.loop.time()
        if not self.edge.entered(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self._closing:
            self._discarded += len(data)
            if self._discarded > _LINGER_BYTES and self._transport is not None:
                self._transport.abort()
            return
        self._inbound.feed(data)
        self._reserve()
        self._pump()

    def eof_received(self) -> bool:
        """The peer has closed its side.

        Most have hung up then; a few have only said all they had to say. An answer that takes no
        waiting still goes to them, but who is held for one counts as gone: a reply that nobody
        read must not be told as one that was given.
        """
        self.ended = True
        current = self._current
        busy = current is not None or bool(self._waiting)
        held = current is not None and current.hung_up is not None
        return busy and not held and self._transport is not None and self._transport.can_write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._transport = None
        self._closing = True
        self.edge.left(self)
        self._now_stuck(0)
        self._give_up_body()
        for _, place in self._waiting:
            place.leave()
        self._waiting.clear()
        current, self._current = self._current, None
        if current is not None:
            current.cut()

    def pause_writing(self) -> None:
        """The peer does not take what was written."""
        if self._transport is not None:
            self._now_stuck(self._transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It has taken it."""
        self._now_stuck(0)
        self._pump()

    def _now_stuck(self, size: int) -> None:
        self.edge.untaken.changed(self._whose, size - self._stuck)
        self._stuck = size

    def _vet(self, head: Head) -> Answer | None:
        return self.edge.road.vet(head, self.peer)

    # -- memory -------------------------------------------------------------------------------

    def _reserve(self) -> None:
        """Account for what has been read, and for the body that is announced."""
        for request in self._inbound.whole:
            place = self._place_of(request.head)
            if not place.grow(len(request.body)):
                self._inbound.refuse(answers.BUSY)
                break
            self._place = None
            self._waiting.append((request, place))
        self._inbound.whole.clear()
        head, wanted = self._inbound.head, self._inbound.wanted
        if self._inbound.over:
            self._give_up_body()
        elif head is not None and not self._place_of(head).grow(wanted):
            if head.chunked:
                # Who waits with half a body in memory might wait for another who does.
                self._inbound.refuse(answers.BUSY)
                self._give_up_body()
            elif self._leave_line is None:
                self._leave_line = self._place_of(head).wait(wanted, self._granted)

    def _place_of(self, head: Head) -> Place:
        """The place of the body being read."""
        if self._place is None:
            self._place = Place(self.edge.budget, self.edge.road.whose(head))
        return self._place

    def _granted(self) -> None:
        self._leave_line = None
        self._pump()

    def _give_up_body(self) -> None:
        if self._leave_line is not None:
            self._leave_line()
            self._leave_line = None
        place, self._place = self._place, None
        if place is not None:
            place.leave()

    # -- answering ----------------------------------------------------------------------------

    def answered(self, exchange: Exchange, answer: Answer) -> None:
        """Write the answer to the current request, and go on with the next."""
        self._current = None
        self._whose = exchange.whose
        close = not exchange.keep_alive or self.edge.stopping
        head = exchange.head
        self._write(
            *framed(
                answer,
                head=head.method == "HEAD",
                http10=head.http_version == "1.0",
                close=close,
            )
        )
        if close:
            self._close()
        else:
            self._pump()

    def dropped(self) -> None:
        """The current request gets no answer, nor do those behind it."""
        self._current = None
        self._close()

    def _write(self, head: bytes, body: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if len(body) <= _ONE_WRITE:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)

    def _pump(self) -> None:
        """Take up what waits, as long as each request is answered at once."""
        if self._pumping:
            return
        self._pumping = True
        while self._waiting and self._current is None and not (self._closing or self._stuck):
            request, place = self._waiting.popleft()
            if request.upgrade:
                place.leave()
                self._hand_over(request)
                return
            self._current = Exchange(self, request, place)
            self.edge.road.take(self._current)
        self._pumping = False
        if self._current is None and not self._waiting:
            self._when_idle()
        self._flow()

    def _when_idle(self) -> None:
        """Nothing is owed for whole requests; what about the one being read?"""
        if self._closing:
            return
        if self._inbound.refusal is not None:
            self.edge.metrics.refused[self._inbound.refusal.code] += 1
            self._write(*framed(self._inbound.refusal, head=False, http10=False, close=True))
            self._close(unread=True)
        elif self.ended or (self.edge.stopping and self._inbound.phase is Phase.IDLE):
            self._close()
        elif self._inbound.waits_for_continue and self._leave_line is None:
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
            self._inbound.continued()

    def _close(self, *, unread: bool = False) -> None:
        """Close behind what was written.

        Closing while the peer still sends would reset the connection and destroy the answer on its
        way (RFC 9112 §9.6): then only our side is closed, and what comes is thrown away for a while.
        """
        self._closing = True
        if self._transport is None:
            return
        if unread and self._transport.can_write_eof():
            self._transport.write_eof()
            self._flow()
        else:
            self._transport.close()

    def _flow(self) -> None:
        """Read on only when there is room for what comes."""
        if self._transport is None:
            return
        full = not self._closing and (
            len(self._waiting) >= _PIPELINE
            or self._leave_line is not None
            or bool(self._stuck)
            or (self._inbound.over and bool(self._inbound.tail))
        )
        if full != self._reading_paused:
            self._reading_paused = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _hand_over(self, request: Received) -> None:
        """Give the connection to the stream that the request opens, or refuse it."""
        taken = self.edge.road.upgrade(request.head)
        if isinstance(taken, Answer):
            self._write(*framed(taken, head=False, http10=False, close=True))
            self._close(unread=True)
            return
        transport, self._transport = self._transport, None
        if transport is None:
            return
        self.edge.left(self)
        self._give_up_body()
        self._closing = True
        if self._reading_paused:
            transport.resume_reading()
        transport.set_protocol(taken)
        taken.connection_made(transport)
        if self._inbound.tail:
            taken.data_received(self._inbound.tail)

    def change(self, limits: Limits) -> None:
        """Other limits from now on."""
        self._inbound.limits = limits

    # -- time ---------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Called every second: end what takes too long."""
        phase = self._phase()
        if (phase, self._inbound.count) != self._seen:
            self._seen, self._seen_since = (phase, self._inbound.count), now
            return
        verdict = overdue(
            phase,
            now - self._seen_since,
            self.edge.patience,
            received=self._inbound.body_size,
            used=self._inbound.count > 0,
        )
        if verdict is Verdict.DROP and self._transport is not None:
            self._transport.abort()
        elif verdict is Verdict.TOO_SLOW or verdict is Verdict.BUSY:
            self._inbound.refuse(answers.TOO_SLOW if verdict is Verdict.TOO_SLOW else answers.BUSY)
            self._give_up_body()
            self._pump()

    def _phase(self) -> Phase:
        if self._closing:
            return Phase.CLOSING
        if self._stuck:
            return Phase.WRITING
        if self._current is not None or self._waiting:
            return Phase.OURS
        if self._leave_line is not None:
            return Phase.BUDGET
        return self._inbound.phase

    def stop(self) -> None:
        """The relay stops: close now if nothing is owed, else behind the last answer."""
        self._pump()

    def abort(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()


def _address(peername: object) -> str:
    """The host of a socket's peer; unix sockets have none."""
    return str(peername[0]) if isinstance(peername, tuple) and peername else ""
