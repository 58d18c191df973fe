"""What is to be sent where: the captures that words name, each with its target."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hookcli.cli import selecting
from hookcli.cli.here import Here
from hookcli.cli.render.words import short
from hookcli.cli.sending import Options
from hookcli.errors import UsageError
from hookcli.workbench.replay import Job, target_of

if TYPE_CHECKING:
    from hookcli.captures.model import Capture, Summary
    from hookcli.captures.store import Store

_GENERATIONS = 8
"""How many parents are asked where a copy's original went."""


def jobs_of(here: Here, store: "Store", words: Sequence[str], options: Options) -> list[Job]:
    """A job for each capture that is named, in the order named; a filter's oldest first.

    Raises:
        NotFoundError: nothing is called that.
        UsageError: a capture was never sent anywhere, and no target is told.
    """
    found: Iterable[Summary]
    if words:
        found = selecting.summaries(here, store, words)
        if options.last:
            found = deque(found, maxlen=options.last)
    else:
        latest = list(store.summaries(limit=options.last, now=here.now))
        if not latest:
            raise selecting.nothing(store, "")
        found = reversed(latest)
    return [_job(here, store, one, options.to) for one in found]


def _job(here: Here, store: "Store", one: "Summary", to: str | None) -> Job:
    target = to or (one.last.target if one.last else "") or target_for(here, store, one.capture)
    return Job(capture=one.capture.id, received_at=one.capture.received_at, target=target)


def target_for(here: Here, store: "Store", capture: "Capture") -> str:
    """Where a capture, or what it is a copy of, went or was to go; else the settings' target.

    Raises:
        UsageError: it was never sent anywhere.
    """
    one: Capture | None = capture
    for _ in range(_GENERATIONS):
        if one is None:
            break
        if found := target_of(None, store.attempts(one.id), store.deliveries(one.id), None):
            return found
        one = store.get(one.parent) if one.parent else None
    if default := here.settings.text("forward"):
        return default
    text = f"{short(capture.id)} was captured without a target"
    raise UsageError(text, hint=f"hookcli replay {short(capture.id)} --to 8000")
