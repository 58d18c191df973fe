"""How a relay stands at this moment, gathered for its page of metrics."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from hookcli.wire import codec
from hookcli.wire.messages import Event
from relay_server.answers import Answer
from relay_server.edge import Edge
from relay_server.log.base import Log, Page, StorageError
from relay_server.log.looking import look_at
from relay_server.metrics import CONTENT_TYPE, MOST_ENDPOINTS, Gauge, Metrics, Now, Waiting, page
from relay_server.registry import Registry
from relay_server.streams import Streams

MOST_LOOKED_AT = 200
"""On a log that others write to, what so many endpoints hold is asked for; of the rest it is told
what is known here."""


class Status:
    """Looks at the parts of one relay when asked."""

    def __init__(
        self,
        metrics: Metrics,
        log: Log,
        registry: Registry,
        streams: Streams,
        edge: Edge,
        *,
        data: Path | None,
        node: str,
    ) -> None:
        """`data` is the folder whose disk is filled, where there is one."""
        self._metrics, self._log, self._registry = metrics, log, registry
        self._streams, self._edge, self._data = streams, edge, data
        self._node = node

    def tell(self, tell: Callable[[Answer], object]) -> None:
        """Tell the page; reading how old the oldest waiting events are takes a moment."""
        endpoints = [one.id for one in islice(self._registry.all(), MOST_LOOKED_AT)]
        look_at(self._log, endpoints, partial(self._tell, tell))

    def _tell(self, tell: Callable[[Answer], object]) -> None:
        backlogs = {one.id: self._streams.backlog(one.id) for one in self._registry.all()}
        most = sorted((n, id_) for id_, n in backlogs.items() if n)[-MOST_ENDPOINTS:]
        found: list[Waiting] = []

        def gathered(count: int, endpoint: str, oldest_s: float) -> None:
            found.append(Waiting(endpoint=endpoint, events=count, oldest_s=oldest_s))
            if len(found) == len(most):
                self._write(found, sum(backlogs.values()), tell)

        if not most:
            self._write(found, 0, tell)
        for count, endpoint in most:
            after = self._streams.captured_up_to(endpoint)
            told = partial(_aged, partial(gathered, count, endpoint))
            self._log.read(endpoint, after, told, events=1, size=1)

    def _write(
        self, waiting: list[Waiting], backlog: int, tell: Callable[[Answer], object]
    ) -> None:
        """Make the page in a thread: the library is slow to import, and disks are to ask."""
        now = Now(
            gauges=self._gauges(backlog),
            waiting=waiting,
            counters=self._log.counters(),
            node=self._node,
        )
        made = self._edge.loop.run_in_executor(None, _page, self._metrics, now, self._data)
        made.add_done_callback(lambda done: tell(done.result()))

    def _gauges(self, backlog: int) -> list[Gauge]:
        events, size = self._log.size()
        counted: list[Gauge] = (
            [("log_events", "Events in the log.", events)] if events is not None else []
        )
        return [
            ("endpoints", "Endpoints.", len(self._registry)),
            ("listeners", "Open streams.", len(self._streams)),
            ("connections", "Connections of senders.", self._edge.connections),
            ("held_senders", "Senders held for an answer.", self._streams.hub.held),
            ("in_flight_bytes", "Bytes of request bodies in memory.", self._edge.budget.used),
            ("stuck_bytes", "Bytes of answers that senders do not take.", self._edge.untaken.size),
            ("other_relays", "Other relays on the same log.", len(self._streams.others)),
            *counted,
            *self._log.gauges(),
            ("log_bytes", "Bytes of the log.", size),
            ("backlog_events_all", "Events nobody has captured.", backlog),
        ]


def _page(metrics: Metrics, now: Now, data: Path | None) -> Answer:
    if data is not None:
        free: Gauge = ("disk_free_bytes", "Free bytes of the log's disk.", _free(data))
        now = replace(now, gauges=[*now.gauges, free])
    body = page(metrics, now)
    return Answer(status=200, reason=b"OK", headers=((b"Content-Type", CONTENT_TYPE),), body=body)


def _aged(told: Callable[[float], None], found: Page | StorageError) -> None:
    told(0.0 if isinstance(found, StorageError) else max(map(_age_s, found.events), default=0.0))


def _age_s(event: tuple[int, bytes]) -> float:
    message = codec.decode_relay(event[1])
    return max(0.0, time.time() - message.received_at / 1e6) if isinstance(message, Event) else 0.0


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
