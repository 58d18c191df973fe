"""Bytes as sixteen to a line, or eight where it is narrow: offset, hex, and the characters they would be."""

import re
from collections.abc import Callable, Iterator

from hookcli.tui.document import Hit
from hookcli.tui.pretty import Line

WIDE, NARROW = 16, 8
"""Bytes a line."""
_WIDE_CELLS = 76
_OFFSET = 10
"""Characters before the first byte: eight of offset and two spaces."""


def glyph(byte: int) -> str:
    """One printable character for a byte: control pictures for controls, a dot above ASCII."""
    if byte < 0x20:
        return chr(0x2400 + byte)
    if byte == 0x7F:
        return "␡"
    return chr(byte) if byte < 0x7F else "·"


_GLYPHS = [glyph(byte) for byte in range(256)]
_PLAIN = [chr(byte) if 0x20 <= byte < 0x7F else "." for byte in range(256)]


_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")
"""What a terminal obeys, besides the ends of lines and tabs of any text."""


def has_controls(data: bytes) -> bool:
    """Whether a terminal would obey some of these bytes."""
    return _CONTROLS.search(data) is not None


class HexDump:
    """The lines of a hex view, made when they are asked for."""

    complete = True
    chunks = 1

    def __init__(self, data: bytes, *, ascii_only: bool = False) -> None:
        self.data = data
        self.bytes = WIDE
        """How many are on a line."""
        self._glyphs = _PLAIN if ascii_only else _GLYPHS

    @property
    def total(self) -> int:
        """Lines in all; an empty body has none."""
        return -(-len(self.data) // self.bytes)

    @property
    def rows(self) -> int:
        """The same: hex is neither folded nor wrapped."""
        return self.total

    def grow(self) -> bool:
        """Nothing needs to be prepared."""
        return False

    def line(self, number: int) -> Line:
        """`00000010  2d 44 …  2d 66  -D…-f`."""
        start = number * self.bytes
        part = self.data[start : start + self.bytes]
        groups = [f"{part[n : n + 8].hex(' '):<23}" for n in range(0, self.bytes, 8)]
        shown = "".join([self._glyphs[byte] for byte in part])
        return 0, "  ".join([f"{start:08x}", *groups, shown])

    def label(self, number: int) -> int | None:
        """The offset is in the line; no other number is needed."""
        del number
        return None

    def wrap(self, width: int, measure: Callable[[str], int] = len) -> None:
        """Fewer bytes a line where sixteen do not fit; 0 is any width."""
        del measure
        self.bytes = NARROW if 0 < width < _WIDE_CELLS else WIDE

    def at(self, row: int) -> tuple[int, int]:
        """Row and line are the same."""
        return max(0, min(row, self.total - 1)), 0

    def row_of(self, line: int) -> int:
        """Row and line are the same."""
        return line

    def folded(self, line: int) -> bool:
        """Nothing folds."""
        del line
        return False

    def fold_end(self, line: int) -> int | None:
        """Nothing folds."""
        del line
        return None

    def toggle(self, line: int) -> bool:
        """Nothing folds."""
        del line
        return False

    def reveal(self, line: int) -> None:
        """Nothing is hidden."""

    def parent(self, line: int) -> int | None:
        """Nothing is nested."""
        del line
        return None

    def parent_of_closer(self, line: int) -> int | None:
        """Nothing is nested."""
        return self.parent(line)

    def items(self, line: int) -> int:
        """Nothing is nested."""
        del line
        return 0

    def path(self, line: int) -> str:
        """The offset of the line."""
        return f"0x{line * self.bytes:x}"

    def find(self, pattern: re.Pattern[str], first_chunk: int = 0) -> Iterator[list[Hit]]:
        """Hits of the same text in the bytes, or of the bytes when it is written as hex."""
        if first_chunk:
            return
        flags = pattern.flags & re.IGNORECASE
        wanted = hex_pattern(pattern.pattern, flags)
        hits: list[Hit] = []
        for match in wanted.finditer(self.data):
            line, column = divmod(match.start(), self.bytes)
            length = min(match.end() - match.start(), self.bytes - column)
            start = _OFFSET + column * 3 + (1 if column >= 8 else 0)
            hits.append((line, start, start + length * 3 - 1))
        yield hits


def hex_pattern(escaped: str, flags: int) -> re.Pattern[bytes]:
    """A pattern over bytes for escaped text; `1b 5d 30` stands for these three bytes."""
    plain = re.sub(r"\\(.)", r"\1", escaped)
    digits = plain.replace(" ", "")
    if re.fullmatch(r"(?:[0-9a-fA-F]{2}){2,}|[0-9a-fA-F]{2}(?: [0-9a-fA-F]{2})+", plain):
        return re.compile(re.escape(bytes.fromhex(digits)))
    return re.compile(re.escape(plain.encode("utf-8", "surrogatepass")), flags)
