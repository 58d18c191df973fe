"""What the relay sends, handled in its order: events to the store, acks back, everything else told."""

import asyncio
from collections.abc import Callable, Sequence
from typing import assert_never

from hookcli.captures.model import Attempt, Why
from hookcli.errors import HookcliError
from hookcli.tunnel import answering
from hookcli.tunnel.client import Client
from hookcli.tunnel.company import Company
from hookcli.tunnel.dispatch import Dispatch
from hookcli.tunnel.intake import Intake
from hookcli.tunnel.keeping import Keeper, Kept
from hookcli.tunnel.observe import Connected, Missing, Notice, Ready, Report, TurnedAway
from hookcli.tunnel.plan import Plan
from hookcli.wire.messages import (
    Ack,
    Event,
    Gap,
    Peers,
    Pong,
    Refused,
    RelayMessage,
    Replied,
    Target,
    Unknown,
    Welcome,
)

_ACK_S = 0.02
"""How long an acknowledgement may wait for an answer to go with: it only opens the relay's window."""
_ACK_EVENTS, _ACK_BYTES = 32, 1 << 20
"""So much is acknowledged at once, an eighth of a relay's usual window."""

MOST_WAITING = 100_000
"""Deliveries that wait here; beyond, events are no longer acknowledged and wait at the relay."""
_MOST_BYTES = 64 << 20
"""Bytes of events that wait to be written; a relay keeps to its window, which is smaller."""


_AT_ONCE = Notice(
    level="warning",
    code="handshake",
    text="no challenge can be answered: the endpoint acknowledges senders at once",
    hint="--respond app",
)


class Reception:
    """The listener, as the connection knows it."""

    def __init__(
        self,
        plan: Plan,
        intake: Intake,
        keeper: Keeper,
        dispatch: Dispatch,
        *,
        report: Callable[[Report], None],
        wall: Callable[[], int],
        changed: Callable[[], None],
        end: Callable[[str, HookcliError], None],
        bug: Callable[[Exception], None],
    ) -> None:
        self._plan, self._intake, self._keeper = plan, intake, keeper
        self._dispatch = dispatch
        self._report, self._wall, self._changed = report, wall, changed
        self._end, self._bug = end, bug
        self.client: Client
        """Set once it is made; nothing is received before."""
        self.cursor: int | None = None
        """As it is stored."""
        self._unkept = self._unkept_bytes = 0
        self._held_back = False
        self._ack = 0
        """The place to acknowledge once there is room; 0: none."""
        self._unacked = self._unacked_bytes = 0
        self._ack_timer: asyncio.TimerHandle | None = None
        self._said_full = False
        self._up = True
        """What the relay believes of the program."""
        self._beside: dict[str, frozenset[str]] = {}
        """By capture: targets whose answers no sender gets."""
        self._company = Company(plan.name, plan.called)
        self._unknown: set[str] = set()

    @property
    def all_kept(self) -> bool:
        """Whether every event that was taken is on disk."""
        return not self._unkept

    # -- from the connection --------------------------------------------------------------------

    @property
    def where(self) -> str:
        """Where the next stream is to begin."""
        return self._intake.query

    def welcomed(self, welcome: Welcome, down_s: float | None) -> None:
        """A stream has begun."""
        moved = self._intake.welcomed(welcome)
        if moved is not None:
            self._keeper.moved(moved)
        self._company.welcomed(welcome.now)
        self._up = True
        self._forget_ack()
        self.tell_target()
        if self._plan.handshakes and welcome.respond != "app":
            self._report(_AT_ONCE)
        behind = max(welcome.head - welcome.after, 0)
        if down_s is not None:
            self._report(Connected(down_ms=round(down_s * 1000), caught_up=behind))
        else:
            self._report(
                Ready(
                    endpoint=welcome.endpoint,
                    name=self._plan.called,
                    url=welcome.url,
                    targets=self._dispatch.targets,
                    relay=self._plan.relay,
                    local=self._plan.local,
                    resume_seq=welcome.after,
                    backlog=behind,
                    retention_s=welcome.retention_s,
                )
            )
        self._changed()

    def received(self, messages: Sequence[RelayMessage | Unknown]) -> None:
        """Messages have come."""
        events: list[Event] = []
        for message in messages:
            if isinstance(message, Event):
                events.append(message)
                continue
            self._take(events)
            events = []
            self._message(message)
        self._take(events)

    def skipped(self, seq: int, fault: str) -> None:
        """The relay's log holds something damaged there."""
        self._keeper.moved(self._intake.skip(seq))
        text = f"event {seq} is damaged in the relay's log and is left out: {fault}"
        self._report(Notice(level="error", code="damaged", text=text))

    def broke(self) -> None:
        """The stream is gone."""
        self._intake.broke()
        self._forget_ack()
        self._held_back = False

    def told(self, report: Report) -> None:
        """Something to report."""
        self._report(report)

    def given_up(self, error: HookcliError, reason: str) -> None:
        """The relay will not come back."""
        self._end(reason, error)

    def bug(self, error: Exception) -> None:
        """Something of ours failed."""
        self._bug(error)

    # -- from the listener ----------------------------------------------------------------------

    def kept(self, kept: Kept) -> None:
        """Events are on disk: tell the relay, which may send more."""
        self._unkept -= kept.events
        self._unkept_bytes -= kept.bytes
        if kept.cursor is not None:
            self.cursor = kept.cursor
        if kept.seq and kept.stream == self._intake.streams:
            self._ack = kept.seq
            self._unacked += kept.events
            self._unacked_bytes += kept.bytes
        if self._held_back and self._unkept_bytes < _MOST_BYTES:
            self._held_back = False
            self.client.hold(back=False)

    def acknowledge(self) -> None:
        """Open the relay's window again, unless too much waits here already."""
        if not self._ack:
            return
        if self._dispatch.unfinished >= MOST_WAITING:
            if not self._said_full:
                self._said_full = True
                text = f"{MOST_WAITING:,} events wait here; what comes now waits at the relay"
                self._report(Notice(level="warning", code="waiting", text=text))
            return
        self._said_full = False
        if self._unacked >= _ACK_EVENTS or self._unacked_bytes >= _ACK_BYTES:
            self.acknowledge_now()
        elif self._ack_timer is None:
            self._ack_timer = asyncio.get_running_loop().call_later(_ACK_S, self.acknowledge_now)

    def acknowledge_now(self) -> None:
        """Do not wait for an answer to go with."""
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None
        if self._ack and not self._said_full:
            self.client.send(Ack(seq=self._ack))
            self._forget_ack()

    def answers(self, capture: str, *, beside: Sequence[str]) -> None:
        """A capture goes to several programs: the answers of those in `beside` go to no sender."""
        self._beside[capture] = frozenset(beside)

    def nobody(self, capture: str, outcome: str) -> None:
        """No program will answer this one now: its sender is not to wait."""
        seq = self._intake.answered(capture)
        if seq is not None:
            self.client.send_encoded(answering.nothing(capture, seq, outcome))

    def answered(self, attempt: Attempt) -> None:
        """An attempt ended: the sender may be waiting for it."""
        if attempt.target in self._beside.get(attempt.capture, ()):
            return
        self._beside.pop(attempt.capture, None)
        seq = self._intake.answered(attempt.capture)
        if seq is None:
            return
        if attempt.why is Why.HANDSHAKE:
            self._intake.stands_in(attempt.capture)
        self.acknowledge_now()
        most = 1024 if self.client.congested else self.client.most
        message, whole = answering.result(attempt, seq, most=most)
        self.client.send_encoded(message)
        if not whole:
            why = "the relay does not take it" if most > 1024 else "the line is too slow for it"
            text = f"an answer of {attempt.body_size:,} bytes did not go to its sender: {why}"
            self._report(Notice(level="warning", code="answer", text=text))

    def tell_target(self) -> None:
        """Tell the relay whether senders may expect an answer, if it believes otherwise."""
        if (self._dispatch.answers or self._plan.handshakes) is not self._up:
            self._up = not self._up
            self.client.send(Target(up=self._up))

    # -- inside ---------------------------------------------------------------------------------

    def _forget_ack(self) -> None:
        """It was said, or what it is about came on a stream that is no more."""
        self._ack = self._unacked = self._unacked_bytes = 0

    def _take(self, events: Sequence[Event]) -> None:
        taken = self._intake.take(events, answers=self._up) if events else ()
        if not taken:
            return
        self._unkept += len(taken)
        self._unkept_bytes += sum(len(event.body) for event in taken)
        self._keeper.events(taken, self._intake.streams)
        if self._unkept_bytes > _MOST_BYTES and not self._held_back:
            self._held_back = True
            self.client.hold(back=True)

    def _message(self, message: Welcome | Gap | Replied | Refused | Peers | Pong | Unknown) -> None:
        match message:
            case Gap():
                self._missing(message)
            case Replied(replies=replies):
                self._keeper.told(self._intake.told(replies))
                self._changed()
            case Peers():
                if (notice := self._company.told(message, self._wall())) is not None:
                    self._report(notice)
            case Refused():
                self._refused(message)
            case Unknown(type=kind):
                if kind not in self._unknown and len(self._unknown) < 10:
                    self._unknown.add(kind)
                    text = f"the relay speaks of {kind!r}, which this version does not know"
                    self._report(Notice(level="info", code="unknown", text=text))
            case Welcome() | Pong():
                pass
            case _:
                assert_never(message)

    def _missing(self, gap: Gap) -> None:
        moved = self._intake.missing(gap)
        if moved is None:
            return
        self._keeper.moved(moved)
        self._report(
            Missing(from_seq=gap.from_seq, to_seq=gap.to_seq, count=gap.count, reason=gap.reason)
        )
        self._changed()

    def _refused(self, refused: Refused) -> None:
        """A sender was turned away at the relay's door."""
        self._report(
            TurnedAway(
                at=refused.at,
                method=refused.method,
                target=refused.target,
                peer=refused.peer,
                status=refused.status,
                reason=refused.reason,
                detail=refused.detail,
                more=refused.more,
            )
        )
