"""Everything the screen knows, reduced from reports; pure: the time is given with each report."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from hookcli.captures.model import DeliveryState, Why
from hookcli.tui import words
from hookcli.tui.feed import Feed
from hookcli.tui.header import Counts
from hookcli.tui.link import Link
from hookcli.tui.peek import SLOW, answer_line
from hookcli.tui.rows import Row, Separator, row_of, with_attempt
from hookcli.tunnel import observe

LATENCIES = 500
MINUTES = 12
TURNED_AWAY_US = 10_000_000
"""Those turned away for one reason are told of between the rows no more often than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the log screen."""

    at: int
    text: str
    role: str = ""


@dataclass(slots=True)
class Changes:
    """What a batch of reports changed on the screen."""

    added: int = 0
    changed: set[str] = field(default_factory=set)
    fresh: list[str] = field(default_factory=list)
    """Captures that are new here."""


class Board:
    """Link, feed and log. `at` is µs since the epoch, `now` seconds of a forward-only clock."""

    def __init__(
        self, *, mark: str = "", budget_ms: Callable[[str], float | None] = lambda scheme: None
    ) -> None:
        self.budget_ms = budget_ms
        """How long a scheme's provider waits for an answer."""
        self.link = Link()
        self.link.turn("none")
        self.feed = Feed()
        self.log: deque[LogLine] = deque(maxlen=2000)
        self.mark = mark
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self.through_ms: deque[float] = deque(maxlen=LATENCIES)
        """From an event's arrival at the relay to its first attempt, by the relay's clock."""
        self._minutes: dict[int, int] = {}
        self._catching: dict[str, int] = {}
        """Endpoint to how many events it had when the stream began, while they come."""
        self._caught: dict[str, int] = {}
        self._flying: dict[str, int] = {}
        self._turned: dict[tuple[str, str], tuple[int, int]] = {}
        """Endpoint and reason to when one was last told between the rows, and how many came since."""

    def take(self, reports: Iterable[observe.Report], at: int, now: float) -> Changes:
        """Take in reports in their order."""
        changes = Changes()
        for report in reports:
            self.link.told(report, now)
            self._rows(report, at, changes, now)
            self._note(report, at)
        return changes

    def say(self, text: str, at: int, role: str = "") -> None:
        """Keep a sentence in the log."""
        self.log.append(LogLine(at=at, text=text, role=role))

    # Rows

    def _rows(self, report: observe.Report, at: int, changes: Changes, now: float) -> None:
        match report:
            case observe.Captured():
                self._captured(report, at, changes)
            case observe.AttemptStarted():
                self._flying[report.capture] = at
                self._change(report.capture, changes, flying=at)
            case observe.AttemptFinished():
                self._finished(report, changes, now)
            case observe.SenderTold():
                self._change(report.capture, changes, told=report.told)
            case observe.Ready():
                self._catching[report.endpoint] = report.backlog
                self._caught[report.endpoint] = 0
            case observe.Connected():
                self._separate(self._of(report, connected_words(report)), at, changes)
            case observe.Missing():
                self._separate(self._of(report, missing_words(report)), at, changes)
            case observe.TurnedAway():
                self._turned_away(report, at, changes)
            case _:
                pass

    def _turned_away(self, report: observe.TurnedAway, at: int, changes: Changes) -> None:
        """One line between the rows for many at once: a flood at the door hides no event."""
        key = report.endpoint, report.reason
        since, untold = self._turned.get(key, (0, 0))
        if at - since < TURNED_AWAY_US:
            self._turned[key] = since, untold + 1 + report.more
            return
        self._turned[key] = at, 0
        earlier = f" · {words.plural(untold, 'other')} before" if untold else ""
        self._separate(self._of(report, f"{report.words}{earlier}"), at, changes)

    def _captured(self, report: observe.Captured, at: int, changes: Changes) -> None:
        row = row_of(report.capture, marked=self.mark)
        state = DeliveryState.SKIPPED if report.skipped else DeliveryState.PENDING
        row = replace(row, state=state, flying=self._flying.get(row.id, 0))
        changes.fresh.append(row.id)
        changes.added += self.feed.append([row])
        minute = at // 60_000_000
        self._minutes[minute] = self._minutes.get(minute, 0) + 1
        if self._catching.get(row.endpoint):
            self._caught_one(row.endpoint, at, changes)

    def _caught_one(self, endpoint: str, at: int, changes: Changes) -> None:
        count = self._caught[endpoint] = self._caught[endpoint] + 1
        if count >= self._catching[endpoint]:
            del self._catching[endpoint]
            text = f"caught up: {words.plural(count, 'event')}, delivered in order"
            self._separate(self._named(endpoint, text), at, changes)

    def _finished(self, report: observe.AttemptFinished, changes: Changes, now: float) -> None:
        attempt = report.attempt
        self._flying.pop(attempt.capture, None)
        row = self.feed.get(attempt.capture)
        if attempt.why is Why.LIVE and row is not None:
            took = (attempt.started_at - row.at) / 1000 - self.link.clock_ahead_ms
            self.through_ms.append(max(took, 0.0))
        if attempt.why in (Why.LIVE, Why.RETRY):
            self._latencies.append(attempt.ms)
            budget = self.budget_ms(row.scheme) if row is not None and row.scheme else None
            if row is not None and budget and attempt.ms >= SLOW * budget:
                self.link.slow = (now, row.source, attempt.ms, budget)
        if row is not None:
            self.feed.put(with_attempt(row, attempt, answer_line(attempt)))
            changes.changed.add(row.id)

    def _change(self, id: str, changes: Changes, **values: object) -> None:  # noqa: A002
        row = self.feed.get(id)
        if row is not None:
            self.feed.put(replace(row, **values))
            changes.changed.add(id)

    def _separate(self, text: str, at: int, changes: Changes) -> None:
        line = Separator(at=at, text=f"{words.clock(at)}   {text}")
        changes.added += self.feed.append([line])

    # Words

    def _of(self, report: observe.OfOne, text: str) -> str:
        return self._named(report.endpoint, text)

    def _named(self, endpoint: str, text: str) -> str:
        """The text, of which endpoint where there are several."""
        name = self.link.several.get(endpoint)
        return f"{name}: {text}" if name else text

    def _note(self, report: observe.Report, at: int) -> None:
        match report:
            case observe.Ready():
                text = f"connected to {report.relay}, from seq {report.resume_seq}"
                self.say(self._named(report.endpoint, text), at, "ok")
            case observe.Connected():
                self.say(self._of(report, connected_words(report)), at, "ok")
            case observe.Lost():
                self.say(self._of(report, f"relay lost: {report.reason}"), at, "bad")
            case observe.Reconnecting():
                wait = words.long_span(report.retry_in_ms)
                text = f"try {report.attempt} in {wait}: {report.reason}"
                self.say(self._of(report, text), at, "wait")
            case observe.Missing():
                self.say(self._of(report, missing_words(report)), at, "bad")
            case observe.TurnedAway():
                self.say(self._of(report, report.words), at, "warn")
            case observe.TargetState():
                error = f": {report.error}" if report.error else ""
                role = "ok" if report.state == "up" else "wait"
                self.say(
                    f"{report.target} {report.state}, {report.waiting} waiting{error}", at, role
                )
            case observe.Notice():
                hint = f" ({report.hint})" if report.hint else ""
                role = {"error": "bad", "warning": "warn"}.get(report.level, "")
                self.say(f"{report.text}{hint}", at, role)
            case _:
                pass

    # Numbers

    def counts(self, at: int, *, ascii_only: bool = False) -> Counts:
        """What the header tells."""
        ordered = sorted(self._latencies)
        minute = at // 60_000_000
        values = [float(self._minutes.get(minute - back, 0)) for back in range(MINUTES - 1, -1, -1)]
        return Counts(
            seen=self.feed.rows,
            failed=self.feed.failed,
            waiting=self.link.waiting,
            p50=ordered[len(ordered) // 2] if ordered else None,
            p95=ordered[int(len(ordered) * 0.95)] if ordered else None,
            spark=words.sparkline(values, ascii_only=ascii_only) if any(values) else "",
        )

    def oldest_waiting_ms(self, at: int) -> float:
        """How long the oldest waiting event has waited."""
        oldest = self.feed.oldest_waiting
        return (at - oldest) / 1000 if self.link.waiting and oldest is not None else 0.0

    def under_way(self, at: int) -> tuple[int, float]:
        """How many requests are being answered, and for how many ms the longest."""
        longest = max((at - since for since in self._flying.values()), default=0)
        return len(self._flying), longest / 1000

    def flying_row(self, row: Row) -> Row:
        """The row with what is under way for it, when it is made anew from the store."""
        since = self._flying.get(row.id, 0)
        return replace(row, flying=since) if since else row


def connected_words(report: observe.Connected) -> str:
    """`connected again after 29 s · 3 caught up · nothing missed`."""
    facts = [f"connected again after {words.long_span(report.down_ms)}"]
    if report.caught_up:
        facts.append(f"{report.caught_up} to catch up")
    return " · ".join(facts)


def missing_words(report: observe.Missing) -> str:
    """`gap: 37 events are gone (retention)`."""
    are = "event is" if report.count == 1 else "events are"
    places = f"seq {report.from_seq} to {report.to_seq}"
    reason = f", {report.reason}" if report.reason else ""
    return f"gap: {report.count} {are} gone ({places}{reason})"
