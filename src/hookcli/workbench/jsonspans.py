"""Where the values of a JSON text lie: byte offsets by path, found without parsing the text.

The text stays as it was sent: repeated keys, key order, spacing and number spelling are what they
are, and a fault matters only to what stands behind it. Grammar: RFC 8259. Strings may hold raw
control characters, as lenient writers produce them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hookcli.workbench.jsonpath import Path

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BLANK = re.compile(rb"[ \t\r\n]*+")
_KEY = re.compile(rb"[ \t\r\n]*+(" + STRING + rb")[ \t\r\n]*+:[ \t\r\n]*+", re.DOTALL)
_NEXT = re.compile(rb"[ \t\r\n]*+([,\]}])")
_SCALAR = re.compile(STRING + rb'|[^ \t\r\n,:\[\]{}"]++', re.DOTALL)
# To the next bracket that is not inside a string.
_PLAIN = rb'[^"\[\]{}]*+'
_BRACKET = re.compile(_PLAIN + rb"(?:" + STRING + _PLAIN + rb")*+([\[\]{}])", re.DOTALL)
_BOM = b"\xef\xbb\xbf"


class JsonError(ValueError):
    """The text is not JSON from `offset` on, where `wanted` should stand."""

    def __init__(self, offset: int, wanted: str) -> None:
        super().__init__(f"{wanted} wanted at byte {offset}")
        self.offset = offset
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Member:
    """One value of an object or a list; offsets are bytes into the whole text."""

    key: str | int
    """The key with its escapes resolved, or the place in the list from 0."""
    key_start: int
    """Where the key's quote stands; in a list, where the value begins."""
    key_end: int
    start: int
    end: int


def root(data: bytes) -> Member:
    """The text's one value, between byte order mark and blanks; JsonError if there is none."""
    at = begin(data)
    return Member("", at, at, at, skip(data, at))


def begin(data: bytes) -> int:
    """Where the first value begins, or should."""
    after_mark = len(_BOM) if data.startswith(_BOM) else 0
    match = _BLANK.match(data, after_mark)
    return match.end() if match else after_mark


def skip(data: bytes, at: int) -> int:
    """Where the value that begins at `at` ends; brackets inside are counted, not checked."""
    if data[at : at + 1] not in (b"{", b"["):
        match = _SCALAR.match(data, at)
        if match is None:
            raise JsonError(at, "a value")
        return match.end()
    depth = 0
    while (match := _BRACKET.match(data, at)) is not None:
        at = match.end()
        depth += 1 if match[1] in b"[{" else -1
        if depth == 0:
            return at
    raise JsonError(len(data), "a closing bracket")


def is_container(data: bytes, at: int) -> bool:
    """Whether the value that begins at `at` is an object or a list."""
    return data[at : at + 1] in (b"{", b"[")


def members(data: bytes, at: int) -> Iterator[Member]:
    """The direct members of the object or list that begins at `at`, in order, repeats included.

    JsonError is raised when the fault is reached: members before it have been yielded.
    """
    keyed = data[at : at + 1] == b"{"
    close = b"}" if keyed else b"]"
    at = _blank(data, at + 1)
    if data[at : at + 1] == close:
        return
    index = 0
    while True:
        key: str | int = index
        key_start = key_end = at = _blank(data, at)
        if keyed:
            match = _KEY.match(data, at)
            if match is None:
                raise JsonError(at, "a key and a colon")
            key, key_start, key_end, at = (
                unquote(match[1]),
                match.start(1),
                match.end(1),
                match.end(),
            )
        end = skip(data, at)
        yield Member(key, key_start, key_end, at, end)
        match = _NEXT.match(data, end)
        if match is None or match[1] not in (b",", close):
            raise JsonError(end, f"a comma or {close.decode()}")
        if match[1] == close:
            return
        at, index = match.end(), index + 1


def chain(data: bytes, path: Path) -> list[Member]:
    """The values on the way to `path`, from the whole text on, as far as the path exists.

    The path exists if there is one more value than steps. Of a repeated key the last counts, as for
    most parsers (RFC 8259 §4). JsonError if the text is no JSON before the path is decided.
    """
    found = [root(data)]
    for step in path:
        here = found[-1]
        if not is_container(data, here.start):
            break
        member = _member(data, here.start, step)
        if member is None:
            break
        found.append(member)
    return found


def find(data: bytes, path: Path) -> Member | None:
    """The value at `path`, or None; JsonError as in `chain`."""
    found = chain(data, path)
    return found[-1] if len(found) == len(path) + 1 else None


def unquote(lexeme: bytes) -> str:
    """A string as it is meant: without its quotes, escapes resolved.

    Bytes that are no UTF-8 become lone surrogates, an impossible escape leaves the text as it is.
    """
    text = lexeme.decode("utf-8", "surrogateescape")
    if "\\" not in text:
        return text[1:-1]
    try:
        meant: str = json.loads(text, strict=False)
    except ValueError:
        return text[1:-1]
    return meant


def step_in(data: bytes, at: int, step: str | int) -> str | int:
    """The step as the container at `at` means it: `lines.0` is `lines[0]` where lines is a list."""
    if isinstance(step, str) and step.isascii() and step.isdigit() and data[at : at + 1] == b"[":
        return int(step)
    return step


def _member(data: bytes, at: int, step: str | int) -> Member | None:
    wanted = step_in(data, at, step)
    found = None
    try:
        for member in members(data, at):
            if member.key == wanted:
                found = member
                if isinstance(wanted, int):
                    break
    except JsonError:
        if found is None:
            raise
    return found


def _blank(data: bytes, at: int) -> int:
    match = _BLANK.match(data, at)
    return match.end() if match else at
