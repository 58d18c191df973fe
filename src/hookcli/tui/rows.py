"""What the list knows of a capture: a small row, made from a summary or a report, and its columns."""

from dataclasses import dataclass
from sys import intern

from msgspec import Struct
from msgspec.structs import replace

from hookcli.captures.model import (
    Attempt,
    Capture,
    DeliveryState,
    Outcome,
    SignatureState,
    Told,
    Why,
)
from hookcli.tui import words
from hookcli.tui.paint import Line, Piece, cut_middle, left, right

GLYPHS = {
    "flight": ("·", ".", "dim"),
    "ok": ("✓", "+", "ok"),
    "failed": ("✗", "x", "bad"),
    "badsig": ("!", "!", "warn"),
    "waiting": ("◌", "o", "wait"),
    "skipped": ("⊘", "-", "dim"),
    "replayed": ("↺", "r", "ok"),
    "mutation": ("✎", "e", "accent"),
}
"""State of a row: glyph, glyph in ASCII, role."""


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """One line of the list. Times are µs since the Unix epoch.

    There may be a hundred thousand: the garbage collector, which stops the tunnel too, passes them by.
    """

    id: str
    at: int
    endpoint: str = ""
    seq: int | None = None
    source: str = ""
    event: str = ""
    method: str = ""
    path: str = ""
    size: int = 0
    scheme: str = ""
    sig: SignatureState = SignatureState.NONE
    state: DeliveryState | None = None
    outcome: Outcome | None = None
    status: int = 0
    ms: float = 0.0
    error: str = ""
    """The first meaningful line of what the program answered, or why it did not."""
    why: Why | None = None
    attempts: int = 0
    replays: int = 0
    next_retry_at: int | None = None
    flying: int = 0
    """When the attempt under way began; 0 when none is."""
    parent: str = ""
    change: str = ""
    """What a mutation changed, in a few words."""
    told: Told | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    marked: bool = False
    provider_id: str = ""
    """By which the provider repeats itself; empty when not known."""

    @property
    def failed(self) -> bool:
        """The last attempt brought no 2xx answer, and it is not merely waiting for the program."""
        if self.outcome is None:
            return self.state is DeliveryState.FAILED
        if self.outcome is Outcome.REFUSED:
            return self.state is not DeliveryState.PENDING
        return self.outcome is not Outcome.RESPONDED or not 200 <= self.status < 300

    @property
    def waiting(self) -> bool:
        """Waiting for the program to accept connections."""
        if self.state is not DeliveryState.PENDING or self.flying:
            return False
        return self.outcome in (None, Outcome.REFUSED) or self.why is Why.HANDSHAKE

    @property
    def kind(self) -> str:
        """A key of GLYPHS; the first that applies."""
        if self.flying:
            return "flight"
        if self.parent:
            return "mutation"
        if self.sig is SignatureState.BAD:
            return "badsig"
        if self.failed:
            return "failed"
        if self.waiting:
            return "waiting"
        if self.state is DeliveryState.SKIPPED and self.outcome is None:
            return "skipped"
        if self.outcome is None:
            return "flight" if self.state is DeliveryState.PENDING else "skipped"
        return "replayed" if self.replays else "ok"

    @property
    def title(self) -> str:
        """What happened: the event type, or method and path where none is known."""
        name = self.event or f"{self.method} {self.path.partition('?')[0]}"
        return f"{name}  {self.change}" if self.change else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Separator:
    """A line between events: a gap, a reconnection, the end of catching up."""

    at: int
    text: str
    role: str = "gap"


Item = Row | Separator


def row_of(capture: Capture, *, marked: str = "") -> Row:
    """The row of a capture without its attempts; `marked` is the tag that marks.

    What many rows have alike is one string for all of them.
    """
    return Row(
        id=capture.id,
        at=capture.received_at,
        endpoint=intern(capture.endpoint),
        seq=capture.seq,
        source=intern(capture.source),
        event=intern(capture.event_type),
        method=intern(capture.method),
        path=intern(capture.path),
        size=capture.body_size,
        sig=capture.signature.state,
        parent=capture.parent,
        change=capture.note if capture.parent else "",
        told=capture.told,
        tags=capture.tags,
        note=capture.note,
        scheme=intern(capture.scheme),
        provider_id="" if capture.parent else capture.provider_id,
        marked=bool(marked) and marked in capture.tags,
    )


def with_attempt(row: Row, attempt: Attempt, error: str) -> Row:
    """The row after an attempt ended; `error` is its first meaningful line."""
    again = attempt.why in (Why.REPLAY, Why.MUTATION) and row.attempts > 0
    return replace(
        row,
        flying=0,
        attempts=max(row.attempts, attempt.n),
        replays=row.replays + again,
        outcome=attempt.outcome,
        status=attempt.status,
        ms=attempt.ms,
        why=attempt.why,
        error=intern(error),
        next_retry_at=attempt.next_retry_at,
        state=_state_after(row, attempt),
    )


def _state_after(row: Row, attempt: Attempt) -> DeliveryState | None:
    if attempt.why in (Why.REPLAY, Why.MUTATION, Why.HANDSHAKE):
        return row.state
    if attempt.outcome is Outcome.REFUSED or attempt.next_retry_at is not None:
        return DeliveryState.PENDING
    return DeliveryState.DONE


# Columns

STATUS = 5
"""Cells of the status with the gap before it: a word of four letters stands apart from what is before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The widths of the columns for one width of the list; 0 leaves a column out."""

    time: int
    source: int
    event: int
    path: int
    size: int
    sig: int
    attempts: int
    width: int

    @property
    def millis(self) -> bool:
        """Whether the time has milliseconds."""
        return self.time > 8


def columns(width: int) -> Columns:
    """What fits: below 72 columns the signature column goes last, the size first."""
    time = 12 if width >= 96 and not words.relative() else 8
    size = 4 if width >= 68 else 0
    sig = 4 if width >= 58 else 0
    attempts = 3 if width >= 74 else 0
    fixed = 3 + time + 2 + STATUS + 5 + (size + 1 if size else 0) + (sig + 2 if sig else 0)
    fixed += attempts + 1 if attempts else 0
    source = 9 if width >= 64 else 8
    room = max(width - fixed - source, 8)
    path = min(room - max(29, room * 5 // 8) - 1, 48) if room >= 29 + 12 else 0
    event = room - path - (1 if path else 0)
    return Columns(
        time=time, source=source, event=event, path=path, size=size, sig=sig,
        attempts=attempts, width=width,
    )  # fmt: skip


def heading(grid: Columns) -> Line:
    """The line above the columns; a click on a name sorts."""
    pieces = [
        Piece("   "),
        Piece(left("TIME", grid.time + 2), "dim", "sort:at"),
        Piece(left("SOURCE", grid.source), "dim", "sort:source"),
        Piece(left("EVENT", grid.event), "dim", "sort:title"),
    ]
    if grid.path:
        pieces.append(Piece(" " + left("PATH", grid.path), "dim", "sort:path"))
    pieces.append(Piece(right("ST", STATUS), "dim", "sort:status"))
    pieces.append(Piece(right("MS", 5), "dim", "sort:ms"))
    if grid.size:
        pieces.append(Piece(right("SIZE", grid.size + 1), "dim", "sort:size"))
    if grid.sig:
        pieces.append(Piece("  " + left("SIG", grid.sig), "dim", "sort:sig"))
    if grid.attempts:
        pieces.append(Piece(" " + right("ATT", grid.attempts), "dim", "sort:attempts"))
    return tuple(pieces)


def line(
    row: Row, grid: Columns, *, now: int, ascii_only: bool = False, repeats: bool = False
) -> Line:
    """The row's cells; `now` in µs, for what is under way; `repeats`: the provider sent it before."""
    glyph, plain, role = GLYPHS[row.kind]
    pieces = [
        Piece(" "),
        Piece(plain if ascii_only else glyph, _glyph_role(row, role)),
        Piece("*" if row.marked else " ", "accent"),
        Piece(left(words.when(row.at, now, millis=grid.millis), grid.time + 2), "dim"),
        Piece(left(row.source or ("-" if ascii_only else "—"), grid.source - 1) + " "),
        Piece(left(row.title, grid.event), "strong" if row.failed else ""),
    ]
    if grid.path:
        path = row.path.partition("?")[0]
        shown = cut_middle(path, grid.path)
        pieces.append(Piece(" " + left(shown, grid.path), "dim"))
    status, status_role = status_of(row, ascii_only=ascii_only)
    pieces.append(Piece(right(status, STATUS), status_role))
    pieces.append(Piece(right(time_of(row, now, ascii_only=ascii_only), 5), "dim"))
    if grid.size:
        pieces.append(Piece(right(words.size(row.size), grid.size + 1), "dim"))
    if grid.sig:
        pieces.append(_signature(row, grid.sig))
    if grid.attempts:
        count = f"{'x' if ascii_only else '×'}{row.attempts}" if row.attempts > 1 else ""
        text, role = ("dup", "warn") if repeats and not count else (count, "dim")
        pieces.append(Piece(" " + right(text, grid.attempts), role))
    return tuple(pieces)


def _glyph_role(row: Row, role: str) -> str:
    return "bad" if row.kind == "mutation" and row.failed else role


def status_of(row: Row, *, ascii_only: bool = False) -> tuple[str, str]:
    """The status column, at most four characters, and its role."""
    if row.flying:
        return ("..." if ascii_only else "…"), "dim"
    if row.waiting:
        return "wait", "wait"
    if row.outcome is None:
        return ("-" if ascii_only else "—"), "dim"
    if row.outcome is Outcome.RESPONDED:
        return str(row.status), "bad" if row.failed else "ok"
    return words.NO_ANSWER[row.outcome], "bad"


def time_of(row: Row, now: int, *, ascii_only: bool = False) -> str:
    """The duration column: of the attempt, so far, or of the wait."""
    if row.flying:
        return words.span(max(now - row.flying, 0) / 1000)
    if row.waiting:
        return words.span(max(now - row.at, 0) / 1000)
    if row.outcome is None:
        return "-" if ascii_only else "—"
    return words.span(row.ms)


_SIG = {
    SignatureState.OK: ("ok", "dim"),
    SignatureState.BAD: ("BAD", "warn"),
    SignatureState.STALE: ("old", "warn"),
    SignatureState.NONE: ("none", "dim"),
    SignatureState.UNKNOWN: ("?", "dim"),
    SignatureState.NEW: ("new", "accent"),
}


def _signature(row: Row, width: int) -> Piece:
    text, role = _SIG[row.sig]
    return Piece("  " + left(text, width), role)
