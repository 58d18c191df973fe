"""Conditions from closed sets: `status`, `sig`, `reply`, `is`. Pure SQL over a capture's columns."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from hookcli.captures.filters.nodes import LOOKUP, Subject, Term
from hookcli.captures.model import MARK, DeliveryState, Outcome, SignatureState, Why

_CLASS = re.compile(r"[1-5](?:\d\d|\dx|xx)", re.IGNORECASE)
_TOLD_BY: Final = ("app", "ack", "deadline", "gone", "hookcli")
_ANSWERED: Final = Outcome.RESPONDED.value
_NO_ANSWER: Final = {one.value: one for one in Outcome if one is not Outcome.RESPONDED}

STATUS_WANTED: Final = "a status is wanted here: 200, 5xx, err, wait"
REPLY_WANTED: Final = (
    "what the sender was told is wanted here: 200, 5xx, app, ack, deadline, gone, hookcli, none"
)


def _pending(subject: Subject) -> bool:
    return subject.state in (DeliveryState.PENDING, None)


def answered(subject: Subject) -> int | None:
    """The status that the program answered with last; None without an answer."""
    last = subject.last
    return last.status if last is not None and last.outcome is Outcome.RESPONDED else None


def _between(text: str) -> tuple[int, int] | None:
    """The statuses of `404`, `40x`, `4xx`."""
    if not _CLASS.fullmatch(text):
        return None
    low = text.lower()
    return int(low.replace("x", "0")), int(low.replace("x", "9"))


# status


def status(text: str) -> Term | None:
    """What the last attempt came to; None when no status is called that."""
    if (span := _between(text)) is not None:
        least, most = span
        return Term(
            where="(c.last_outcome IS ? AND c.last_status BETWEEN ? AND ?)",
            values=(_ANSWERED, least, most),
            test=lambda one: least <= (answered(one) or 0) <= most,
        )
    word = text.lower()
    if word == "err":
        return Term(
            where=f"coalesce(c.last_outcome != '{_ANSWERED}', 0)",
            test=lambda one: one.last is not None and one.last.outcome is not Outcome.RESPONDED,
        )
    if word == "wait":
        return Term(
            where="(c.state = 'pending' AND coalesce(c.last_outcome = 'refused', 1))",
            test=lambda one: (
                _pending(one) and (one.last is None or one.last.outcome is Outcome.REFUSED)
            ),
        )
    if (outcome := _NO_ANSWER.get(word)) is not None:
        return Term(
            where="c.last_outcome IS ?",
            values=(outcome.value,),
            test=lambda one: one.last is not None and one.last.outcome is outcome,
        )
    return None


# reply


def reply(text: str) -> Term | None:
    """What the sender was told, by status or by whose answer it was."""
    if (span := _between(text)) is not None:
        least, most = span
        return Term(
            where="coalesce(c.told_status BETWEEN ? AND ?, 0)",
            values=(least, most),
            test=lambda one: (
                one.capture.told is not None and least <= one.capture.told.status <= most
            ),
        )
    word = text.lower()
    if word == "none":
        return Term(where="c.told_by IS NULL", test=lambda one: one.capture.told is None)
    if word in _TOLD_BY:
        return Term(
            where="c.told_by IS ?",
            values=(word,),
            test=lambda one: one.capture.told is not None and one.capture.told.by == word,
        )
    return None


# sig


def signature(text: str) -> Term | None:
    """What is known of the signature."""
    word = text.lower()
    if word not in SIGNATURES:
        return None
    return Term(
        where="c.sig_state = ?",
        values=(word,),
        test=lambda one: one.capture.signature.state.value == word,
    )


SIGNATURES: Final = tuple(one.value for one in SignatureState)


# is


def _failed(subject: Subject) -> bool:
    last = subject.last
    if last is None:
        return subject.state is DeliveryState.FAILED
    if last.outcome is Outcome.REFUSED:
        return not _pending(subject)
    return not 200 <= (answered(subject) or 0) < 300


def _skipped(subject: Subject) -> bool:
    return subject.state is DeliveryState.SKIPPED and not subject.attempts


def _late(subject: Subject) -> bool:
    return subject.capture.told is not None and subject.capture.told.by == "deadline"


def _replayed(subject: Subject) -> bool:
    return any(attempt.why is Why.REPLAY for attempt in subject.attempts)


def _is(where: str, test: Callable[[Subject], bool], cost: int = 0) -> Term:
    return Term(where=" ".join(where.split()), test=test, cost=cost)


IS: Final[Mapping[str, Term]] = {
    "failed": _is(
        f"""CASE WHEN c.last_outcome IS NULL THEN c.state = 'failed'
            WHEN c.last_outcome = 'refused' THEN c.state != 'pending'
            ELSE c.last_outcome != '{_ANSWERED}' OR c.last_status NOT BETWEEN 200 AND 299 END""",
        _failed,
    ),
    "replay": _is(
        """(c.last_why IS 'replay' OR (c.attempts > 1 AND EXISTS (SELECT 1 FROM attempts a
            WHERE a.capture = c.rowid AND a.why = 'replay')))""",
        _replayed,
        LOOKUP,
    ),
    "mutation": _is("c.parent != ''", lambda one: bool(one.capture.parent)),
    "dup": _is(
        """(c.provider_id != '' AND c.parent = '' AND EXISTS (SELECT 1 FROM captures d
            WHERE d.provider_id = c.provider_id AND d.provider_id != '' AND d.rowid < c.rowid
            AND d.endpoint = c.endpoint AND d.source = c.source AND d.parent = ''))""",
        lambda one: one.dup,
        LOOKUP,
    ),
    "marked": _is(
        f"c.rowid IN (SELECT capture FROM tags WHERE tag = '{MARK}')",  # noqa: S608 - ours
        lambda one: MARK in one.capture.tags,
        LOOKUP,
    ),
    "late": _is("c.told_by IS 'deadline'", _late),
    "skipped": _is("(c.state = 'skipped' AND c.attempts = 0)", _skipped),
    "pending": _is("c.state = 'pending'", _pending),
    "new": _is(
        "(c.state = 'pending' AND c.attempts = 0)",
        lambda one: _pending(one) and not one.attempts,
    ),
}
"""By name, what a capture can be."""


def is_(text: str) -> Term | None:
    """The state of this name."""
    return IS.get(text.lower())
