"""What a listener reports, as lines for people: an arrow in, an arrow out, and every change of state.

Pure: told what happened and when, it gives the lines to print. An answer is held back for a moment
so that what the sender was told can stand on its line; `due` gives what has waited long enough.
"""

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TypeVar

from hookcli.captures.model import Attempt, Capture, Outcome, SignatureState, Told, Why
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import (
    cells,
    clock,
    first_line,
    fit,
    plural,
    safe,
    short,
    size,
    span,
)
from hookcli.tunnel import observe

_T = TypeVar("_T")

HOLD_US = 150_000
"""How long an answer waits for what the sender was told, µs."""

LEAST_WIDTH = 76
"""Columns below which lines wrap."""

_MEMORY = 10_000
"""Captures whose sender's reply is still expected; beyond, the oldest are forgotten."""

_SIGNATURES = {
    SignatureState.OK: ("sig ok", ""),
    SignatureState.BAD: ("SIG BAD", "red"),
    SignatureState.STALE: ("SIG OLD", "yellow"),
    SignatureState.UNKNOWN: ("sig ?", "dim"),
    SignatureState.NEW: ("sig new", ""),
    SignatureState.NONE: ("", ""),
}
_WHYS = {
    Why.LIVE: "", Why.RETRY: "retry", Why.REPLAY: "replay", Why.MUTATION: "mutation",
    Why.HANDSHAKE: "",
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Lines:
    """The lines of one listener."""

    paint: Paint = field(default_factory=Paint)
    width: int = 110
    zone: tzinfo | None = None
    _held: dict[str, tuple[int, Attempt]] = field(default_factory=dict)
    """Capture to its first answer, and when that must be printed at the latest."""
    _told: dict[str, Told] = field(default_factory=dict)
    """What senders were told before there was an answer to print it with."""
    _answered: dict[str, Attempt] = field(default_factory=dict)
    """Answers printed before it was known what the sender was told."""
    _down: set[str] = field(default_factory=set)
    _stale: set[str] = field(default_factory=set)
    """Endpoints whose silence was told."""
    _names: dict[str, str] = field(default_factory=dict)
    """Endpoint to its name."""

    def lines(self, report: observe.Report, now: int) -> list[str]:
        """What to print for a report that came at `now`, µs since the epoch."""
        match report:
            case observe.Captured():
                return self._captured(report, now)
            case observe.AttemptFinished(attempt=attempt):
                return self._finished(attempt, now)
            case observe.SenderTold(capture=capture, told=told):
                return self._sender_told(capture, told, now)
            case observe.Done():
                return self.rest()
            case _:
                return [*self.due(now), *self._state(report, now)]

    def due(self, now: int) -> list[str]:
        """Answers that have waited long enough."""
        ready = [capture for capture, (at, _) in self._held.items() if at <= now]
        return [self._release(capture) for capture in ready]

    def rest(self) -> list[str]:
        """Everything that is still held."""
        return [self._release(capture) for capture in list(self._held)]

    @property
    def next_due(self) -> int | None:
        """When `due` has something, µs since the epoch; None when nothing is held."""
        return min((at for at, _ in self._held.values()), default=None)

    def _captured(self, report: observe.Captured, now: int) -> list[str]:
        capture = report.capture
        lines = [event_line(capture, now, self.paint, self.width, self.zone)]
        reason = capture.signature.reason
        if capture.signature.state in (SignatureState.BAD, SignatureState.STALE) and reason:
            lines.append(self._under(f"signature: {safe(reason)}"))
        if capture.note:
            lines.append(self._under(safe(capture.note)))
        if report.skipped:
            lines.append(self._under("captured, not forwarded"))
        return lines

    def _finished(self, attempt: Attempt, now: int) -> list[str]:
        capture = attempt.capture
        if attempt.why not in (Why.LIVE, Why.HANDSHAKE):
            return [self._answer(attempt, None)]
        # What the program did goes before what was answered in its place.
        before = self._held.pop(capture, None)
        lines = [self._answer(before[1], None)] if before else []
        if told := self._told.pop(capture, None):
            return [*lines, self._answer(attempt, told)]
        self._held[capture] = (now + HOLD_US, attempt)
        return lines

    def _sender_told(self, capture: str, told: Told, now: int) -> list[str]:
        if held := self._held.pop(capture, None):
            return [self._answer(held[1], told)]
        if attempt := self._answered.pop(capture, None):
            if told.by == "app" and told.status == attempt.status:
                return []  # as everybody will have assumed
            text = f"sender was told {reply(told)} after {span(told.ms)}"
            return [self._news(now, "===", text, short(capture))]
        _remember(self._told, capture, told)
        return []

    def _release(self, capture: str) -> str:
        _, attempt = self._held.pop(capture)
        _remember(self._answered, capture, attempt)
        return self._answer(attempt, None)

    def _answer(self, attempt: Attempt, told: Told | None) -> str:
        return answer_line(attempt, told, self.paint, self.width, self.zone)

    def _state(self, report: observe.Report, now: int) -> list[str]:
        match report:
            case observe.Ready():
                self._names[report.endpoint] = report.name
                return []
            case observe.TargetState():
                return self._target(report, now)
            case observe.Notice(level=level, text=text, hint=hint):
                mark = "===" if level == "info" else "!!!"
                lines = [self._news(now, mark, safe(text))]
                return [*lines, self._under(f"try: {safe(hint)}")] if hint else lines
            case observe.OfOne(endpoint=endpoint) if found := self._connection(report):
                mark, text = found
                return [self._news(now, mark, self._of(endpoint) + text)]
            case _:
                return []

    def _of(self, endpoint: str) -> str:
        """`payments: `, where there are several endpoints."""
        return f"{safe(self._names.get(endpoint) or endpoint)}: " if endpoint else ""

    def _connection(self, report: observe.OfOne) -> tuple[str, str] | None:
        """The mark and the text for what happened to a connection; None for nothing to print."""
        match report:
            case observe.Lost(reason=reason):
                text = f"relay lost ({safe(reason)}); what is captured stays available; retrying"
                return "!!!", text
            case observe.Reconnecting(attempt=attempt) if (
                attempt > 1 and attempt & attempt - 1 == 0
            ):
                why = safe(report.reason)
                return "!!!", f"no relay for {span(report.down_ms)}, {attempt} tries ({why})"
            case observe.Connected(down_ms=down_ms, caught_up=count):
                self._stale.discard(report.endpoint)
                missed = f"{count:,} to catch up" if count else "nothing missed"
                return "===", f"connected again after {span(down_ms)}, {missed}"
            case observe.Alive():
                self._stale.discard(report.endpoint)
                return None
            case observe.Stale(silent_ms=silent_ms) if report.endpoint not in self._stale:
                self._stale.add(report.endpoint)
                return "!!!", f"no sign of life from the relay for {span(silent_ms)}"
            case observe.Missing(count=count, from_seq=first, to_seq=last):
                why = {"age": "too old", "size": "over its size"}.get(report.reason, "")
                did = f"had removed them ({why})" if why else "cannot read them any more"
                text = f"{plural(count, 'event')} missed: the relay {did}"
                return "!!!", f"{text}, seq {first}..{last}"
            case observe.TurnedAway():
                return "!!!", safe(report.words)
            case _:
                return None

    def _target(self, report: observe.TargetState, now: int) -> list[str]:
        name = report.target.removeprefix("http://")
        if report.state == "up":
            if report.target not in self._down:
                return []
            self._down.discard(report.target)
            return [self._news(now, "===", f"{name} answers again")]
        if report.target in self._down:
            return []
        self._down.add(report.target)
        state = {"refused": "refuses connections", "timeout": "does not answer"}
        text = f"{name} {state.get(report.state, report.state)}"
        text += "; what arrives waits here and is delivered when it answers"
        return [self._news(now, "!!!", text)]

    def _news(self, now: int, mark: str, text: str, behind: str = "") -> str:
        color = "yellow" if mark == "!!!" else "cyan"
        tail = f"   {self.paint('dim', behind)}" if behind else ""
        stamp = self.paint("dim", clock(now, self.zone))
        return f"{stamp} {self.paint(color, mark)} {self.paint(color, text)}{tail}"

    def _under(self, text: str) -> str:
        return " " * 17 + self.paint("yellow", text)


def event_line(
    capture: Capture, now: int, paint: Paint, width: int, zone: tzinfo | None = None
) -> str:
    """The line of an event: what it is, where it goes, how big, how signed, its id."""
    signature, color = _SIGNATURES[capture.signature.state]
    room = max(width, LEAST_WIDTH) - 51
    what = safe(" ".join(filter(None, (capture.source, capture.event_type))))
    call = safe(f"{capture.method} {capture.path}")
    if what and room >= 40:
        left = min(max(cells(what), room * 45 // 100), room * 60 // 100)
        label = f"{paint('bold', fit(what, left))} {fit(call, room - left)}"
    else:
        label = fit(f"{what}  {call}" if what else call, room + 1)
    return (
        f"{paint('dim', clock(now, zone))} {paint('cyan', '-->')} {label} "
        f"{size(capture.body_size):>7}  {paint(color, f'{signature:<7}')}  "
        f"{paint('dim', short(capture.id))}"
    )


def answer_line(
    attempt: Attempt, told: Told | None, paint: Paint, width: int, zone: tzinfo | None = None
) -> str:
    """The line of an attempt: its answer's status and first words, and what the sender was told."""
    at = attempt.started_at + round(attempt.ms * 1000)
    answered = attempt.outcome is Outcome.RESPONDED
    status = f"{attempt.status:<4}" if answered else "FAIL"
    text = first_line(attempt.body) if answered else safe(attempt.error or attempt.outcome.value)
    if attempt.why is Why.HANDSHAKE:
        text = "; ".join([*map(safe, attempt.added), *filter(None, [text])])
    elif why := _WHYS[attempt.why]:
        text = f"{why} #{attempt.n}  {text}"
    tails = [f"→ sender {reply(told)}"] if told else []
    if attempt.next_retry_at is not None:
        tails.append(f"retry in {span(max(attempt.next_retry_at - at, 0) / 1000)}")
    tail = "  " + ", ".join(tails) if tails else ""
    room = max(width, LEAST_WIDTH) - 48
    said = fit(text, max(room - cells(tail), 8)) + tail
    color = paint.status(attempt.status) if answered else "red"
    return (
        f"{paint('dim', clock(at, zone))} {paint('cyan', '<--')} {paint(color, status)} "
        f"{span(attempt.ms):>8}  {fit(said, room)}  {paint('dim', short(attempt.capture))}"
    )


def reply(told: Told) -> str:
    """What the sender was told, and by whom if not by the program."""
    if told.by == "gone" or not told.status:
        return "nothing: it hung up"
    return str(told.status) if told.by == "app" else f"{told.status} ({told.by})"


def _remember(memory: dict[str, _T], key: str, value: _T) -> None:
    if len(memory) >= _MEMORY:
        del memory[next(iter(memory))]
    memory[key] = value
