"""Paths into a body: `data.object.lines[0].id`, keys with dots or blanks in double quotes."""

import json
import re
from collections.abc import Sequence

from hookcli.errors import UsageError

Path = tuple[str | int, ...]
"""Keys as text, places in a list as numbers from 0. The empty path is the whole body."""

_STEP = re.compile(
    r"""\[(?P<index>\d+)\]
    |\[(?P<inner>[^\]"\[]+)\]                     # user[name], as forms write it
    |(?P<dot>\.)?(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>(?:[^.\[\]"=:]|:(?!=))+))
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(r"[\w@/+~#-]+")


def parse(text: str) -> Path:
    """The path written as `text`; a leading `$` stands for the whole body. UsageError if wrong."""
    path, end = _read(text)
    if end != len(text):
        raise _wrong(text)
    return path


def assignment(text: str) -> tuple[Path, bool, str]:
    """`path=value` or `path:=json` as (path, whether `:=`, what stands behind it)."""
    path, end = _read(text)
    for sign in (":=", "="):
        if text.startswith(sign, end):
            return path, sign == ":=", text[end + len(sign) :]
    raise UsageError(
        f"{text} sets nothing",
        hint="path=value for a string, path:=json for anything else",
    )


def write(path: Sequence[str | int]) -> str:
    """The path as text that `parse` reads again; `$` for the whole body."""
    if not path:
        return "$"
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
            continue
        plain = _BARE.fullmatch(step) is not None
        key = step if plain else json.dumps(step, ensure_ascii=_has_surrogates(step))
        parts.append(f".{key}" if parts else key)
    first = path[0]
    return ("$" if isinstance(first, int) else "") + "".join(parts)


def _read(text: str) -> tuple[Path, int]:
    """The path at the start of `text`, and where it ends."""
    steps: list[str | int] = []
    at = 1 if text.startswith("$") and text[1:2] in {"", ".", "[", "=", ":"} else 0
    rooted = at == 1
    while (match := _STEP.match(text, at)) is not None:
        first = not steps and not rooted
        if (
            (match["dot"] is not None) == first
            and match["index"] is None
            and match["inner"] is None
        ):
            break
        steps.append(_step(match))
        at = match.end()
    if not steps and not rooted:
        raise _wrong(text)
    return tuple(steps), at


def _step(match: re.Match[str]) -> str | int:
    if match["index"] is not None:
        return int(match["index"])
    if match["quoted"] is not None:
        try:
            key: str = json.loads(match["quoted"], strict=False)
        except ValueError:
            raise _wrong(match["quoted"]) from None
        return key
    return match["inner"] or match["bare"]


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _wrong(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a path into a body",
        hint='data.object.id, lines[0].id, or "key.with.dots" in double quotes',
    )
