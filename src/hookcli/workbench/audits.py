"""How an application behaves when a provider, or somebody else, does what they sooner or later do.

Each check makes requests of a captured webhook and judges the answers. Pure: nothing is sent here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from hookcli.captures.model import Attempt, Outcome
from hookcli.errors import UsageError
from hookcli.wire.http import Request
from hookcli.workbench.crafting import Signing, signed
from hookcli.workbench.mutate import with_length_of

STALE_US = 3_600_000_000
"""How old the signature of the check `stale` is: longer than any provider's tolerance."""
_CONFLICT = 409
DEADLINE_S = 10.0
"""What a provider that does not say how long it waits is taken to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The webhook that is sent, and how its provider signs."""

    request: Request
    how: Signing
    """Without a scheme or a secret nothing can be signed."""

    @property
    def signs(self) -> bool:
        """Whether it can be signed here."""
        return self.how.scheme is not None and self.how.secret is not None

    @property
    def deadline_s(self) -> float:
        """How long the provider waits."""
        scheme = self.how.scheme
        return (scheme.deadline_s if scheme else None) or DEADLINE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question to an application."""

    name: str
    says: str
    """What is to be true, for people."""
    make: Callable[[Sequence[Case], int], Sequence[Request]]
    """What is sent, at a time (µs since the Unix epoch); UsageError says why it cannot be asked."""
    judge: Callable[[Sequence[Case], Sequence[Attempt]], str]
    """What is wrong with the answers; empty when nothing is."""
    at_once: bool = False
    """The requests go out together."""


def _asked(cases: Sequence[Case], now: int, **how: object) -> Request:
    case = cases[0]
    if not case.signs:
        raise UsageError("no secret is known to sign it with")
    return signed(case.request, replace(case.how, **how), now=now)  # type: ignore[arg-type]


def _fresh(case: Case, now: int) -> Request:
    return signed(case.request, case.how, now=now)


def _accepted(cases: Sequence[Case], now: int) -> Sequence[Request]:
    return [_fresh(cases[0], now)]


def _twice(cases: Sequence[Case], now: int) -> Sequence[Request]:
    return [_fresh(cases[0], now)] * 2


def _backwards(cases: Sequence[Case], now: int) -> Sequence[Request]:
    if len(cases) < 2:
        raise UsageError("it needs two webhooks or more: --from several")
    return [_fresh(case, now) for case in reversed(cases)]


def _badly_signed(cases: Sequence[Case], now: int) -> Sequence[Request]:
    return [_asked(cases, now, bad=True)]


def _unsigned(cases: Sequence[Case], now: int) -> Sequence[Request]:
    before, after = cases[0].request, _asked(cases, now)
    known = set(before.headers)
    # What signing has set is what a provider's signature consists of.
    theirs = {name.lower() for name, value in after.headers if (name, value) not in known}
    kept = tuple(pair for pair in after.headers if pair[0].lower() not in theirs)
    if kept == after.headers:
        raise UsageError("its signature is not in the header fields")
    return [structs.replace(after, headers=kept)]


def _tampered(cases: Sequence[Case], now: int) -> Sequence[Request]:
    right = _asked(cases, now)
    if not right.body:
        raise UsageError("it has no body")
    if cases[0].how.scheme is not None and cases[0].how.scheme.is_token:
        raise UsageError("its provider signs no body")
    changed = structs.replace(right, body=right.body + b" ")
    return [with_length_of(right, changed)]


def _stale(cases: Sequence[Case], now: int) -> Sequence[Request]:
    scheme = cases[0].how.scheme
    if scheme is not None and scheme.tolerance_s is None:
        raise UsageError("its provider signs no time")
    return [_asked(cases, now, age_us=STALE_US)]


def _broken(cases: Sequence[Case], now: int) -> Sequence[Request]:
    case = cases[0]
    broken = structs.replace(case.request, body=b'{"broken": ')
    broken = with_length_of(case.request, broken)
    return [signed(broken, case.how, now=now)]


def outcome(attempt: Attempt) -> str:
    """`200`, or why there is no status."""
    return str(attempt.status) if attempt.outcome is Outcome.RESPONDED else attempt.outcome.value


def _is(attempt: Attempt, first: int) -> bool:
    return attempt.outcome is Outcome.RESPONDED and attempt.status // 100 == first


def _taken(cases: Sequence[Case], answers: Sequence[Attempt]) -> str:
    wrong = [outcome(one) for one in answers if not _is(one, 2)]
    return f"answered {', '.join(wrong)}, and 2xx is wanted" if wrong else ""


def _in_time(cases: Sequence[Case], answers: Sequence[Attempt]) -> str:
    limit = cases[0].deadline_s
    took = max(one.ms for one in answers) / 1000
    if took <= limit:
        return ""
    return f"took {took:.1f} s, and the provider waits {limit:g} s"


def _refused(cases: Sequence[Case], answers: Sequence[Attempt]) -> str:
    # A conflict says that the event is known, not that somebody else's is not taken.
    wrong = [outcome(one) for one in answers if not _is(one, 4) or one.status == _CONFLICT]
    return f"answered {', '.join(wrong)}, and 400, 401 or 403 is wanted" if wrong else ""


def _alive(cases: Sequence[Case], answers: Sequence[Attempt]) -> str:
    wrong = [outcome(one) for one in answers if not (_is(one, 2) or _is(one, 4))]
    return f"answered {', '.join(wrong)}, and 2xx or 4xx is wanted" if wrong else ""


# What must be refused goes first: it is to be refused for its signature, not for its id.
CHECKS: tuple[Check, ...] = (
    Check(name="bad-signature", says="a wrong signature is refused", make=_badly_signed, judge=_refused),
    Check(name="unsigned", says="no signature is refused", make=_unsigned, judge=_refused),
    Check(name="tampered", says="a body changed on the way is refused", make=_tampered, judge=_refused),
    Check(name="stale", says="a signature an hour old is refused", make=_stale, judge=_refused),
    Check(name="accepted", says="a webhook as its provider sends it is taken", make=_accepted, judge=_taken),
    Check(name="deadline", says="the answer comes in the provider's time", make=_accepted, judge=_in_time),
    Check(name="duplicate", says="the same again is no error", make=_twice, judge=_taken),
    Check(name="concurrent", says="nor is it when both come at once", make=_twice, judge=_alive, at_once=True),
    Check(name="order", says="the newest first is no error", make=_backwards, judge=_taken),
    Check(name="broken", says="a body that is no JSON is no crash", make=_broken, judge=_alive),
)  # fmt: skip
BY_NAME = {one.name: one for one in CHECKS}


def chosen(names: Sequence[str]) -> list[Check]:
    """The checks of these names, in their usual order; all without names.

    Raises:
        UsageError: one of them is none.
    """
    for name in names:
        if name not in BY_NAME:
            raise UsageError(f"--checks {name}: no such check", hint=", ".join(BY_NAME))
    return [one for one in CHECKS if not names or one.name in names]
