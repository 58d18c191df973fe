"""Tables: aligned and cut on a terminal; tab-separated, whole and plain into a pipe."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import cells, cut, fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column."""

    name: str
    right: bool = False
    flexible: bool = False
    """Gives way when the terminal is too narrow."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text and the name of its colour."""

    text: str
    color: str = ""


Row = Sequence[Cell]
LEAST = 8
"""Columns that a flexible one keeps."""


def aligned(
    columns: Sequence[Column], rows: Sequence[Row], width: int, paint: Paint
) -> Iterator[str]:
    """The lines of a table with its header, at most `width` columns wide."""
    widths = [
        max([cells(column.name), *(cells(row[at].text) for row in rows)])
        for at, column in enumerate(columns)
    ]
    _shrink(widths, columns, width)
    yield paint("dim", _line([Cell(one.name) for one in columns], columns, widths, Paint()))
    for row in rows:
        yield _line(row, columns, widths, paint)


def separated(rows: Iterable[Row]) -> Iterator[str]:
    """One line a row, tab-separated; the texts hold no control characters."""
    for row in rows:
        yield "\t".join(cell.text for cell in row)


def _line(row: Row, columns: Sequence[Column], widths: Sequence[int], paint: Paint) -> str:
    parts = []
    for at, (cell, column, width) in enumerate(zip(row, columns, widths, strict=True)):
        text = cut(cell.text, width)
        pad = " " * (width - cells(text))
        last = at == len(row) - 1
        filled = pad + text if column.right else text if last else fit(text, width)
        parts.append(paint(cell.color, filled) if cell.text else filled)
    return "  ".join(parts).rstrip()


def _shrink(widths: list[int], columns: Sequence[Column], width: int) -> None:
    while (over := sum(widths) + 2 * (len(widths) - 1) - width) > 0:
        flexible = [at for at, one in enumerate(columns) if one.flexible and widths[at] > LEAST]
        if not flexible:
            return
        widest = max(flexible, key=lambda at: widths[at])
        others = [widths[at] for at in flexible if at != widest]
        step = max(widths[widest] - max([LEAST, *others]), 1)
        widths[widest] -= min(over, step)
