"""The parts of one relay, put together, and told when settings change."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relay_server import derived
from relay_server.access import Access
from relay_server.admin import Admin
from relay_server.admission import Head
from relay_server.answers import Answer
from relay_server.api import Api
from relay_server.cluster.crossing import Crossing
from relay_server.cluster.others import Alone, Others
from relay_server.crowd import Crowd
from relay_server.door import Door
from relay_server.edge import Edge
from relay_server.exchange import Exchange
from relay_server.health import Health
from relay_server.hub import Hub
from relay_server.ingest import Ingest
from relay_server.log.base import Log
from relay_server.logging import EventLines
from relay_server.memory import Budgets, Untaken
from relay_server.metrics import Metrics
from relay_server.registry import Registry
from relay_server.schemas.checker import Checker
from relay_server.settings import Settings
from relay_server.status import Status
from relay_server.streams import Streams

_LINES_AFTER_S = 0.1

Sets = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What works while a relay runs."""

    edge: Edge
    ingest: Ingest
    streams: Streams
    others: Others
    api: Api
    door: Door
    hub: Hub
    checker: Checker
    health: Health
    lines: EventLines
    admin: Admin

    def change(self, settings: Settings, sets: Sets) -> None:
        """Other settings from now on; nobody who is connected is cut off."""
        self.ingest.settings = self.streams.settings = self.api.settings = settings
        self.door.change(settings, sets)
        self.checker.timeout_s = settings.schema_timeout_ms / 1000
        self.hub.limits = settings.max_held, settings.endpoint_held
        self.edge.change(
            derived.limits(settings), derived.patience(settings), derived.connections(settings)
        )
        self.edge.budget.limit(settings.body_budget, settings.endpoint_budget)
        answers = settings.answer_budget, settings.endpoint_budget
        self.edge.untaken.limits = self.streams.unfinished.limits = answers


def assemble(
    settings: Settings,
    log: Log,
    registry: Registry,
    *,
    url: str,
    key_sha256: str,
    relay: str,
    sets: Sets,
) -> Parts:
    """Everything that works on a log, in the running event loop.

    Args:
        url: The public origin.
        relay: What the relay calls itself to listeners.
    """
    loop = asyncio.get_running_loop()
    lines = EventLines(lambda flush: loop.call_later(_LINES_AFTER_S, flush))
    metrics = Metrics()
    hub = Hub(max_held=settings.max_held, endpoint_held=settings.endpoint_held)
    others: Others = Crossing(log.wire, hub) if log.wire is not None else Alone()
    streams = Streams(
        settings,
        log,
        registry,
        hub,
        others,
        loop=loop,
        metrics=metrics,
        public_url=url,
        relay=relay,
    )
    door = Door(settings, sets)
    checker = Checker(loop, timeout_s=settings.schema_timeout_ms / 1000)
    ingest = Ingest(settings, log, registry, hub, streams, lines, door, checker, metrics, url)
    access = Access(key_sha256, is_open=settings.open_registration)
    health = Health(log)
    api = Api(settings, log, registry, streams, access, health, door, checker, url)
    edge = Edge(
        loop,
        _Roads(ingest, api),
        limits=derived.limits(settings),
        patience=derived.patience(settings),
        budget=Budgets(settings.body_budget, settings.endpoint_budget),
        untaken=Untaken(settings.answer_budget, settings.endpoint_budget),
        crowd=Crowd(*derived.connections(settings)),
        metrics=metrics,
    )
    ingest.edge = edge
    data = settings.data if settings.log is None else None
    api.status = Status(
        metrics, log, registry, streams, edge, data=data, node=derived.node(settings)
    )
    admin = Admin(health, api.status)
    streams.tell = others.tell = ingest.tell
    return Parts(edge, ingest, streams, others, api, door, hub, checker, health, lines, admin)


@dataclass(frozen=True, slots=True)
class _Roads:
    """Requests for endpoints go one way, those for the relay itself another."""

    ingest: Ingest
    api: Api

    def vet(self, head: Head, peer: str) -> Answer | None:
        return self.ingest.vet(head, peer)

    def whose(self, head: Head) -> str:
        return "/_/" if head.for_relay else self.ingest.whose(head)

    def take(self, exchange: Exchange) -> None:
        (self.api if exchange.for_relay else self.ingest).take(exchange)

    def upgrade(self, head: Head) -> asyncio.Protocol | Answer:
        return self.api.upgrade(head)
