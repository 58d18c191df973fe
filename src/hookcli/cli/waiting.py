"""Waits for webhooks: in the store that a listener fills, else in one that is filled for the wait."""

import asyncio
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hookcli.captures.model import DeliveryState, Outcome, Summary
from hookcli.captures.store import Store
from hookcli.cli import access, loop, presence, selecting, signing
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.render.summaries import status_word
from hookcli.cli.render.words import safe, short, span
from hookcli.errors import RelayError, UsageError, WaitError

if TYPE_CHECKING:
    from hookcli.captures.filters import Filter
    from hookcli.tunnel.listen import Ending, Plan

CONNECT_S = 5.0
"""How long the relay may take to be reached."""

LOOK_S = 0.05
"""How often the store is looked at."""
_KINDS = 5
"""Kinds of what came instead that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to wait for and how long."""

    timeout_ms: int
    """0: for ever."""
    count: int
    since_ms: int | None
    never: bool
    attempt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Narrows a list to what came from a relay, and passes a filter if there is one."""

    filter: "Filter | None"
    endpoint: str | None
    since: int | None = None
    """µs since the Unix epoch."""

    @property
    def functions(self) -> Mapping[str, tuple[int, Callable[..., Any]]]:
        """Those of the filter."""
        return self.filter.functions if self.filter is not None else {}

    def where(self) -> tuple[str, tuple[object, ...]]:
        """The expression over `captures c`."""
        expression, values = self.filter.where() if self.filter is not None else ("1", ())
        parts, given = ["c.seq IS NOT NULL", f"({expression})"], list(values)
        if self.endpoint is not None:
            parts.append("c.endpoint = ?")
            given.append(self.endpoint)
        if self.since is not None:
            parts.append("c.received_at >= ?")
            given.append(self.since)
        return " AND ".join(parts), tuple(given)


def run(here: Here, words: Sequence[str], options: Options) -> int:
    """Wait; the exit code."""
    references, terms = selecting.split(words)
    if references:
        named = references[0].text
        raise UsageError(f"{named} names a capture, and what comes has no name yet",
                         hint="hookcli wait type:invoice.paid")  # fmt: skip
    chosen = selecting.parse(here, terms) if terms else None
    return loop.run(partial(_wait, here, terms, chosen, options))


async def _wait(
    here: Here, terms: str, chosen: "Filter | None", options: Options, stops: loop.Stops
) -> int:
    endpoint = here.endpoint_id() if here.settings.text("relay") else None
    began = here.now
    async with _store(here, options, endpoint, began, stops) as watched:
        store, live = watched.store, watched.running is None
        since = None if options.since_ms is None else began - options.since_ms * 1000
        seen = _Seen(here, store, options, mark=_mark(store, here) if live and since is None else 0)
        seen.matching = Arrived(filter=chosen, endpoint=endpoint, since=since)
        seen.all = replace(seen.matching, filter=None)
        if not live and not stops.asked.is_set():
            here.console.say(f"waiting for {terms or 'any webhook'}: connected to the relay")
        try:
            async with asyncio.timeout(options.timeout_ms / 1000 or None):
                while not seen.look():
                    if stops.asked.is_set():
                        return stops.code or ExitCode.INTERRUPTED
                    watched.check()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stops.asked.wait(), LOOK_S)
        except TimeoutError:
            return _in_vain(terms, options, seen)
    return ExitCode.NO if options.never else ExitCode.YES


def _mark(store: Store, here: Here) -> int:
    newest = next(iter(store.summaries(limit=1, now=here.now)), None)
    return newest.rowid if newest else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """A store into which events come."""

    store: Store
    running: "asyncio.Future[Ending] | None" = None
    """The listener that fills it for the wait; None: one of the user's."""

    def check(self) -> None:
        """HookcliError when the listener of our own has ended."""
        if self.running is not None and self.running.done():
            error = self.running.result().error
            raise error or RelayError("the relay has ended the stream", hint="hookcli doctor")


@dataclass(slots=True)
class _Seen:
    """What has come so far."""

    here: Here
    store: Store
    options: Options
    mark: int
    """The newest row when the waiting began."""
    matching: Arrived = field(default_factory=lambda: Arrived(filter=None, endpoint=None))
    all: Arrived = field(default_factory=lambda: Arrived(filter=None, endpoint=None))
    told: set[str] = field(default_factory=set)

    def look(self) -> bool:
        """Print what is new; whether it is enough."""
        found = self.store.summaries(
            self.matching, newest_first=False, after_rowid=self.mark, now=self.here.now
        )
        for one in found:
            if one.capture.id in self.told or (self.options.attempt and not _is_answered(one)):
                continue
            self.told.add(one.capture.id)
            self._print(one)
            if len(self.told) >= self.options.count:
                return True
        return False

    def _print(self, one: Summary) -> None:
        console, capture = self.here.console, one.capture
        if console.json:
            from hookcli.cli.render.ndjson import dumped
            from hookcli.workbench import records

            console.out(dumped(records.event_record(capture, self.store.body(capture.id))))
            if self.options.attempt:
                for attempt in self.store.attempts(capture.id):
                    console.out(dumped(records.attempt_record(attempt)))
        else:
            console.out(capture.id)
            what = safe(f"{capture.source} {capture.event_type}".strip())
            took = f" in {span(one.last.ms)}" if one.last else ""
            status = f"  {status_word(one)}{took}" if one.last else ""
            console.say(
                f"{short(capture.id)}  {what or safe(f'{capture.method} {capture.path}')}{status}"
            )
        console.stdout.flush()

    def others(self) -> Counter[str]:
        """What came instead, by kind."""
        found = self.store.summaries(self.all, after_rowid=self.mark, now=self.here.now)
        return Counter(_kind(one) for one in found if one.capture.id not in self.told)


def _kind(one: Summary) -> str:
    capture = one.capture
    return capture.event_type or f"{capture.method} {capture.path.partition('?')[0]}"


def _is_answered(one: Summary) -> bool:
    answered = one.last is not None and one.last.outcome is Outcome.RESPONDED
    return answered and one.state is not DeliveryState.PENDING


def _in_vain(terms: str, options: Options, seen: _Seen) -> int:
    if options.never:
        seen.here.console.say(f"none came in {span(options.timeout_ms)}")
        return ExitCode.YES
    wanted = safe(terms) or "a webhook"
    text = f"waited {span(options.timeout_ms)} for {wanted}"
    if options.count > 1:
        text += f"; {len(seen.told)} of {options.count} came"
    others = seen.others()
    if not others:
        raise WaitError(f"{text}; nothing {'else ' if seen.told else ''}arrived")
    kinds = [f"{safe(name)} ×{count}" for name, count in others.most_common(_KINDS)]
    kinds += ["…"] if len(others) > _KINDS else []
    total = others.total()
    raise WaitError(
        f"{text}; {total:,} {'other' if total == 1 else 'others'} arrived ({', '.join(kinds)})"
    )


@asynccontextmanager
async def _store(
    here: Here, options: Options, endpoint: str | None, began: int, stops: loop.Stops
) -> AsyncIterator[_Watched]:
    """The store that a running listener fills; else one that is filled for the wait."""
    if presence.listens(here.store_path, endpoint):
        with here.store() as store:
            yield _Watched(store=store)
        return
    if options.attempt:
        raise UsageError(
            "--follow-attempt needs a listener that forwards", hint="hookcli listen 8000"
        )
    given = await asyncio.to_thread(access.endpoint, here, access.relay_origin(here))
    from hookcli.tunnel.listen import Now, Plan, Since

    since = options.since_ms
    # Not the user's captures and not their cursor: what comes is still to be delivered.
    with tempfile.TemporaryDirectory(prefix="hookcli-") as folder:
        plan = Plan(
            relay=given.origin,
            endpoint=given.endpoint,
            token=given.token.value,
            token_source=given.token.source,
            secrets=signing.by_scheme(here),
            recipes=signing.recipes(here),
            target=None,
            store=Path(folder) / "wait.sqlite",
            respond="ack",
            start=Now() if since is None else Since(at=began - since * 1000),
            name=f"{socket.gethostname()} (wait)",
        )
        async with _filled(plan, options, stops) as watched:
            yield watched


@asynccontextmanager
async def _filled(plan: "Plan", options: Options, stops: loop.Stops) -> AsyncIterator[_Watched]:
    """A store that a listener of our own fills, once it is connected.

    Raises:
        HookcliError: the relay refuses, or cannot be reached within a while.
    """
    from hookcli.tunnel import observe
    from hookcli.tunnel.listen import Listener

    ready = asyncio.Event()
    why: list[str] = []

    def observer(report: observe.Report) -> None:
        if isinstance(report, observe.Ready):
            ready.set()
        elif isinstance(report, observe.Reconnecting):
            why[:] = [safe(report.reason)]

    listener = Listener(plan, observer)
    running = asyncio.ensure_future(listener.run())
    asked = [asyncio.ensure_future(event.wait()) for event in (ready, stops.asked)]
    try:
        limit_s = min(options.timeout_ms / 1000 or CONNECT_S, CONNECT_S)
        first = asyncio.FIRST_COMPLETED
        await asyncio.wait((running, *asked), timeout=limit_s, return_when=first)
        watched = _Watched(store=Store.open(plan.store), running=running)
        try:
            watched.check()
            if not ready.is_set() and not stops.asked.is_set():
                host = plan.relay.partition("://")[2]
                raise RelayError(f"cannot reach {host}", why=tuple(why), hint="hookcli doctor")
            yield watched
        finally:
            watched.store.close()
    finally:
        for one in asked:
            one.cancel()
        if not running.done():
            listener.stop(0.0)
            await asyncio.wait((running,))
