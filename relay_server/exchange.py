"""One request and the one answer it gets, and the roads that requests go."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from relay_server.admission import Head
from relay_server.answers import Answer
from relay_server.inbound import Received
from relay_server.memory import Place

if TYPE_CHECKING:
    from relay_server.connection import Connection


class Exchange:
    """One request and the one answer it gets."""

    __slots__ = (
        "_connection",
        "_place",
        "at",
        "body",
        "for_relay",
        "head",
        "hung_up",
        "keep_alive",
        "peer",
        "size",
    )

    def __init__(self, connection: "Connection", request: Received, place: Place) -> None:
        self._connection: Connection | None = connection
        self._place = place
        self.head, self.body, self.keep_alive = request.head, request.body, request.keep_alive
        self.size = len(request.body)
        self.for_relay = request.head.for_relay
        self.peer = connection.peer
        self.at = time.monotonic()
        """When the whole request had been read and its turn had come."""
        self.hung_up: Callable[[], None] | None = None
        """Called when the sender hangs up before it was answered."""

    @property
    def whose(self) -> str:
        """Of whose part of the memory it takes."""
        return self._place.whose

    @property
    def alive(self) -> bool:
        """Whether an answer still has somebody to go to."""
        return self._connection is not None

    @property
    def leaving(self) -> bool:
        """Whether the sender has closed its side: it has hung up, or nearly so."""
        return self._connection is None or self._connection.ended

    def drop(self) -> None:
        """Close without an answer."""
        connection, self._connection = self._connection, None
        self.body_done()
        if connection is not None:
            connection.dropped()

    def answer(self, answer: Answer) -> bool:
        """Write the answer; whether the sender was still there."""
        connection, self._connection = self._connection, None
        self.body_done()
        if connection is None:
            return False
        connection.answered(self, answer)
        return True

    def body_done(self) -> None:
        """The body is nobody's any more: its place in memory goes to others."""
        self.body = b""
        self._place.leave()

    def cut(self) -> None:
        """The connection is gone; the body may still be on its way into the log."""
        self._connection = None
        if self.hung_up is not None:
            self.hung_up()


class Road(Protocol):
    """Where requests go."""

    def vet(self, head: Head, peer: str) -> Answer | None:
        """Why a request's body is not even wanted; called when its head is complete."""

    def whose(self, head: Head) -> str:
        """Of whose part of the memory a request takes: its endpoint's; strangers share one."""

    def take(self, exchange: Exchange) -> None:
        """A whole request; it is answered now or later."""

    def upgrade(self, head: Head) -> asyncio.Protocol | Answer:
        """Who takes the connection over from a request for a WebSocket, or why nobody does."""
