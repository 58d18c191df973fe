"""A capture as a row: its fields, as people and as programs read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hookcli.captures.model import DeliveryState, Outcome, SignatureState, Summary
from hookcli.cli.render.lines import reply
from hookcli.cli.render.tables import Cell, Column
from hookcli.cli.render.words import instant, safe, short, size, span, when


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a row."""

    name: str
    shown: Callable[[Summary, int], Cell]
    """For people; the second argument is now, µs."""
    plain: Callable[[Summary], str]
    """For a pipe: whole, without units."""
    key: Callable[[Summary], Any]
    """What it sorts by."""
    right: bool = False
    flexible: bool = False

    @property
    def column(self) -> Column:
        """Its column of a table."""
        return Column(name=self.name.upper(), right=self.right, flexible=self.flexible)


_SIGNATURES = {
    SignatureState.OK: Cell("ok", "green"),
    SignatureState.BAD: Cell("BAD", "red"),
    SignatureState.STALE: Cell("OLD", "yellow"),
    SignatureState.UNKNOWN: Cell("?", "dim"),
    SignatureState.NEW: Cell("new"),
    SignatureState.NONE: Cell("-", "dim"),
}


def status_word(summary: Summary) -> str:
    """The status of the last attempt, or the word for there being none."""
    last = summary.last
    if last is None:
        return {DeliveryState.SKIPPED: "skip", DeliveryState.PENDING: "wait"}.get(
            summary.state or DeliveryState.SKIPPED, "-"
        )
    return str(last.status) if last.outcome is Outcome.RESPONDED else last.outcome.value


def _status(summary: Summary, _: int) -> Cell:
    word, last = status_word(summary), summary.last
    if last is None:
        return Cell(word, "dim")
    if last.outcome is Outcome.RESPONDED:
        return Cell(word, "green" if 200 <= last.status < 300 else "red")
    return Cell(word, "red")


def _text(name: str, get: Callable[[Summary], str], *, flexible: bool = False) -> Field:
    return Field(
        name=name,
        shown=lambda one, _: Cell(safe(get(one))),
        plain=lambda one: safe(get(one)),
        key=get,
        flexible=flexible,
    )


def _ms(one: Summary) -> float | None:
    return one.last.ms if one.last else None


def _reply(one: Summary) -> str:
    return reply(one.capture.told) if one.capture.told else ""


_ALL = (
    Field(
        name="id",
        shown=lambda one, _: Cell(short(one.capture.id), "dim"),
        plain=lambda one: one.capture.id,
        key=lambda one: one.capture.id,
    ),
    Field(
        name="time",
        shown=lambda one, now: Cell(when(one.capture.received_at, now), "dim"),
        plain=lambda one: instant(one.capture.received_at),
        key=lambda one: one.capture.received_at,
    ),
    Field(
        name="seq",
        shown=lambda one, _: Cell("-" if one.capture.seq is None else str(one.capture.seq)),
        plain=lambda one: "" if one.capture.seq is None else str(one.capture.seq),
        key=lambda one: one.capture.seq or 0,
        right=True,
    ),
    Field(
        name="status",
        shown=_status,
        plain=status_word,
        key=lambda one: one.last.status if one.last else 0,
    ),
    Field(
        name="ms",
        shown=lambda one, _: Cell("" if (ms := _ms(one)) is None else span(ms)),
        plain=lambda one: "" if (ms := _ms(one)) is None else f"{ms:.1f}",
        key=lambda one: _ms(one) or 0.0,
        right=True,
    ),
    Field(
        name="size",
        shown=lambda one, _: Cell(size(one.capture.body_size)),
        plain=lambda one: str(one.capture.body_size),
        key=lambda one: one.capture.body_size,
        right=True,
    ),
    Field(
        name="sig",
        shown=lambda one, _: _SIGNATURES[one.capture.signature.state],
        plain=lambda one: one.capture.signature.state.value,
        key=lambda one: one.capture.signature.state.value,
    ),
    Field(
        name="attempts",
        shown=lambda one, _: Cell(f"×{one.attempts}" if one.attempts > 1 else ""),
        plain=lambda one: str(one.attempts),
        key=lambda one: one.attempts,
    ),
    _text("source", lambda one: one.capture.source, flexible=True),
    _text("type", lambda one: one.capture.event_type, flexible=True),
    _text("method", lambda one: one.capture.method),
    _text("path", lambda one: one.capture.path, flexible=True),
    _text("endpoint", lambda one: one.capture.endpoint),
    _text("peer", lambda one: one.capture.peer),
    _text("scheme", lambda one: one.capture.scheme),
    _text("tags", lambda one: " ".join(one.capture.tags), flexible=True),
    _text("note", lambda one: one.capture.note, flexible=True),
    _text("error", lambda one: one.last.error if one.last else "", flexible=True),
    _text("reply", _reply),
)
FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}

SHOWN = (
    "id",
    "time",
    "source",
    "type",
    "method",
    "path",
    "status",
    "ms",
    "size",
    "sig",
    "attempts",
)
"""What is shown unless told otherwise."""
