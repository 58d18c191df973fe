"""The one place where text becomes cells: everything drawn by our widgets passes `display_text` here."""

import re
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from hookcli.captures.display import display_text

ROLES = (
    "ok", "bad", "warn", "wait", "dim", "strong", "accent", "key", "title", "gap", "bar",
    "cursor", "away", "hit", "here", "number", "json-key", "json-string", "json-number",
    "json-word",
)  # fmt: skip
"""What a piece of text is; the stylesheet says how that looks, in every theme."""

COMPONENTS = {f"role--{role}" for role in ROLES}

_JOINERS = re.compile("[\u200b-\u200d\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Terminals disagree on the width of what these join, so columns do without them."""


class Piece(NamedTuple):
    """A run of text with one role; a click on it runs the action."""

    text: str
    role: str = ""
    action: str = ""


Line = tuple[Piece, ...]
Styles = Callable[[str], Style]


_PLAIN = str.maketrans({
    "…": "~", "─": "-", "═": "=", "│": "|", "┃": "|", "▌": ">", "·": "-", "→": ">", "←": "<",
    "↔": "=", "≠": "#", "×": "x", "●": "*", "○": "o", "◌": "o", "◐": "~", "✓": "+", "✗": "x",
    "⊘": "-", "↺": "r", "✎": "e", "▲": "^", "▸": "+", "▾": "-", "⇩": "v", "↳": ">", "❯": ">",
    "█": "#", "░": ".", "“": '"', "”": '"', "’": "'", "—": "-", "–": "-", "⏎": "<", "↑": "^",
    "↓": "v", "Δ": "=",
})  # fmt: skip
"""Our own signs in ASCII, one for one."""


class _Terminal:
    """What the terminal can draw; the same for the whole process."""

    ascii_only = False


def draw_ascii(on: bool) -> None:
    """Draw only ASCII from now on: the locale of the terminal has nothing else."""
    _Terminal.ascii_only = on


def shown(text: str) -> str:
    """Text for a column or a line: nothing that a terminal obeys, nothing of doubtful width."""
    if text.isascii() and text.isprintable():
        return text
    text = display_text(_JOINERS.sub("", text))
    return _in_ascii(text) if _Terminal.ascii_only else text


def _in_ascii(text: str) -> str:
    text = text.translate(_PLAIN)
    if text.isascii():
        return text
    return "".join(char if char.isascii() else "?" * cell_len(char) for char in text)


def width_of(text: str) -> int:
    """Cells of text that went through `shown`."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with `…` where something is left out."""
    text = shown(text)
    if width_of(text) <= width:
        return text
    if width <= 0:
        return ""
    if len(set(text)) == 1:  # a rule: nothing is left out
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1).rstrip() + "…"


def cut_middle(text: str, width: int) -> str:
    """Like `cut`, with the end kept: ends of paths and URLs tell more than middles."""
    text = shown(text)
    if width_of(text) <= width or width < 8:
        return cut(text, width)
    tail = width // 2
    while tail and width_of(text[-tail:]) > width // 2:
        tail -= 1
    return set_cell_size(text, width - 1 - width_of(text[-tail:])).rstrip() + "…" + text[-tail:]


def left(text: str, width: int) -> str:
    """Cut or filled on the right to exactly `width` cells."""
    text = cut(text, width)
    return text + " " * (width - width_of(text))


def right(text: str, width: int) -> str:
    """Cut or filled on the left to exactly `width` cells."""
    text = cut(text, width)
    return " " * (width - width_of(text)) + text


def length(line: Iterable[Piece]) -> int:
    """Cells of a line."""
    return sum(width_of(shown(piece.text)) for piece in line)


def spread(begin: Line, end: Line, width: int, gap: int = 2) -> Line:
    """`begin` at the left, `end` at the right; what does not fit is cut from `begin`."""
    room = width - length(end) - (gap if end else 0)
    begin = fit(begin, max(room, 0))
    return (*begin, Piece(" " * max(width - length(begin) - length(end), 0)), *end)


def fit(line: Line, width: int) -> Line:
    """The line in at most `width` cells."""
    out: list[Piece] = []
    for piece in line:
        cells = width_of(shown(piece.text))
        if cells <= width:
            out.append(piece)
            width -= cells
            continue
        if width > 0:
            out.append(piece._replace(text=cut(piece.text, width)))
        break
    return tuple(out)


def strip_of(line: Iterable[Piece], width: int, styles: Styles, over: str = "") -> Strip:
    """Segments of exactly `width` cells, one for what looks alike; `over` is a role laid over the whole line."""
    runs: list[tuple[Style, str]] = []
    ground = styles("")
    used = 0
    for text, role, _ in line:
        text = shown(text)
        cells = width_of(text)
        if used + cells > width:
            text = shown(cut(text, width - used))
            cells = width_of(text)
        runs.append((styles(role) if role else ground, text))
        used += cells
        if used >= width:
            break
    if used < width:
        runs.append((ground, " " * (width - used)))
    top = styles(over) if over else None
    return Strip(
        [
            Segment("".join(text for _, text in alike), style + top if top else style)
            for style, alike in groupby(runs, itemgetter(0))
        ],
        width,
    )


def signed(strip: Strip, *, before: bool, after: bool) -> Strip:
    """The strip with `…` in its first or its last cell, where what is left out would be."""
    if not before and not after:
        return strip
    width = strip.cell_length
    parts = [strip.crop(0, 1), strip.crop(1, width - 1), strip.crop(width - 1, width)]
    for place, wanted in ((0, before), (2, after)):
        if wanted:
            style = next((segment.style for segment in parts[place]), None)
            parts[place] = Strip([Segment(shown("…"), style)], 1)
    return Strip.join(parts)


def at(line: Iterable[Piece], x: int) -> Piece | None:
    """The piece under a column, for clicks."""
    for piece in line:
        x -= width_of(shown(piece.text))
        if x < 0:
            return piece
    return None


def chop(text: str, width: int) -> list[str]:
    """A long word over lines of `width` cells, nothing left out."""
    text = shown(text)
    out: list[str] = []
    while width_of(text) > width > 0:
        head = set_cell_size(text, width).rstrip(" ") or text[:1]
        out.append(head)
        text = text[len(head) :]
    return [*out, text] if text or not out else out


_COLUMN = 8
"""Cells of indentation from which a line goes on in the second column."""


def fitting(variants: Iterable[Iterable[str]], separator: str, width: int) -> str:
    """The first list of facts that fits, for lines that must not be cut in a word; else the last."""
    joined = ""
    for facts in variants:
        joined = separator.join(facts)
        if width_of(shown(joined)) <= width:
            break
    return joined


def joined(facts: Iterable[Piece], separator: str, width: int) -> Line:
    """Facts on one line, without those that do not fit: a fact that is cut tells something else."""
    line: list[Piece] = []
    for fact in facts:
        added = [Piece(separator, "dim"), fact] if line else [fact]
        if length(line) + length(added) <= width:
            line += added
    return tuple(line)


def hanging(text: str, width: int) -> list[str]:
    """A line of a table over as many lines as it takes, below where its second column begins."""
    begun = len(text) - len(text.lstrip())
    second = re.search(r"(?<=\S)\s{2,}(?=\S)", text) if begun < _COLUMN else None
    column = second.end() if second else begun
    indent = " " * (column if column < width * 2 // 3 else 4)
    out: list[str] = []
    while width_of(text) > width:
        at = text.rfind(" ", len(indent) + 1, width)
        if at < 0:
            break
        out.append(text[:at].rstrip())
        text = indent + text[at:].strip()
    return [*out, cut(text, width)]


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Words broken over at most so many lines, the last one cut; for sentences of ours."""
    out = _broken(text, width)
    if len(out) > lines:
        out = [*out[: lines - 1], cut(" ".join(out[lines - 1 :]), width)]
    return [cut(line, width) for line in out]


def flowed(text: str, width: int) -> list[str]:
    """Words over as many lines as they take, and long ones over several: nothing is left out."""
    return [part for line in _broken(text, width) for part in chop(line, width)]


def _broken(text: str, width: int) -> list[str]:
    out: list[str] = [""]
    for word in shown(text).split(" "):
        joined = f"{out[-1]} {word}" if out[-1] else word
        if width_of(joined) <= width or not out[-1]:
            out[-1] = joined
        else:
            out.append(word)
    return out
