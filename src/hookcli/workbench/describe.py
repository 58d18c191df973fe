"""What an editing session changed: named changes for people, the same as edits, as a command line."""

import shlex
from collections.abc import Collection, Iterator, Sequence

from hookcli.errors import UsageError
from hookcli.wire.headers import values
from hookcli.wire.http import Request
from hookcli.workbench import diff, jsonpath
from hookcli.workbench.compare import How
from hookcli.workbench.diff import Difference
from hookcli.workbench.edits import (
    AddHeader,
    DropHeader,
    DropQuery,
    Edit,
    SetBody,
    SetHeader,
    SetJson,
    SetMethod,
    SetPath,
    SetQuery,
    SetText,
    Unset,
)
from hookcli.workbench.jsonspans import unquote
from hookcli.workbench.mutate import apply
from hookcli.workbench.pretty import readable


def describe(before: Request, after: Request) -> tuple[Difference, ...]:
    """The named changes, in the order method, path, query, headers, body."""
    return diff.requests(before, after).differences


def sentence(change: Difference, most: int = 60) -> str:
    """One change on one line: `body.data.object.status  "open" → "paid"`."""
    return f"{change.where}  {value(change, change.before, most)} → {value(change, change.after, most)}"


def value(change: Difference, raw: bytes | None, most: int = 60) -> str:
    """A side of a change for people: on one line, at most `most` characters."""
    if raw is None:
        return "(absent)"
    if change.how is How.BYTE:
        text = raw[:most].hex(" ")
    elif change.how is How.PATH:
        text = readable(raw[: most * 6])
    else:
        text = raw[: most * 4].decode("utf-8", "replace")
    text = " ".join(text.split("\n")).strip("\r") if change.how is How.LINE else text
    return text if len(text) <= most else text[: most - 1] + "…"


def edits_between(
    before: Request, after: Request, *, exact: bool = True, besides: Collection[bytes] = ()
) -> tuple[Edit, ...]:
    """Edits that make `after` of `before`.

    With `exact`, a body that single values cannot reproduce to the byte (it was indented anew) is
    replaced as a whole; without, spacing and key order may stay as they are in `before`. Header
    names in `besides` (in lower case) are left alone, for what signing will write.
    """
    made = [
        *_line_edits(before, after),
        *_header_edits(before, after, {*besides, b"content-length"}),
        *_body_edits(before, after, exact=exact),
    ]
    told = values(after.headers, b"content-length")
    if told != values(apply(before, made).headers, b"content-length"):
        made += _field(b"Content-Length", values(before.headers, b"content-length"), told)
    return tuple(made)


def arguments(changes: Sequence[Edit], *, body_file: str = "body") -> list[str]:
    """The flags of `hookcli replay` and `hookcli edit` for these edits; UsageError if one has none."""
    return [part for flag in _all_flags(changes, body_file) for part in flag]


def command_line(
    reference: str,
    changes: Sequence[Edit],
    *,
    verb: str = "replay",
    resign: bool = False,
    body_file: str = "body",
    wrap: bool = False,
) -> str:
    """The `hookcli` line that does the same; with `wrap`, one flag a line."""
    flags = [["--resign"]] if resign else []
    flags += _all_flags(changes, body_file)
    parts = [
        shlex.join(["hookcli", verb, reference]),
        *(shlex.join(flag) for flag in flags if flag),
    ]
    return (" \\\n  " if wrap else " ").join(parts)


def _line_edits(before: Request, after: Request) -> Iterator[Edit]:
    if before.method != after.method:
        yield SetMethod(method=after.method)
    if before.target == after.target:
        return
    moved = before.target.partition(b"?")[0] != after.target.partition(b"?")[0]
    made: list[Edit] = [SetPath(path=after.path)] if moved else []
    section = diff.requests(before, after, what=("request",))
    for change in section.differences:
        if change.path[0] == "query" and change.after is not None and len(change.path) == 2:
            text = change.after.decode("utf-8", "surrogateescape")
            made.append(SetQuery(name=str(change.path[1]), value=text))
    if apply(before, made).target == after.target:
        yield from made
    elif b"?" in after.target:
        yield SetPath(path=after.path + b"?" + after.query)
    else:
        yield from (DropQuery(), *made[:1]) if moved else (DropQuery(),)


def _header_edits(before: Request, after: Request, besides: Collection[bytes]) -> Iterator[Edit]:
    names = {name.lower(): name for name, _ in (*after.headers, *before.headers)}
    for lower, name in names.items():
        if lower not in besides:
            yield from _field(name, values(before.headers, lower), values(after.headers, lower))


def _field(name: bytes, old: list[bytes], new: list[bytes]) -> list[Edit]:
    if old == new:
        return []
    if not new:
        return [DropHeader(name=name)]
    return [
        SetHeader(name=name, value=new[0]),
        *(AddHeader(name=name, value=one) for one in new[1:]),
    ]


def _body_edits(before: Request, after: Request, *, exact: bool) -> list[Edit]:
    if before.body == after.body:
        return []
    whole: list[Edit] = [SetBody(body=after.body)]
    (section,) = diff.requests(before, after, what=("body",)).sections
    if section.how not in (How.PATH, How.FIELD):
        return whole
    set_, gone = [], []
    for change in section.differences:
        if change.after is None:
            gone.append(Unset(path=change.path[1:]))
        else:
            set_.append(_set(change, section.how, change.after))
    # From behind, so that places in a list still mean what they did.
    made: list[Edit] = [*set_, *reversed(gone)]
    try:
        result = apply(before, made)
    except UsageError:
        return whole
    if result.body == after.body:
        return made
    (left,) = diff.requests(result, after, what=("body",)).sections
    return whole if exact or left.differences else made


def _set(change: Difference, how: How, raw: bytes) -> SetText | SetJson:
    path = change.path[1:]
    text = raw.decode("utf-8", "surrogateescape")
    if how is How.FIELD and not _in_json(change):
        return SetText(path=path, text=text)
    meant = unquote(raw) if raw.startswith(b'"') else ""
    if meant and "\0" not in meant:
        return SetText(path=path, text=meant)
    return SetJson(path=path, json=text)


def _in_json(change: Difference) -> bool:
    """Whether a form's difference lies inside a field that holds JSON."""
    return len(change.path) > 2 and not (len(change.path) == 3 and isinstance(change.path[2], int))


def _all_flags(changes: Sequence[Edit], body_file: str) -> list[list[str]]:
    named: set[bytes] = set()
    made = []
    for edit in changes:
        if isinstance(edit, AddHeader) and edit.name.lower() in named:
            made.append(["-H", f"{edit.name.decode()}: {_text(edit.value)}"])
            continue
        if isinstance(edit, SetHeader):
            named.add(edit.name.lower())
        made.append(list(_flags(edit, body_file)))
    return made


def _flags(edit: Edit, body_file: str) -> Iterator[str]:
    match edit:
        case SetText(path=path, text=text):
            yield from ("--set", f"{jsonpath.write(path)}={text}")
        case SetJson(path=path, json=json):
            yield from ("--set", f"{jsonpath.write(path)}:={json}")
        case Unset(path=path):
            yield from ("--unset", jsonpath.write(path))
        case SetBody():
            yield from ("--body", f"@{body_file}")
        case SetHeader(name=name, value=raw):
            yield from ("-H", f"{name.decode()}: {_text(raw)}")
        case DropHeader(name=name):
            yield from ("--drop-header", name.decode())
        case SetMethod(method=method):
            yield from ("--method", method)
        case SetPath(path=target):
            yield from ("--path", _text(target))
        case DropQuery():
            yield from ("--query", "")
        case SetQuery(name=key, value=text):
            yield from ("--query", f"{key}={text}")
        case AddHeader(name=name):
            text = f"no flag adds a {name.decode()} beside what there is"
            raise UsageError(text, hint="hookcli edit")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
