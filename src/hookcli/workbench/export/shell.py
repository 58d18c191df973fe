"""Bytes as shell words that bash, zsh and ksh read back to the byte."""

import re

_SAFE = re.compile(rb"[A-Za-z0-9@%+=:,./_-]+")
# Above this a line is unwieldy, and Linux takes no single argument of 128 KiB (MAX_ARG_STRLEN).
MOST_TEXT = 60_000
MOST_BINARY = 12_000
_SPACING = dict.fromkeys(map(ord, "\n\t"))


def quote(raw: bytes) -> bytes:
    """One word. Control characters and broken UTF-8 are escaped in `$'…'`: a paste must not run them.

    ValueError for a zero byte, which no word can hold.
    """
    if b"\0" in raw:
        raise ValueError("a shell word cannot hold a zero byte")
    if _SAFE.fullmatch(raw):
        return raw
    if shows(raw):
        return b"'" + raw.replace(b"'", b"'\\''") + b"'"
    return b"$'" + b"".join(_ansi(byte) for byte in raw) + b"'"


def shows(raw: bytes) -> bool:
    """Whether `raw` is text that can be pasted as it is: printable, line feeds and tabs."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    return text.translate(_SPACING).isprintable()


def printf(raw: bytes) -> bytes:
    """A `printf` command that writes exactly `raw`, zero bytes included (POSIX.1-2017, printf)."""
    return b"printf '" + b"".join(_octal(byte) for byte in raw) + b"'"


def inline(body: bytes) -> bool:
    """Whether a body is small and plain enough to stand in the command itself."""
    return b"\0" not in body and len(body) <= (MOST_TEXT if shows(body) else MOST_BINARY)


def _ansi(byte: int) -> bytes:
    if byte == 0x0A:
        return b"\\n"
    if byte == 0x0D:
        return b"\\r"
    if byte in b"'\\":
        return b"\\" + bytes((byte,))
    return bytes((byte,)) if 0x20 <= byte < 0x7F else b"\\%03o" % byte


def _octal(byte: int) -> bytes:
    plain = 0x20 <= byte < 0x7F and byte not in b"'\\%-"
    return bytes((byte,)) if plain else b"\\%03o" % byte
