"""Which delivery is attempted when: in order, some at once, and every wait has an end.

    captured ──▶ ready ──▶ running ──▶ done · failed
                   ▲ ▲        │
     program is up │ │        ├──▶ later: a retry is due at a time
                   │ └────────┘
                   └── the program is down: nothing is attempted, one probe at a time looks for it

`now` is seconds of a clock that goes forward, `wall` µs since the Unix epoch, for what is stored:
a clock that is set changes no wait. Nothing here waits, sends or stores.
"""

import heapq
from collections.abc import Iterable

from msgspec import Struct

from hookcli.captures.model import Attempt, Delivery, DeliveryState, Outcome, Why
from hookcli.tunnel import retries
from hookcli.tunnel.backoff import Random
from hookcli.tunnel.duties import Duty, Target
from hookcli.tunnel.observe import TargetState
from hookcli.tunnel.retries import Retry

_TOLD_S = 1.0
"""How often it is told how many deliveries wait, while nothing else changes."""


class Start(Struct, frozen=True):
    """Attempt this delivery now; then say `finished`, `interrupted` or `broken`."""

    capture: str
    target: str
    why: Why
    n: int
    """The how-manieth attempt, as far as is known here."""


class Probe(Struct, frozen=True):
    """Look whether the target accepts connections; then say `probed`."""

    target: str


class Settled(Struct, frozen=True, kw_only=True):
    """What is to be stored after an attempt."""

    deliveries: tuple[Delivery, ...]
    next_retry_at: int | None = None
    """When the next attempt is due, µs since the Unix epoch; None when no time is set for one."""


class Dispatch:
    """Every delivery that is not finished, and where its target stands."""

    def __init__(
        self,
        *,
        target: str | None,
        concurrency: int,
        retry: Retry,
        random: Random,
        routed: Iterable[str] = (),
    ) -> None:
        self.target = target
        """Where deliveries go that no route sends elsewhere; None: nowhere."""
        self._routed = tuple(dict.fromkeys(routed))
        """Targets of routes: a delivery to one of them stays there."""
        self.concurrency, self._retry, self._random = concurrency, retry, random
        self._duties: dict[tuple[str, str], Duty] = {}
        self.targets = self._present()
        """Where deliveries go at present, the one without a route first."""
        self._targets = {url: Target(url, probe_at=0.0) for url in self.targets}
        self._later: list[tuple[float, int, Duty]] = []
        self._orders = 0
        self._allowed = 0
        """Deliveries that may start although delivery is paused."""
        self._news: list[TargetState] = []
        self._stopped = False
        self.paused = False
        self.running = 0
        self.failed = 0
        """Deliveries that ended without a 2xx answer."""

    @property
    def unfinished(self) -> int:
        """Deliveries that are ready, running or due later."""
        return len(self._duties)

    @property
    def answers(self) -> bool:
        """Whether a sender may expect a program's answer now."""
        return not self.paused and any(not self._targets[url].down for url in self.targets)

    def is_down(self, url: str) -> bool:
        """Whether nobody is there, as far as is known."""
        target = self._targets.get(url)
        return target is not None and target.down

    # -- what happens ---------------------------------------------------------------------------

    def captured(self, capture: str, target: str) -> list[Delivery]:
        """An event is kept with one delivery, due at once; what is to be stored of it.

        They come in the order of the log. `target` is where new deliveries went when it was kept.
        """
        duty = Duty(order=self._next_order(), capture=capture, target=target)
        home = self._home(target)
        changed = duty.move(home) if home and home != target else []
        self._add(duty)
        return changed

    def adopt(self, deliveries: Iterable[Delivery], now: float, wall: int) -> list[Delivery]:
        """Take up what an earlier process left unfinished, oldest first; what is to be stored of it.

        A delivery to another target than the present ones goes to the present one: whoever restarts
        the program on another port wants it there. Nothing is taken up while events are only captured.
        """
        changed: list[Delivery] = []
        for one in deliveries:
            home = self._home(one.target)
            if home is None:
                continue
            wait = min(max(one.due_at - wall, 0) / 1e6, retries.MOST_S) if one.due_at else 0.0
            since = max(wall - one.first_try_at, 0) / 1e6 if one.first_try_at else 0.0
            duty = Duty(
                order=self._next_order(),
                capture=one.capture,
                target=one.target,
                tries=one.tries,
                first_try=now - since,
                first_try_at=one.first_try_at,
                due=now + wait,
                due_at=one.due_at,
            )
            if one.target != home:
                changed += duty.move(home)
            self._add(duty)
        return changed

    def finished(
        self, capture: str, target: str, attempt: Attempt, now: float, wall: int
    ) -> Settled:
        """An attempt ended, one way or the other."""
        duty = self._duties[capture, target]
        self._halt(duty)
        where = self._targets[target]
        if retries.unreachable(attempt):
            if not where.down:  # of several attempts that ran at once, the first says so
                state = "refused" if attempt.outcome is Outcome.REFUSED else "timeout"
                self._lost(where, state, attempt.error, now)
            return self._wait(duty)
        where.failures = 0
        self._found(where, now)
        duty.tries += 1
        if not duty.first_try_at:
            duty.first_try, duty.first_try_at = now, attempt.started_at
        pause = retries.again_in(
            self._retry,
            attempt,
            tries=duty.tries,
            elapsed_s=now - duty.first_try,
            wall=wall,
            random=self._random,
        )
        if pause is None:
            return self._end(duty, attempt)
        duty.due, duty.due_at = now + pause, wall + round(pause * 1e6)
        settled = self._wait(duty)
        return Settled(deliveries=settled.deliveries, next_retry_at=duty.due_at)

    def interrupted(self, capture: str, target: str) -> None:
        """An attempt was cut off by us: as if it had not begun."""
        duty = self._duties.get((capture, target))
        if duty is not None and duty.running:
            self._halt(duty)
            self._wait(duty)

    def forgotten(self, capture: str, target: str) -> None:
        """Somebody has deleted the capture: there is nothing to deliver."""
        self._halt(self._duties.pop((capture, target)))

    def broken(self, capture: str, target: str) -> Settled:
        """A bug of ours met this delivery: it is given up, so that it stops nothing ever again."""
        duty = self._duties.get((capture, target))
        if duty is None or not duty.running:
            return Settled(deliveries=())
        del self._duties[capture, target]
        self._halt(duty)
        duty.tries += 1
        self.failed += 1
        return Settled(deliveries=(duty.delivery(DeliveryState.FAILED),))

    def probed(self, url: str, outcome: Outcome | None, now: float) -> None:
        """A probe ended; None: the target accepts connections."""
        target = self._targets.get(url)
        if target is None:
            return
        target.probing = False
        if outcome in (None, Outcome.TLS):
            self._found(target, now)
        else:
            state = "timeout" if outcome is Outcome.TIMED_OUT else "refused"
            self._lost(target, state, target.error, now)

    # -- what is asked for ----------------------------------------------------------------------

    def pause(self) -> None:
        """Start nothing any more."""
        self.paused, self._allowed = True, 0

    def resume(self) -> None:
        """Go on."""
        self.paused, self._allowed = False, 0

    def deliver_one(self) -> None:
        """Let one delivery start although delivery is paused."""
        waiting = sum(len(target.ready) for target in self._targets.values())
        if self.paused and self._allowed < waiting:
            self._allowed += 1

    def try_now(self, now: float) -> None:
        """Wait for nothing: look for the program now, and let every retry be due."""
        for target in self._targets.values():
            if target.down:
                target.probe_at = now
        later, self._later = self._later, []
        for _, _, duty in sorted(later):
            self._make_ready(duty)

    def retarget(self, target: str, now: float) -> list[Delivery]:
        """Deliver to another target from now on, what waits included; what is to be stored of it."""
        self.target = target
        self.targets = self._present()
        for old in self._targets.values():
            if self._home(old.url) == old.url:
                continue
            old.probe_at = None
            if old.ready:
                old.ready.clear()
                self._tell(old, now)
        where = self._targets.setdefault(target, Target(target, probe_at=now))
        where.probe_at = None if where.state == "up" else now
        changed: list[Delivery] = []
        for duty in list(self._duties.values()):
            if duty.running or self._home(duty.target) == duty.target:
                continue
            changed += self._move(duty, target)
            if not duty.due_at:
                self._make_ready(duty)
        return changed

    def stop(self) -> None:
        """Start nothing any more, and look for nobody."""
        self._stopped = True

    # -- what is to be done ---------------------------------------------------------------------

    def take(self, now: float) -> Start | Probe | None:
        """The next thing to do now; to be asked until there is none."""
        if self._stopped:
            return None
        for target in self._targets.values():
            if target.probe_at is not None and target.probe_at <= now and not target.probing:
                target.probing, target.probe_at = True, None
                return Probe(target.url)
        while self._later and self._later[0][0] <= now:
            self._make_ready(heapq.heappop(self._later)[2])
        if self.running >= self.concurrency or (self.paused and not self._allowed):
            return None
        return self._start()

    @property
    def due(self) -> float | None:
        """When to ask again, if nothing happens meanwhile; None: not at all."""
        if self._stopped:
            return None
        targets = self._targets.values()
        times = [one.probe_at for one in targets if one.probe_at is not None and not one.probing]
        times += [one.told_at + _TOLD_S for one in targets if self._untold(one)]
        if self._later:
            times.append(self._later[0][0])
        return min(times, default=None)

    def news(self, now: float) -> list[TargetState]:
        """What has changed with the targets since it was asked last."""
        for target in self._targets.values():
            if self._untold(target) and now - target.told_at >= _TOLD_S:
                self._tell(target, now)
        news, self._news = self._news, []
        return news

    # -- inside ---------------------------------------------------------------------------------

    def _next_order(self) -> int:
        self._orders += 1
        return self._orders

    def _add(self, duty: Duty) -> None:
        key = duty.capture, duty.target
        if key in self._duties:
            return
        self._duties[key] = duty
        if duty.due_at:
            heapq.heappush(self._later, (duty.due, duty.order, duty))
        else:
            self._make_ready(duty)

    def _present(self) -> tuple[str, ...]:
        default = () if self.target is None else (self.target,)
        return tuple(dict.fromkeys(default + self._routed))

    def _home(self, target: str) -> str | None:
        """Where a delivery to this target is to go now."""
        return target if target in self._routed else self.target

    def _move(self, duty: Duty, target: str) -> list[Delivery]:
        """Give it another target; one that goes there already makes it superfluous."""
        del self._duties[duty.capture, duty.target]
        if (duty.capture, target) in self._duties:
            return [duty.delivery(DeliveryState.SKIPPED)]
        changed = duty.move(target)
        self._duties[duty.capture, target] = duty
        return changed

    def _is_wanted(self, duty: Duty) -> bool:
        return self._duties.get((duty.capture, duty.target)) is duty

    def _make_ready(self, duty: Duty) -> None:
        if not self._is_wanted(duty):
            return
        duty.due_at = 0
        self._targets[duty.target].push(duty)

    def _start(self) -> Start | None:
        open_ = [one for one in self._targets.values() if one.ready and not one.down]
        if not open_:
            return None
        target = min(open_, key=lambda one: one.ready[0][0]) if len(open_) > 1 else open_[0]
        duty = target.pop()
        duty.running = True
        duty.attempts += 1
        self.running += 1
        self._allowed = max(self._allowed - 1, 0)
        again = duty.tries or duty.attempts > 1
        why = Why.RETRY if again else Why.LIVE
        return Start(duty.capture, duty.target, why, max(duty.attempts, duty.tries + 1))

    def _halt(self, duty: Duty) -> None:
        duty.running = False
        self.running -= 1

    def _wait(self, duty: Duty) -> Settled:
        """It is not over: ready again, or due later; at the present target."""
        moved: list[Delivery] = []
        home = self._home(duty.target)
        if home is not None and duty.target != home:
            moved = self._move(duty, home)
            if not self._is_wanted(duty):
                return Settled(deliveries=tuple(moved))
        delivery = duty.delivery(DeliveryState.PENDING)
        if duty.due_at:
            heapq.heappush(self._later, (duty.due, duty.order, duty))
        else:
            self._make_ready(duty)
        return Settled(deliveries=tuple(moved) or (delivery,))

    def _end(self, duty: Duty, attempt: Attempt) -> Settled:
        del self._duties[duty.capture, duty.target]
        duty.due_at = 0
        answered = attempt.outcome is Outcome.RESPONDED
        well = retries.succeeded(attempt)
        self.failed += not well
        ended = well or (answered and not self._retry.asked)
        state = DeliveryState.DONE if ended else DeliveryState.FAILED
        return Settled(deliveries=(duty.delivery(state),))

    def _found(self, target: Target, now: float) -> None:
        if target.found():
            self._tell(target, now)

    def _lost(self, target: Target, state: str, error: str, now: float) -> None:
        target.lost(state, error, now, self._random)
        if self._home(target.url) != target.url:
            target.probe_at = None
        self._tell(target, now)

    def _untold(self, target: Target) -> bool:
        held = target.down or (self.paused and bool(target.state))
        return (
            held and target.url in self.targets and target.told != (target.state, len(target.ready))
        )

    def _tell(self, target: Target, now: float) -> None:
        if target.state and target.url in self.targets:
            self._news.append(target.report(now))
