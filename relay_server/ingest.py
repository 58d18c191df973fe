"""The road of a webhook through the relay: known endpoint, durable event, then the sender's answer.

Nothing is decoded, verified or looked into before the event is in the log, but where its endpoint
asks for it: signatures and repeats are looked at here, bodies against a schema in a process of its own.
"""

import asyncio
import time
from functools import partial
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from hookcli.wire.messages import Refused, Reply
from relay_server import answers, proof
from relay_server.admission import Head
from relay_server.answers import Answer
from relay_server.auth import new_event_id
from relay_server.door import Door, Refusal
from relay_server.edge import Edge
from relay_server.exchange import Exchange
from relay_server.hub import Hub, Tell
from relay_server.impatience import deadline_ms
from relay_server.log.base import Draft, Log, StorageError
from relay_server.logging import EventLines
from relay_server.metrics import Metrics
from relay_server.proof import First as Repeated
from relay_server.registry import Endpoint, Registry
from relay_server.schemas import judging
from relay_server.schemas.checker import Checker, Verdict
from relay_server.senders import sender
from relay_server.settings import Settings
from relay_server.streams import Streams

_UNREAD = 64 << 10
"""A body up to here is read before it is refused, so that the connection can be used again."""


_TOLD_TARGET = 1024
"""Bytes of what stands behind the endpoint's id that are told of a request turned away."""

_By = Literal["app", "ack", "deadline", "gone"]


class _Told(Struct, frozen=True):
    """One durable event whose sender is to be told."""

    exchange: Exchange
    endpoint: Endpoint
    event: str
    seq: int


class Ingest:
    """Takes webhooks from the edge."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        registry: Registry,
        hub: Hub,
        streams: Streams,
        lines: EventLines,
        door: Door,
        checker: Checker,
        metrics: Metrics,
        public_url: str,
    ) -> None:
        self.edge: Edge
        """Set before the first request."""
        self.stopping = False
        self.settings = settings
        self._log = log
        self._registry = registry
        self._hub = hub
        self._streams = streams
        self._lines = lines
        self._door = door
        self._checker = checker
        self._metrics = metrics
        self._public_url = public_url
        self._repeats = proof.Repeats()
        self._held: dict[tuple[str, int], _Told] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def vet(self, head: Head, peer: str) -> Answer | None:
        """Refuse a body that is large or waits to be asked for, when it may not come in."""
        if not (head.chunked or head.length > _UNREAD or head.wants_continue):
            return None
        endpoint = self._registry.get(head.endpoint)
        if self.stopping or endpoint is None:
            return answers.STOPPING if self.stopping else answers.NOT_FOUND
        return self._turned_away(endpoint, head, self._sender(head, peer))

    def whose(self, head: Head) -> str:
        """Of whose part of the memory a request takes: its endpoint's; strangers share one."""
        endpoint = self._registry.get(head.endpoint)
        return endpoint.id if endpoint is not None else ""

    def take(self, exchange: Exchange) -> None:
        """Append a whole request to its endpoint's log; `_stored` goes on."""
        head = exchange.head
        endpoint = self._registry.get(head.endpoint)
        if self.stopping or endpoint is None:
            self._refuse(exchange, answers.STOPPING if self.stopping else answers.NOT_FOUND)
            return
        peer = self._sender(head, exchange.peer)
        if refused := self._turned_away(endpoint, head, peer):
            self._refuse(exchange, refused)
            return
        self._door.passed(endpoint, peer, exchange.size, exchange.at)
        received_at = time.time_ns() // 1000
        draft = Draft(
            endpoint=endpoint.id,
            id=new_event_id(received_at // 1000),
            received_at=received_at,
            method=head.method,
            url=f"{self._public_url}/{endpoint.id}",
            target=head.rest,
            http_version=head.http_version,
            peer=peer,
            headers=head.headers,
            body=exchange.body,
        )
        if endpoint.verify is None:
            self._proven(exchange, endpoint, draft, None)
        elif exchange.size <= proof.INLINE:
            refusal = proof.refusal(endpoint.verify, draft)
            self._proven(exchange, endpoint, draft, refusal)
        else:
            work = self.edge.loop.run_in_executor(None, proof.refusal, endpoint.verify, draft)
            proven = partial(self._proven, exchange, endpoint, draft)
            work.add_done_callback(lambda done: proven(done.result()))

    def _proven(
        self, exchange: Exchange, endpoint: Endpoint, draft: Draft, refusal: Refusal | None
    ) -> None:
        """It is known whether it is rightly signed, where that matters; now whether it repeats."""
        if refusal is not None:
            self._turn_away(endpoint, exchange.head, draft.peer, refusal)
            self._refuse(exchange, refusal.answer)
            return
        if endpoint.dedup is not None:
            first = self._repeats.of(draft, endpoint.dedup_s, exchange.at)
            if first is not None and endpoint.dedup == "drop":
                self._drop_repeat(exchange, endpoint, draft, first)
                return
            if first is not None:
                draft = replace(draft, marks=(f"repeats {first.event}",))
        self._check_body(exchange, endpoint, draft)

    def _drop_repeat(
        self, exchange: Exchange, endpoint: Endpoint, draft: Draft, first: Repeated
    ) -> None:
        """The first one is in the log: its sender is told so once more, and nothing is stored."""
        answer = answers.ack(
            first.event, endpoint.ack_status, endpoint.ack_pairs, endpoint.ack_body
        )
        told = Refusal("repeat", answer, first.event)
        self._turn_away(endpoint, exchange.head, draft.peer, told)
        exchange.answer(answer)

    def _check_body(self, exchange: Exchange, endpoint: Endpoint, draft: Draft) -> None:
        if endpoint.schema is None or not judging.is_checked(exchange.head, exchange.size):
            self._append(exchange, endpoint, draft)
        elif exchange.size > self.settings.schema_bytes:
            self._judged(exchange, endpoint, draft, judging.TOO_LONG)
        else:
            told = partial(self._judged, exchange, endpoint, draft)
            self._checker.check(endpoint.id, endpoint.schema.encode(), exchange.body, told)

    def _judged(
        self, exchange: Exchange, endpoint: Endpoint, draft: Draft, verdict: Verdict
    ) -> None:
        """It is known whether the body fits the endpoint's schema."""
        if endpoint.schema_mode == "mark":
            marks = (*draft.marks, *judging.marks(verdict))
            self._append(exchange, endpoint, replace(draft, marks=marks))
        elif refusal := judging.turned_away(verdict):
            self._turn_away(endpoint, exchange.head, draft.peer, refusal)
            self._refuse(exchange, refusal.answer)
        else:
            self._append(exchange, endpoint, draft)

    def _append(self, exchange: Exchange, endpoint: Endpoint, draft: Draft) -> None:
        self._metrics.received += 1
        self._metrics.received_bytes += exchange.size
        self._log.append(draft, partial(self._stored, exchange, endpoint, draft.id))

    def _refuse(self, exchange: Exchange, answer: Answer) -> None:
        self._metrics.refused[answer.code] += 1
        exchange.answer(answer)

    def _sender(self, head: Head, peer: str) -> str:
        return sender(peer, head.headers, self.settings.proxy_hops)

    def _turned_away(self, endpoint: Endpoint, head: Head, peer: str) -> Answer | None:
        """Why this one may not come in; the listeners are told as well."""
        refusal = self._door.refusal(endpoint, peer, head, time.monotonic())
        if refusal is None:
            return None
        self._turn_away(endpoint, head, peer, refusal)
        return refusal.answer

    def _turn_away(self, endpoint: Endpoint, head: Head, peer: str, refusal: Refusal) -> None:
        self._door.turned_away(endpoint.id, refusal)
        self._streams.refused(
            endpoint.id,
            Refused(
                at=time.time_ns() // 1000,
                method=head.method,
                target=head.rest[:_TOLD_TARGET],
                peer=peer,
                status=refusal.answer.status,
                reason=refusal.reason,
                detail=refusal.detail,
            ),
        )

    def _stored(
        self, exchange: Exchange, endpoint: Endpoint, event: str, outcome: int | StorageError
    ) -> None:
        exchange.body_done()
        durable = not isinstance(outcome, StorageError)
        self._repeats.kept(event, exchange.at, durable=durable)
        if isinstance(outcome, StorageError):
            self._refuse(exchange, answers.NOT_STORED)
            return
        self._metrics.commit.observe(time.monotonic() - exchange.at)
        told = _Told(exchange, endpoint, event, outcome)
        if not exchange.alive:
            self._record(told, 0, "gone")
            return
        tell = self._hub.appended(
            endpoint.id,
            outcome,
            event,
            respond=endpoint.respond,
            deadline_ms=partial(self._deadline_ms, endpoint, exchange.head),
            now=exchange.at,
        )
        if tell is not None:
            self._tell(told, tell)
            return
        if exchange.leaving:
            self._hub.hung_up(endpoint.id, outcome)
            exchange.drop()
            self._record(told, 0, "gone")
            return
        self._held[endpoint.id, outcome] = told
        exchange.hung_up = partial(self._hung_up, endpoint.id, outcome)
        self._watch_deadlines()
        self._streams.others.held(endpoint.id, outcome)

    def _deadline_ms(self, endpoint: Endpoint, head: Head) -> int:
        """How long this sender is held at most."""
        return endpoint.deadline_ms or deadline_ms(head, self.settings.deadline_ms)

    def tell(self, tells: list[Tell]) -> None:
        """Do what the hub decided."""
        for tell in tells:
            told = self._held.pop((tell.endpoint, tell.seq), None)
            if told is not None:
                self._tell(told, tell)

    def _tell(self, told: _Told, tell: Tell) -> None:
        by: _By = tell.by
        answer = None
        if tell.result is not None:
            fits = self.edge.untaken.has_room(tell.endpoint, len(tell.result.body))
            answer = answers.from_program(tell.result) if fits else None
            by = "app" if answer is not None else "ack"
        if answer is None:
            endpoint = told.endpoint
            answer = answers.ack(
                told.event, endpoint.ack_status, endpoint.ack_pairs, endpoint.ack_body
            )
        told.exchange.hung_up = None
        if told.exchange.answer(answer):
            self._record(told, answer.status, by)
        else:
            self._record(told, 0, "gone")

    def _hung_up(self, endpoint: str, seq: int) -> None:
        self._hub.hung_up(endpoint, seq)
        told = self._held.pop((endpoint, seq), None)
        if told is not None:
            self._record(told, 0, "gone")

    def _record(self, told: _Told, status: int, by: _By) -> None:
        seconds = time.monotonic() - told.exchange.at
        self._metrics.was_told(status, by, seconds)
        ms = round(seconds * 1000, 3)
        reply = Reply(seq=told.seq, status=status, by=by, ms=ms)
        self._log.record(told.endpoint.id, reply)
        self._streams.replied(told.endpoint.id, reply)
        self._lines.event(
            id=told.event,
            endpoint=told.endpoint.id,
            seq=told.seq,
            size=told.exchange.size,
            told=status,
            by=by,
            ms=ms,
        )

    def _watch_deadlines(self) -> None:
        """One timer, for the first deadline of all."""
        first = self._hub.next_deadline()
        if first is None or (self._timer is not None and self._timer_at <= first):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = first
        self._timer = self.edge.loop.call_later(max(0.0, first - time.monotonic()), self._expire)

    def _expire(self) -> None:
        self._timer = None
        self.tell(self._hub.expired(time.monotonic()))
        self._watch_deadlines()

    def let_go(self) -> None:
        """Hold nobody any longer."""
        self.tell(self._hub.stopping())
