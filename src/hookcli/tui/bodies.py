"""What a body is and how it is read: kind, character set, and its lines in each of the three views."""

import codecs
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from hookcli.tui.document import Document
from hookcli.tui.hexdump import HexDump
from hookcli.tui.pretty import Line, broken, json_lines

MODES = ("pretty", "raw", "hex")

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_KNOWN = re.compile(
    r"(utf-?(8|16|16le|16be|32)|us-ascii|iso-?8859-?\d+|latin-?1|windows-?125\d|cp125\d"
    r"|shift_?jis|euc-?(jp|kr)|gbk?|gb2312|gb18030|big5|koi8-[ru])",
    re.IGNORECASE,
)
"""Character sets that are only that: Python also knows codecs that unpack or evaluate."""
_SAMPLE = 65536
_BLOCK = 65536


def charset(content_type: str) -> str:
    """The declared character set if it is one, else `utf-8`."""
    found = _CHARSET.search(content_type)
    if found and _KNOWN.fullmatch(found[1]):
        try:
            return codecs.lookup(found[1]).name
        except LookupError:
            return "utf-8"
    return "utf-8"


def charset_words(data: bytes, content_type: str) -> str:
    """`charset utf-8, as declared`; what the bytes look like where nothing is declared."""
    kind = kind_of(data, content_type)
    if _CHARSET.search(content_type) and kind != "binary":
        return f"charset {charset(content_type)}, as declared"
    return f"charset guess: {'none' if kind in ('binary', 'empty') else charset(content_type)}"


def kind_of(data: bytes, content_type: str) -> str:
    """`empty`, `json`, `form`, `text` or `binary`: by the bytes first, then by what is declared."""
    if not data:
        return "empty"
    sample = data[:_SAMPLE]
    encoding = charset(content_type)
    if _binary(sample, encoding):
        return "binary"
    declared = content_type.partition(";")[0].strip().lower()
    start = sample.lstrip()[:1]
    if start in (b"{", b"[") or declared.endswith(("/json", "+json")):
        return "json"
    if declared == "application/x-www-form-urlencoded":
        return "form"
    return "text"


def _binary(sample: bytes, encoding: str) -> bool:
    if encoding.startswith(("utf-16", "utf-32")):
        return False
    if b"\0" in sample:
        return True
    try:
        # The sample may end within a character.
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return True
    return False


def document(
    data: bytes, content_type: str, mode: str, *, ascii_only: bool = False
) -> Document | HexDump:
    """The lines of a body in one of MODES."""
    if mode == "hex":
        return HexDump(data, ascii_only=ascii_only)
    kind = kind_of(data, content_type)
    encoding = charset(content_type)
    if mode == "pretty" and kind == "json":
        return Document(json_lines(data.decode(encoding, "replace")))
    if mode == "pretty" and kind == "form":
        return Document(form_lines(data))
    return Document(raw_lines(data, encoding))


def raw_lines(data: bytes, encoding: str) -> Iterator[Line]:
    """The text as sent, decoded block by block; long lines are broken and marked as continued."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    for start in range(0, len(data), _BLOCK):
        *lines, rest = (rest + decoder.decode(data[start : start + _BLOCK])).split("\n")
        for line in lines:
            yield from broken(line)
        if len(rest) > 16 * _BLOCK:
            yield from broken(rest)
            rest = ""
    rest += decoder.decode(b"", True)
    if rest:
        yield from broken(rest)


def form_lines(data: bytes) -> Iterator[Line]:
    """One field a line, decoded."""
    for pair in data.split(b"&"):
        name, equals, value = pair.partition(b"=")
        text = _field(name) + (" = " + _field(value) if equals else "")
        yield from broken(text)


def _field(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace")


def first_mode(data: bytes, content_type: str) -> str:
    """How a body is shown when nothing else was asked for."""
    return "hex" if kind_of(data, content_type) == "binary" else "pretty"
