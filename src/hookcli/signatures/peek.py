"""A bounded look into a body for a few values: never raises, never builds the whole document."""

from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from hookcli.signatures.fields import LONGEST

LIMIT = 1_000_000
"""Bodies above this are not looked into: a type or an id is not worth a listener's time."""

ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)
"""What decoding a stranger's JSON may raise."""


class Peek:
    """Reads the values at some dotted paths of a JSON body; `0` is the first item of a list.

    A body that is a list itself is read as its first item.
    """

    __slots__ = ("_first", "_paths", "_whole")

    def __init__(self, *paths: str) -> None:
        keys = [path.split(".") for path in paths]
        shape = _shape(keys)
        self._paths = [tuple(map(_attribute, path)) for path in keys]
        self._whole: msgspec.json.Decoder[Any] = msgspec.json.Decoder(shape)
        self._first: msgspec.json.Decoder[Any] = msgspec.json.Decoder(list[shape])  # type: ignore[valid-type]

    def __call__(self, body: bytes) -> list[str]:
        """One text a path; empty where the body has none."""
        found = self._decoded(body)
        return [_text(found, path) for path in self._paths]

    def _decoded(self, body: bytes) -> object:
        if len(body) > LIMIT:
            return None
        try:
            if body[:1] == b"[":
                items = self._first.decode(body)
                return items[0] if items else None
            return self._whole.decode(body)
        except ERRORS:
            return None


def _attribute(key: str) -> str:
    """A key as a field's name: keys need not be identifiers."""
    return "k" + key.encode().hex()


_ITEM = _attribute("0")


def _shape(paths: list[list[str]]) -> Any:
    """A type that knows only the keys on these paths, so that the rest is skipped unread."""
    inner: dict[str, list[list[str]]] = {}
    for first, *rest in paths:
        inner.setdefault(first, []).extend([rest] if rest else [])
    if list(inner) == ["0"]:
        return list[_shape(inner["0"]) if inner["0"] else Any]  # type: ignore[misc]
    fields = [
        (_attribute(key), _shape(deeper) | None if deeper else Any, None)
        for key, deeper in inner.items()
    ]
    return msgspec.defstruct("Shape", fields, rename={_attribute(key): key for key in inner})


def _text(found: object, path: tuple[str, ...]) -> str:
    for attribute in path:
        if attribute == _ITEM and isinstance(found, list):
            found = found[0] if found else None
        else:
            found = getattr(found, attribute, None)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return found if isinstance(found, str) and len(found) <= LONGEST else ""


def field(form: bytes, name: bytes) -> bytes:
    """A value of a form or a query, decoded; empty when it is not there."""
    if len(form) > LIMIT:
        return b""
    start = 0 if form.startswith(name + b"=") else form.find(b"&" + name + b"=") + 1
    if not start and not form.startswith(name + b"="):
        return b""
    raw = form[start + len(name) + 1 :].partition(b"&")[0]
    return unquote_to_bytes(raw.replace(b"+", b" "))
