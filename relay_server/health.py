"""Whether the relay can do its work, for people and load balancers."""

import time

from relay_server.answers import Answer, as_json
from relay_server.log.base import Log

_FRESH_S = 1.0


class Health:
    """Looks at the log when asked, but not more often than once a second: strangers may ask too."""

    def __init__(self, log: Log) -> None:
        self.stopping = False
        self._log = log
        self._looked = float("-inf")
        self._trouble: str | None = None

    async def health(self) -> Answer:
        """200 when an event could be stored now, else 503."""
        if time.monotonic() - self._looked > _FRESH_S:
            self._looked = time.monotonic()
            self._trouble = await self._log.probe()
        if self._trouble is not None:
            return as_json(503, {"status": "failing", "log": self._trouble})
        return as_json(200, {"status": "ok", "log": "writable"})

    async def ready(self) -> Answer:
        """200 while new requests are taken, else 503."""
        if self.stopping:
            return as_json(503, {"status": "stopping"})
        return as_json(200, {"status": "ready"})
