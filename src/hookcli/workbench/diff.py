"""What differs between two requests and between two answers, as values to be rendered elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from hookcli.captures.model import Attempt
from hookcli.errors import UsageError
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from hookcli.workbench import compare, formtext, jsonpath, media, message
from hookcli.workbench.compare import Found, How
from hookcli.workbench.jsonpath import Path
from hookcli.workbench.pretty import Pretty

SECTIONS = ("request", "headers", "body", "response")
"""What can be compared (`--what`)."""


class Kind(StrEnum):
    """What happened to a value."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is not the same."""

    path: Path
    """From the section on: `("body", "data", "id")`, `("header", "Host")`, `("query", "a", 1)`,
    `("method",)`. By line and by byte the last step is the place in the first body, from 0."""
    how: How
    before: bytes | None
    """As sent, for JSON with its quotes; form and query values decoded. None when absent."""
    after: bytes | None

    @property
    def kind(self) -> Kind:
        """Whether the value appeared, vanished or changed."""
        if self.before is None:
            return Kind.ADDED
        return Kind.REMOVED if self.after is None else Kind.CHANGED

    @property
    def where(self) -> str:
        """The place for people: `body.data.id`, `body line 12`, `body byte 0x30`."""
        if self.how is How.LINE:
            return f"{jsonpath.write(self.path[:-1])} line {int(self.path[-1]) + 1}"
        if self.how is How.BYTE:
            return f"{jsonpath.write(self.path[:-1])} byte {int(self.path[-1]):#x}"
        return jsonpath.write(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One compared part."""

    name: str
    """One of `SECTIONS`."""
    how: How
    identical: bool
    """The bytes are the same. Without it and without differences, only order or spacing differ."""
    differences: tuple[Difference, ...]
    ignored: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The compared parts."""

    sections: tuple[Section, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All of them, in order."""
        return tuple(one for section in self.sections for one in section.differences)

    @property
    def ignored(self) -> tuple[Difference, ...]:
        """What differs and was not to count."""
        return tuple(one for section in self.sections for one in section.ignored)

    @property
    def same(self) -> bool:
        """Nothing differs that counts."""
        return not self.differences


class Ignore:
    """Paths whose differences do not count: `id`, `lines[*].id`, `**.timestamp`, `header.date`.

    `*` stands for any characters of one step, or for any place of a list; `**` for any number of
    steps. What lies below an ignored path is ignored. Body paths may leave out `body.`.
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        texts = [part.strip() for pattern in patterns for part in pattern.split(",")]
        self.patterns = tuple(jsonpath.parse(text) for text in texts if text)

    def __call__(self, path: Path) -> bool:
        """Whether a difference at `path` (beginning with its section) does not count."""
        paths = [path]
        if path[:1] == ("body",):
            paths.append(path[1:])
        if path[:2] == ("response", "body"):
            paths += [path[1:], path[2:]]
        fold = "header" in path[:2]
        return any(_matches(pattern, one, fold) for pattern in self.patterns for one in paths)


def requests(
    a: Request, b: Request, *, ignore: Ignore | None = None, what: Sequence[str] = SECTIONS
) -> Diff:
    """What differs between two requests, in the sections asked for."""
    parts = {"request": _request, "headers": _headers, "body": _body}
    return Diff(
        sections=tuple(
            part(a, b, ignore or Ignore()) for name, part in parts.items() if name in checked(what)
        )
    )


def answers(a: Attempt | None, b: Attempt | None, *, ignore: Ignore | None = None) -> Section:
    """What differs between two answers: status or outcome, type and body; not the time."""
    name = "response"
    found: list[Difference] = []
    one, other = (_answer(attempt) for attempt in (a, b))
    if one != other:
        found.append(Difference(path=(name, "status"), how=How.FIELD, before=one, after=other))
    how = How.FIELD
    if a is not None and b is not None:
        types = [media.content_type(attempt.headers).encode() or None for attempt in (a, b)]
        if types[0] != types[1]:
            path = (name, "header", "Content-Type")
            found.append(Difference(path=path, how=How.FIELD, before=types[0], after=types[1]))
        how, inner = compare.bodies(a.body, a.headers, b.body, b.headers)
        found += _differences((name, "body"), how, inner)
    same = one == other and (a is None or b is None or a.body == b.body)
    return _section(name, how, same, found, ignore or Ignore())


def checked(what: Sequence[str]) -> Sequence[str]:
    """The names of sections, if they are; UsageError names one that is not."""
    for name in what:
        if name not in SECTIONS:
            raise UsageError(f"{name!r} cannot be compared", hint=f"--what {','.join(SECTIONS)}")
    return what


def unified(a: Request, b: Request, names: tuple[str, str], context: int = 3) -> Iterator[str]:
    """A unified diff of the two as messages, JSON one value a line; lines without line ends."""
    from difflib import unified_diff

    yield from unified_diff(_lines(a), _lines(b), *names, n=context, lineterm="")


def _lines(request: Request) -> list[str]:
    if media.kind(request.headers, request.body) is not media.Kind.JSON:
        return message.write(request).decode("utf-8", "replace").split("\n")[:-1]
    head = message.write(
        Request(
            method=request.method,
            url=request.url,
            target=request.target,
            headers=request.headers,
            body=b"",
        )
    )
    return [*head.decode("utf-8", "replace").split("\n")[:-2], *body_lines(request)]


def body_lines(request: Request) -> list[str]:
    """A body as lines: JSON one value a line, all else as it was sent."""
    if media.kind(request.headers, request.body) is media.Kind.JSON:
        return [f"{'  ' * line.depth}{line.text}" for line in Pretty(request.body).lines()]
    return request.body.decode("utf-8", "replace").splitlines()


def _request(a: Request, b: Request, ignore: Ignore) -> Section:
    found: list[Found] = []
    if a.method != b.method:
        found.append((("method",), a.method.encode(), b.method.encode()))
    if a.path != b.path:
        found.append((("path",), a.path, b.path))
    fields = compare.pairs_by_name(*(_query(request.query) for request in (a, b)))
    found += ((("query", *path), before, after) for path, before, after in fields)
    same = (a.method, a.target) == (b.method, b.target)
    return _section("request", How.FIELD, same, _differences((), How.FIELD, found), ignore)


def _headers(a: Request, b: Request, ignore: Ignore) -> Section:
    spelled: dict[bytes, str] = {}
    for name, _ in (*a.headers, *b.headers):
        spelled.setdefault(name.lower(), name.decode("latin-1"))
    found = compare.pairs_by_name(_pairs(a.headers, spelled), _pairs(b.headers, spelled))
    differences = _differences(("header",), How.FIELD, found)
    return _section("headers", How.FIELD, a.headers == b.headers, differences, ignore)


def _body(a: Request, b: Request, ignore: Ignore) -> Section:
    how, found = compare.bodies(a.body, a.headers, b.body, b.headers)
    return _section("body", how, a.body == b.body, _differences(("body",), how, found), ignore)


def _pairs(headers: Headers, spelled: dict[bytes, str]) -> list[tuple[str, bytes]]:
    return [(spelled[name.lower()], value) for name, value in headers]


def _query(query: bytes) -> list[tuple[str, bytes]]:
    return [
        (field.name, formtext.decode(query[field.start : field.end]))
        for field in formtext.fields(query)
    ]


def _differences(prefix: Path, how: How, found: Iterable[Found]) -> list[Difference]:
    return [
        Difference(path=(*prefix, *path), how=how, before=before, after=after)
        for path, before, after in found
    ]


def _section(
    name: str, how: How, identical: bool, found: Iterable[Difference], ignore: Ignore
) -> Section:
    counted: list[Difference] = []
    ignored: list[Difference] = []
    for one in found:
        (ignored if ignore(one.path) else counted).append(one)
    return Section(
        name=name,
        how=how,
        identical=identical,
        differences=tuple(counted),
        ignored=tuple(ignored),
    )


def _answer(attempt: Attempt | None) -> bytes | None:
    if attempt is None:
        return None
    return b"%d" % attempt.status if attempt.status else attempt.outcome.value.encode()


def _matches(pattern: Path, path: Path, fold: bool) -> bool:
    """Whether `pattern` fits `path` or something above it; names of headers have no case."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_matches(pattern[1:], path[at:], fold) for at in range(len(path) + 1))
    if not path:
        return False
    step, wanted = str(path[0]), str(pattern[0])
    fits = fnmatchcase(step.lower(), wanted.lower()) if fold else fnmatchcase(step, wanted)
    return fits and _matches(pattern[1:], path[1:], fold)
