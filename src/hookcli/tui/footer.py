"""The keys at the bottom, from the table of actions: what fits, the most useful first; pure."""

from collections.abc import Iterable, Mapping

from hookcli.tui.actions import ACTIONS, BY_ID, Action, shown_key
from hookcli.tui.paint import Line, Piece, width_of

_ALWAYS = ("help", "commands")
_TYPING = {"edit", "filter", "pick"}
"""Places where letters and signs are typed, so that only other keys are offered."""

_SENSELESS = {
    "raw": {"toggle-fold"},
    "unheard": {"copy-url", "copy-hello", "sample"},
    "first": {"history"},
    "reached": {"public"},
}
"""What would do nothing in a place that has the keys of another, or where something is not there."""
_PRINTED = {"question_mark", "colon", "slash", "semicolon", "full_stop", "minus", "plus", "space"}
_NARROW, _SHORTER = 100, {"commands": "more"}
"""Words for screens that are not so wide."""
_IN_WORDS = {"⏎": "enter", "↑": "up", "↓": "down", "←": "left", "→": "right", "⌫": "bksp"}


def footer_actions(places: Iterable[str]) -> list[Action]:
    """The actions of these places, the innermost first, that belong into a footer; by rank.

    A key that an inner place has taken does nothing of what it does further out.
    """
    found: list[Action] = []
    taken: set[str] = set()
    places = tuple(places)
    senseless = {id_ for place in places for id_ in _SENSELESS.get(place, ())}
    for place in places:
        here = [one for one in ACTIONS if one.where == place and one.id not in senseless]
        found += [one for one in here if one.footer and one.keys.split(",")[0] not in taken]
        taken |= {key for action in here for key in action.keys.split(",")}
    return sorted(found, key=lambda action: action.footer)


def footer(
    places: Iterable[str],
    width: int,
    keys: Mapping[str, str],
    *,
    ascii_only: bool = False,
    always: Iterable[str] = _ALWAYS,
) -> Line:
    """` ⏎ open  r replay  e edit  y curl  / filter  ? help  : commands`."""
    places = tuple(places)
    typing = not _TYPING.isdisjoint(places)
    last = [_label(BY_ID[name], keys, typing=typing, ascii_only=ascii_only) for name in always]
    if width < _NARROW:
        last = [(key, _SHORTER.get(name, word), name) for key, word, name in last]
    room = width - 1 - sum(width_of(key) + width_of(word) + 3 for key, word, _ in last)
    pieces: list[Piece] = [Piece(" ")]
    for action in footer_actions(places):
        key, word, name = _label(action, keys, typing=typing, ascii_only=ascii_only)
        cells = width_of(key) + width_of(word) + 3
        if action.id in _ALWAYS or cells > room or (typing and _is_typed(key)):
            continue
        room -= cells
        pieces += [Piece(key, "key", f"act:{name}"), Piece(f" {word}  ", "", f"act:{name}")]
    for key, word, name in last:
        pieces += [Piece(key, "key", f"act:{name}"), Piece(f" {word}  ", "", f"act:{name}")]
    return tuple(pieces)


def _is_typed(key: str) -> bool:
    """Whether a key, as it is shown, puts a letter or a sign where one types."""
    return len(key) == 1 and key not in _IN_WORDS


def _label(
    action: Action, keys: Mapping[str, str], *, typing: bool, ascii_only: bool
) -> tuple[str, str, str]:
    names = keys.get(action.id, action.keys).split(",")
    usable = [name for name in names if len(name) > 1 and name not in _PRINTED] if typing else names
    key = shown_key((usable or names)[0])
    if ascii_only and not key.isascii():
        key = _IN_WORDS[key]
    return key, action.short or action.title, action.id
