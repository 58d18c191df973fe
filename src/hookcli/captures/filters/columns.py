"""Fields that are columns of a capture: texts, numbers, times. Pure SQL, as far as SQLite can say it."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from hookcli.captures.filters import states, values
from hookcli.captures.filters.asked import EQUAL, Asked
from hookcli.captures.filters.compared import Compared, Sql, compared
from hookcli.captures.filters.functions import in_path
from hookcli.captures.filters.nodes import COLUMN, FUNCTION, LOOKUP, Subject, Term

_TIME_WANTED: Final = "a time is wanted here: 10m, 2h, today, 2026-01-31, 2026-01-31T14:30Z"

_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip

_WHOLE: Final = "iif(substr(c.target, 1, 1) = x'2f', c.target, CAST('/' || c.target AS BLOB))"
"""The path with its query, beginning with a slash."""
_BARE: Final = f"substr({_WHOLE}, 1, instr(CAST({_WHOLE} || '?' AS BLOB), x'3f') - 1)"
"""The path alone."""


# Texts


TEXTS: Final[Mapping[str, tuple[str, Callable[[Subject], str | None]]]] = {
    "id": ("id", lambda one: one.capture.id),
    "endpoint": ("endpoint", lambda one: one.capture.endpoint),
    "source": ("source", lambda one: one.capture.source),
    "type": ("event_type", lambda one: one.capture.event_type),
    "method": ("method", lambda one: one.capture.method),
    "scheme": ("scheme", lambda one: one.capture.scheme),
    "peer": ("peer", lambda one: one.capture.peer),
    "note": ("note", lambda one: one.capture.note),
    "target": ("last_target", lambda one: one.last.target if one.last else None),
    "error": ("last_error", lambda one: one.last.error if one.last else None),
}
"""By field, the column and the same of a subject; None where there is none."""


def expression(
    one: Compared, column: str, *, blob: bool = False, large: bool = False
) -> tuple[Sql, int]:
    """The comparison in SQL, by our own code where need be, and what it costs.

    SQLite seeks a word byte by byte: in bodies, of which there are gigabytes, Python is quicker.
    """
    if not (large and one.kind == "contains") and (made := one.sql(column, blob=blob)) is not None:
        return made, COLUMN
    return (f"hk_text({column}, ?, ?)", (one.kind, one.operand)), FUNCTION


def text_of(field: str, one: Compared) -> Term:
    """The condition on a text."""
    column, get = TEXTS[field]
    (where, given), cost = expression(one, f"c.{column}")
    if column.startswith("last_"):
        where = f"(c.{column} IS NOT NULL AND {where})"

    def test(subject: Subject) -> bool:
        value = get(subject)
        return value is not None and one.text(value)

    return Term(where=where, values=given, test=test, cost=cost)


def path_of(one: Compared) -> Term:
    """The condition on the path, which may pass with its query or without."""
    asked: Sql = "hk_path(c.target, ?, ?)", (one.kind, one.operand)
    whole, bare = one.sql(_WHOLE, blob=True), one.sql(_BARE, blob=True)
    if whole is not None and bare is not None:
        # What the path contains, it contains with its query as well.
        asked = whole
        if one.kind != "contains":
            asked = f"({whole[0]} OR {bare[0]})", (*whole[1], *bare[1])
    return Term(
        where=asked[0],
        values=asked[1],
        test=lambda subject: in_path(subject.capture.target, one),
        cost=FUNCTION if whole is None else COLUMN,
    )


def tag_of(one: Compared) -> Term:
    """The condition on one of the tags."""
    (where, given), _ = expression(one, "tag")
    return Term(
        where=f"c.rowid IN (SELECT capture FROM tags WHERE {where})",  # noqa: S608 - ours
        values=given,
        test=lambda subject: any(map(one.text, subject.capture.tags)),
        cost=LOOKUP,
    )


def text(asked: Asked) -> Term:
    """`source`, `type` and the like."""
    name = asked.name.lower()
    one = asked.text()
    if name == "id" and one.kind == "equals":
        one = compared("equals", one.operand.upper())
    return text_of(name, one)


def path(asked: Asked) -> Term:
    """`path`."""
    return path_of(asked.text())


def tag(asked: Asked) -> Term:
    """`tag`."""
    return tag_of(asked.text())


# Numbers


def _number(
    column: str, asked: Asked, read: Callable[[str], float | None], wanted: str,
    get: Callable[[Subject], float | None],
) -> Term:  # fmt: skip
    sign, typed = asked.ordered(read, wanted)
    number = values.column(typed)
    compare = _COMPARE[sign]

    def test(subject: Subject) -> bool:
        value = get(subject)
        return value is not None and compare(value, number)

    return Term(where=f"coalesce(c.{column} {sign} ?, 0)", values=(number,), test=test)


def ms(asked: Asked) -> Term:
    """How long the last attempt took; `=` to the nearest ms."""
    wanted = "a number or a duration is wanted here: 250, 250ms, 1.5s"
    made = _number(
        "last_ms", asked, values.milliseconds, wanted, lambda one: one.last.ms if one.last else None
    )
    sign, typed = asked.ordered(values.milliseconds, wanted)
    if sign != "=":
        return made
    least, below = typed - 0.5, typed + 0.5
    return replace(
        made,
        where="coalesce(c.last_ms >= ? AND c.last_ms < ?, 0)",
        values=(least, below),
        test=lambda one: one.last is not None and least <= one.last.ms < below,
    )


def size(asked: Asked) -> Term:
    """Bytes of the request's body."""
    wanted = "a number or a size is wanted here: 512, 10kB, 1MiB"
    return _number("body_size", asked, values.size, wanted, lambda one: one.capture.body_size)


def attempts(asked: Asked) -> Term:
    """How many attempts were made."""
    wanted = "a whole number is wanted here: 2"
    return _number("attempts", asked, values.whole, wanted, lambda one: len(one.attempts))


def seq(asked: Asked) -> Term:
    """The place in the endpoint's log."""
    wanted = "a place in the log is wanted here: 4711"
    return _number("seq", asked, values.whole, wanted, lambda one: one.capture.seq)


def since(asked: Asked) -> Term:
    """Received at a time or later."""
    return _time(asked, ">=", end=False)


def until(asked: Asked) -> Term:
    """Received at a time or earlier."""
    return _time(asked, "<=", end=True)


def _time(asked: Asked, sign: str, *, end: bool) -> Term:
    asked.allow((":", "="))
    when = values.moment(asked.value.text, asked.now, end=end)
    if when is None:
        raise asked.wrong(_TIME_WANTED)
    compare = _COMPARE[sign]
    return Term(
        where=f"c.received_at {sign} ?",
        values=(values.column(when),),
        test=lambda one: compare(one.capture.received_at, values.column(when)),
    )


# Closed sets, some with numbers


def status(asked: Asked) -> Term:
    """How the program answered last."""
    if not asked.is_order:
        return _named(asked, states.status, states.STATUS_WANTED)
    sign, number = asked.ordered(values.whole, states.STATUS_WANTED)
    number = int(values.column(number))
    compare = _COMPARE[sign]

    def test(subject: Subject) -> bool:
        found = states.answered(subject)
        return found is not None and compare(found, number)

    where = f"(c.last_outcome IS 'answered' AND c.last_status {sign} ?)"
    return Term(where=where, values=(number,), test=test)


def reply(asked: Asked) -> Term:
    """What the sender was told."""
    if not asked.is_order:
        return _named(asked, states.reply, states.REPLY_WANTED)
    sign, number = asked.ordered(values.whole, states.REPLY_WANTED)
    number = int(values.column(number))
    compare = _COMPARE[sign]

    def test(subject: Subject) -> bool:
        told = subject.capture.told
        # 0 is a sender that hung up: it was told nothing.
        return told is not None and told.status > 0 and compare(told.status, number)

    where = f"coalesce(c.told_status > 0 AND c.told_status {sign} ?, 0)"
    return Term(where=where, values=(number,), test=test)


def signature(asked: Asked) -> Term:
    """What is known of the signature."""
    wanted = f"one of {', '.join(states.SIGNATURES)} is wanted here"
    return _named(asked, states.signature, wanted)


def is_(asked: Asked) -> Term:
    """What the capture is."""
    return _named(asked, states.is_, f"one of {', '.join(states.IS)} is wanted here")


def _named(asked: Asked, make: Callable[[str], Term | None], wanted: str) -> Term:
    asked.allow(EQUAL)
    made = make(asked.value.text)
    if made is None:
        raise asked.wrong(wanted)
    return made
