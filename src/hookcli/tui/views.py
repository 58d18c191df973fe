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


def all_views(saved: Mapping[str, str]) -> list[View]:
    """The built-in ones, then those with a name of the user's."""
    return [*BUILT_IN, *(View(name=name, filter=text) for name, text in saved.items())]


def counts(feed: Feed, saved: Mapping[str, int]) -> dict[str, int]:
    """How many events each view has."""
    return {"All": feed.rows, "Failed": feed.failed, "Bad sig": feed.bad_signatures,
            "Marked": feed.marked, **saved}  # fmt: skip


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
    end: list[Piece] = [state, Piece("   ")]
    shown = f"/ {typed}" if typed else "/ filter"
    pieces: list[Piece] = [Piece(" ")]
    for number, view in enumerate(views):
        count = numbers.get(view.name)
        label = f"{view.name} {count}" if count is not None else view.name
        pieces.append(Piece(label, "title" if number == here else "", f"view:{number}"))
        pieces.append(Piece("   "))
    room = max(width - length(pieces) - length(end) - 1, 24)
    end.append(Piece(cut(shown, room), "accent" if typed else "dim", "act:filter"))
    end.append(Piece(" "))
    return spread(tuple(pieces), tuple(end), width, gap=1)
