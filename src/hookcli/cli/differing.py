"""Compares two captures or two attempts and prints what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hookcli.captures.model import Attempt, Capture
from hookcli.cli import selecting
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import plural, safe, short
from hookcli.errors import NotFoundError, UsageError
from hookcli.workbench import diff as diffing
from hookcli.workbench.describe import value
from hookcli.workbench.diff import Diff, Difference, Ignore, Kind, Section

if TYPE_CHECKING:
    from hookcli.captures.store import Store
    from hookcli.wire.http import Request

_OF_REQUESTS = ("request", "headers", "body")
"""What is compared unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two."""

    capture: Capture
    body: bytes
    attempts: Sequence[Attempt]
    attempt: Attempt | None = None
    """Its attempt, where one is named."""

    @property
    def request(self) -> "Request":
        """The captured request."""
        return self.capture.request(self.body)

    @property
    def answer(self) -> Attempt | None:
        """The named attempt, else the latest."""
        return self.attempt or (self.attempts[-1] if self.attempts else None)

    @property
    def name(self) -> str:
        """For people: which, and what it is."""
        number = f"/{self.attempt.n}" if self.attempt else ""
        what = f"{self.capture.source} {self.capture.event_type}".strip() or self.capture.path
        return f"{short(self.capture.id)}{number}  {safe(what)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SameKind:
    """Narrows a list to what came before a capture and is of its type, or of its path without one."""

    capture: Capture

    @property
    def functions(self) -> Mapping[str, tuple[int, Callable[..., Any]]]:
        """None are needed."""
        return {}

    def where(self) -> tuple[str, tuple[object, ...]]:
        """The expression over `captures c`."""
        one = self.capture
        before = "c.rowid < (SELECT rowid FROM captures WHERE id = ?)"
        if one.event_type:
            where = f"{before} AND c.source = ? AND c.event_type = ?"
            return where, (one.id, one.source, one.event_type)
        where = f"{before} AND c.source = ? AND c.method = ? AND c.target = ?"
        return where, (one.id, one.source, one.method, one.target)


def run(
    here: Here, a: str, b: str | None, *, what: Sequence[str], ignore: Sequence[str], text: bool
) -> int:
    """Compare; the exit code."""
    diffing.checked(what)
    with here.store() as store:
        one = _side(here, store, a)
        before, after = (one, _side(here, store, b)) if b else (_earlier(here, store, one), one)
    if text:
        return _text(here, before, after, what)
    found = _compared(before, after, what, Ignore(ignore))
    if here.console.json:
        _print_records(here, before, after, found)
    else:
        _print(here, before, after, found)
    return ExitCode.YES if found.same else ExitCode.NO


def _side(here: Here, store: "Store", word: str) -> Side:
    named = selecting.reference(word)
    capture = selecting.one(here, store, word)
    attempts = store.attempts(capture.id)
    attempt = None
    if named is not None and named.attempt:
        attempt = next((one for one in attempts if one.n == named.attempt), None)
        if attempt is None:
            text = f"{safe(word)} has no attempt {named.attempt}"
            raise NotFoundError(text, why=(f"it has {len(attempts)}",))
    return Side(capture=capture, body=store.body(capture.id), attempts=attempts, attempt=attempt)


def _earlier(here: Here, store: "Store", one: Side) -> Side:
    """What it is compared with unless told: the attempt before, the original, or the one before."""
    if one.attempt is not None:
        if one.attempt.n < 2:
            raise NotFoundError(f"{one.name} is the first attempt: there is none before it")
        return Side(
            capture=one.capture,
            body=one.body,
            attempts=one.attempts,
            attempt=one.attempts[one.attempt.n - 2],
        )
    capture = store.get(one.capture.parent) if one.capture.parent else None
    if capture is None:
        kind = SameKind(capture=one.capture)
        found = next(iter(store.summaries(kind, limit=1, now=here.now)), None)
        if found is None:
            what = one.capture.event_type or one.capture.path
            raise NotFoundError(
                f"there is no capture of the kind {safe(what)} before {short(one.capture.id)}",
                hint=f"hookcli diff {short(one.capture.id)} REF",
            )
        capture = found.capture
    return Side(capture=capture, body=store.body(capture.id), attempts=store.attempts(capture.id))


def _compared(before: Side, after: Side, what: Sequence[str], ignore: Ignore) -> Diff:
    attempts = before.attempt is not None or after.attempt is not None
    chosen = what or (("response",) if attempts else _OF_REQUESTS)
    found = diffing.requests(before.request, after.request, ignore=ignore, what=chosen)
    sections: tuple[Section, ...] = found.sections
    if "response" in chosen:
        sections = (*sections, diffing.answers(before.answer, after.answer, ignore=ignore))
    return Diff(sections=sections)


def _print(here: Here, before: Side, after: Side, found: Diff) -> None:
    console = here.console
    if console.width() is None:
        for one in found.differences:
            console.out("\t".join(_separated(one)))
    else:
        paint = Paint(console.colors())
        console.out(paint("bold", f"--- {before.name}"))
        console.out(paint("bold", f"+++ {after.name}"))
        for line in _lines(found, paint, console.width() or 80):
            console.out(line)
    if found.ignored:
        console.say(f"{plural(len(found.ignored), 'difference')} ignored")
    if found.same:
        console.say(_same(found))


def _same(found: Diff) -> str:
    names = ", ".join(section.name for section in found.sections)
    if all(section.identical for section in found.sections):
        return f"no difference: {names} the same, byte for byte"
    if found.ignored:
        return f"no difference that counts: {names}"
    return f"no difference but in spacing or order: {names}"


def _separated(one: Difference) -> Iterator[str]:
    """Whole, for a pipe: where, what happened, before, after."""
    yield from (safe(one.where), one.kind.value)
    for raw in (one.before, one.after):
        yield "" if raw is None else safe(value(one, raw, len(raw) * 3 + 1))


def _lines(found: Diff, paint: Paint, width: int) -> Iterator[str]:
    room = min(max([len(safe(one.where)) for one in found.differences], default=0), 40)
    most = max((width - room - 6) // 2, 12)
    for one in found.differences:
        where = safe(one.where)
        old, new = (safe(value(one, raw, most)) for raw in (one.before, one.after))
        match one.kind:
            case Kind.ADDED:
                yield f"{paint('green', '+')} {where:<{room}}  {paint('green', new)}"
            case Kind.REMOVED:
                yield f"{paint('red', '-')} {where:<{room}}  {paint('red', old)}"
            case Kind.CHANGED:
                changed = f"{paint('red', old)} → {paint('green', new)}"
                yield f"{paint('yellow', '~')} {where:<{room}}  {changed}"


def _print_records(here: Here, before: Side, after: Side, found: Diff) -> None:
    from hookcli.cli.render.differences import record

    for one in found.differences:
        here.console.out(record(one, before.capture.id, after.capture.id, here.now))


def _text(here: Here, before: Side, after: Side, what: Sequence[str]) -> int:
    """A unified diff of the two as messages."""
    if what or before.attempt is not None or after.attempt is not None:
        raise UsageError("--text compares whole requests", hint="without --what and REF/N")
    paint = Paint(here.console.colors())
    colors = {"+": "green", "-": "red", "@": "cyan"}
    some = False
    names = (before.capture.id, after.capture.id)
    for line in diffing.unified(before.request, after.request, names):
        some = True
        here.console.out(paint(colors.get(line[:1], ""), safe(line)))
    return ExitCode.NO if some else ExitCode.YES
