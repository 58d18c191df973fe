"""Samples to try the road with: which there are, how each would be sent, what came of one; pure."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hookcli.captures.model import Attempt, Outcome
from hookcli.tui import words
from hookcli.tui.screens.palette import Entry

if TYPE_CHECKING:
    from hookcli.signatures import Secret

FIRST = "stripe/invoice.paid"
"""The one that is proposed."""


def entries(names: Sequence[str], secrets: "Callable[[str], Sequence[Secret]]") -> list[Entry]:
    """The samples, the proposed one first, each with its command."""
    ordered = sorted(names, key=lambda name: name != FIRST)
    return [
        Entry(id=name, title=name, note=_how(name, secrets), command=command(name, secrets))
        for name in ordered
    ]


def command(name: str, secrets: "Callable[[str], Sequence[Secret]]") -> str:
    """The command line that sends the same."""
    return f"hookcli trigger {name}{'' if is_signed(name, secrets) else ' --unsigned'}"


def is_signed(name: str, secrets: "Callable[[str], Sequence[Secret]]") -> bool:
    """Whether there is a secret to sign it with."""
    return bool(secrets(_scheme(name)))


def told(name: str, attempt: Attempt, *, signed: bool) -> tuple[str, str]:
    """`stripe/invoice.paid sent → 200 in 16 ms`, and its role."""
    how = "" if signed else f", unsigned (no secret for {_scheme(name)})"
    took = words.long_span(attempt.ms)
    if attempt.outcome is not Outcome.RESPONDED:
        return f"{name} was not taken: {attempt.error or attempt.outcome.value}", "bad"
    good = 200 <= attempt.status < 300
    return f"{name} sent{how} → {attempt.status} in {took}", "ok" if good else "bad"


def _scheme(name: str) -> str:
    return name.partition("/")[0]


def _how(name: str, secrets: "Callable[[str], Sequence[Secret]]") -> str:
    return "signed" if is_signed(name, secrets) else "unsigned"
