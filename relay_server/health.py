"""Whether the relay can do its work, for people and load balancers."""

import time
from collections.abc import Callable

from relay_server.answers import Answer, as_json
from relay_server.log.base import Log, StorageError

_FRESH_S = 1.0


class Health:
    """Looks at the log when asked, but not more often than once a second: strangers may ask too."""

    def __init__(self, log: Log) -> None:
        self.stopping = False
        self._log = log
        self._looked = float("-inf")
        self._trouble: StorageError | None = None

    def health(self, tell: Callable[[Answer], object]) -> None:
        """Tell 200 when an event could be stored now, else 503."""
        if time.monotonic() - self._looked <= _FRESH_S:
            tell(self._answer())
            return

        def looked(trouble: StorageError | None) -> None:
            self._looked, self._trouble = time.monotonic(), trouble
            tell(self._answer())

        self._log.probe(looked)

    def _answer(self) -> Answer:
        if self._trouble is not None:
            return as_json(503, {"status": "failing", "log": str(self._trouble)} | _clock())
        return as_json(200, {"status": "ok", "log": "writable"} | _clock())

    def ready(self) -> Answer:
        """200 while new requests are taken, else 503."""
        if self.stopping:
            return as_json(503, {"status": "stopping"})
        return as_json(200, {"status": "ready"})


def _clock() -> dict[str, int]:
    """The relay's clock, µs since the Unix epoch: who compares it sees a wrong one."""
    return {"now": time.time_ns() // 1000}
