"""Replaying many: progress, pause, speed, stop. What was sent is recorded, whatever happens next."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.screen import Screen

from hookcli.captures.model import Attempt, Outcome
from hookcli.errors import UsageError
from hookcli.tui import words
from hookcli.tui.acting import Acting, focus_now, work
from hookcli.tui.actions import bindings
from hookcli.tui.details import Details, same_answer
from hookcli.tui.footer import footer
from hookcli.tui.paint import Line, Piece, joined, left, right, spread
from hookcli.tui.replays import outcome_word
from hookcli.tui.widgets.lines_view import LinesView
from hookcli.tui.widgets.painted import PaintedLines

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 0.0)
"""Times the pace at which the events were received; 0 is as fast as the answers come."""
ASK_ABOVE = 20
"""More captures than this are replayed after one question only."""
ROOMY, SHORTER = 80, {"same answer": "same", "different answer": "differs"}
"""Verdicts for screens that are not so wide."""
LINES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be sent."""

    ids: tuple[str, ...]
    resign: bool = False
    target: str = ""
    """Empty for where each one went."""
    speed: float = 0.0
    times: int = 1
    fail_fast: bool = False
    order: str = "as received"


@dataclass(slots=True)
class Progress:
    """What has come of it."""

    total: int
    sent: int = 0
    good: int = 0
    failing: int = 0
    skipped: int = 0
    took: list[float] = field(default_factory=list)
    results: list[Line] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Of the times of the answers, in ms."""
        ordered = sorted(self.took)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


class ResultsView(LinesView):
    """The results; keys of the replay go before those of reading, `space` for one."""

    BINDINGS = bindings("many")


class ManyScreen(Acting, Screen[None], inherit_bindings=False):
    """Goes on sending when it is hidden; `esc` stops it."""

    BINDINGS = bindings("many")  # type: ignore[assignment]
    app: "Inspector"

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.progress = Progress(total=len(plan.ids) * plan.times)
        self.speed = plan.speed
        self.stopped = False
        self.finished = False
        self.hidden = False
        self._go = asyncio.Event()
        self._go.set()
        self._began = 0.0

    def compose(self) -> ComposeResult:
        """Head, progress, results, footer."""
        ascii_only = self.app.setup.ascii_only
        self.head = PaintedLines(id="header")
        self.bar = PaintedLines(id="many-bar")
        self.view = ResultsView(ascii_only=ascii_only, id="many-results")
        self.foot = PaintedLines(id="footer")
        yield self.head
        yield self.bar
        yield self.view
        yield self.foot

    def on_mount(self) -> None:
        """Begin."""
        focus_now(self.view)
        self._began = self.app.setup.clock()
        self.set_interval(0.2, self.draw)
        self.draw()
        # The app's worker: it goes on when this screen is hidden.
        work(self.app, "many", self._run())

    @property
    def paused(self) -> bool:
        """Whether nothing is sent at the moment."""
        return not self._go.is_set()

    # Sending

    async def _run(self) -> None:
        try:
            await self._all()
        finally:
            self.finished = True
            p = self.progress
            self.app.say(f"replayed {p.sent} of {p.total}: {p.good} now 2xx, {p.failing} failing",
                         "ok" if not p.failing else "bad")  # fmt: skip
            if self.is_attached:
                self.draw()

    async def _all(self) -> None:
        before: int | None = None
        for _ in range(self.plan.times):
            for id in self.plan.ids:  # noqa: A001
                await self._go.wait()
                if self._over():
                    return
                details = await self.app.details_of(id)
                if details is None:
                    self.progress.skipped += 1
                    continue
                await self._pace(before, details.capture.received_at)
                before = details.capture.received_at
                if self._over() or not await self._one(details):
                    return

    def _over(self) -> bool:
        """Whether it was stopped meanwhile."""
        return self.stopped

    async def _pace(self, before: int | None, at: int) -> None:
        """Wait as long as there was between the two when they came, by the speed."""
        if before is None or not self.speed:
            return
        wait = max(at - before, 0) / 1e6 / self.speed
        until = self.app.setup.clock() + wait
        while (left_s := until - self.app.setup.clock()) > 0 and not self.stopped:
            await asyncio.sleep(min(left_s, 0.2))
            await self._go.wait()

    async def _one(self, details: Details) -> bool:
        """Send one; False when nothing more is to be sent."""
        target = self.plan.target or self.app.target_of(details)
        if not target:
            self.progress.skipped += 1
            return True
        if not await self.app.confirmed(target, self.progress.total):
            self.stopped = True
            return False
        try:
            parcel = self.app.parcel(details, resign=self.plan.resign)
        except UsageError as error:
            self.app.say(f"{words.short(details.capture.id)} skipped: {error.message}", "warn")
            self.progress.skipped += 1
            return True
        attempt = await self.app.replayer.send(parcel, target)
        self._count(details, attempt)
        return not (self.plan.fail_fast and self.progress.failing)

    def _count(self, details: Details, attempt: Attempt) -> None:
        p = self.progress
        good = attempt.outcome is Outcome.RESPONDED and 200 <= attempt.status < 300
        p.sent += 1
        p.good += good
        p.failing += not good
        p.took.append(attempt.ms)
        before = details.last
        was = outcome_word(before.outcome, before.status) if before else "never sent"
        fixed = good and before is not None and not 200 <= before.status < 300
        verdict = "fixed" if fixed else ""
        if not verdict and before is not None:
            verdict = "same answer" if same_answer(before, attempt) else "different answer"
        p.results.append(self._result(details, attempt, was, verdict))
        del p.results[:-LINES]

    def _result(self, details: Details, attempt: Attempt, was: str, verdict: str) -> Line:
        good = attempt.outcome is Outcome.RESPONDED and 200 <= attempt.status < 300
        plain, width = self.app.setup.ascii_only, self.app.size.width
        glyph = ("+" if good else "x") if plain else ("✓" if good else "✗")
        capture = details.capture
        name = capture.event_type or f"{capture.method} {capture.path.partition('?')[0]}"
        id_ = f"{words.short(capture.id)}  " if width >= 96 else ""
        if width < ROOMY:
            verdict = SHORTER.get(verdict, verdict)
        room = max(width - (56 if width >= ROOMY else 48) - len(id_), 12)
        role = "ok" if good else "bad"
        return (
            Piece(f"   {glyph} ", role), Piece(id_, "dim"), Piece(left(name, room)),
            Piece(f"{right(was, 11)} {'->' if plain else '→'} "),
            Piece(left(outcome_word(attempt.outcome, attempt.status), 8), role),
            Piece(right(words.long_span(attempt.ms), 8)),
            Piece(f"   {verdict}", "accent" if verdict == "fixed" else "dim"),
        )  # fmt: skip

    # Drawing

    def places(self) -> tuple[str, ...]:
        """Where one is here, in the words of the table."""
        return ("many", "any")

    def draw(self) -> None:
        """What has come of it so far."""
        if not self.is_attached:
            return
        width, p, ascii_only = self.app.size.width, self.progress, self.app.setup.ascii_only
        target = self.plan.target or self.app.target or "where they went"
        self.head.show([spread((Piece(f" Replay {words.plural(p.total, 'capture')}", "strong"),),
                               (Piece(f"to {target} ", "dim"),), width)])  # fmt: skip
        self.bar.show(self._bar(width, ascii_only=ascii_only))
        at_end = self.view.scroll_offset.y >= len(self.view.lines) - self.view.size.height
        self.view.show(list(p.results), keep=True)
        if at_end:
            self.view.scroll_to(y=len(p.results), animate=False, force=True)
        places = ("full", "any") if self.finished else ("many", "any")
        self.foot.show([footer(places, width, self.app.setup.keys, ascii_only=ascii_only)])

    def _bar(self, width: int, *, ascii_only: bool) -> list[Line]:
        p = self.progress
        pace = "as answered" if not self.speed else f"{self.speed:g} times as received"
        resign = "re-sign on" if self.plan.resign else "re-sign off"
        go_on = "stop on fail" if self.plan.fail_fast else "go on on fail"
        room = max(min(width - 44, 50), 10)
        full = int(room * p.sent / p.total) if p.total else room
        done, rest = ("#", ".") if ascii_only else ("█", "░")
        elapsed = max(self.app.setup.clock() - self._began, 0.001)
        rate = p.sent / elapsed
        left_s = (p.total - p.sent) / rate if rate and not self.finished else 0
        state = "done" if self.finished else "paused" if self.paused else f"{rate:.1f}/s"
        until = f"left {words.long_span(left_s * 1000)}" if left_s else ""
        good, bad = ("+", "x") if ascii_only else ("✓", "✗")
        return [
            (Piece("  "), *joined((Piece(f"order {self.plan.order}", "dim"), Piece(f"speed {pace}", "dim"),
                                   Piece(resign, "dim"), Piece(go_on, "dim")), "   ", width - 2)), (),
            (Piece("  "), Piece(done * full, "ok"), Piece(rest * (room - full), "dim"),
             Piece(f"  {p.sent} / {p.total}   {state}   {until}")), (),
            (Piece("  "), *joined((Piece(f"{good} {p.good} now 2xx", "ok"),
                                   Piece(f"{bad} {p.failing} still failing", "bad" if p.failing else ""),
                                   Piece(f"{p.skipped} skipped", "dim"),
                                   Piece(f"p50 {p.percentile(0.5):.0f} ms  p95 {p.percentile(0.95):.0f} ms", "dim")),
                                  "   ", width - 2)), (),
        ]  # fmt: skip

    # Actions

    def do_many_pause(self) -> None:
        """Pause, or go on."""
        if self.paused:
            self._go.set()
        else:
            self._go.clear()
        self.draw()

    def do_many_faster(self) -> None:
        """The next speed."""
        self._speed(1)

    def do_many_slower(self) -> None:
        """The speed before."""
        self._speed(-1)

    def _speed(self, by: int) -> None:
        place = SPEEDS.index(self.speed) if self.speed in SPEEDS else len(SPEEDS) - 1
        self.speed = SPEEDS[min(max(place + by, 0), len(SPEEDS) - 1)]
        self.draw()

    def do_many_stop(self) -> None:
        """Stop; a second time closes."""
        if self.finished:
            _ = self.app.pop_screen()
            return
        self.stopped = True
        self._go.set()
        self.draw()

    def do_many_hide(self) -> None:
        """Go on behind the list."""
        _ = self.app.pop_screen()
        if not self.finished:
            self.app.say(f"replaying goes on: {self.progress.sent} of {self.progress.total} sent")

    def do_back(self) -> None:
        """Like stopping."""
        self.do_many_stop()
