"""The views row: saved filters with live counts, the one in use, follow, and the filter; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hookcli.captures.model import SignatureState
from hookcli.tui.feed import Feed
from hookcli.tui.paint import Line, Piece, cut, length, spread
from hookcli.tui.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A name for a filter; the first four are judged on the rows themselves."""

    name: str
    filter: str = ""
    test: Callable[[Row], bool] | None = None


BUILT_IN = (
    View(name="All"),
    View(name="Failed", filter="is:failed", test=lambda row: row.failed),
    View(name="Bad sig", filter="sig:bad", test=lambda row: row.sig is SignatureState.BAD),
    View(name="Marked", filter="is:marked", test=lambda row: row.marked),
)


def all_views(saved: Mapping[str, str], endpoints: Mapping[str, str]) -> list[View]:
    """The built-in ones, those with a name of the user's, one for each of several endpoints."""
    return [
        *BUILT_IN,
        *(View(name=name, filter=text) for name, text in saved.items()),
        *(_endpoint(id_, name) for id_, name in endpoints.items()),
    ]


def _endpoint(id_: str, name: str) -> View:
    return View(name=name, filter=f"endpoint={id_}", test=lambda row: row.endpoint == id_)


def counts(
    feed: Feed,
    saved: Mapping[str, int],
    endpoints: Mapping[str, str] = {},
) -> dict[str, int]:
    """How many events each view has."""
    of = {name: feed.received(id_) for id_, name in endpoints.items()}
    return {"All": feed.rows, "Failed": feed.failed, "Bad sig": feed.bad_signatures,
            "Marked": feed.marked, **saved, **of}  # fmt: skip


def views_line(
    views: list[View], numbers: Mapping[str, int], here: int, width: int, *,
    follow: bool, new: int, typed: str, ascii_only: bool,
) -> Line:  # fmt: skip
    """` All 128   Failed 3   Bad sig 1   Marked 0        ⇩ follow   / filter`."""
    arrow = "v" if ascii_only else "⇩"
    if new:
        state = Piece(f"{arrow} {new} new (F)", "accent", "act:follow")
    else:
        state = Piece(f"{arrow} follow" if follow else f"{arrow} F follows", "" if follow else "dim",
                      "act:follow")  # fmt: skip
    shown = f"/ {typed}" if typed else "/ filter"
    most = max(width - length((state,)) - len(_GAP) - 2, 0)
    filtering = Piece(cut(shown, max(most * 2 // 5, 8)), "accent" if typed else "dim", "act:filter")
    end: Line = (state, Piece(_GAP), filtering, Piece(" "))
    labels = [_label(number, view, numbers, here) for number, view in enumerate(views)]
    more = "..." if ascii_only else "…"
    return spread(
        (Piece(" "), *_around(here, labels, width - length(end) - 2, more)), end, width, gap=1
    )


_GAP = "   "


def _label(number: int, view: View, numbers: Mapping[str, int], here: int) -> Piece:
    count = numbers.get(view.name)
    text = view.name if count is None else f"{view.name} {count}"
    return Piece(text, "title" if number == here else "", f"view:{number}")


def _around(here: int, labels: list[Piece], width: int, more: str) -> Line:
    """As many of the labels as fit, the chosen one among them; what is left out on a side is said."""
    first, last = 0, len(labels)

    def line() -> Line:
        before = [Piece(f"{more} ", "dim", f"view:{first - 1}")] if first else []
        after = [Piece(f" {more}", "dim", f"view:{last}")] if last < len(labels) else []
        pieces: list[Piece] = []
        for label in labels[first:last]:
            pieces += [label, Piece(_GAP)]
        return (*before, *pieces[:-1], *after)

    while length(line()) > width and last - first > 1:
        if last - 1 > here:
            last -= 1
        else:
            first += 1
    return line()
