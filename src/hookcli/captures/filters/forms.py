"""The fields of forms and queries as a tree: `user[name]=x` lies at `user.name`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from hookcli.captures.multipart import parts

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_MOST_DEEP = 100

Tree = dict[str, Any]
"""By name, trees or `Several`."""


@dataclass(frozen=True, slots=True)
class Several:
    """The values of one name: a form may give it more than once."""

    texts: list[str]

    def plain(self) -> str | list[str]:
        """The one text, or the list of several."""
        return self.texts[0] if len(self.texts) == 1 else self.texts


def tree(pairs: Iterable[tuple[str, str]]) -> Tree:
    """The fields by name, those in brackets by each step; also by the whole name as it is sent."""
    root: Tree = {}
    for name, value in pairs:
        base = name.partition("[")[0]
        steps = _BRACKETS.findall(name[len(base) :])
        _put(root, [name], value)
        if base and steps and len(steps) < _MOST_DEEP:
            _put(root, [step for step in (base, *steps) if step], value)
    return root


def _put(root: Tree, steps: list[str], value: str) -> None:
    """Put a value; a name that has a value already has nothing below it."""
    for step in steps[:-1]:
        below = root.setdefault(step, {})
        if not isinstance(below, dict):
            return
        root = below
    here = root.setdefault(steps[-1], Several([]))
    if isinstance(here, Several):
        here.texts.append(value)


def urlencoded(text: bytes) -> Iterator[tuple[str, str]]:
    """The pairs of `a=1&b=2`, decoded."""
    for piece in text.split(b"&"):
        if piece:
            name, _, value = piece.partition(b"=")
            yield _decoded(name), _decoded(value)


def _decoded(raw: bytes) -> str:
    if b"%" not in raw and b"+" not in raw:
        return raw.decode("utf-8", "replace")
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace")


def multipart(body: bytes, content_type: bytes) -> Iterator[tuple[str, str]]:
    """The named parts of a `multipart/form-data` body, files included."""
    for part in parts(body, content_type):
        if part.name:
            yield part.name, body[part.start : part.end].decode("utf-8", "replace")
