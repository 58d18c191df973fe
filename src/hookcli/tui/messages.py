"""What widgets tell their screen. They know of nothing beyond what they draw."""

from dataclasses import dataclass

from textual.message import Message

from hookcli.tui.rows import Row


@dataclass
class Chosen(Message):
    """The cursor of the list is on another row; None when the list is empty."""

    row: Row | None

    def can_replace(self, message: Message) -> bool:
        """Only the last of several matters."""
        return isinstance(message, Chosen)


@dataclass
class Opened(Message):
    """A row is to be shown in full."""

    row: Row


@dataclass
class Followed(Message):
    """Following began or stopped, or lines came in while it was off."""

    follow: bool
    new: int


@dataclass
class SortBy(Message):
    """A column's name was clicked."""

    column: str


@dataclass
class Clicked(Message):
    """A piece with an action was clicked."""

    action: str


@dataclass
class BodyMoved(Message):
    """The body view shows or knows something else: cursor, mode, hits, lines so far."""

    def can_replace(self, message: Message) -> bool:
        """Only the last of several matters."""
        return isinstance(message, BodyMoved)


@dataclass
class FilterTyped(Message):
    """The filter's text, 80 ms after the last key."""

    text: str


@dataclass
class FilterKept(Message):
    """The filter is to stay."""

    text: str


@dataclass
class FilterCleared(Message):
    """The filter is to go."""


@dataclass
class SheetWanted(Message):
    """The lines of the tab Signature or Diff are to be worked out for another width."""

    def can_replace(self, message: Message) -> bool:
        """Once is enough."""
        return isinstance(message, SheetWanted)
