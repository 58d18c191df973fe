"""Paths into a body: `data.object.lines[0].id`, `[*]` or `*` for all, keys with dots in quotes."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from hookcli.captures.filters.forms import Several

Step = str | int | None
"""A key, a place in a list from 0, or None for all of a list or object."""
Path = tuple[Step, ...]

_MOST_STEPS = 100
_STEP = re.compile(
    r"""\[(?P<index>\d{1,9})\]
    |(?P<all>\[\*\])
    |\[(?!-)(?P<inner>[^\]"\[*]+)\]                    # user[name], as forms write it
    |(?P<dot>\.)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^.\[\]"\s]+))
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r'\\(["\\])')


class NoPathError(Exception):
    """A text that is no path; `position` is where in it the fault is."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


@lru_cache(maxsize=512)
def path(text: str) -> Path:
    """The path written as `text`. NoPathError when it is none."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        named = match is not None and match["quoted"] is None and match["bare"] is None
        if match is None or len(steps) == _MOST_STEPS:
            raise NoPathError(at)
        if not named and (match["dot"] is None) != (at == 0):
            raise NoPathError(at)
        steps.append(_step(match))
        at = match.end()
    if not steps:
        raise NoPathError(0)
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return int(match["index"])
    if match["all"] or match["bare"] == "*":
        return None
    if match["quoted"] is not None:
        return _ESCAPE.sub(r"\1", match["quoted"])
    return match["inner"] or match["bare"]


def found(value: Any, steps: Path) -> Iterator[Any]:
    """Every value that the path leads to; into texts that hold JSON as well."""
    if isinstance(value, Several):
        if steps and isinstance(steps[0], int):
            values = value.texts[steps[0] : steps[0] + 1]
            steps = steps[1:]
        else:
            values = value.texts
            steps = steps[1:] if steps and steps[0] is None else steps
        for one in values:
            yield from found(one, steps)
    elif not steps:
        yield value
    else:
        if isinstance(value, str):
            value = read_json(value.encode("utf-8", "surrogatepass"))
        for one in _children(value, steps[0]):
            yield from found(one, steps[1:])


def _children(value: Any, step: Step) -> Iterator[Any]:
    if isinstance(value, dict):
        if step is None:
            yield from value.values()
        elif str(step) in value:
            yield value[str(step)]
    elif isinstance(value, list):
        if step is None:
            yield from value
        elif isinstance(step, int) and step < len(value):
            yield value[step]


def read_json(text: bytes) -> Any:
    """The object or list that the text is; None when it is none."""
    text = text.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text[:1] not in (b"{", b"["):
        return None
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return _read_leniently(text)


def _read_leniently(text: bytes) -> Any:
    """What other readers of JSON take: NaN, half of a surrogate pair, bytes that are no UTF-8."""
    import json

    try:
        return json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
