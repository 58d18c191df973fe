"""Which targets an event goes to: decided once, when it is captured."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hookcli.captures.store import NewCapture
from hookcli.tunnel.plan import Route

if TYPE_CHECKING:
    from hookcli.captures.filters import Filter


class Router:
    """The routes of one listener. Used on the keeper's thread."""

    def __init__(self, routes: tuple[Route, ...], only: "Filter | None") -> None:
        self._routes, self._only = routes, only
        self.targets = tuple(dict.fromkeys(url for route in routes for url in route.to))
        """Every target that a route leads to."""

    @property
    def active(self) -> bool:
        """Whether events are told apart at all."""
        return bool(self._routes) or self._only is not None

    def routed(self, new: NewCapture) -> NewCapture:
        """The capture with the targets that it goes to; where no route fits, those that it has.

        What `--only` leaves out keeps its targets by name and is skipped.
        """
        from hookcli.captures.filters import Subject

        subject = Subject(capture=new.capture, body=new.body)
        fits = (route.to for route in self._routes if route.filter.matches(subject))
        targets = next(fits, new.targets)
        skipped = self._only is not None and not self._only.matches(subject)
        return replace(new, targets=targets, skipped=skipped)
