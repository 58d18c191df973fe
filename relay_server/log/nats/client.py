"""The client of NATS where nats-py gives up for ever, waits without end or mixes up two connections.

What is overridden here is not public; `tests/relay_server/test_nats_client.py` holds what it is for.
"""

from collections.abc import Awaitable, Callable

import nats.aio.client
from nats.errors import Error, UnexpectedEOF

_KEPT = "permissions violation"
"""The one fault after which a server does not hang up."""


async def _at_once() -> None:
    return


class Client(nats.aio.client.Client):
    """One that always goes on to the next server."""

    before: Callable[[], Awaitable[None]] = staticmethod(_at_once)
    """What is done in front of every connection."""

    def abandon(self) -> None:
        """Drop the connection with all that waits to be sent: a server that is frozen takes nothing."""
        writer = getattr(self._transport, "_bare_io_writer", None)
        if writer is not None:
            writer.transport.abort()

    async def _attempt_reconnect(self) -> None:
        self.abandon()
        await super()._attempt_reconnect()

    async def _process_err(self, err_msg: str) -> None:
        """A server says why it hangs up, such as credentials that have run out; they can be renewed."""
        if _KEPT in err_msg.lower():
            await super()._process_err(err_msg)
            return
        error = Error(f"nats: {err_msg}")
        await self._error_cb(error)
        await self._process_op_err(error)

    async def _process_connect_init(self) -> None:
        """A server that hangs up without a word has not taken the connection.

        What a connection left of a message when it broke is no beginning of what the next one brings.
        """
        await self.before()
        self._ps.reset()
        try:
            await super()._process_connect_init()
            if not self.is_connected:
                raise UnexpectedEOF
        except BaseException:
            for task in (self._reading_task, self._ping_interval_task, self._flusher_task):
                if task is not None:
                    task.cancel()
            self.abandon()
            raise
