"""What a verdict on a body means: who is turned away, and what is written beside an event."""

from relay_server.admission import Head
from relay_server.answers import Answer, refusal
from relay_server.door import Refusal
from relay_server.schemas.checker import Verdict
from relay_server.schemas.messages import Explained

_WITHOUT_BODY = frozenset(["GET", "HEAD", "OPTIONS", "DELETE"])
"""Providers call so to see whether somebody is there: without a body there is nothing to check."""

TOO_LONG = Verdict(fits=False, problem=Explained("", "", "it is longer than what is checked"))


def is_checked(head: Head, size: int) -> bool:
    """Whether the schema has a say about such a request."""
    return bool(size) or head.method not in _WITHOUT_BODY


def turned_away(verdict: Verdict) -> Refusal | None:
    """Why the sender is refused where nothing may come in that does not fit.

    What could not be checked may come again: nobody is told a final no without a reason.
    """
    if verdict.fits:
        return None
    if verdict.problem is None:
        return Refusal("schema_unchecked", _unchecked(verdict.fault))
    message = f"the body does not fit this endpoint's schema: {_words(verdict.problem)}"
    return Refusal("schema", refusal(422, "schema", message), verdict.problem.rule)


def marks(verdict: Verdict) -> tuple[str, ...]:
    """The same as words that an event carries."""
    if verdict.fits:
        return ()
    if verdict.problem is None:
        return (f"schema: not checked: {verdict.fault}",)
    return (f"schema: {_words(verdict.problem)}",)


def _words(problem: Explained) -> str:
    return f"{problem.where}: {problem.what}" if problem.where else problem.what


def _unchecked(fault: str) -> Answer:
    later = ((b"Retry-After", b"60"),)
    message = "the body could not be checked against this endpoint's schema"
    return refusal(503, "not_checked", f"{message}: {fault}", headers=later)
