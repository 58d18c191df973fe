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
    of_type, of_id = (tuple(_place(place, paths) for place in told) for told in (types, ids))

    def tell(request: Request) -> tuple[str, str]:
        found = peek(request.body) if peek else []
        return _told(of_type, request, found), _told(of_id, request, found)

    return tell


def _place(place: str, paths: list[str]) -> bytes | int:
    """A field's name in lower case, or which of the values that are looked up in the body."""
    kind, _, name = place.partition(":")
    return name.encode().lower() if kind == "header" else paths.index(name)


def _told(places: tuple[bytes | int, ...], request: Request, found: list[str]) -> str:
    told = [
        found[place] if isinstance(place, int) else shown(optional(request, place))
        for place in places
    ]
    return told[0] if len(told) == 1 else ".".join(filter(None, told))
