"""One run of a listener: its parts, put together on one event loop.

    client ─▶ reception ─▶ keeper (disk) ─▶ deliverer ─▶ forwarder ─▶ the program
       ▲          │ ack        │                 │
       └──────────┴────────────┴──── result ◀────┘

Whatever goes wrong in a callback, a timer, a task or the keeper's thread comes here, and out of `run`.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec.structs import replace

from hookcli.captures.model import Attempt, Capture, Delivery
from hookcli.captures.store import NewCapture
from hookcli.errors import HookcliError, StoreError
from hookcli.tunnel import capturing, wirelog
from hookcli.tunnel.capturing import Judge
from hookcli.tunnel.client import Address, Client
from hookcli.tunnel.deliver import Deliverer
from hookcli.tunnel.dispatch import Dispatch
from hookcli.tunnel.intake import Intake
from hookcli.tunnel.keeping import Keeper, Kept
from hookcli.tunnel.machine import Connection
from hookcli.tunnel.observe import (
    AttemptFinished,
    Captured,
    Done,
    Notice,
    Observer,
    Report,
    SenderTold,
)
from hookcli.tunnel.plan import Plan
from hookcli.tunnel.reception import Reception
from hookcli.tunnel.routes import Router
from hookcli.tunnel.standin import StandIn, cannot
from hookcli.wire.messages import Event

_REPLIES_S = {"count": 0.5, "drained": 0.5, "stopped": 0.15, "for": 0.15}
"""How long an end waits to hear what the last senders were told; the relay says so every 0.05 s."""


class Engine:
    """Receives, keeps, delivers and reports until something ends it."""

    def __init__(
        self,
        plan: Plan,
        dispatch: Dispatch,
        observer: Observer,
        *,
        group: asyncio.TaskGroup,
        judge: Judge,
        router: Router,
        clock: Callable[[], float],
        wall: Callable[[], int],
        random: Callable[[], float],
        grace_s: float,
    ) -> None:
        self._plan, self._dispatch, self._observer = plan, dispatch, observer
        self._judge, self._router = judge, router
        self._clock, self._grace_s = clock, grace_s
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[tuple[str, HookcliError | None]] = self._loop.create_future()
        self._quiet = asyncio.Event()
        self._patience: asyncio.Timeout | None = None
        self._captured = 0
        self._judge_bugs: set[str] = set()
        self._stand_in = (
            StandIn(plan.secrets, wall=wall, tell=observer) if plan.handshakes else None
        )
        self._intake = Intake(plan.start, count=plan.count)
        self._keeper = Keeper(
            plan.store, plan.endpoint, make=self._make, kept=self._on_kept, failed=self._fail
        )
        self._forwarder = wirelog.forwarder(
            insecure=plan.insecure,
            headers=plan.headers,
            host_header=plan.host_header,
            path=plan.path,
        )
        self._reception = Reception(
            plan,
            self._intake,
            self._keeper,
            dispatch,
            report=observer,
            wall=wall,
            changed=self._check,
            end=self._end,
            bug=self._fail,
        )
        self._client = self._reception.client = Client(
            _address(plan),
            Connection(
                origin=plan.relay,
                random=random,
                max_offline_s=plan.max_offline_s,
                token_source=plan.token_source,
            ),
            self._reception,
            group=group,
            clock=clock,
            wall=wall,
        )
        self._deliverer = Deliverer(
            dispatch,
            self._forwarder,
            self._keeper,
            timeout_s=plan.timeout_s,
            group=group,
            clock=clock,
            wall=wall,
            report=observer,
            answered=self._answered,
            changed=self._check,
            failed=self._fail,
        )

    # -- from its beginning to its end ----------------------------------------------------------

    async def run(self) -> tuple[str, HookcliError | None]:
        """Listen until something ends it: what, and the failure behind it."""
        try:
            cursor, pending = await self._keeper.open()
        except StoreError as error:
            return "store", error
        self._reception.cursor = cursor
        self._intake.resume(cursor)
        if self._plan.for_s is not None:
            self._loop.call_later(self._plan.for_s, self._end, "for")
        self._adopt(pending)
        self._client.start()
        self._deliverer.pump()
        reason, failure = await self._over
        await self._wind_down(reason)
        return reason, failure

    async def close(self) -> Done:
        """Let go of everything; what was captured and attempted is on disk then."""
        await self._client.close()
        await self._keeper.close()
        await self._forwarder.close()
        done = Done(
            captured=self._captured,
            failed=self._dispatch.failed,
            waiting=self._dispatch.unfinished,
            last_seq=self._reception.cursor or 0,
        )
        self._observer(done)
        return done

    def stop(self, grace_s: float) -> None:
        """End; let running attempts finish for so long. Called again, the shorter grace counts."""
        self._grace_s = min(grace_s, self._grace_s)
        if self._patience is not None and not self._patience.expired():
            until = self._loop.time() + grace_s
            before = self._patience.when()
            self._patience.reschedule(until if before is None else min(until, before))
        self._end("stopped")

    # -- steering -------------------------------------------------------------------------------

    def pump(self) -> None:
        """Dispatch was told something: start what may start."""
        self._guard(self._deliverer.pump)

    def try_now(self) -> None:
        """Wait for nothing: connect, look for the program and retry now."""
        self._dispatch.try_now(self._clock())
        self._guard(self._client.try_now)
        self.pump()

    def retarget(self, target: str) -> None:
        """Deliver to another target from now on, what waits included."""
        self._guard(lambda: self._deliverer.retarget(target))

    def _guard(self, do: Callable[[], None]) -> None:
        """The loop would only log what is raised here."""
        try:
            do()
        except Exception as error:
            self._fail(error)

    # -- inside ---------------------------------------------------------------------------------

    def _adopt(self, pending: list[Delivery]) -> None:
        """Take up what an earlier process left unfinished."""
        moved = self._deliverer.adopt(pending)
        if moved:
            what = "1 delivery that waited" if moved == 1 else f"{moved} deliveries that waited"
            text = f"{what} for another target: {self._plan.target} gets them now"
            self._observer(Notice(level="info", code="moved", text=text))

    async def _wind_down(self, reason: str) -> None:
        """Finish what runs, for as long as the grace lasts; then cut it off."""
        self._intake.close()
        self._dispatch.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace_s) as self._patience:
                await self._deliverer.idle()
        self._patience = None
        self._deliverer.cut()
        if self._intake.untold and reason in _REPLIES_S:
            with suppress(TimeoutError):
                async with asyncio.timeout(_REPLIES_S[reason]):
                    await self._quiet.wait()
        self._reception.acknowledge_now()
        await self._client.close()

    def _make(self, event: Event) -> NewCapture:
        """The capture of an event; on the keeper's thread."""
        default = self._dispatch.target
        targets = () if default is None else (default,)
        new, bug = capturing.capture_of(event, self._plan.endpoint, targets, self._judge)
        try:
            new = self._remarked(new)
            if self._router.active:
                new = self._router.routed(new)
        except Exception as error:  # it costs the remark or the route, never the event
            bug = error
        if bug is not None:
            self._loop.call_soon_threadsafe(self._tell_judge_bug, type(bug).__name__)
        return new

    def _remarked(self, new: NewCapture) -> NewCapture:
        if self._plan.remark is None or not (text := self._plan.remark(new.capture, new.body)):
            return new
        note = f"{new.capture.note}; {text}" if new.capture.note else text
        return replace(new, capture=replace(new.capture, note=note))

    def _tell_judge_bug(self, name: str) -> None:
        if name not in self._judge_bugs:
            self._judge_bugs.add(name)
            text = (
                f"who sent an event could not be told, by a bug ({name}); it is kept all the same"
            )
            self._observer(Notice(level="warning", code="bug", text=text))

    def _on_kept(self, kept: Kept) -> None:
        self._guard(lambda: self._take(kept))

    def _take(self, kept: Kept) -> None:
        self._captured += len(kept.captures)
        report: Report
        for new in kept.captures:
            skipped = new.skipped or not new.targets
            report = Captured(capture=new.capture, body=new.body, skipped=skipped)
            self._observer(report)
        for attempt in kept.attempts:
            self._observer(AttemptFinished(attempt=attempt))
        for capture, told in kept.told:
            self._observer(SenderTold(capture=capture, told=told))
        self._reception.kept(kept)
        self._expect(kept.captures)
        self._deliverer.captured(kept.captures)

    def _expect(self, captures: Sequence[NewCapture]) -> None:
        """Say whose answer senders get, where it is not always that of one program."""
        if not self._router.active and self._stand_in is None:
            return
        for new in captures:
            if reason := self._why_unanswered(new):
                instead = self._in_its_place(new.capture, new.body)
                if instead is not None:
                    self._reception.answered(instead)
                    self._keeper.attempt(instead, ())
                else:
                    self._reception.nobody(new.capture.id, reason)
            elif len(new.targets) > 1:
                self._reception.answers(new.capture.id, beside=new.targets[1:])

    def _why_unanswered(self, new: NewCapture) -> str:
        """Why no program answers this one now; empty where one may."""
        if new.skipped or not new.targets:
            return "skipped"
        if self._dispatch.paused or self._dispatch.is_down(new.targets[0]):
            return "refused"
        return ""

    def _answered(self, attempt: Attempt, capture: Capture, body: bytes) -> Attempt | None:
        """Tell the sender of an attempt's end; what was told in its place, if something was."""
        instead = self._in_its_place(capture, body) if cannot(attempt) else None
        self._reception.answered(instead or attempt)
        return instead

    def _in_its_place(self, capture: Capture, body: bytes) -> Attempt | None:
        """The answer to a challenge whose sender waits, where the program has none."""
        if self._stand_in is None or not self._intake.waits(capture.id):
            return None
        return self._stand_in.answer(capture, body)

    def _check(self) -> None:
        """Something has changed: tell the relay of it, and look whether this is the end."""
        if self._over.done():
            if not self._intake.untold:
                self._quiet.set()
            return
        self._reception.tell_target()
        self._reception.acknowledge()
        if self._dispatch.unfinished or not self._reception.all_kept:
            return
        if self._plan.count is not None and self._intake.full:
            self._end("count")
        elif self._plan.drain and self._intake.caught_up:
            self._end("drained")

    def _end(self, reason: str, error: HookcliError | None = None) -> None:
        if not self._over.done():
            self._over.set_result((reason, error))

    def _fail(self, error: Exception) -> None:
        """The store cannot be used any more, or something of ours failed."""
        if self._over.done():
            return
        self._dispatch.stop()
        if not isinstance(error, StoreError):
            self._client.stop()
            self._over.set_exception(error)
            return
        text = f"{error.message}; not taking more events (the relay keeps them)"
        told = StoreError(text, why=error.why, hint=error.hint)
        told.__cause__ = error.__cause__
        self._grace_s = 0.0
        self._observer(Notice(level="error", code="disk", text=text))
        self._end("store", told)


def _address(plan: Plan) -> Address:
    return Address(
        origin=plan.relay,
        endpoint=plan.endpoint,
        token=plan.token,
        name=plan.name,
        respond=plan.respond,
        deadline_ms=plan.deadline_ms,
    )
