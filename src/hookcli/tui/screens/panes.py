"""Going between list and detail, zooming, the layouts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from hookcli.tui import layout
from hookcli.tui.acting import focus_now
from hookcli.tui.details import Details

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector
    from hookcli.tui.widgets.detail_pane import DetailPane
    from hookcli.tui.widgets.event_list import EventList

NAMES = {"auto": "as the size allows", "side": "side by side", "stacked": "upon each other",
         "one": "one at a time"}  # fmt: skip


class Panes(Screen[None]):
    """Part of the main screen."""

    app: "Inspector"
    detail: "DetailPane"
    event_list: "EventList"
    details: Details | None
    opened: bool
    zoomed: bool
    showing: str
    lay_out: Callable[[], None]
    draw: Callable[[], None]
    open_detail: Callable[[], None]

    def do_back(self) -> None:
        """From the detail to the list."""
        if self.search_is_open():
            self.detail.pane.close_search()
            return
        if self.zoomed:
            self.zoomed = False
        self.opened = False
        self.lay_out()
        focus_now(self.event_list)
        self.draw()

    def search_is_open(self) -> bool:
        """Whether words are being searched in the body."""
        return self.detail.pane.search.has_class("-open")

    def do_other_pane(self) -> None:
        """The other pane."""
        if self.event_list.has_focus:
            self.open_detail()
        elif self.showing == "detail" and not self.zoomed:
            self.do_back()
        else:
            focus_now(self.event_list)

    def do_zoom(self) -> None:
        """The focused pane on the whole screen, and back."""
        in_detail = self.detail.has_focus_within
        self.zoomed = not self.zoomed
        self.opened = in_detail
        self.showing = "detail" if in_detail and self.zoomed else self.showing
        self.lay_out_again()

    def zoom_detail(self) -> None:
        """The detail on the whole screen; back gives the list its place again."""
        if self.showing != "detail":
            self.zoomed, self.opened, self.showing = True, True, "detail"
            self.lay_out_again()

    def lay_out_again(self) -> None:
        """Arrange although the name of the layout may be the same."""
        self.showing = ""
        self.lay_out()
        if self.details is not None and self.showing not in ("list", "empty"):
            self.detail.tell(self.details)

    def do_layout(self) -> None:
        """The next layout; remembered."""
        kept = self.app.memory.kept
        kept.layout = layout.next_choice(kept.layout)
        self.app.memory.save()
        self.lay_out_again()
        self.app.say(f"layout: {NAMES[kept.layout]}")

    def do_other_down(self) -> None:
        """Scroll the detail from the list."""
        self.detail.scroll_other(3)

    def do_other_up(self) -> None:
        """Scroll the detail back."""
        self.detail.scroll_other(-3)

    def do_next_event(self) -> None:
        """The next event, from the detail."""
        self.event_list.do_next()

    def do_previous_event(self) -> None:
        """The previous event, from the detail."""
        self.event_list.do_previous()
