"""The lines of a body: made in slices, kept in chunks, folded, wrapped, searched. No drawing here."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import islice

from hookcli.tui.pretty import CLOSER, CONTINUED, DEPTH, Line

CHUNK = 512
"""Most lines of a chunk; a chunk is one string, so that half a million lines cost their text only."""
CHUNK_CHARS = 65536
"""Characters after which a chunk ends: one slice of work is about one chunk."""

Hit = tuple[int, int, int]
"""Line, first and behind-last character."""

_KEY = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)": ')


class Document:
    """Lines from a lazy source; rows are what remains of them after folding and wrapping."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self._chunks: list[str] = []
        self._firsts: list[int] = []
        """The first line of each chunk."""
        self._depths = bytearray()
        self._heights = bytearray()
        self._sums: list[int] = []
        """Rows up to and with each chunk."""
        self._folded: set[int] = set()
        self._continued = [0]
        """Continued lines before each chunk, and in all."""
        self._split: tuple[int, list[str]] = (-1, [])
        self._width = 0
        self._measure: Callable[[str], int] = len
        self.complete = False

    @property
    def total(self) -> int:
        """Lines so far."""
        return len(self._depths)

    @property
    def rows(self) -> int:
        """Rows so far: a folded line has none, a wrapped one several."""
        return self._sums[-1] if self._sums else 0

    def grow(self) -> bool:
        """Make one more chunk of lines; whether there may be more."""
        if self.complete:
            return False
        lines = self._next_lines()
        if lines:
            self._firsts.append(self.total)
            self._chunks.append("\n".join([text for _, text in lines]))
            depths = bytes([depth for depth, _ in lines])
            self._depths += depths
            self._continued.append(self._continued[-1] + _count_continued(depths))
            self._measure_chunk(len(self._chunks) - 1)
        return not self.complete

    def _next_lines(self) -> list[Line]:
        lines: list[Line] = []
        chars = 0
        for line in islice(self._source, CHUNK):
            lines.append(line)
            chars += len(line[1])
            if chars >= CHUNK_CHARS:
                return lines
        self.complete = len(lines) < CHUNK
        return lines

    def _chunk_of(self, line: int) -> int:
        return bisect_right(self._firsts, line) - 1

    def _span(self, chunk: int) -> tuple[int, int]:
        """The first line of a chunk, and the one behind its last."""
        last = self._firsts[chunk + 1] if chunk + 1 < len(self._firsts) else self.total
        return self._firsts[chunk], last

    def line(self, number: int) -> Line:
        """Depth with its flags, and text."""
        chunk = self._chunk_of(number)
        return self._depths[number], self._lines_of(chunk)[number - self._firsts[chunk]]

    def _lines_of(self, chunk: int) -> list[str]:
        if self._split[0] != chunk:
            self._split = (chunk, self._chunks[chunk].split("\n"))
        return self._split[1]

    def label(self, number: int) -> int | None:
        """The line's number for people, from 1; None when it goes on from the line before."""
        if self._depths[number] & CONTINUED:
            return None
        chunk = self._chunk_of(number)
        here = self._depths[self._firsts[chunk] : number]
        return number + 1 - self._continued[chunk] - _count_continued(here)

    # Rows

    def wrap(self, width: int, measure: Callable[[str], int] = len) -> None:
        """Wrap lines to so many cells, 0 for not at all."""
        if width == self._width:
            return
        self._width, self._measure = width, measure
        self._heights.clear()
        self._sums.clear()
        for chunk in range(len(self._chunks)):
            self._measure_chunk(chunk)

    def _measure_chunk(self, chunk: int) -> None:
        first, last = self._span(chunk)
        self._heights[first:last] = self._natural(first, last)
        for fold in self._folded:
            self._hide(fold, first, last)
        self._resum(chunk)

    def _natural(self, first: int, last: int) -> bytes:
        width = self._width
        if not width:
            return b"\1" * (last - first)
        if self._all_short(first, last):
            return b"\1" * (last - first)
        heights = bytearray()
        for line in range(first, last):
            depth, text = self.line(line)
            room = max(width - 2 * (depth & DEPTH), 8)
            heights.append(min(max(-(-self._measure(text) // room), 1), 255))
        return bytes(heights)

    def _all_short(self, first: int, last: int) -> bool:
        """Whether a whole chunk can be seen to need no wrapping, without measuring each line."""
        chunk = self._chunk_of(first)
        if self._span(chunk) != (first, last) or not self._chunks[chunk].isascii():
            return False
        longest = max(map(len, self._lines_of(chunk)))
        return longest + 2 * max(d & DEPTH for d in self._depths[first:last]) <= self._width

    def _resum(self, chunk: int) -> None:
        before = self._sums[chunk - 1] if chunk else 0
        del self._sums[chunk:]
        for index in range(chunk, len(self._chunks)):
            first, last = self._span(index)
            before += sum(self._heights[first:last])
            self._sums.append(before)

    def at(self, row: int) -> tuple[int, int]:
        """The line of a row, and which of its rows it is, from 0."""
        row = max(0, min(row, self.rows - 1))
        chunk = bisect_right(self._sums, row)
        row -= self._sums[chunk - 1] if chunk else 0
        line, last = self._span(chunk)
        for height in self._heights[line:last]:
            if row < height:
                break
            row -= height
            line += 1
        return line, row

    def row_of(self, line: int) -> int:
        """The first row of a line; of a folded one, where it would be."""
        chunk = self._chunk_of(line)
        before = self._sums[chunk - 1] if chunk else 0
        return before + sum(self._heights[self._firsts[chunk] : line])

    # Folds

    def fold_end(self, line: int) -> int | None:
        """The line with the closing bracket, if this one opens a container over several lines."""
        depth = self._depths[line]
        if depth & (CLOSER | CONTINUED) or line + 1 >= self.total:
            return None
        if self._depths[line + 1] & DEPTH <= depth & DEPTH:
            return None
        closer = self._depths.find(depth | CLOSER, line + 1)
        return closer if closer >= 0 else self.total

    def folded(self, line: int) -> bool:
        """Whether the container that begins here is folded."""
        return line in self._folded

    def toggle(self, line: int) -> bool:
        """Fold or unfold the container that begins at this line; whether there is one."""
        end = self.fold_end(line)
        if end is None:
            return False
        if line in self._folded:
            self._folded.discard(line)
            self._heights[line + 1 : end + 1] = self._natural(line + 1, min(end + 1, self.total))
            for fold in self._folded:
                self._hide(fold, line + 1, end + 1)
        else:
            self._folded.add(line)
            self._hide(line, 0, self.total)
        self._resum(self._chunk_of(line))
        return True

    def _hide(self, fold: int, first: int, last: int) -> None:
        end = self.fold_end(fold)
        start = max(fold + 1, first)
        stop = min(last, (self.total if end is None else end + 1), self.total)
        if start < stop:
            self._heights[start:stop] = bytes(stop - start)

    def reveal(self, line: int) -> None:
        """Unfold whatever hides this line."""
        while line < self.total and not self._heights[line]:
            hiding = [fold for fold in self._folded if fold < line <= (self.fold_end(fold) or 0)]
            if not hiding:
                return
            self.toggle(min(hiding))

    def parent(self, line: int) -> int | None:
        """The line that opens the container this line is in."""
        depth = self._depths[line] & DEPTH
        found = self._depths.rfind(depth - 1, 0, line) if depth else -1
        return found if found >= 0 else None

    def parent_of_closer(self, line: int) -> int | None:
        """The line that opened what is closed at this line."""
        found = self._depths.rfind(self._depths[line] & DEPTH, 0, line)
        return found if found >= 0 else None

    def items(self, line: int) -> int:
        """How many members the container that begins here has."""
        end = self.fold_end(line) or line
        return self._depths.count((self._depths[line] & DEPTH) + 1, line + 1, end)

    def path(self, line: int) -> str:
        """Where in the JSON this line is: `$.data.object.lines[2]`."""
        steps: list[str] = []
        here: int | None = line
        while here is not None and self._depths[here] & CONTINUED:
            here -= 1
        if here is not None and self._depths[here] & CLOSER:
            here = self._depths.rfind(self._depths[here] & DEPTH, 0, here)
        while here is not None and here >= 0 and self._depths[here] & DEPTH:
            up = self.parent(here)
            steps.append(self._step(here, up))
            here = up
        return "$" + "".join(reversed(steps))

    def _step(self, line: int, parent: int | None) -> str:
        text = self.line(line)[1]
        if key := _KEY.match(text):
            name = key[1]
            return f".{name}" if re.fullmatch(r"[\w$-]+", name) else f'["{name}"]'
        if parent is None:
            return ""
        depth = self._depths[line] & DEPTH
        return f"[{self._depths.count(depth, parent + 1, line)}]"

    # Search

    def find(self, pattern: re.Pattern[str], first_chunk: int = 0) -> Iterator[list[Hit]]:
        """The hits of each chunk in turn; matches do not cross lines."""
        chunk = first_chunk
        while chunk < len(self._chunks):
            yield self._hits(chunk, pattern)
            chunk += 1

    def _hits(self, chunk: int, pattern: re.Pattern[str]) -> list[Hit]:
        text = self._chunks[chunk]
        hits: list[Hit] = []
        line, begin = self._firsts[chunk], 0
        for match in pattern.finditer(text):
            line += text.count("\n", begin, match.start())
            begin = match.start()
            start = text.rfind("\n", 0, begin) + 1
            if match.end() > match.start():
                hits.append((line, match.start() - start, match.end() - start))
        return hits

    @property
    def chunks(self) -> int:
        """Chunks so far."""
        return len(self._chunks)


def _count_continued(depths: bytes | bytearray) -> int:
    return sum(1 for depth in depths if depth & CONTINUED)


def search_pattern(text: str) -> re.Pattern[str]:
    """A search as people type it: case counts once there is a capital in it."""
    return re.compile(re.escape(text), 0 if text != text.lower() else re.IGNORECASE)
