"""The one function that turns what a stranger sent into text that a terminal only shows.

Neither Rich nor Textual neutralises anything: an ESC, a C1 byte or a bidi control in a header would
reach the terminal from every widget and every `print`. So everything passes here, once, at the seam.
"""

import re

_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
"""Escapes that everybody reads faster than a number."""

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
    "|(?:\\A|(?<=[ \ufe00-\ufe0f]))[\ufe00-\ufe0f]"
)
"""Characters that Python counts as printable although nothing is drawn for them (Unicode's
`Default_Ignorable_Code_Point`, and the blank braille cell), in which text hides. A variation selector
may follow a character, as in many emoji; not a blank and not another one: runs of them carry data."""


def display_text(text: str) -> str:
    r"""The same text with everything that is not plainly visible as an escape: `\x1b`, `\u202e`.

    Escaped are C0, DEL and C1 controls, bidi and zero-width controls, line and paragraph separators,
    spaces other than U+0020, the byte order mark, lone surrogates, tag, private-use and unassigned
    characters, and letters that draw nothing. Tab, line feed and carriage return are `\t`, `\n`,
    `\r`: a caller that keeps lines splits them first. Printable text, in any script, stays.

    The result always satisfies `str.isprintable()`, and the function leaves it as it is. A backslash
    is not doubled, so what is shown does not tell `\x1b` from its four letters: `--raw` does. The
    result is up to ten times as long, and its width is to be measured after this, never before.
    """
    if text.isascii() and text.isprintable():
        return text
    if not text.isprintable():
        text = "".join([char if char.isprintable() else _escape(char) for char in text])
    return text if text.isascii() else _UNSEEN.sub(_escape_match, text)


def _escape(char: str) -> str:
    if short := _SHORT.get(char):
        return short
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_match(found: re.Match[str]) -> str:
    return _escape(found[0])
