"""JSON re-indented for reading without being parsed: numbers, key order, duplicates stay as sent."""

import re
from collections.abc import Iterable, Iterator

MAX_DEPTH = 60
"""Below this depth lines are no longer broken: a body of five million `[` must stay readable."""
MAX_LINE = 4096
"""Longer lines are broken for display; the parts after the first are marked as continued."""

Line = tuple[int, str]
"""Depth (0 to MAX_DEPTH), with the flags below, and text."""
CLOSER = 64
"""The line begins with the bracket that closes a container."""
CONTINUED = 128
"""The line goes on from the one before it."""
DEPTH = 63
"""The bits of the depth itself."""

_SOME = r'[^"\\]{0,65536}(?:\\.[^"\\]{0,65536}){0,512}'
"""The next piece of a string: nobody waits for the end of one of five megabytes."""
_REST = re.compile(_SOME + r'(")?', re.DOTALL)
_TOKEN = re.compile(
    rf'"{_SOME}(")?'  # a string, closed or not
    r"|[{}\[\],:]"
    r'|[^\s"{}\[\],:]+',  # a number, a word, or whatever else was sent
    re.DOTALL,
)
_DEEP = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[{\[]+|[}\]]+|[^"{}\[\]]+', re.DOTALL)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})(?:\\u([0-9a-fA-F]{4}))?")


def readable(token: str) -> str:
    r"""A JSON string token with `\uXXXX` of printable characters shown as the character.

    Escapes of controls, quotes, backslashes and halves of pairs stay as they are written.
    """
    if "\\u" not in token:
        return token
    return _ESCAPE.sub(_unescape, token)


def _unescape(match: re.Match[str]) -> str:
    first, second = int(match[1], 16), int(match[2], 16) if match[2] else 0
    if 0xD800 <= first < 0xDC00 and 0xDC00 <= second < 0xE000:
        return _shown(chr(0x10000 + (first - 0xD800) * 0x400 + second - 0xDC00), match[0])
    if not match[2]:
        return _shown(chr(first), match[0])
    head, tail = match[0][:6], match[0][6:]
    return _shown(chr(first), head) + _ESCAPE.sub(_unescape, tail)


def _shown(char: str, escape: str) -> str:
    return char if char.isprintable() and char not in '"\\' else escape


class Indenter:
    """A generator of lines over JSON text, with the state it needs kept between tokens."""

    def __init__(self, text: str, *, escapes: bool = False) -> None:
        self.text = text
        self._escapes = escapes
        self.depth = 0
        self.position = 0
        self._parts: list[str] = []
        self._line_depth = 0
        self._goes_on = False
        """Whether what is gathered belongs to a line that was begun before."""

    def lines(self) -> Iterator[Line]:
        """All lines, lazily; what is not JSON is shown up to its end as it stands."""
        while self.position < len(self.text):
            yield from self._shallow()
            yield from self._deep()
        yield from self._flush()

    def _flush(self) -> Iterable[Line]:
        """The line so far; a tuple where one will do, for a body has a million of them."""
        if not self._parts:
            return ()
        text = "".join(self._parts)
        self._parts.clear()
        goes_on, self._goes_on = self._goes_on, False
        if len(text) <= MAX_LINE and "\n" not in text and not goes_on:
            return ((self._line_depth, text),)
        return broken(text, self._line_depth, goes_on=goes_on)

    def _string(self) -> Iterator[Line]:
        """The rest of a long string, as far as it fills whole lines."""
        yield from self._whole_lines()
        while (match := _REST.match(self.text, self.position)) and match[0]:
            self.position = match.end()
            self._parts.append(match[0] if self._escapes else readable(match[0]))
            yield from self._whole_lines()
            if match[1]:
                return

    def _whole_lines(self) -> Iterator[Line]:
        text = "".join(self._parts)
        whole = len(text) - len(text) % MAX_LINE
        self._parts[:] = [text[whole:]] if whole < len(text) else []
        if whole:
            yield from broken(text[:whole], self._line_depth, goes_on=self._goes_on)
            self._goes_on = True

    def _shallow(self) -> Iterator[Line]:
        """Token by token, a line for each member, until the text ends or is too deep."""
        opened = ended = False
        for match in _TOKEN.finditer(self.text, self.position):
            token = match[0]
            self.position = match.end()
            char = token[0]
            if char in "}]":
                self.depth = max(0, self.depth - 1)
                if not opened:
                    yield from self._flush()
                    self._line_depth = self.depth | CLOSER
                self._parts.append(token)
                if self.depth == 0:  # another document may follow, as in NDJSON
                    opened = False
                    ended = True
                    continue
            else:
                if opened or (ended and char != ","):
                    yield from self._flush()
                ended = False
                if not self._parts:
                    self._line_depth = self.depth
                self._add(char, token)
                if char == '"' and match[1] is None:
                    yield from self._string()
                    return
                if char == ",":
                    yield from self._flush()
                elif char in "{[":
                    self.depth += 1
                    if self.depth >= MAX_DEPTH:
                        return
            opened = char in "{["
        self.position = len(self.text)

    def _add(self, char: str, token: str) -> None:
        if char == ":":
            self._parts.append(": ")
        elif char == '"':
            self._parts.append(token if self._escapes else readable(token))
        elif char in ",{[" or not self._parts or self._parts[-1] == ": ":
            self._parts.append(token)
        else:
            self._parts.append(" " + token)

    def _deep(self) -> Iterator[Line]:
        """Everything below MAX_DEPTH on lines of MAX_LINE characters, as it was sent."""
        if self.depth < MAX_DEPTH:
            return
        yield from self._flush()
        self._line_depth = MAX_DEPTH
        size = 0
        for token in self._deep_tokens():
            self._parts.append(token)
            size += len(token)
            if size >= MAX_LINE:
                yield from self._flush()
                size = 0
        yield from self._flush()

    def _deep_tokens(self) -> Iterator[str]:
        """Runs of the same kind, up to the bracket that leads back above MAX_DEPTH."""
        while match := _DEEP.match(self.text, self.position):
            token = match[0]
            if token[0] in "}]":
                token = token[: self.depth - MAX_DEPTH]
                if not token:
                    return
                self.depth -= len(token)
            elif token[0] in "{[":
                self.depth += len(token)
            self.position += len(token)
            yield token


def broken(text: str, depth: int = 0, *, goes_on: bool = False) -> Iterator[Line]:
    """One logical line as display lines: split at line feeds and after MAX_LINE characters.

    `goes_on`: it begins within a line that was shown before.
    """
    if len(text) <= MAX_LINE and "\n" not in text:
        yield depth | (CONTINUED if goes_on else 0), text
        return
    first = not goes_on
    for part in text.split("\n"):
        for start in range(0, max(len(part), 1), MAX_LINE):
            yield depth | (0 if first else CONTINUED), part[start : start + MAX_LINE]
            first = False


def json_lines(text: str, *, escapes: bool = False) -> Iterator[Line]:
    """JSON, or what calls itself JSON, re-indented lexically; `escapes` keeps them as written."""
    return Indenter(text, escapes=escapes).lines()
