"""Fields inside what was sent and answered: headers, bodies, queries; and words sought anywhere."""

import re
from collections.abc import Callable

from hookcli.captures.filters import columns, paths
from hookcli.captures.filters.asked import EVERY, Asked
from hookcli.captures.filters.compared import Compared, Sql, compared
from hookcli.captures.filters.functions import in_body, in_headers, in_query
from hookcli.captures.filters.lexer import FilterError
from hookcli.captures.filters.nodes import ANSWER, BODY, FUNCTION, HEADERS, Node, Or, Subject, Term
from hookcli.captures.model import Attempt

_BELOW = re.compile(r"(resp\.body|resp\.header|body|header|query)(?=[.\[])", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[\w.#$%&'*+^`|~-]+", re.ASCII)
_LATEST = "EXISTS (SELECT 1 FROM attempts a WHERE a.capture = c.rowid AND a.n = c.last_n AND {})"
_REQUEST = "EXISTS (SELECT 1 FROM bodies b WHERE b.capture = c.rowid AND {})"

_BETWEEN = frozenset(": ")

_PATH_WANTED = "a path is wanted here: data.object.amount, lines[0].id, lines[*].id"
_NAME_WANTED = "a header's name is wanted here: header.content-type"


def below(asked: Asked) -> Node | None:
    """The condition on `header.NAME`, `body.PATH` and the like; None when it is no such field."""
    match = _BELOW.match(asked.name)
    if match is None:
        return None
    whole, rest = match[1].lower(), asked.name[match.end() :]
    begin = asked.at + match.end()
    if whole.endswith("header"):
        return _header(asked, rest, begin, answer=whole.startswith("resp"))
    if rest.startswith("."):
        rest, begin = rest[1:], begin + 1
    try:
        steps = paths.path(rest)
    except paths.NoPathError as error:
        raise FilterError(begin + error.position, _PATH_WANTED) from None
    one = asked.text(allowed=EVERY)
    if whole == "query":
        return _query(rest, steps, one)
    return _answer_path(rest, steps, one) if whole == "resp.body" else _path(rest, steps, one)


# Headers


def _header(asked: Asked, rest: str, begin: int, *, answer: bool) -> Term:
    name = rest[1:]
    if not rest.startswith(".") or not _HEADER_NAME.fullmatch(name):
        raise FilterError(begin + rest.startswith("."), _NAME_WANTED)
    one = asked.text(allowed=EVERY)
    return _in_answer_headers(name, one) if answer else _in_headers(name, one)


def _in_headers(name: str, one: Compared) -> Term:
    wanted = name.lower()
    where, given = _where("c.headers", wanted, one)
    return Term(
        where=where,
        values=given,
        test=lambda subject: in_headers(subject.capture.headers, wanted.encode(), one),
        cost=HEADERS,
    )


def _in_answer_headers(name: str, one: Compared) -> Term:
    wanted = name.lower()
    where, given = _where("a.headers", wanted, one)
    return Term(
        where=_LATEST.format(where),
        values=given,
        test=_of_latest(lambda last: in_headers(last.headers, wanted.encode(), one)),
        cost=ANSWER,
    )


def _where(column: str, name: str, one: Compared) -> Sql:
    """Our code over the headers, asked only where the words that it needs stand in their bytes."""
    needed = [name] if name else []
    # The colon and the blank between name and value are not stored.
    if one.kind == "contains" and one.operand.isascii() and (name or not _BETWEEN & {*one.operand}):
        needed.append(one.operand.lower())
    parts = [f"instr(lower({column}), ?) > 0"] * len(needed)
    where = " AND ".join([*parts, f"hk_header({column}, ?, ?, ?)"])
    return f"({where})", (*needed, name, one.kind, one.operand)


def header(asked: Asked) -> Term:
    """`header`: any of the request's, as `name: value`."""
    return any_header(asked.text(somewhere=True))


def answer_header(asked: Asked) -> Term:
    """`resp.header`: any of the answer's."""
    return any_answer_header(asked.text(somewhere=True))


def any_header(one: Compared) -> Term:
    """The condition on a line of the request's headers."""
    return _in_headers("", one)


def any_answer_header(one: Compared) -> Term:
    """The condition on a line of the answer's headers."""
    return _in_answer_headers("", one)


def content_type(one: Compared) -> Node:
    """The condition on the content type of the request or of the answer."""
    return Or([_in_headers("content-type", one), _in_answer_headers("content-type", one)])


# Bodies and queries


def body(asked: Asked) -> Term:
    """`body`: somewhere in the request's bytes."""
    return body_of(asked.text(somewhere=True))


def answer_body(asked: Asked) -> Term:
    """`resp.body`: somewhere in the answer's bytes."""
    return answer_body_of(asked.text(somewhere=True))


def body_of(one: Compared) -> Term:
    """The condition on the request's body."""
    (where, given), _ = columns.expression(one, "b.body", blob=True, large=True)
    return Term(
        where=_REQUEST.format(where), values=given, test=lambda s: one.raw(s.body), cost=BODY
    )


def answer_body_of(one: Compared) -> Term:
    """The condition on the latest answer's body."""
    (where, given), _ = columns.expression(one, "a.body", blob=True, large=True)
    return Term(
        where=_LATEST.format(where),
        values=given,
        test=_of_latest(lambda last: one.raw(last.body)),
        cost=ANSWER,
    )


def _path(text: str, steps: paths.Path, one: Compared) -> Term:
    return Term(
        where=_REQUEST.format("hk_body(b.body, c.headers, ?, ?, ?)"),
        values=(text, one.kind, one.operand),
        test=lambda subject: in_body(subject.body, subject.capture.headers, steps, one),
        cost=BODY,
    )


def _answer_path(text: str, steps: paths.Path, one: Compared) -> Term:
    return Term(
        where=_LATEST.format("hk_body(a.body, a.headers, ?, ?, ?)"),
        values=(text, one.kind, one.operand),
        test=_of_latest(lambda last: in_body(last.body, last.headers, steps, one)),
        cost=ANSWER,
    )


def _query(text: str, steps: paths.Path, one: Compared) -> Term:
    return Term(
        where="(instr(c.target, x'3f') > 0 AND hk_query(c.target, ?, ?, ?))",
        values=(text, one.kind, one.operand),
        test=lambda subject: in_query(subject.capture.target, steps, one),
        cost=FUNCTION,
    )


def _of_latest(test: Callable[[Attempt], bool]) -> Callable[[Subject], bool]:
    return lambda subject: subject.last is not None and test(subject.last)


# Words


def anywhere(word: str) -> Node:
    """A word or phrase in what a list shows of a capture, or in its body."""
    one = compared("contains", word)
    shown = [columns.text_of(name, one) for name in ("source", "type", "method", "id", "note")]
    return Or([*shown, columns.path_of(one), columns.tag_of(one), body_of(one)])
