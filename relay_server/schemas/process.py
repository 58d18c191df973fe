"""The process that checks, seen from the relay: started, asked, and killed when it takes too long."""

import contextlib
import os
import socket
import subprocess
import sys
import time

from relay_server.schemas.messages import Ask, receive, send

_START_S = 20.0
"""How long it may take to begin; a busy machine is slow to start programs."""
_MODULE = "relay_server.schemas.worker"


class WorkerProcess:
    """One process; its methods block, so they are called on a thread."""

    def __init__(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            OSError: it does not start.
        """
        self._socket, theirs = socket.socketpair()
        with theirs:
            # Nothing of the relay's environment, where its key may be; and a ^C is not for it.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", "-m", _MODULE],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
                start_new_session=True,
            )
        try:
            self.answer(time.monotonic() + _START_S)
        except OSError:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def ask(self, ask: Ask, until: float) -> bytes:
        """Ask, and wait for the answer until then (monotonic).

        Raises:
            OSError: it did not answer in time, or is gone.
        """
        self._wait_until(until)
        send(self._socket, ask)
        return self.answer(until)

    def answer(self, until: float) -> bytes:
        """Wait for what it says next.

        Raises:
            OSError: it said nothing in time, or is gone.
        """
        self._wait_until(until)
        return receive(self._socket)

    def _wait_until(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no time is left")
        self._socket.settimeout(left)

    def kill(self) -> None:
        """End it, whatever it does."""
        self._socket.close()
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
