"""A shell command line as its words, in bytes; nothing is expanded and nothing is run.

Quotes of POSIX shells and `$'…'` of bash, zsh and ksh. What a shell would have to look up or run
(variables, command substitution, redirection) is refused by name.
"""

import re
from collections.abc import Iterator
from enum import Enum

from hookcli.errors import UsageError

_PIECE = re.compile(
    rb"""(?P<blank>[ \t]+)
    |(?P<joined>\\\r?\n)
    |(?P<end>[\r\n]+(?:\#[^\n]*)?)
    |'(?P<single>[^']*)'
    |\$'(?P<ansi>(?:[^'\\]|\\.)*)'
    |"(?P<double>(?:[^"\\`$]|\\.|\$(?![A-Za-z_0-9({]))*)"
    |(?P<pipe>\|)
    |\\(?P<escaped>.)
    |(?P<plain>[^\s'"\\$|;&<>`()]+)
    |(?P<dollar>\$(?![A-Za-z_0-9({'"]))
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = (
    rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c(.)|(.))"
)
_ANSI = re.compile(_ESCAPE, re.DOTALL)
_FORM = re.compile(_ESCAPE + rb"|(%%?)", re.DOTALL)
_LETTERS = {
    b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"E": b"\x1b", b"f": b"\f", b"n": b"\n",
    b"r": b"\r", b"t": b"\t", b"v": b"\v",
}  # fmt: skip


class Mark(Enum):
    """What stands between two commands."""

    PIPE = "|"
    END = "end of line"


def words(line: bytes) -> Iterator[bytes | Mark]:
    """The words and marks in order; UsageError for what cannot be read. Comment lines are skipped."""
    word: list[bytes] | None = None
    line = b"\n" + line  # So that a comment on the first line is one, too.
    at = 0
    while at < len(line):
        match = _PIECE.match(line, at)
        if match is None:
            raise _unreadable(line, at)
        at = match.end()
        kind = match.lastgroup
        if kind in ("blank", "pipe", "end"):
            if word is not None:
                yield b"".join(word)
            word = None
            if kind != "blank":
                yield Mark.PIPE if kind == "pipe" else Mark.END
        elif kind != "joined":
            word = [*(word or ()), _meant(match, kind or "")]
    if word is not None:
        yield b"".join(word)


def _meant(match: re.Match[bytes], kind: str) -> bytes:
    raw: bytes = match[kind]
    if kind == "double":
        return re.sub(rb"\\(?:(\r?\n)|([\\\"$`]))", lambda found: found[2] or b"", raw)
    return ansi(raw) if kind == "ansi" else raw


def ansi(raw: bytes) -> bytes:
    """The bytes that the inside of `$'…'` stands for, up to a zero byte, as bash reads it."""
    return _ANSI.sub(_ansi, raw).partition(b"\0")[0]


def printf(form: bytes) -> bytes:
    """The bytes that `printf form` writes; UsageError for a conversion other than `%%`."""
    return _FORM.sub(_formatted, form)


def _formatted(match: re.Match[bytes]) -> bytes:
    if not match[7]:
        return _ansi(match)
    if match[7] == b"%":
        raise UsageError(
            "a printf with conversions cannot be read", hint="put the body into a file"
        )
    return b"%"


def _ansi(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, control, other = match.group(1, 2, 3, 4, 5, 6)
    if octal:
        return bytes((int(octal, 8) & 0xFF,))
    if hexadecimal:
        return bytes((int(hexadecimal, 16),))
    if short or long:
        code = int(short or long, 16)
        if code > 0x10FFFF:
            raise UsageError(f"\\U{long.decode()} is no character")
        return chr(code).encode("utf-8", "surrogatepass")
    if control:
        return bytes((control[0] & 0x1F,))
    return _LETTERS.get(other, other if other in b"\\'\"?" else b"\\" + other)


def _unreadable(line: bytes, at: int) -> UsageError:
    seen = line[at : at + 20].decode("utf-8", "replace")
    if line[at : at + 1] in (b"'", b'"') and line.count(line[at : at + 1], at) < 2:
        return UsageError(f"a quote is not closed: {seen!r}")
    return UsageError(
        f"only a plain command line can be read, not {seen!r}",
        hint="write the value itself; variables and redirections are for the shell",
    )
