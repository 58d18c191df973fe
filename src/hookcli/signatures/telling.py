"""Where requests tell an event's type and id: a header field, or a value of the JSON body."""

from collections.abc import Callable

from hookcli.signatures.fields import optional, shown
from hookcli.signatures.peek import Peek
from hookcli.wire.http import Request

Teller = Callable[[Request], tuple[str, str]]


def telling(*, type: str = "", id: str = "") -> Teller:  # noqa: A002 - their names
    """Reads both from `header:NAME` or `body:dotted.path`; empty means that nobody tells."""
    paths = [rest for kind, _, rest in (type.partition(":"), id.partition(":")) if kind == "body"]
    peek = Peek(*paths) if paths else None

    def tell(request: Request) -> tuple[str, str]:
        found = dict(zip(paths, peek(request.body), strict=True)) if peek else {}
        return _told(type, request, found), _told(id, request, found)

    return tell


def _told(place: str, request: Request, found: dict[str, str]) -> str:
    kind, _, name = place.partition(":")
    if kind == "header":
        return shown(optional(request, name.encode().lower()))
    return found.get(name, "")
