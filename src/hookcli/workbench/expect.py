"""Which answers are well: by status, by a value in the body, by a field, or as recorded before.

    2xx   200,404            the status
    body.ok:=true            a value in the answer's JSON; = compares text, := compares JSON
    body=thanks              the whole body as text
    header.Location=/done    a field of the answer

An answer that was judged wrong carries a remark, and is never what later ones are compared with.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hookcli.captures.model import Attempt, Outcome
from hookcli.errors import UsageError
from hookcli.wire.headers import values
from hookcli.workbench import jsonpath
from hookcli.workbench.describe import sentence
from hookcli.workbench.diff import Ignore, answers
from hookcli.workbench.edits import SetJson, read_set
from hookcli.workbench.jsonpath import Path
from hookcli.workbench.jsonspans import JsonError, find, unquote
from hookcli.workbench.pretty import fault

WRONG = "not as expected"
"""The beginning of the remark of an attempt that was judged wrong."""

_STATUS = re.compile(r"[1-5](?:xx|\d\d)")
_NOT_JSON = "the body is not JSON"
_MOST = 3
"""Differences that are told of one answer."""


@dataclass(frozen=True, slots=True)
class StatusIs:
    """`2xx`, `204`: the words between the commas."""

    words: tuple[str, ...]

    def fault(self, attempt: Attempt) -> str:
        """Why it is not met; empty when it is."""
        status = f"{attempt.status:03}"
        if any(word in (status, f"{status[0]}xx") for word in self.words):
            return ""
        return f"status {attempt.status}, not {' or '.join(self.words)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyIs:
    """`body.path=text`, `body.path:=json`; the empty path is the whole body."""

    path: Path
    wanted: str
    is_json: bool

    def fault(self, attempt: Attempt) -> str:
        """Why it is not met; empty when it is."""
        where = jsonpath.write(("body", *self.path))
        if not self.path and not self.is_json:
            text = attempt.body.decode("utf-8", "surrogateescape")
            return "" if text == self.wanted else f"{where} is not {self.wanted}"
        try:
            member = find(attempt.body, self.path)
        except JsonError:
            return _NOT_JSON
        if member is None:
            return f"{where} is not there" if fault(attempt.body) is None else _NOT_JSON
        raw = attempt.body[member.start : member.end]
        if self._met(raw):
            return ""
        return f"{where} is {_short(raw)}, not {self.wanted}"

    def _met(self, raw: bytes) -> bool:
        if self.is_json:
            return _value(raw) == _value(self.wanted.encode("utf-8", "surrogateescape"))
        text = unquote(raw) if raw.startswith(b'"') else raw.decode("utf-8", "surrogateescape")
        return text == self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderIs:
    """`header.Name=value`: one field of that name has this value."""

    name: str
    wanted: str

    def fault(self, attempt: Attempt) -> str:
        """Why it is not met; empty when it is."""
        found = values(attempt.headers, self.name.lower().encode("utf-8", "surrogateescape"))
        if self.wanted.encode("utf-8", "surrogateescape") in found:
            return ""
        if not found:
            return f"there is no {self.name}"
        return f"{self.name} is {_short(found[0])}, not {self.wanted}"


Condition = StatusIs | BodyIs | HeaderIs


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of every answer; nothing, unless told otherwise."""

    conditions: tuple[Condition, ...] = ()
    same: bool = False
    """The same answer as recorded."""
    ignore: Ignore = field(default_factory=Ignore)
    """Differences from what was recorded that do not count."""

    @property
    def judges(self) -> bool:
        """Whether anything is expected at all."""
        return self.same or bool(self.conditions)

    def faults(self, attempt: Attempt, recorded: Attempt | None) -> tuple[str, ...]:
        """What is not as expected, a sentence each; `recorded` is the answer to compare with."""
        if not self.judges:
            return ()
        found = [one for one in (self._same(attempt, recorded),) if one] if self.same else []
        if attempt.outcome is not Outcome.RESPONDED:
            return tuple(found) or (f"no answer ({attempt.outcome.value})",)
        return (*found, *(one for each in self.conditions if (one := each.fault(attempt))))

    def _same(self, attempt: Attempt, recorded: Attempt | None) -> str:
        if recorded is None:
            return "there is no recorded answer to compare with"
        found = answers(recorded, attempt, ignore=self.ignore).differences
        told = [sentence(one) for one in found[:_MOST]]
        more = [f"{len(found) - _MOST} more"] if len(found) > _MOST else []
        return "; ".join([*told, *more])


def read(text: str) -> Condition:
    """One condition as typed.

    Raises:
        UsageError: it is none.
    """
    words = tuple(word.strip().lower() for word in text.split(","))
    if all(_STATUS.fullmatch(word) for word in words):
        return StatusIs(words)
    try:
        edit = read_set(text)
    except UsageError as error:
        if text.startswith(("body", "header")):
            raise
        raise _wrong(text) from error
    section, *rest = edit.path
    if section == "body":
        is_json = isinstance(edit, SetJson)
        wanted = edit.json if isinstance(edit, SetJson) else edit.text
        return BodyIs(path=tuple(rest), wanted=wanted, is_json=is_json)
    if section == "header" and len(rest) == 1 and not isinstance(edit, SetJson):
        return HeaderIs(name=str(rest[0]), wanted=edit.text)
    raise _wrong(text)


def recorded(attempts: Sequence[Attempt]) -> Attempt | None:
    """The answer that new ones are compared with: the latest that was not judged wrong."""
    well = (one for one in reversed(attempts) if not judged_wrong(one.added))
    return next((one for one in well if one.outcome is Outcome.RESPONDED), None)


def judged_wrong(added: Iterable[str]) -> bool:
    """Whether an attempt's remarks say that it was not as expected."""
    return any(one.startswith(WRONG) for one in added)


def _wrong(text: str) -> UsageError:
    return UsageError(
        f"--expect {text}: a status, a body path or a header is wanted",
        hint="--expect 2xx, --expect body.ok:=true, --expect header.Location=/done",
    )


def _short(raw: bytes, most: int = 60) -> str:
    text = raw.decode("utf-8", "replace")
    return text if len(text) <= most else text[: most - 1] + "…"


def _value(raw: bytes) -> object:
    """A JSON value that is equal to another just when both mean the same; `1` is not `true`."""
    try:
        return _strict(json.loads(raw))
    except (ValueError, RecursionError):
        return ("raw", raw)


def _strict(value: object) -> object:
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list):
        return [_strict(one) for one in value]
    if isinstance(value, dict):
        return {key: _strict(one) for key, one in value.items()}
    return value
