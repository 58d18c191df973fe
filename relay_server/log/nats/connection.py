"""One connection to NATS: what is said, heard and asked over it.

Pings find a server that does not answer; after that the next one is tried, for ever. What was asked
on a connection that broke is told to be unsure at once, for its answer will not come.
"""

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.errors import Error, SlowConsumerError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError

from relay_server.log.base import StorageError
from relay_server.log.nats.client import Client
from relay_server.log.nats.credentials import Credentials

_log = logging.getLogger("relay")
ANSWER_S = 2.0
_FLUSH_S = 2
_CLOSE_S = 1.0
_CONNECT_S = 2
_PING_S = 2
"""A server that answers two pings in a row not at all is given up: after four to six seconds."""
_PENDING = 64 << 20


class UnsureError(StorageError):
    """No answer came: what was asked may have been done."""


class RefusedError(StorageError):
    """NATS answers, and does not let the relay in."""


class Connection:
    """One connection."""

    def __init__(self, *, up: Callable[[], None], down: Callable[[], None]) -> None:
        self._nc = Client()
        self.streams: JetStreamContext = self._nc.jetstream(timeout=ANSWER_S)
        """What makes, changes and describes streams."""
        self._up, self._down = up, down
        self._asked: dict[str, tuple[asyncio.Future[Msg], Callable[[Msg], bool] | None]] = {}
        self._numbers = 0
        self._inbox = ""
        self._met: dict[str, None] = {}
        """What has gone wrong since it was tried to connect, each thing once."""

    async def connect(
        self, name: str, options: dict[str, Any], credentials: Credentials | None = None
    ) -> None:
        """Connect to the first server that answers.

        Raises:
            RefusedError: one lets nobody in.
            StorageError: none answers.
        """
        options = options | {"servers": random.sample(options["servers"], len(options["servers"]))}
        if credentials is not None:
            options |= credentials.options
            self._nc.before = credentials.again
        try:
            async with asyncio.timeout(_CONNECT_S * (1 + len(options["servers"]))):
                await self._nc.connect(
                    **options,
                    name=name,
                    dont_randomize=True,  # who leaves a server comes back to it last
                    connect_timeout=_CONNECT_S,
                    ping_interval=_PING_S,
                    max_outstanding_pings=2,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.25,  # type: ignore[arg-type]  # it is slept for
                    pending_size=_PENDING,
                    flush_timeout=_FLUSH_S,
                    error_cb=self._note,
                    disconnected_cb=_calling(self._down),
                    reconnected_cb=_calling(self._reconnected),
                )
        except (OSError, Error, TimeoutError) as error:
            await self.close()
            raise self._why(error) from error
        self._met.clear()
        self._inbox = self._nc.new_inbox()
        await self.subscribe(f"{self._inbox}.*", self._arrived)

    async def _note(self, error: Exception) -> None:
        """What the client has met with; most of it again and again, until there is a connection."""
        text = _bare(error)
        if isinstance(error, SlowConsumerError):
            self._down()  # something that was told is lost
        elif not self._inbox and _is_hopeless(error):
            raise error  # who is not let in now is not by the next try either
        elif self._inbox and text not in self._met:
            _log.warning("NATS: %s", text)
        self._met[text] = None

    def _why(self, error: Exception) -> StorageError:
        """Why there is no connection; what was met with says more than that time is over."""
        if _is_refusal(error):
            return RefusedError(_bare(error))
        return StorageError(f"cannot be reached: {self.trouble or _bare(error)}")

    async def close(self) -> None:
        """Let go of the connection."""
        # A `RuntimeError` is uvloop's: the client wants to write what waits for a connection that
        # is gone.
        with contextlib.suppress(Error, OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._nc.close()
        self._nc.abandon()  # where the server takes nothing any more
        await asyncio.sleep(0)  # the transport closes in the next turn

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return bool(self._nc.is_connected)

    @property
    def max_payload(self) -> int:
        """Bytes of a message that the server takes."""
        return int(self._nc.max_payload)

    @property
    def trouble(self) -> str:
        """What was met with last, such as a permission that is missing; or nothing."""
        return next(reversed(self._met), "")

    def leave(self) -> None:
        """Go on to another server, if there is one."""
        self._nc.abandon()

    async def settle(self) -> None:
        """Wait until the server has seen all that was said so far."""
        with as_storage():
            await self._nc.flush(_FLUSH_S)

    async def subscribe(self, subject: str, take: Callable[[Msg], None]) -> Callable[[], None]:
        """Hear messages of a subject, not stored ones; the result ends it."""

        async def taken(msg: Msg) -> None:
            take(msg)

        with as_storage():
            it = await self._nc.subscribe(
                subject, cb=taken, pending_msgs_limit=0, pending_bytes_limit=_PENDING
            )

        def end() -> None:
            ending = asyncio.ensure_future(_quietly(it.unsubscribe()))
            _endings.add(ending)
            ending.add_done_callback(_endings.discard)

        return end

    async def say(self, subject: str, data: bytes, reply: str = "") -> None:
        """A message that nobody stores."""
        with as_storage():
            await self._nc.publish(subject, data, reply=reply)

    async def ask(
        self,
        subject: str,
        data: bytes,
        headers: dict[str, str] | None = None,
        take: Callable[[Msg], bool] | None = None,
    ) -> Msg:
        """Ask, and wait for the answer: the first message that `take` calls the last.

        Raises:
            UnsureError: none came, or the connection broke meanwhile.
        """
        answer: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._numbers += 1
        inbox = f"{self._inbox}.{self._numbers}"
        self._asked[inbox] = answer, take
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._nc.publish(subject, data, reply=inbox, headers=headers or None)
                return await answer
        except (Error, OSError, TimeoutError) as error:
            raise UnsureError(_words(error)) from error
        finally:
            del self._asked[inbox]

    def _arrived(self, msg: Msg) -> None:
        answer, take = self._asked.get(msg.subject, (None, None))
        if answer is None or answer.done():
            return
        try:
            if (msg.headers or {}).get("Status") == "503":
                raise UnsureError("JetStream: nobody answers for that stream now")
            if take is None or take(msg):
                answer.set_result(msg)
        except StorageError as error:
            answer.set_exception(error)

    def _reconnected(self) -> None:
        """What was asked on the connection that broke will not be answered any more."""
        self._met.clear()
        for answer, _ in self._asked.values():
            if not answer.done():
                answer.set_exception(UnsureError("NATS: the connection broke"))
        self._up()


def _is_hopeless(error: Exception) -> bool:
    return isinstance(error, ssl.SSLError) or _is_refusal(error)


def _is_refusal(error: Exception) -> bool:
    return "authorization" in str(error).lower() or "authentication" in str(error).lower()


_endings: set[asyncio.Future[None]] = set()


async def _quietly(what: Awaitable[object]) -> None:
    with contextlib.suppress(Error, OSError):
        await what


def _calling(what: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        what()

    return call


@contextlib.contextmanager
def as_storage() -> Iterator[None]:
    """What goes wrong inside, as the log's own kinds of error."""
    try:
        yield
    except APIError as error:
        raise StorageError(_words(error)) from error
    except (Error, OSError, TimeoutError) as error:
        raise UnsureError(_words(error)) from error


def _words(error: Exception) -> str:
    if isinstance(error, APIError) and error.description:
        return f"JetStream: {error.description}"
    if isinstance(error, (TimeoutError, nats.errors.TimeoutError)):
        return "NATS does not answer"
    return f"NATS: {_bare(error)}"


def _bare(error: Exception) -> str:
    return str(error).removeprefix("nats: ").strip("'") or type(error).__name__
