"""Which field marks which scheme, and where it is written down. Nothing is loaded before it is met.

Fields that only one provider sends come first; fields that several share (`X-Hub-Signature-256`)
come later, and each of their schemes is asked whether it recognises the request.
"""

from functools import cache
from importlib import import_module

from hookcli.signatures.base import Scheme
from hookcli.wire.http import Request

MODULES: dict[str, str] = {
    "github": "github",
    "github-sha1": "github",
    "slack": "slack",
    "stripe": "stripe",
}
"""Every scheme's name, and its module in `schemes/`."""

MARKS: dict[bytes, tuple[int, tuple[str, ...]]] = {
    b"stripe-signature": (1, ("stripe",)),
    b"x-github-event": (1, ("github-sha1", "github")),
    b"x-slack-signature": (1, ("slack",)),
}
"""A field's name in lower case: its rank, and the schemes it marks in the order of asking."""


@cache
def load(name: str) -> Scheme | None:
    """The scheme of that name; None when there is none."""
    module = MODULES.get(name)
    if module is None:
        return None
    schemes: tuple[Scheme, ...] = import_module(f"hookcli.signatures.schemes.{module}").SCHEMES
    return next(scheme for scheme in schemes if scheme.name == name)


def names() -> tuple[str, ...]:
    """The names of all schemes, sorted."""
    return tuple(sorted(MODULES))


def recognise(request: Request) -> Scheme | None:
    """The scheme of a request by its fields; None when none marks one."""
    hits = [mark for name, _ in request.headers if (mark := MARKS.get(name.lower()))]
    if len(hits) > 1:
        hits.sort()
    for _, candidates in hits:
        for name in candidates:
            scheme = load(name)
            if scheme is not None and scheme.recognises(request):
                return scheme
    return None
