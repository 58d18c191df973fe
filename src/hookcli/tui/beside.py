"""Two whole bodies beside each other, line by line, made as they are looked at; pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from hookcli.tui.bodies import kind_of
from hookcli.tui.details import Details, content_type
from hookcli.tui.hexdump import HexDump
from hookcli.tui.paint import Line, Piece, cut, left
from hookcli.workbench import diff
from hookcli.workbench.compare import line_changes

BESIDE_FROM = 100
"""Columns from which two stand beside each other; below, what differs is upon each other."""


def lines_of(details: Details, *, ascii_only: bool) -> list[str]:
    """The body as lines to compare: JSON re-indented, text as sent, other bytes in hex."""
    if kind_of(details.body, content_type(details.capture.headers)) == "binary":
        dump = HexDump(details.body, ascii_only=ascii_only)
        return [dump.line(number)[1] for number in range(dump.total)]
    return diff.body_lines(details.capture.request(details.body))


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are the same on both sides, or that stand for each other."""

    row: int
    """Its first row."""
    left: range
    right: range
    same: bool


def blocks(a: Sequence[str], b: Sequence[str], *, beside: bool) -> list[Block]:
    """Both texts in blocks, top to bottom."""
    out: list[Block] = []
    row = i = k = 0
    changes = line_changes([x.encode() for x in a], [x.encode() for x in b])
    for start, end, other, other_end in (*changes, (len(a), len(a), len(b), len(b))):
        if start > i:
            out.append(Block(row, range(i, start), range(k, other), same=True))
            row += start - i
        if end > start or other_end > other:
            out.append(Block(row, range(start, end), range(other, other_end), same=False))
            rows = (end - start, other_end - other)
            row += max(rows) if beside else sum(rows)
        i, k = end, other_end
    return out


class Beside(Sequence[Line]):
    """The rows of two texts: beside each other, or for a narrow screen upon each other."""

    def __init__(
        self, above: Sequence[Line], a: Sequence[str], b: Sequence[str], width: int, *, ascii_only: bool
    ) -> None:  # fmt: skip
        """`above` are lines that stand before them."""
        self._above, self._a, self._b = above, a, b
        self._beside = width >= BESIDE_FROM
        self._blocks = blocks(a, b, beside=self._beside)
        self._rows = [block.row for block in self._blocks]
        self._number = len(str(max(len(a), len(b), 1)))
        self._text = (width - 3) // 2 - self._number - 3 if self._beside else 0
        self._bar = " | " if ascii_only else " │ "

    @property
    def stops(self) -> list[int]:
        """The lines where a difference begins."""
        return [len(self._above) + block.row for block in self._blocks if not block.same]

    def __len__(self) -> int:
        if not self._blocks:
            return len(self._above)
        last = self._blocks[-1]
        rows = (len(last.left), len(last.right))
        return len(self._above) + last.row + (max(rows) if self._beside or last.same else sum(rows))

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | Sequence[Line]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        if at < len(self._above):
            return self._above[at]
        row = at - len(self._above)
        block = self._blocks[bisect_right(self._rows, row) - 1]
        return self._beside_at(block, row) if self._beside else self._upon_at(block, row)

    def _beside_at(self, block: Block, row: int) -> Line:
        at = row - block.row
        here = block.left[at] if at < len(block.left) else None
        there = block.right[at] if at < len(block.right) else None
        roles = ("", "") if block.same else ("bad", "ok")
        before, after = self._side(self._a, here), self._side(self._b, there)
        return (
            Piece(before[0], "number"), Piece(left(before[1], self._text), roles[0]),
            Piece(self._bar, "dim"),
            Piece(after[0], "number"), Piece(cut(after[1], self._text), roles[1]),
        )  # fmt: skip

    def _side(self, texts: Sequence[str], number: int | None) -> tuple[str, str]:
        if number is None:
            return " " * (self._number + 3), ""
        return f"  {number + 1:>{self._number}} ", texts[number]

    def _upon_at(self, block: Block, row: int) -> Line:
        at = row - block.row
        if block.same:
            number, sign, role, text = block.left[at] + 1, " ", "", self._a[block.left[at]]
        elif at < len(block.left):
            number, sign, role, text = block.left[at] + 1, "-", "bad", self._a[block.left[at]]
        else:
            place = block.right[at - len(block.left)]
            number, sign, role, text = place + 1, "+", "ok", self._b[place]
        return (Piece(f"  {number:>{self._number}} ", "number"), Piece(f"{sign} {text}", role))
