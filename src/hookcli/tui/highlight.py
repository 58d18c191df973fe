"""Roles for the parts of one line of JSON; only lines in sight are ever looked at."""

import re
from collections.abc import Iterable, Iterator

from hookcli.tui.document import Hit
from hookcli.tui.paint import Piece

_TOKEN = re.compile(
    r'(?P<key>"[^"\\]*(?:\\.[^"\\]*)*"(?=:))'
    r'|(?P<string>"[^"\\]*(?:\\.[^"\\]*)*"?)'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>true|false|null)\b"
)


def json_pieces(text: str) -> Iterator[Piece]:
    """The line in pieces whose texts add up to it."""
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            yield Piece(text[end : match.start()])
        yield Piece(match[0], f"json-{match.lastgroup}" if match.lastgroup else "")
        end = match.end()
    if end < len(text):
        yield Piece(text[end:])


def with_hits(pieces: Iterable[Piece], hits: list[Hit], here: Hit | None) -> Iterator[Piece]:
    """The same pieces, split where a hit begins and ends."""
    position = 0
    for piece in pieces:
        yield from _split(piece, position, hits, here)
        position += len(piece.text)


def _split(piece: Piece, position: int, hits: list[Hit], here: Hit | None) -> Iterator[Piece]:
    done = 0
    for hit in hits:
        start = max(hit[1] - position, done)
        end = min(hit[2] - position, len(piece.text))
        if start >= end:
            continue
        if start > done:
            yield piece._replace(text=piece.text[done:start])
        yield Piece(piece.text[start:end], "here" if hit == here else "hit")
        done = end
    if done < len(piece.text):
        yield piece._replace(text=piece.text[done:])
