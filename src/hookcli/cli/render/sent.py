"""What came of a replay: a line or a record for each request, a progress line, a summary."""

from collections.abc import Iterator, Sequence

from hookcli.captures.model import Attempt, Outcome
from hookcli.cli.render import ndjson
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import first_line, fit, plural, safe, short, span
from hookcli.workbench import records
from hookcli.workbench.records import Record
from hookcli.workbench.replay import Sent, Tally


def lines(sent: Sent, paint: Paint, width: int) -> Iterator[str]:
    """The request's line, and one for each thing that is not as expected."""
    attempt = sent.attempt
    answered = attempt.outcome is Outcome.RESPONDED
    status = outcome(attempt)
    color = paint.status(attempt.status) if answered else "red"
    was = ""
    if sent.before is not None and outcome(sent.before) != status:
        was = f"  (was {outcome(sent.before)})"
    text = first_line(attempt.body) if answered else safe(attempt.error)
    room = max(width - 50 - len(was), 20)
    yield (
        f"{short(attempt.capture)} -> {paint(color, f'{status:<7}')} {span(attempt.ms):>8}"
        f"{was}  {fit(text, room).rstrip()}"
    ).rstrip()
    for fault in sent.faults:
        yield f"  {paint('red', 'not as expected:')} {safe(fault)}"


def record(sent: Sent, *, judged: bool) -> Record:
    """The attempt; where answers are judged, with what is not as expected."""
    made = records.attempt_record(sent.attempt)
    return made | {"unexpected": list(sent.faults)} if judged else made


def outcome(attempt: Attempt) -> str:
    """`200`, `refused`."""
    if attempt.outcome is Outcome.RESPONDED:
        return str(attempt.status)
    return attempt.outcome.value


def progress(tally: Tally, elapsed_s: float) -> str:
    """How far it is."""
    ended = tally.sent + tally.gone
    parts = [f"{ended:,} of {tally.total:,} sent", f"{tally.good:,} are 2xx"]
    if failing := tally.sent - tally.good:
        parts.append(f"{failing:,} are not")
    if tally.unexpected:
        parts.append(f"{tally.unexpected:,} not as expected")
    if ended and elapsed_s >= 1:
        left_s = (tally.total - ended) * elapsed_s / ended
        parts.append(f"{ended / elapsed_s:.1f}/s, {span(left_s * 1000)} left")
    return " · ".join(parts)


def summary(tally: Tally, elapsed_s: float) -> str:
    """What it came to."""
    parts = [f"{plural(tally.sent, 'request')} sent, {tally.answered:,} answered"]
    parts[0] += f", {tally.good:,} with 2xx" if tally.sent > 1 else ""
    if tally.unexpected:
        parts.append(f"{tally.unexpected:,} not as expected")
    if tally.left:
        parts.append(f"{tally.left:,} not sent")
    if tally.cut:
        parts.append(f"{tally.cut:,} given up before their answer")
    if tally.gone:
        parts.append(f"{plural(tally.gone, 'capture')} deleted meanwhile")
    if len(tally.took) > 1:
        ordered = sorted(tally.took)
        parts.append(f"p50 {span(at(ordered, 0.5))}, p95 {span(at(ordered, 0.95))}")
    return f"{'; '.join(parts)}; {span(elapsed_s * 1000)}"


def done(tally: Tally, elapsed_s: float, now: int) -> Record:
    """The last record of a replay of several."""
    ordered = sorted(tally.took)
    return ndjson.head("replayed", now) | {
        "total": tally.total,
        "sent": tally.sent,
        "answered": tally.answered,
        "good": tally.good,
        "unexpected": tally.unexpected,
        "unreachable": tally.unreachable,
        "left": tally.left + tally.cut,
        "gone": tally.gone,
        "ms": round(elapsed_s * 1000, 1),
        "p50_ms": at(ordered, 0.5) if ordered else None,
        "p95_ms": at(ordered, 0.95) if ordered else None,
    }


def at(ordered: Sequence[float], share: float) -> float:
    """A percentile of sorted values."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
