"""One HTTP/1.1 connection to a program: a request out, its answer back, then perhaps another.

A raw `asyncio.Protocol`, because every webhook passes here: no task and no stream of its own, one
write for a request of usual size. What the bytes mean is decided in `answer.py`.
"""

import asyncio
import time
from collections.abc import Callable
from typing import cast

from hookcli.captures.model import Outcome
from hookcli.tunnel.answer import AnswerReader, Limits
from hookcli.tunnel.fault import Fault, seconds
from hookcli.tunnel.outgoing import Outgoing

_SLICE = 1 << 20
"""Bytes of a body that are handed to the transport at once: it keeps what the program does not read."""


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self, limits: Limits, lost: Callable[["Connection"], None]) -> None:
        """`lost` is called when the connection is gone."""
        self.reader = AnswerReader(limits)
        self.key: tuple[bool, str, int] = (False, "", 0)
        """Where it leads."""
        self.since = 0.0
        self.uses = 0
        """Requests written on it."""
        self.written_at = 0.0
        """When the last byte of the request had been handed over; 0 before."""
        self.began_at = 0.0
        """When the first byte of the answer came; 0 before."""
        self.ended_at = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the connection is no more."""
        self.gone = False
        """It is closed, or about to be."""
        self._lost = lost
        self._rest: memoryview | None = None
        self._held = False
        """The transport wants no more for now."""
        self._fault: Fault | None = None
        self._ended: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def fault(self) -> Fault | None:
        """Why the last request has no whole answer."""
        return self._fault or self.reader.fault

    @property
    def reusable(self) -> bool:
        """Another request may be written."""
        transport = self._transport
        if self.gone or self._rest or transport is None:
            return False
        # An early answer to a request that is not all sent: who knows whether the rest is read.
        is_sent = not transport.get_write_buffer_size()
        return is_sent and self.reader.whole and self.reader.keep_alive

    @property
    def lost_after(self) -> float:
        """How long after the request had been handed over it ended, in seconds."""
        return self.ended_at - self.written_at if self.written_at else 0.0

    def begin(self, request: Outgoing) -> "asyncio.Future[None]":
        """Write a request; the future is done when its answer is whole or will never be."""
        self._ended = ended = asyncio.get_running_loop().create_future()
        self._fault, self.began_at, self.written_at = None, 0.0, 0.0
        self.uses += 1
        self.reader.begin(to_head=request.is_head)
        if self.gone or self._transport is None:
            self.lose()
        elif len(request.body) <= _SLICE:
            self._transport.writelines((request.head, request.body))
            self.written_at = time.perf_counter()
        else:
            self._transport.write(request.head)
            self._rest = memoryview(request.body)
            self._write()
        return ended

    def give_up(self, outcome: Outcome, text: str) -> None:
        """End the request without its answer, and the connection with it."""
        if self._fault is None and not self.reader.whole:
            self._fault = Fault(outcome, text)
        self._end()
        self.close()

    def time_out(self, limit_s: float) -> None:
        """The request's time is over."""
        limit = seconds(limit_s)
        if self.began_at:
            text = f"the answer was not whole within {limit}"
        elif self.written_at:
            text = f"no answer within {limit}"
        else:
            text = f"the program did not take the whole request within {limit}"
        self.give_up(Outcome.TIMED_OUT, text)

    def close(self) -> None:
        """Close at once; what was not sent is dropped."""
        self.gone = True
        self._rest = None
        if self._transport is not None:
            self._transport.abort()

    def lose(self, *, broken: bool = False) -> None:
        """The program is gone: that may be how its answer ends."""
        self.gone = True
        if self._ended is not None:
            self.reader.end(broken=broken)
            self._end()

    def _write(self) -> None:
        transport = self._transport
        while self._rest and not self._held and transport is not None:
            piece, self._rest = self._rest[:_SLICE], self._rest[_SLICE:]
            transport.write(piece)
        if not self._rest:
            self._rest = None
            self.written_at = time.perf_counter()

    def _end(self) -> None:
        if self._ended is not None and not self._ended.done():
            self.ended_at = time.perf_counter()
            self._ended.set_result(None)
        self._ended = None

    # -- called by the loop -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands, TLS included."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_SLICE)

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer; or of none, when nobody asked."""
        if self._ended is None:
            self.close()
            return
        if not self.began_at:
            self.began_at = time.perf_counter()
        self.reader.feed(data)
        if self.reader.whole or self.reader.fault is not None:
            self._end()

    def eof_received(self) -> None:
        """The program has said all; the loop closes the connection."""
        self.lose()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self.lose(broken=error is not None)
        self._rest, self._transport = None, None
        if not self.closed.done():
            self.closed.set_result(None)
        self._lost(self)

    def pause_writing(self) -> None:
        """The program reads more slowly than is written."""
        self._held = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self._held = False
        if self._rest:
            self._write()
