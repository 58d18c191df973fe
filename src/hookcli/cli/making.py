"""The requests of a replay: each capture as it was, or a copy changed as the flags say."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from hookcli.captures.model import Attempt, Capture
from hookcli.cli import editor, signing
from hookcli.cli.here import Here
from hookcli.cli.render.words import safe, short
from hookcli.cli.sending import Options
from hookcli.errors import UsageError
from hookcli.wire.http import Request
from hookcli.workbench import parcels, records
from hookcli.workbench.copies import sentences
from hookcli.workbench.describe import describe
from hookcli.workbench.mutate import apply
from hookcli.workbench.parcels import Change, Parcel
from hookcli.workbench.records import Record
from hookcli.workbench.replay import Job, Send
from hookcli.workbench.resign import Wish

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.workbench.edits import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A copy that was made and kept."""

    parent: Capture
    before: Request
    copy: Capture
    after: Request

    @property
    def record(self) -> Record:
        """Its `event` record."""
        return records.event_record(self.copy, self.after.body)

    @property
    def sentences(self) -> list[str]:
        """What is different, for people."""
        return [safe(one) for one in sentences(describe(self.before, self.after))]


@dataclass(slots=True)
class Maker:
    """Makes parcels, and keeps what becomes a capture of its own."""

    here: Here
    store: "Store"
    wish: Wish
    change: Change | None
    uses: Counter[str] = field(default_factory=Counter)
    """Per capture: how often it is still to be sent."""
    copies: dict[str, str] = field(default_factory=dict)
    """Capture to its copy, while that is to be sent again."""
    told: set[str] = field(default_factory=set)
    """Remarks that were told before anything was sent."""
    remarks: Counter[str] = field(default_factory=Counter)
    """Remarks of what was sent, and how often each was made."""

    def parcel(self, id_: str) -> Parcel | None:
        """What is sent for a capture, nothing kept; None when it is gone."""
        capture = self.store.get(self.copies.get(id_, id_))
        if capture is None:
            return None
        change = None if id_ in self.copies else self.change
        body = self.store.body(capture.id)
        try:
            return parcels.make(
                capture, body, self.wish, now=self.here.now, new_id=new_id, change=change
            )
        except UsageError as error:
            text = f"{short(capture.id)}: {error.message}"
            raise UsageError(text, why=error.why, hint=error.hint) from None

    def keep(self, id_: str, parcel: Parcel) -> Made | None:
        """Keep a copy, if it is one, before anything is sent of it."""
        self.uses[id_] -= 1
        if parcel.is_copy:
            before = self.store.get(id_)
            made = keep_copy(self.store, before, parcel) if before is not None else None
            if self.uses[id_] > 0:
                self.copies[id_] = parcel.capture.id
            return made
        if self.uses[id_] <= 0:
            self.copies.pop(id_, None)
        return None


def maker(here: Here, store: "Store", jobs: Sequence[Job], options: Options) -> Maker | None:
    """The maker of what the options ask for; every capture is tried before any is sent.

    None when an editor has left everything as it was, which is said.

    Raises:
        UsageError: a flag is wrong, or one of the captures cannot be changed so.
    """
    edits = options.changes.edits(here.console)
    wish = signing.wish(here, options.resign, options.secret)
    change = partial(apply_all, edits) if edits else None
    uses = Counter(job.capture for job in jobs for _ in range(options.times))
    made = Maker(here, store, wish, change, uses)
    if options.edit:
        edited = _by_editor(here, store, jobs, change)
        if edited is None:
            return None
        made.change = edited
    if made.change is not None or options.resign or len(jobs) == 1:
        _try(made, jobs)
    return made


def _try(made: Maker, jobs: Sequence[Job]) -> None:
    """Make every parcel once, and say what is to be known of their signatures."""
    found = (made.parcel(job.capture) for job in jobs)
    remarks = Counter(one.remark for one in found if one is not None and one.remark)
    made.told.update(remarks)
    tell_remarks(made.here, remarks)


def tell_remarks(here: Here, remarks: Counter[str]) -> None:
    """Each once, and of how many captures it holds."""
    for remark, count in remarks.items():
        here.console.notice(safe(remark) if count == 1 else f"{safe(remark)} ({count:,} times)")


def apply_all(edits: "Sequence[Edit]", request: Request) -> Request:
    """The request after the edits."""
    return apply(request, edits)


def _by_editor(
    here: Here, store: "Store", jobs: Sequence[Job], change: Change | None
) -> Change | None:
    """What comes back from the editor, for one capture; None when it was left as it was."""
    if len(jobs) != 1:
        raise UsageError(f"--edit opens one capture, and these are {len(jobs)}")
    capture = store.get(jobs[0].capture)
    if capture is None:
        raise UsageError(f"{short(jobs[0].capture)} was deleted meanwhile")
    before = capture.request(store.body(capture.id))
    begun = change(before) if change is not None else before
    about = f"a changed copy of {capture.id} will be sent"
    after = editor.edited(here, begun, http_version=capture.http_version, about=about)
    return None if after is None else lambda _: after


def keep_copy(store: "Store", parent: Capture, parcel: Parcel) -> Made:
    """Put a copy into the store."""
    from hookcli.captures.store import Batch, NewCapture

    before = parent.request(store.body(parent.id))
    new = NewCapture(capture=parcel.capture, body=parcel.request.body)
    store.commit(Batch(captures=(new,)))
    return Made(parent=parent, before=before, copy=parcel.capture, after=parcel.request)


def new_id() -> str:
    """An id as events have it."""
    from ulid import ULID

    return str(ULID())


@asynccontextmanager
async def sender(
    made: Maker, options: Options, tell: Callable[[Made], None]
) -> AsyncIterator[Send]:
    """What sends jobs: a copy is kept, and told, before it is sent."""
    from hookcli.cli import forwarding

    async with forwarding.sender(
        made.here.settings,
        timeout_ms=options.timeout_ms,
        insecure=options.insecure,
        mark=options.mark,
    ) as forward:

        async def send(job: Job) -> Attempt | None:
            parcel = made.parcel(job.capture)
            if parcel is None:
                return None
            if parcel.remark and parcel.remark not in made.told:
                made.remarks[parcel.remark] += 1
            copy = made.keep(job.capture, parcel)
            if copy is not None:
                tell(copy)
            return await forward(parcel, job.target)

        yield send


def show(here: Here, store: "Store", jobs: Sequence[Job], made: Maker) -> None:
    """Print the requests that would be sent."""
    from hookcli.cli.render import ndjson
    from hookcli.cli.render.detail import body, request_head
    from hookcli.cli.render.paint import Paint

    out = here.console.out
    for job in jobs:
        parcel = made.parcel(job.capture)
        if parcel is None:
            continue
        if here.console.json:
            record = records.event_record(_as_sent(parcel), parcel.request.body)
            out(ndjson.dumped(record | {"target": job.target}))
            continue
        out(f"# {short(job.capture)} to {job.target}")
        for line in request_head(_as_sent(parcel), Paint(here.console.colors())):
            out(line)
        out("")
        for line in body(parcel.request.headers, parcel.request.body):
            out(line)
        out("")


def _as_sent(parcel: Parcel) -> Capture:
    from msgspec.structs import replace

    request = parcel.request
    return replace(
        parcel.capture, method=request.method, target=request.target, headers=request.headers
    )
