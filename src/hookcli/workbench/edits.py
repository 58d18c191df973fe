"""The named changes a capture can be given, and how the command line writes them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hookcli.errors import UsageError
from hookcli.workbench import jsonpath
from hookcli.workbench.jsonpath import Path
from hookcli.workbench.pretty import fault

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_IN_TARGET = frozenset(range(0x21, 0x7F)) - frozenset(b"#")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetText:
    """`--set path=value`: the value in the body becomes this string."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetJson:
    """`--set path:=json`: the value in the body becomes this JSON, spelled as it is here."""

    path: Path
    json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unset:
    """`--unset path`: the value leaves the body, with its key."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBody:
    """`--body @file`: the whole body."""

    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHeader:
    """`-H 'K: V'`: the field has this one value; where it stood, and spelled as it was."""

    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AddHeader:
    """One more field line behind the others, whatever there is of this name."""

    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DropHeader:
    """`--drop-header K`: no field of this name."""

    name: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMethod:
    """`--method M`."""

    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPath:
    """`--path /x`: the path; with a `?` in it, the query too."""

    path: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuery:
    """`--query k=v`: the query has this field once, with this value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropQuery:
    """`--query ''`: no query at all, its `?` included."""


Edit = (
    SetText
    | SetJson
    | Unset
    | SetBody
    | SetHeader
    | AddHeader
    | DropHeader
    | SetMethod
    | SetPath
    | SetQuery
    | DropQuery
)


def read_set(text: str) -> SetText | SetJson:
    """`path=value` or `path:=json`; UsageError if the path or the JSON is none."""
    path, is_json, value = jsonpath.assignment(text)
    if not is_json:
        return SetText(path=path, text=value)
    value = value.strip()
    wrong = fault(value.encode("utf-8", "surrogateescape"))
    if wrong is not None:
        raise UsageError(
            f"{value!r} is not JSON: {wrong.wanted} is wanted at byte {wrong.offset}",
            hint=f"{jsonpath.write(path)}={value} for a string",
        )
    return SetJson(path=path, json=value)


def read_unset(text: str) -> Unset:
    """A path."""
    return Unset(path=jsonpath.parse(text))


def read_header(text: str) -> SetHeader:
    """`Name: value`; blanks around the value do not count."""
    name, colon, value = text.partition(":")
    if not colon or not _TOKEN.fullmatch(name):
        raise UsageError(f"{text!r} is not a header", hint="-H 'Name: value'")
    raw = value.strip(" \t").encode("utf-8", "surrogateescape")
    if any(byte in raw for byte in b"\r\n\0"):
        raise UsageError(f"the value of {name} holds a line end or a zero byte")
    return SetHeader(name=name.encode(), value=raw)


def read_headers(texts: Iterable[str]) -> Iterator[SetHeader | AddHeader]:
    """Several of them; a name that is given again adds a line, as for curl."""
    seen: set[bytes] = set()
    for text in texts:
        one = read_header(text)
        again = one.name.lower() in seen
        seen.add(one.name.lower())
        yield AddHeader(name=one.name, value=one.value) if again else one


def read_drop_header(text: str) -> DropHeader:
    """A header's name."""
    if not _TOKEN.fullmatch(text):
        raise UsageError(f"{text!r} is not a header's name", hint="--drop-header Name")
    return DropHeader(name=text.encode())


def read_method(text: str) -> SetMethod:
    """A method, its case kept (RFC 9110 §9.1)."""
    if not _TOKEN.fullmatch(text):
        raise UsageError(f"{text!r} is not a method", hint="--method PUT")
    return SetMethod(method=text)


def read_path(text: str) -> SetPath:
    """A path, beginning with `/`; what cannot stand in a request line is percent-encoded."""
    if not text.startswith("/"):
        raise UsageError(f"the path {text!r} does not begin with /", hint=f"--path /{text}")
    raw = text.encode("utf-8", "surrogateescape")
    return SetPath(
        path=b"".join(bytes((byte,)) if byte in _IN_TARGET else b"%%%02X" % byte for byte in raw)
    )


def read_query(text: str) -> SetQuery | DropQuery:
    """`name=value`, neither of them encoded; the empty text drops the query."""
    if not text:
        return DropQuery()
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UsageError(f"{text!r} sets no query field", hint="--query name=value")
    return SetQuery(name=name, value=value)
