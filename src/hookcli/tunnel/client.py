"""The connection to the relay: the short shell that does what `machine.py` decides.

It connects, pings, hangs up and comes back; what was received goes to the listener, message by message.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from hookcli.captures.model import Outcome
from hookcli.errors import HookcliError
from hookcli.tunnel import answering, origin, wirelog
from hookcli.tunnel.connect import Connector, Took
from hookcli.tunnel.fault import Broken
from hookcli.tunnel.machine import Connect, Connection, Effects, GiveUp, HangUp, SendPing
from hookcli.tunnel.observe import Report
from hookcli.tunnel.stream import Stream
from hookcli.wire import codec
from hookcli.wire.messages import ListenerMessage, Ping, Pong, RelayMessage, Unknown, Welcome

_MOST_S = 1.0
"""Timers stand still while the machine sleeps: none is set for longer."""
_CONGESTED = 16 << 20
"""Bytes that the network has not taken, above which answers are left out."""
_SAME_FAULT = 3
"""A message that comes damaged in the same way so often was not damaged on its way."""
_TOO_LARGE = (1009, 4413)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Which stream to open, and as whom."""

    origin: str
    endpoint: str
    token: str = field(repr=False)
    name: str = ""
    respond: str | None = None
    deadline_ms: int | None = None

    def uri(self, where: str) -> str:
        """The stream's URI; `where` is the part of the query that says where it begins."""
        wishes = [where]
        if self.respond is not None:
            wishes.append(f"respond={self.respond}")
        if self.deadline_ms is not None:
            wishes.append(f"deadline_ms={self.deadline_ms}")
        if self.name:
            wishes.append(f"name={quote(self.name)}")
        base = self.origin.replace("http", "ws", 1)
        return f"{base}/_/v1/endpoints/{quote(self.endpoint, safe='')}/stream?{'&'.join(wishes)}"


class Owner(Protocol):
    """The listener, as far as the connection knows it."""

    @property
    def where(self) -> str:
        """Where the next stream is to begin: `after=12`."""

    def welcomed(self, welcome: Welcome, down_s: float | None) -> None:
        """A stream has begun; None: the first."""

    def received(self, messages: Sequence[RelayMessage | Unknown]) -> None:
        """Messages have come, pongs excepted."""

    def skipped(self, seq: int, fault: str) -> None:
        """The relay's log holds something damaged there, which never can be taken."""

    def broke(self) -> None:
        """The stream is gone; another will come."""

    def told(self, report: Report) -> None:
        """Something to report."""

    def given_up(self, error: HookcliError, reason: str) -> None:
        """It will not come back."""

    def bug(self, error: Exception) -> None:
        """Something of ours failed."""


class Client:
    """One relay's endpoint, connected for as long as the listener runs."""

    def __init__(
        self,
        address: Address,
        machine: Connection,
        owner: Owner,
        *,
        group: asyncio.TaskGroup,
        clock: Callable[[], float],
        wall: Callable[[], int],
    ) -> None:
        self._address, self._machine, self._owner = address, machine, owner
        self._group, self._clock, self._wall = group, clock, wall
        self._origin = origin.parse(address.origin)
        self._loop = asyncio.get_running_loop()
        self._connector = Connector(insecure=False)
        self._trying: asyncio.Task[None] | None = None
        self._stream: Stream | None = None
        self._live = False
        self._timer: asyncio.TimerHandle | None = None
        self._faults: dict[bytes, int] = {}
        self.most = answering.MOST
        """The longest message that the relay takes, as far as is known."""

    # -- from the listener ----------------------------------------------------------------------

    def start(self) -> None:
        """Connect, now and for ever."""
        self._do(self._machine.begin(self._clock()))

    def try_now(self) -> None:
        """Do not wait for the next try."""
        self._do(self._machine.try_now(self._clock()))

    def send(self, message: ListenerMessage) -> None:
        """Send one message; into nothing while there is no stream."""
        self.send_encoded(codec.encode(message))

    def send_encoded(self, message: bytes) -> None:
        """The same for a message that is encoded."""
        if self._live and self._stream is not None:
            self._stream.send(message)

    @property
    def congested(self) -> bool:
        """Whether the relay does not take what is sent to it fast enough."""
        return self._stream is not None and self._stream.waiting > _CONGESTED

    def hold(self, *, back: bool) -> None:
        """Read no further for now, or go on."""
        if self._stream is not None:
            self._stream.hold(back=back)

    def stop(self) -> None:
        """Come back no more."""
        self._machine.stop()
        if self._timer is not None:
            self._timer.cancel()
        if self._trying is not None:
            self._trying.cancel()

    async def close(self) -> None:
        """End the stream and come back no more."""
        self.stop()
        stream, self._stream, self._live = self._stream, None, False
        if stream is not None:
            await stream.close()

    # -- from the stream ------------------------------------------------------------------------

    def heard(self, stream: Stream) -> None:
        """Bytes have come."""
        if stream is self._stream and (effects := self._machine.heard(self._clock())):
            self._do(effects)

    def shaken(self, stream: Stream) -> None:
        """The handshake is through."""
        if stream is self._stream:
            self._machine.shaken(self._clock())
            self._schedule()

    def answered(self, stream: Stream, status: int, text: str) -> None:
        """The handshake was refused."""
        if stream is self._stream:
            self._drop()
            stream.abort()
            self._do(self._machine.answered(self._clock(), status, text))

    def received(self, stream: Stream, messages: list[RelayMessage | Unknown]) -> None:
        """Messages have come: the welcome first, then the rest."""
        if stream is not self._stream:
            return
        if not self._live and isinstance(messages[0], Welcome):
            self._welcomed(messages.pop(0))  # type: ignore[arg-type]
        others = [one for one in messages if not isinstance(one, Pong | Welcome)]
        if others and self._live:
            self._owner.received(others)
        for one in messages:
            if isinstance(one, Pong):
                ahead_ms = (self._wall() - one.now) / 1000
                self._do(self._machine.pong(one.n, self._clock(), ahead_ms=ahead_ms))

    def damaged(self, stream: Stream, digest: bytes, seq: int | None, fault: str) -> None:
        """A message could not be read. On a bad line it comes whole the next time; if it always
        comes the same, it lies like this in the relay's log, and must not hold up what follows."""
        if stream is not self._stream:
            return
        self._faults[digest] = self._faults.get(digest, 0) + 1
        if self._faults[digest] >= _SAME_FAULT and seq is not None:
            self._owner.skipped(seq, fault)
            self._faults.clear()
        self._closed(4400, fault)

    def closed(self, stream: Stream, code: int | None, reason: str) -> None:
        """The stream is over."""
        if stream is self._stream:
            if code in _TOO_LARGE:
                self.most = min(self.most, stream.largest - 1)
            self._closed(code, reason)

    def bug(self, error: Exception) -> None:
        """Something of ours failed."""
        self._owner.bug(error)

    # -- inside ---------------------------------------------------------------------------------

    def _welcomed(self, welcome: Welcome) -> None:
        self._live = True
        down_s = self._machine.welcomed(self._clock())
        self._owner.welcomed(welcome, down_s)
        self._schedule()

    def _closed(self, code: int | None, reason: str) -> None:
        self._drop()
        self._do(self._machine.closed(self._clock(), code, reason))

    def _drop(self) -> None:
        """There is no stream any more."""
        self._stream = None
        if self._live:
            self._live = False
            self._owner.broke()

    def _do(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Connect():
                    self._trying = self._group.create_task(self._try(), name="connect")
                case HangUp():
                    self._hang_up()
                case SendPing(n=n):
                    self.send(Ping(n=n))
                case GiveUp(error=error, reason=reason):
                    self._owner.given_up(error, reason)
                case _:
                    self._owner.told(effect)
        self._schedule()

    def _hang_up(self) -> None:
        if self._trying is not None:
            self._trying.cancel()
            self._trying = None
        stream = self._stream
        self._drop()
        if stream is not None:
            stream.abort()

    async def _try(self) -> None:
        """Connect; the machine's clock ends a try that takes too long."""
        try:
            await self._connector.connect(self._origin, self._make, Took())
        except Broken as broken:
            self._stream = None
            text = broken.fault.text.partition(";")[0]
            lasting = broken.fault.outcome is Outcome.TLS
            self._do(self._machine.failed(self._clock(), text, lasting=lasting))
        except Exception as error:
            self._owner.bug(error)
        finally:
            if self._trying is asyncio.current_task():
                self._trying = None

    def _make(self) -> Stream:
        uri = self._address.uri(self._owner.where)
        stream = self._stream = wirelog.stream(self, uri, self._address.token)
        return stream

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._machine.due) is not None:
            wait = min(max(due - self._clock(), 0.0), _MOST_S)
            self._timer = self._loop.call_later(wait, self._tick)

    def _tick(self) -> None:
        self._timer = None
        try:
            now = self._clock()
            if self._stream is not None and self._stream.drains():
                self._do(self._machine.heard(now))
            self._do(self._machine.tick(now))
        except Exception as error:  # a timer's exceptions would only be logged
            self._owner.bug(error)
