"""The two tabs that are worked out elsewhere and read here: Signature and Diff."""

from collections.abc import Sequence

from hookcli.tui.actions import bindings
from hookcli.tui.widgets.lines_view import LinesView


class SignatureView(LinesView):
    """What is known of a signature."""

    BINDINGS = bindings("signature")
    HELP = "Who signed the event, whether it holds, and why not."


class DiffView(LinesView):
    """What differs from another event; n and N go from one difference to the next."""

    BINDINGS = bindings("diff")
    HELP = "What differs from another event."

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(ascii_only=ascii_only, id=id)
        self.stops: Sequence[int] = ()
        self.wheres: Sequence[str] = ()
        """The path of each stop."""
        self.stop = -1

    def mark(self, stops: Sequence[int], wheres: Sequence[str]) -> None:
        """Say where the differences are; the one that was chosen stays, or the next."""
        self.stops, self.wheres = stops, wheres
        if self.stop >= 0 and stops:
            self._go(min(self.stop, len(stops) - 1))
        else:
            self.stop = -1

    @property
    def where(self) -> str:
        """The path of the difference that is pointed at; empty for none."""
        return self.wheres[self.stop] if 0 <= self.stop < len(self.wheres) else ""

    def _go(self, stop: int) -> None:
        self.stop = stop
        self.point(self.stops[stop])

    def do_diff_next(self) -> None:
        """The next difference."""
        if self.stops:
            self._go((self.stop + 1) % len(self.stops))

    def do_diff_previous(self) -> None:
        """The one before."""
        if self.stops:
            self._go((self.stop - 1) % len(self.stops))
