"""Makes a changed copy: by flags without a question, else in the editor and with one."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hookcli.captures.model import Attempt, Capture
from hookcli.cli import editor, forwarding, loop, making, selecting, signing
from hookcli.cli.changes import Changes
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.jobs import target_for
from hookcli.cli.making import Made
from hookcli.cli.render import ndjson, sent
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import safe
from hookcli.errors import UsageError
from hookcli.workbench import parcels
from hookcli.workbench.copies import sentences
from hookcli.workbench.describe import describe
from hookcli.workbench.parcels import Parcel
from hookcli.workbench.replay import UNREACHABLE, Job, Sent, Tally

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.wire.http import Request

SEND, SAVE, DISCARD = "send", "save", "discard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to change and what to do with the copy."""

    changes: Changes
    resign: bool | None
    secret: str | None
    send: bool
    save: bool
    to: str | None
    yes: bool


def run(here: Here, ref: str, options: Options) -> int:
    """Edit what the reference names; the exit code."""
    if not options.changes:
        editor.command(here)  # that there is none is said before anything else
        _must_ask(here, options)
    with here.store() as store:
        capture = selecting.one(here, store, ref)
        before = capture.request(store.body(capture.id))
        after = _changed(here, capture, before, options)
        if after is None:
            return ExitCode.NO
        parcel = _parcel(here, capture, before, after, options)
        if parcel is None:
            here.console.say("nothing was changed")
            return ExitCode.NO
        chosen = _chosen(here, before, parcel, options)
        if chosen == DISCARD:
            here.console.say("discarded; the original is as it was")
            return ExitCode.NO
        return _kept(here, store, capture, parcel, options, send=chosen == SEND)


def _must_ask(here: Here, options: Options) -> None:
    """What is written in an editor must not be lost for want of an answer."""
    if not (options.send or options.save or here.console.can_ask()):
        raise UsageError("cannot ask what to do with the copy", hint="--save, or --send")


def _changed(here: Here, capture: Capture, before: "Request", options: Options) -> "Request | None":
    edits = options.changes.edits(here.console)
    if edits:
        return making.apply_all(edits, before)
    about = f"a changed copy of {capture.id}; the original stays as it is"
    return editor.edited(here, before, http_version=capture.http_version, about=about)


def _parcel(
    here: Here, capture: Capture, before: "Request", after: "Request", options: Options
) -> Parcel | None:
    """The copy, signed as the options say; None when it is the original."""
    wish = signing.wish(here, options.resign, options.secret)
    made = parcels.make(
        capture,
        before.body,
        wish,
        now=here.now,
        new_id=making.new_id,
        change=lambda _: after,
        copy_signed=True,
    )
    return made if made.is_copy else None


def _chosen(here: Here, before: "Request", parcel: Parcel, options: Options) -> str:
    """Send, save or discard: as the flags say, else as is answered."""
    console = here.console
    for line in sentences(describe(before, parcel.request)):
        console.say(f"  {safe(line)}")
    if parcel.remark:
        console.notice(safe(parcel.remark))
    if options.send:
        return SEND
    if options.save or options.changes:
        return SAVE
    return console.choose("send, save or discard the copy?", (SEND, SAVE, DISCARD), SAVE)


def _kept(
    here: Here, store: "Store", capture: Capture, parcel: Parcel, options: Options, *, send: bool
) -> int:
    console = here.console
    target = (options.to or target_for(here, store, capture)) if send else ""
    made = making.keep_copy(store, capture, parcel)
    console.out(ndjson.dumped(made.record) if console.json else made.copy.id)
    console.stdout.flush()
    return _send(here, store, made, parcel, options, target) if send else ExitCode.YES


def _send(
    here: Here, store: "Store", made: Made, parcel: Parcel, options: Options, target: str
) -> int:
    from hookcli.cli import replaying, sending

    job = Job(capture=made.copy.id, received_at=made.copy.received_at, target=target)
    asked = sending.Options(to=target, yes=options.yes)
    if not replaying.may(here, [job], asked):
        return ExitCode.NO
    attempt, code = loop.run(partial(_attempt, here, parcel, target))
    if attempt is None:
        return code or ExitCode.NO
    kept = replaying.keep(store, attempt)
    one = Sent(job=job, attempt=kept, before=None)
    if here.console.json:
        here.console.out(ndjson.dumped(sent.record(one, judged=False)))
    else:
        paint = Paint(here.console.colors(here.console.stderr))
        for line in sent.lines(one, paint, here.console.width() or 120):
            here.console.say(line)
    if attempt.outcome in UNREACHABLE:
        raise replaying.unreachable(one, Tally(sent=1, unreachable=1))
    return ExitCode.YES


async def _attempt(
    here: Here, parcel: Parcel, target: str, stops: loop.Stops
) -> tuple[Attempt | None, ExitCode | None]:
    import asyncio

    async with forwarding.as_set(here.settings) as forward:
        work = asyncio.ensure_future(forward(parcel, target))
        asked = asyncio.ensure_future(stops.asked.wait())
        await asyncio.wait((work, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if work.done():
            return work.result(), None
        work.cancel()
        return None, stops.code
