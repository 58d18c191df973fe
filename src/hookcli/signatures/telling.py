"""Where requests tell an event's type and id: a header field, or a value of the JSON body."""

from collections.abc import Callable

from hookcli.signatures.fields import optional, shown
from hookcli.signatures.peek import Peek
from hookcli.wire.http import Request

Teller = Callable[[Request], tuple[str, str]]


def telling(*, type: str = "", id: str = "") -> Teller:  # noqa: A002 - their names
    """Reads both from `header:NAME` or `body:dotted.path`; empty means that nobody tells.

    Several places in one string are read in order, and what they hold is joined with dots.
    """
    types, ids = type.split(), id.split()
    paths = [place.removeprefix("body:") for place in types + ids if place.startswith("body:")]
    peek = Peek(*paths) if paths else None

    def tell(request: Request) -> tuple[str, str]:
        found = dict(zip(paths, peek(request.body), strict=True)) if peek else {}
        return _told(types, request, found), _told(ids, request, found)

    return tell


def _told(places: list[str], request: Request, found: dict[str, str]) -> str:
    if len(places) == 1:
        return _one(places[0], request, found)
    return ".".join(filter(None, [_one(place, request, found) for place in places]))


def _one(place: str, request: Request, found: dict[str, str]) -> str:
    kind, _, name = place.partition(":")
    if kind == "header":
        return shown(optional(request, name.encode().lower()))
    return found.get(name, "")
