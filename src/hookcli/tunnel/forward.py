"""One HTTP request to the program, byte for byte, and its answer as it is.

Nothing is followed, decompressed, decoded or asked of the environment: no redirect, no proxy, no
cookie. Whatever the network or the program does becomes the outcome of an `Attempt`.

Connections are used again. One that the program closes just as a request is written on it would make
a failure of nothing: if not one byte of an answer has come, and the connection was used before, the
request is written once more on a new one, and the attempt says so. A delivery is at least once.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

from hookcli.captures.model import Attempt, Outcome, Timing, Why
from hookcli.tunnel import origin as origins
from hookcli.tunnel.answer import Limits
from hookcli.tunnel.connect import Connector, Took
from hookcli.tunnel.fault import Broken, Fault, seconds
from hookcli.tunnel.http1 import Connection
from hookcli.tunnel.origin import Origin
from hookcli.tunnel.outgoing import Dresser, Outgoing
from hookcli.tunnel.pool import Pool
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request, Response

MAX_ANSWER = 16 << 20
"""Bytes of an answer's head and body that are taken: what a relay takes in one `Result`."""
MAX_IDLE = 64
"""Connections kept for further requests."""
RACE_S = 1.0
"""A connection lost so soon after a request was written on it may have been closing before."""
_SWEEP_S = 0.5
_CLOSE_S = 1.0
_ORIGINS = 256
_STOPPED = "stopped here before the answer was whole"
AGAIN = "the connection in use was closed without an answer; sent again on a new one"


_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def _now() -> float:
    """Seconds on a clock that goes on while the machine sleeps, where there is one."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


@dataclass(slots=True)
class Course:
    """How one attempt goes."""

    limit_s: float
    began: float = field(default_factory=time.perf_counter)
    took: Took = field(default_factory=Took)
    wait: float | None = None
    read: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def left_s(self) -> float:
        """How much of the attempt's time is left; not below 0."""
        return max(self.began + self.limit_s - time.perf_counter(), 0.0)

    def read_of(self, connection: Connection) -> None:
        """Take the times of the connection's last request."""
        if connection.began_at:
            self.wait = max(connection.began_at - connection.written_at, 0.0) * 1000
            self.read = (connection.ended_at - connection.began_at) * 1000
            if not connection.written_at:
                self.wait = 0.0  # it answered before it had read everything

    def timing(self) -> Timing:
        """As attempts keep it."""
        return Timing(dns=self.took.dns, connect=self.took.connect, wait=self.wait, read=self.read)


class Forwarder:
    """Makes attempts. Belongs to the loop in which it is first used; `close` it there."""

    def __init__(
        self,
        *,
        insecure: bool = False,
        headers: Headers = (),
        host_header: str = "keep",
        path: str | None = None,
        mark: bool = True,
        max_answer: int = MAX_ANSWER,
        max_idle: int = MAX_IDLE,
    ) -> None:
        """Take the options of the command line.

        Args:
            insecure: Certificates are not verified.
            headers: Set in every request, in place of what the sender has under the same names.
            host_header: `keep`, `rewrite`, `auto` or a value: see `outgoing.Dresser`.
            path: Put before the sender's path, behind the target's own.
            mark: Whether replays say whose they are.
            max_answer: Bytes of an answer's head and body that are taken.
            max_idle: Connections kept for further requests.
        """
        self._dresser = Dresser(headers=headers, host_header=host_header, mark=mark)
        self._path = path
        self._limits = Limits(answer=max_answer)
        self._insecure = insecure
        self._pool: Pool[Connection] = Pool(max_idle)
        self._connections: set[Connection] = set()
        self._closed = False
        self._origins: dict[str, Origin] = {}
        self._connector: Connector | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def send(
        self,
        request: Request,
        target: str,
        *,
        why: Why,
        capture: str,
        timeout_s: float,
        peer: str = "",
    ) -> Attempt:
        """Make one attempt; never raises for what the network or the program does.

        Args:
            target: Where to: an origin with an optional base path.
            capture: The capture's id, which the program is told.
            timeout_s: For everything, from the name to the answer's last byte.
            peer: The address that called the relay, for `X-Forwarded-For`; empty: not known.

        Returns:
            The attempt, with `n` 0: the store numbers them.
        """
        started_at = time.time_ns() // 1000
        course = Course(timeout_s)
        answer, fault = None, None
        try:
            origin = self._origin(target)
            course.notes = self._dresser.added(origin)
            outgoing = self._dresser.dress(request, origin, why=why, capture=capture, peer=peer)
            answer, fault = await self._exchange(outgoing, origin, course)
        except Broken as broken:
            fault = broken.fault
        return Attempt(
            capture=capture,
            n=0,
            why=why,
            target=target,
            started_at=started_at,
            ms=(time.perf_counter() - course.began) * 1000,
            timing=course.timing(),
            outcome=fault.outcome if fault else Outcome.RESPONDED,
            status=answer.status if answer and not fault else 0,
            reason=answer.reason if answer else b"",
            headers=answer.headers if answer else (),
            body=answer.body if answer else b"",
            body_size=len(answer.body) if answer else 0,
            error=fault.text if fault else "",
            added=course.notes,
        )

    async def probe(self, target: str, timeout_s: float) -> Outcome | None:
        """Whether a connection can be made, TLS included: None if so, else why not.

        It is closed at once: a program that serves one connection at a time would wait on it.
        """
        try:
            connection = await self._connect(self._origin(target), Course(timeout_s))
        except Broken as broken:
            return broken.fault.outcome
        connection.close()
        return None

    async def close(self) -> None:
        """Close every connection; what is under way ends as aborted."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._closed = True
        going = tuple(self._connections)
        for connection in going:
            connection.give_up(Outcome.ABORTED, _STOPPED)
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await asyncio.gather(*(one.closed for one in going))

    def _origin(self, target: str) -> Origin:
        found = self._origins.get(target)
        if found is None:
            try:
                found = origins.parse(target, self._path)
            except ValueError as error:
                raise Broken(Outcome.REFUSED, f"{target!r}: {error}") from None
            if len(self._origins) >= _ORIGINS:
                self._origins.clear()
            self._origins[target] = found
        return found

    async def _exchange(
        self, outgoing: Outgoing, origin: Origin, course: Course
    ) -> tuple[Response, Fault | None]:
        used = self._used(origin)
        if used is not None:
            answer, fault = await self._over(used, outgoing, course)
            if fault is not None and fault.outcome is Outcome.TIMED_OUT:
                course.took.connect = 0.0  # it stood: somebody was there, and did not answer
            if fault is None or not _was_closing(used, fault):
                return answer, fault
            course.notes += (AGAIN,)
        return await self._over(await self._connect(origin, course), outgoing, course)

    def _used(self, origin: Origin) -> Connection | None:
        while (connection := self._pool.take(origin.key, _now())) is not None:
            if not connection.gone:
                return connection
        return None

    async def _connect(self, origin: Origin, course: Course) -> Connection:
        if self._connector is None:
            self._connector = Connector(insecure=self._insecure)

        def make() -> Connection:
            connection = Connection(self._limits, self._lost)
            connection.key = origin.key
            return connection

        try:
            async with asyncio.timeout(course.left_s):
                connection = await self._connector.connect(origin, make, course.took)
        except TimeoutError:
            text = f"the {course.took.step} within {seconds(course.limit_s)}"
            raise Broken(Outcome.TIMED_OUT, text) from None
        if self._closed:
            connection.close()
            raise Broken(Outcome.ABORTED, _STOPPED)
        self._connections.add(connection)
        return connection

    async def _over(
        self, connection: Connection, outgoing: Outgoing, course: Course
    ) -> tuple[Response, Fault | None]:
        """One request over one connection, which is kept or closed behind it."""
        ended = connection.begin(outgoing)
        if connection.uses == 1:
            self._pool.opened(connection, _now())
        timer = asyncio.get_running_loop().call_later(
            course.left_s, connection.time_out, course.limit_s
        )
        try:
            await ended
        except asyncio.CancelledError:
            connection.close()
            raise
        finally:
            timer.cancel()
        course.read_of(connection)
        fault = connection.fault
        is_kept = connection.reusable and self._pool.keep(connection, _now())
        answer = connection.reader.take()
        if not is_kept:
            connection.close()
        self._arm()
        return answer, fault

    def _lost(self, connection: Connection) -> None:
        self._pool.drop(connection)
        self._connections.discard(connection)

    def _arm(self) -> None:
        """Look again soon, while there are idle connections."""
        if self._sweep is None and len(self._pool):
            self._sweep = asyncio.get_running_loop().call_later(_SWEEP_S, self._tidy)

    def _tidy(self) -> None:
        self._sweep = None
        for connection in self._pool.tired(_now()):
            self._pool.drop(connection)
            connection.close()
        self._arm()


def _was_closing(connection: Connection, fault: Fault) -> bool:
    """Whether the program had, as it seems, closed the connection before it saw the request."""
    return (
        fault.outcome is Outcome.ABORTED
        and not connection.reader.begun
        and connection.lost_after < RACE_S
    )
