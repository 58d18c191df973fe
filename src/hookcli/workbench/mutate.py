"""A request with edits applied: what they name is changed, every other byte is as it was."""

from collections.abc import Iterable, Sequence
from functools import singledispatch

from msgspec.structs import replace

from hookcli.errors import UsageError
from hookcli.wire.headers import Headers, first, values
from hookcli.wire.http import Request
from hookcli.workbench import formtext, jsonedit, jsonpath, media
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
from hookcli.workbench.formtext import Field
from hookcli.workbench.jsonedit import NoSuchPathError
from hookcli.workbench.jsonpath import Path
from hookcli.workbench.jsonspans import JsonError, unquote
from hookcli.workbench.media import Kind
from hookcli.workbench.splices import Splice, splice

_LENGTH = b"content-length"
_HINT = "--body @FILE replaces the whole body, hookcli edit opens it"
BodyEdit = SetText | SetJson | Unset


def apply(request: Request, edits: Iterable[Edit]) -> Request:
    """The request after the edits, one after the other; `request` itself is unchanged.

    Content-Length follows the body where it was present, unless an edit names it. UsageError names
    the path that is not there, and the nearest one that is.
    """
    after, length_named = request, False
    for edit in edits:
        after = _apply(edit, after)
        if isinstance(edit, SetHeader | AddHeader | DropHeader):
            length_named |= edit.name.lower() == _LENGTH
    if length_named or after.body == request.body:
        return after
    return replace(after, headers=_with_length(after.headers, len(after.body)))


def with_length_of(before: Request, after: Request) -> Request:
    """`after` with its Content-Length told anew, if it has another body and the field of `before`."""
    same = values(before.headers, _LENGTH) == values(after.headers, _LENGTH)
    if after.body == before.body or not same:
        return after
    return replace(after, headers=_with_length(after.headers, len(after.body)))


def _with_length(headers: Headers, length: int) -> Headers:
    value = b"%d" % length
    return tuple((name, value if name.lower() == _LENGTH else old) for name, old in headers)


@singledispatch
def _apply(edit: Edit, request: Request) -> Request:
    raise TypeError(type(edit))


@_apply.register
def _(edit: SetText | SetJson | Unset, request: Request) -> Request:
    return replace(request, body=_edited_body(request, edit))


@_apply.register
def _(edit: SetBody, request: Request) -> Request:
    return replace(request, body=edit.body)


@_apply.register
def _(edit: SetHeader, request: Request) -> Request:
    name = edit.name.lower()
    if first(request.headers, name) is None:
        return replace(request, headers=(*request.headers, (edit.name, edit.value)))
    pairs: list[tuple[bytes, bytes]] = []
    placed = False
    for old, value in request.headers:
        if old.lower() != name:
            pairs.append((old, value))
        elif not placed:
            pairs.append((old, edit.value))
            placed = True
    return replace(request, headers=tuple(pairs))


@_apply.register
def _(edit: AddHeader, request: Request) -> Request:
    return replace(request, headers=(*request.headers, (edit.name, edit.value)))


@_apply.register
def _(edit: DropHeader, request: Request) -> Request:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != edit.name.lower())
    if len(kept) == len(request.headers):
        names = [name.decode("latin-1") for name, _ in request.headers]
        raise _not_there(edit.name.decode("latin-1"), "among the headers", names)
    return replace(request, headers=kept)


@_apply.register
def _(edit: SetMethod, request: Request) -> Request:
    return replace(request, method=edit.method)


@_apply.register
def _(edit: SetPath, request: Request) -> Request:
    if b"?" in edit.path:
        return replace(request, target=edit.path)
    _, sign, query = request.target.partition(b"?")
    return replace(request, target=edit.path + sign + query)


@_apply.register
def _(edit: SetQuery, request: Request) -> Request:
    path, _, query = request.target.partition(b"?")
    value = edit.value.encode("utf-8", "surrogateescape")
    same = [field for field in formtext.fields(query) if field.name == edit.name]
    for field in reversed(same[1:]):
        query = splice(query, [formtext.removing(query, field)])
    change = (
        formtext.setting(query, same[0], value)
        if same
        else formtext.adding(query, edit.name, value)
    )
    return replace(request, target=path + b"?" + splice(query, [change]))


@_apply.register
def _(edit: DropQuery, request: Request) -> Request:
    return replace(request, target=request.target.partition(b"?")[0])


def _edited_body(request: Request, edit: BodyEdit) -> bytes:
    if media.is_encoded(request.headers):
        coding = (first(request.headers, b"content-encoding") or b"").decode("latin-1")
        raise UsageError(f"the body is encoded ({coding}); single values cannot be set", hint=_HINT)
    kind = media.kind(request.headers, request.body)
    named = media.content_type(request.headers)
    if kind is Kind.FORM or (kind is Kind.EMPTY and named == media.FORM):
        return splice(request.body, _form_changes(request.body, edit))
    if kind is Kind.JSON or (kind is Kind.TEXT and not edit.path):
        return splice(request.body, _json_changes(request.body, edit, edit.path, "the body"))
    what = f"the body is {named}" if named and request.body else f"the body is {kind.value}"
    raise UsageError(f"{what}; single values are set in JSON and forms", hint=_HINT)


def _json_changes(data: bytes, edit: BodyEdit, path: Path, where: str) -> list[Splice]:
    try:
        match edit:
            case SetText(text=text):
                return [jsonedit.setting(data, path, jsonedit.quote(text, data))]
            case SetJson(json=json):
                return [jsonedit.setting(data, path, json.encode("utf-8", "surrogateescape"))]
            case Unset():
                return jsonedit.unsetting(data, path)
    except JsonError as error:
        raise UsageError(
            f"{where} is not JSON: {error.wanted} is wanted at byte {error.offset}", hint=_HINT
        ) from None
    except NoSuchPathError as error:
        raise _no_path(error, where) from None


def _form_changes(text: bytes, edit: BodyEdit) -> list[Splice]:
    field, rest = _form_place(text, edit.path)
    if field is None:
        if isinstance(edit, Unset) or len(edit.path) != 1 or not isinstance(edit.path[0], str):
            names = [known.name for known in formtext.fields(text)]
            raise _not_there(jsonpath.write(edit.path), "in the form", names)
        return [formtext.adding(text, edit.path[0], _form_value(edit))]
    if not rest:
        removing = isinstance(edit, Unset)
        change = formtext.removing(text, field)
        return [change if removing else formtext.setting(text, field, _form_value(edit))]
    raw = text[field.start : field.end]
    changes = _json_changes(formtext.decode(raw), edit, rest, f"the form field {field.name}")
    return [
        Splice(one.start + field.start, one.end + field.start, one.new)
        for one in formtext.encode_splices(raw, changes)
    ]


def _form_value(edit: BodyEdit) -> bytes:
    match edit:
        case SetJson(json=json) if json.startswith('"'):
            return unquote(json.encode("utf-8", "surrogateescape")).encode(
                "utf-8", "surrogateescape"
            )
        case SetJson(json=text) | SetText(text=text):
            return text.encode("utf-8", "surrogateescape")
        case _:
            return b""


def _form_place(text: bytes, path: Path) -> tuple[Field | None, Path]:
    """The field that the beginning of `path` names, and the rest: a path into its value."""
    known = list(formtext.fields(text))
    for length in range(len(path), 0, -1):
        named = [field for field in known if field.name in _form_names(path[:length])]
        rest = path[length:]
        if not named:
            continue
        if len(named) == 1:
            return named[0], rest
        if rest and isinstance(rest[0], int) and rest[0] < len(named):
            return named[rest[0]], rest[1:]
        name = jsonpath.write(path[:length])
        raise UsageError(
            f"the form has {len(named)} fields {name}",
            hint=f"{name}[0] to {name}[{len(named) - 1}]",
        )
    return None, path


def _form_names(path: Path) -> set[str]:
    """How forms write a path: `user[name]`, or with dots."""
    head, *tail = (str(step) for step in path)
    return {head + "".join(f"[{step}]" for step in tail), ".".join((head, *tail))}


def _no_path(error: NoSuchPathError, where: str) -> UsageError:
    at = len(error.known)
    missing = jsonpath.write(error.path[: at + 1] if at < len(error.path) else error.path)
    holder = jsonpath.write(error.known) if error.known else where
    if not error.within:
        return UsageError(f"no {missing} in {where}", why=(f"{holder} holds no keys",))
    if all(isinstance(key, int) for key in error.within):
        why = f"{holder} has {len(error.within)} items, from [0]"
        return UsageError(f"no {missing} in {where}", why=(why,))
    keys = [str(key) for key in error.within]
    near = _nearest(str(error.path[at]), keys) if at < len(error.path) else None
    return UsageError(
        f"no {missing} in {where}",
        why=(f"{holder} has {_listed(keys)}",),
        hint=jsonpath.write((*error.known, near, *error.path[at + 1 :])) if near else None,
    )


def _not_there(name: str, where: str, known: Sequence[str]) -> UsageError:
    why = (f"there are {_listed(known)}",) if known else ("there are none",)
    return UsageError(f"no {name} {where}", why=why, hint=_nearest(name, known))


def _nearest(name: str, known: Sequence[str]) -> str | None:
    from difflib import get_close_matches

    lower = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), list(lower), n=1)
    return lower[near[0]] if near else None


def _listed(keys: Sequence[str], most: int = 8) -> str:
    distinct = list(dict.fromkeys(jsonpath.write((key,)) for key in keys))
    more = f" and {len(distinct) - most} more" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + more
