"""What comes on streams, one after another: where each begins, what is taken, who waits for an answer.

Told what was received, it says what to keep. The place in the log is kept here while the listener
runs: whatever was taken is handed to the store before the next stream asks for what lies after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hookcli.captures.model import Told
from hookcli.tunnel.plan import Cursor, From, Now, Since, Start
from hookcli.wire.messages import Event, Gap, Reply, Welcome

_REMEMBERED = 65_536
"""Events of which it is not known yet what their senders were told; beyond, the oldest are given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The cursor to store because a stream began elsewhere."""

    seq: int
    rewound: bool
    """It goes backwards."""


class Intake:
    """The place in one endpoint's log, and what is known of the events on the present stream."""

    def __init__(self, start: Start, *, count: int | None = None) -> None:
        """Take where to begin, and after how many events nothing more is taken."""
        self._start, self._count = start, count
        self._cursor: int | None = None
        self.position: int | None = None
        """The `seq` up to which everything is taken; None before the first stream."""
        self.taken = 0
        self.streams = 0
        """How many have begun; the number of the present one."""
        self.head = 0
        """The newest event when the present stream began."""
        self._goal: int | None = None
        self._respond = False
        self._ids: dict[int, str] = {}
        self._held: dict[str, int] = {}
        self._stood_in: set[str] = set()
        """Captures that hookcli has answered in the program's place."""
        self._closed = False

    def resume(self, cursor: int | None) -> None:
        """What is captured already, from the store."""
        self._cursor = cursor

    @property
    def query(self) -> str:
        """Where the next stream is to begin."""
        if self.position is not None:
            return f"after={self.position}"
        match self._start:
            case Cursor():
                return f"after={self._cursor or 0}"
            case Now():
                return "after=now"
            case Since(at=at):
                return f"since={at}"
            case From(seq=seq):
                return f"after={max(seq - 1, 0)}"

    @property
    def full(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed or (self._count is not None and self.taken >= self._count)

    @property
    def caught_up(self) -> bool:
        """Whether all that the log held when the first stream began is taken."""
        return self._goal is not None and (self.position or 0) >= self._goal

    def welcomed(self, welcome: Welcome) -> Moved | None:
        """A stream has begun; None: where the cursor is.

        A log that is younger than the cursor begins its places anew: the cursor goes back with it,
        or what comes next would be taken for captured.
        """
        before = self.position if self.position is not None else self._cursor
        self.streams += 1
        self.position, self.head = welcome.after, welcome.head
        self._respond = welcome.respond == "app"
        if self._goal is None:
            self._goal = welcome.head
        self._forget()
        if before == welcome.after:
            return None
        return Moved(seq=welcome.after, rewound=before is not None and before > welcome.after)

    def broke(self) -> None:
        """The stream is gone, and its senders have been told something else."""
        self._forget()

    def close(self) -> None:
        """Take nothing more."""
        self._closed = True

    def take(self, events: Sequence[Event], *, answers: bool) -> Sequence[Event]:
        """Those that are to be kept, in order.

        Args:
            answers: Whether the program may answer now, so that senders are held for it.
        """
        if self._closed:
            return ()
        if self._count is not None:
            events = events[: max(self._count - self.taken, 0)]
        for event in events:
            self._ids[event.seq] = event.id
            if answers and self._respond and event.seq > self.head:
                self._held[event.id] = event.seq
        if events:
            self.taken += len(events)
            self._reach(events[-1].seq)
            for _ in range(len(self._ids) - _REMEMBERED):
                self._held.pop(self._ids.pop(next(iter(self._ids))), None)
        return events

    def missing(self, gap: Gap) -> Moved | None:
        """The log no longer holds some; None: nothing is taken any more."""
        if self.full:
            return None
        self._reach(gap.to_seq)
        return Moved(seq=gap.to_seq, rewound=False)

    def skip(self, seq: int) -> Moved:
        """One event cannot be taken, ever."""
        self._reach(seq)
        return Moved(seq=seq, rewound=False)

    def told(self, replies: Iterable[Reply]) -> list[tuple[str, Told]]:
        """What senders were told, by capture's id; of events that were taken."""
        found = ((self._ids.pop(one.seq, None), one) for one in replies)
        return [
            (id_, Told(status=one.status, by=self._by(id_, one.by), ms=one.ms))
            for id_, one in found
            if id_ is not None
        ]

    def _by(self, capture: str, by: str) -> str:
        """Who it was that answered: to the relay, an answer from here is the program's."""
        stood_in = bool(self._stood_in) and by == "app" and capture in self._stood_in
        self._stood_in.discard(capture)
        return "hookcli" if stood_in else by

    def waits(self, capture: str) -> bool:
        """Whether a sender waits for this capture's answer."""
        return capture in self._held

    def stands_in(self, capture: str) -> None:
        """The answer that goes out now is not the program's."""
        self._stood_in.add(capture)

    def answered(self, capture: str) -> int | None:
        """The place of the event whose sender waits for this capture's answer; None: nobody does.

        Only the first attempt counts: it has told the relay how the program answered.
        """
        return self._held.pop(capture, None)

    @property
    def untold(self) -> bool:
        """Whether senders of taken events may still be told something."""
        return bool(self._ids)

    def _reach(self, seq: int) -> None:
        self.position = max(self.position or 0, seq)

    def _forget(self) -> None:
        self._ids.clear()
        self._held.clear()
        self._stood_in.clear()
