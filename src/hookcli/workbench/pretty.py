"""A JSON text for reading: one value a line, indented without being parsed, built bit by bit.

Repeated keys, key order and number spelling stay as sent; only blanks change, and in the shown
lines `\\u65e5` becomes 日. A broken text is shown up to its fault and raw from there. Each line
costs 15 bytes, whatever its length: the text itself is cut out when a line is looked at.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from hookcli.workbench.jsonpath import Path
from hookcli.workbench.jsonspans import JsonError, begin, unquote

MAX_DEPTH = 1000
"""Deeper nesting is a fault: no program reads it, and no screen shows it."""

# Strict, other than in jsonspans: what is shown as JSON without complaint must be JSON.
_STRING = rb'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_BLANK = rb"[ \t\r\n]*+"
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_KEY = re.compile(rb"(" + _STRING + rb")" + _BLANK + rb":" + _BLANK)
# One line: a key if there is one, then what opens, what is whole, or what closes, then a comma.
_LINE = re.compile(
    rb"(?:(" + _STRING + rb")" + _BLANK + rb":" + _BLANK + rb")?"
    rb"(?:([{\[])(" + _BLANK + rb"[}\]])?"
    rb"|(?:" + _STRING + rb"|" + _NUMBER + rb"|true|false|null)(?![^ \t\r\n,\]}])"
    rb"|([}\]]))" + _BLANK + rb"(,)?" + _BLANK
)  # fmt: skip
_LEXEME = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?$))|(:)|[^ \t\r\n":]++', re.DOTALL)
_ESCAPES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)
_CLOSER = {b"{": b"}", b"[": b"]"}
_NONE = 0xFFFFFFFF


class Kind(IntEnum):
    """What a line is."""

    VALUE = 0
    OBJECT = 1
    """Opens an object that closes on a later line, if at all."""
    LIST = 2
    CLOSE = 3
    RAW = 4
    """Stands behind the fault and is shown as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as it is shown."""

    number: int
    """From 0."""
    depth: int
    """How deep it is indented, in levels."""
    text: str
    """Without indentation; what is no UTF-8 is U+FFFD, control characters are as sent."""
    kind: Kind
    cut: bool
    """`text` is only the beginning."""


class Pretty:
    """The lines of one JSON text, as many as have been asked for with `grow`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.done = False
        """All lines are found."""
        self.fault: JsonError | None = None
        """Why the text is no JSON, once that is known."""
        self._start = array("I")
        self._kind = bytearray()
        self._depth = array("H")
        self._parent = array("I")
        # A line's place in its parent; on a closing line, how many values the parent holds.
        self._place = array("I")
        self._at = begin(data)
        self._open = _NONE
        self._next_place = 0
        self._comma = False

    def __len__(self) -> int:
        return len(self._start)

    def grow(self, lines: int = 4000) -> bool:
        """Find up to `lines` more lines; True once all are found."""
        wanted = len(self) + lines
        while len(self) < wanted and not self.done:
            if self.fault is not None:
                self._grow_raw()
            elif not self._grow_one():
                self._fail()
        return self.done

    def line(self, number: int, limit: int | None = None) -> Line:
        """The line with this number; at most `limit` bytes of it. IndexError if not found yet."""
        start, kind = self._start[number], Kind(self._kind[number])
        end = self._at if number + 1 == len(self) else self._start[number + 1]
        cut = limit is not None and end - start > limit
        part = self.data[start : start + limit if cut and limit else end]
        text = (
            part.decode("utf-8", "replace").rstrip("\r\n") if kind is Kind.RAW else readable(part)
        )
        return Line(
            number=number,
            depth=self._depth[number],
            text=text.rstrip("\ufffd") if cut else text,
            kind=kind,
            cut=cut,
        )

    def lines(self, first: int = 0) -> Iterator[Line]:
        """Every line from `first` on, found as they are asked for."""
        number = first
        while number < len(self) or not self.grow(200) or number < len(self):
            if number < len(self):
                yield self.line(number)
                number += 1

    def path(self, number: int) -> Path:
        """Where the value on this line lies; of a closing line, that of what it closes."""
        if self._kind[number] == Kind.CLOSE:
            number = self._parent[number]
        steps: list[str | int] = []
        while (parent := self._parent[number]) != _NONE:
            key = _KEY.match(self.data, self._start[number])
            in_object = self._kind[parent] == Kind.OBJECT
            steps.append(unquote(key[1]) if in_object and key else self._place[number])
            number = parent
        return tuple(reversed(steps))

    def fold_end(self, number: int) -> int | None:
        """The line that closes what this line opens; None if it opens nothing or is not closed."""
        if self._kind[number] not in (Kind.OBJECT, Kind.LIST):
            return None
        try:
            closing = self._depth.index(self._depth[number], number + 1)
        except ValueError:
            return None
        return closing if self._kind[closing] == Kind.CLOSE else None

    def items(self, number: int) -> int | None:
        """How many values stand in what this line opens; None as in `fold_end`."""
        closing = self.fold_end(number)
        return None if closing is None else self._place[closing]

    def at_offset(self, offset: int) -> int:
        """The line that shows the byte at `offset`, among those found."""
        return max(bisect_right(self._start, offset) - 1, 0)

    def _grow_one(self) -> bool:
        """Take one more line; False if what stands here is no JSON."""
        if len(self) and self._open == _NONE:
            return False  # The value is whole, and something stands behind it.
        match = _LINE.match(self.data, self._at)
        if match is None or not self._fits(match):
            return False
        _, opens, empty, closes, comma = match.groups()
        self._at, self._comma = match.end(), comma is not None
        parent = self._open
        if closes:
            self._add(match.start(), Kind.CLOSE, self._depth[parent], self._next_place)
            self._open, self._next_place = self._parent[parent], self._place[parent] + 1
        else:
            depth = 0 if parent == _NONE else self._depth[parent] + 1
            kind = Kind.VALUE if not opens or empty else Kind.OBJECT if opens == b"{" else Kind.LIST
            self._add(match.start(), kind, depth, self._next_place)
            if kind:
                self._open, self._next_place = len(self) - 1, 0
            else:
                self._next_place += 1
        if self._open == _NONE and self._at == len(self.data) and not comma:
            self.done = True
        return True

    def _fits(self, match: re.Match[bytes]) -> bool:
        key, opens, empty, closes, _ = match.groups()
        parent = self._open
        if parent == _NONE:
            return key is None and not closes and (not empty or empty[-1:] == _CLOSER[opens])
        if closes:
            closer = b"}" if self._kind[parent] == Kind.OBJECT else b"]"
            return key is None and not self._comma and closes == closer
        if opens and (
            (empty and empty[-1:] != _CLOSER[opens]) or self._depth[parent] + 2 > MAX_DEPTH
        ):
            return False
        in_object = self._kind[parent] == Kind.OBJECT
        return (key is not None) == in_object and self._comma == (self._next_place > 0)

    def _add(self, start: int, kind: Kind, depth: int, place: int) -> None:
        self._start.append(start)
        self._kind.append(kind)
        self._depth.append(depth)
        self._parent.append(self._open)
        self._place.append(place)

    def _fail(self) -> None:
        offset, wanted = self._at, "a value"
        if self._open == _NONE and len(self):
            wanted = "the end"
        elif self._next_place and not self._comma:
            wanted = "a comma or a closing bracket"
        elif self._open != _NONE and self._kind[self._open] == Kind.OBJECT:
            key = _KEY.match(self.data, self._at)
            offset, wanted = (key.end(), "a value") if key else (offset, "a key and a colon")
        if self._open != _NONE and self._depth[self._open] + 2 > MAX_DEPTH:
            wanted = f"at most {MAX_DEPTH} levels"
        self.fault = JsonError(offset, wanted)
        self._open = _NONE
        self.done = self._at >= len(self.data)

    def _grow_raw(self) -> None:
        self._add(self._at, Kind.RAW, 0, 0)
        end = self.data.find(b"\n", self._at)
        self._at = len(self.data) if end < 0 else end + 1
        self.done = self._at >= len(self.data)


def fault(data: bytes) -> JsonError | None:
    """Where and why `data` is no JSON; None if it is."""
    pretty = Pretty(data)
    while not pretty.grow():
        if pretty.fault is not None:
            break
    return pretty.fault


def readable(lexemes: bytes) -> str:
    """The lexemes of one line with the usual spacing and their \\u escapes resolved."""
    parts: list[str] = []
    for match in _LEXEME.finditer(lexemes):
        text = match[0].decode("utf-8", "replace")
        if match[2]:
            parts.append(": ")
        else:
            parts.append(_ESCAPES.sub(_meant, text) if match[1] and "\\u" in text else text)
    return "".join(parts)


def _meant(match: re.Match[str]) -> str:
    """The character that an escape stands for, unless JSON wants it escaped."""
    escape = match[0]
    if not escape.startswith("\\u"):
        return escape
    text = bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be", "surrogatepass")
    alone = "\ud800" <= text <= "\udfff"
    return escape if alone or text in '"\\' or text < " " else text


def finder(text: str, *, ignore_case: bool = True) -> re.Pattern[bytes]:
    """An expression that finds `text`, as it is shown, in the bytes as they were sent."""
    shown = [_spellings(character, ignore_case=ignore_case) for character in text]
    pattern = b"".join(shown).replace(re.escape(b'":') + b"\\ ", b'"[ \\t\\r\\n]*+:[ \\t\\r\\n]*+')
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)


def _spellings(character: str, *, ignore_case: bool) -> bytes:
    """How one character may stand in a JSON text: itself, or escaped with \\u."""
    if character.isascii() and (character.isalnum() or character in '": _-.,'):
        return re.escape(character.encode())
    cases = {character, character.lower(), character.upper()} if ignore_case else {character}
    ways: list[bytes] = []
    for case in sorted(cases):
        units = case.encode("utf-16-be", "surrogatepass")
        escaped = b"".join(
            b"\\\\u(?i:%s)" % units[at : at + 2].hex().encode() for at in range(0, len(units), 2)
        )
        ways += (re.escape(case.encode("utf-8", "surrogatepass")), escaped)
    return b"(?:" + b"|".join(ways) + b")"
