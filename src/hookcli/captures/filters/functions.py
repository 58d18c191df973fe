"""What SQL cannot say: our functions for it, the same that a filter calls in Python.

None of them raises, whatever a row holds. Names and operands come from a filter that was parsed.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from hookcli.captures.filters import forms, paths
from hookcli.captures.filters.compared import Compared, compared
from hookcli.wire.headers import Headers, first

_unpack = msgspec.msgpack.Decoder(Headers).decode


def url_path(target: bytes) -> tuple[bytes, bytes]:
    """The path without its query, and with it, as a program sees them."""
    whole = target if target.startswith(b"/") else b"/" + target
    return whole.partition(b"?")[0], whole


def in_path(target: bytes, one: Compared) -> bool:
    """Whether the path passes, without or with its query."""
    bare, whole = url_path(target)
    return one.raw(bare) or (whole != bare and one.raw(whole))


def in_headers(headers: Headers, name: bytes, one: Compared) -> bool:
    """Whether a value of the field passes; of any field its line, when no name is given."""
    if not name:
        return any(one.text(f"{_readable(key)}: {_readable(value)}") for key, value in headers)
    return any(one.text(_readable(value)) for key, value in headers if key.lower() == name)


def _readable(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def in_query(target: bytes, steps: paths.Path, one: Compared) -> bool:
    """Whether a field of the query passes."""
    query = target.partition(b"?")[2]
    if not query or not _may_hold(query, steps):
        return False
    return any(map(one.json, paths.found(forms.tree(forms.urlencoded(query)), steps)))


def in_body(body: bytes, headers: Headers | bytes, steps: paths.Path, one: Compared) -> bool:
    """Whether a value at the path passes: of JSON, of a form, of JSON in a form's field."""
    if not _may_hold(body, steps):
        return False
    tree = paths.read_json(body)
    if tree is None:
        pairs = unpacked(headers) if isinstance(headers, bytes) else headers
        tree = _form(body, first(pairs, b"content-type") or b"")
    return any(map(one.json, paths.found(tree, steps)))


def _may_hold(body: bytes, steps: paths.Path) -> bool:
    """Whether the path's keys stand in the body as they are, or may be there escaped."""
    keys = [step.encode() for step in steps if isinstance(step, str)]
    if all(key in body for key in keys):
        return True
    return b"\\" in body or b"%" in body or b"+" in body


def _form(body: bytes, content_type: bytes) -> forms.Tree:
    kind = content_type.partition(b";")[0].strip().lower()
    if kind == b"multipart/form-data":
        return forms.tree(forms.multipart(body, content_type))
    if kind in (b"application/x-www-form-urlencoded", b""):
        return forms.tree(forms.urlencoded(body))
    return {}


def unpacked(headers: bytes) -> Headers:
    """Header pairs as they are stored; none when they are not what they should be."""
    try:
        return _unpack(headers)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ()


# As SQL calls them


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "replace") if isinstance(value, str) else b""


def _text(value: object, kind: str, operand: str) -> bool:
    one = compared(kind, operand)
    return one.text(value) if isinstance(value, str) else one.raw(_bytes(value))


def _path(target: object, kind: str, operand: str) -> bool:
    return in_path(_bytes(target), compared(kind, operand))


def _header(headers: object, name: str, kind: str, operand: str) -> bool:
    return in_headers(unpacked(_bytes(headers)), name.encode(), compared(kind, operand))


def _query(target: object, path: str, kind: str, operand: str) -> bool:
    return in_query(_bytes(target), paths.path(path), compared(kind, operand))


def _body(body: object, headers: object, path: str, kind: str, operand: str) -> bool:
    return in_body(_bytes(body), _bytes(headers), paths.path(path), compared(kind, operand))


FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., Any]]]] = {
    "hk_text": (3, _text),
    "hk_path": (3, _path),
    "hk_header": (4, _header),
    "hk_query": (4, _query),
    "hk_body": (5, _body),
}
"""By the name in SQL, how many arguments, and the code."""
