"""Differences are found where they are, by path, field, line or byte; nothing else is called one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli.captures.model import Attempt, Outcome, Timing, Why
from hookcli.errors import UsageError
from hookcli.wire.http import Request
from hookcli.workbench import compare, diff
from hookcli.workbench.compare import How
from hookcli.workbench.diff import Ignore
from hookcli.workbench.pretty import Pretty
from hookcli.workbench.splices import Splice, splice
from tests.hookcli.workbench.strategies import DOCUMENTS, load, requests

JSON = (b"Content-Type", b"application/json")


def request(body: bytes, *headers: tuple[bytes, bytes], target: bytes = b"/h?a=1") -> Request:
    return Request(method="POST", url="", target=target, headers=headers, body=body)


def told(a: Request, b: Request, *ignore: str) -> list[tuple[str, bytes | None, bytes | None]]:
    found = diff.requests(a, b, ignore=Ignore(ignore))
    return [(one.where, one.before, one.after) for one in found.differences]


def test_json_differs_by_path_and_key_order_does_not_count() -> None:
    a = request(
        b'{"id": 1, "o": {"n": 1900, "t": "open", "l": [{"id": "il_1"}]}, "u": "\\u65e5"}', JSON
    )
    b = request(
        '{"o":{"l":[{"id":"il_1"},{"id":"il_2"}],"t":"paid","n":1900.0},"x":null,"u":"日"}'.encode(),
        JSON,
    )
    assert told(a, b) == [
        ("body.id", b"1", None),
        ("body.o.n", b"1900", b"1900.0"),
        ("body.o.t", b'"open"', b'"paid"'),
        ("body.o.l[1]", None, b'{"id":"il_2"}'),
        ("body.x", None, b"null"),
    ]


def test_a_field_is_compared_by_name_in_headers_query_and_form() -> None:
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    a = request(b"a=1&payload=%7B%22n%22%3A1%7D&b=x+y", kind, (b"X-A", b"1"), (b"x-a", b"2"))
    b = request(b"b=x%20z&payload=%7B%22n%22%3A2%7D&a=1", kind, (b"X-A", b"1"), (b"X-A", b"3"))
    b = replace(b, target=b"/other?a=2&n", method="PUT")
    assert told(a, b) == [
        ("method", b"POST", b"PUT"),
        ("path", b"/h", b"/other"),
        ("query.a", b"1", b"2"),
        ("query.n", None, b""),
        ("header.X-A[1]", b"2", b"3"),
        ("body.payload.n", b"1", b"2"),
        ("body.b", b"x y", b"x z"),
    ]


def test_text_differs_by_line_and_binary_by_byte() -> None:
    text = (b"Content-Type", b"text/plain")
    assert told(request(b"a\nb\nc\nd\n", text), request(b"a\nB\nc\nd\ne\n", text)) == [
        ("body line 2", b"b\n", b"B\n"),
        ("body line 5", None, b"e\n"),
    ]
    assert told(request(b"\xff" * 40), request(b"\xff" * 9 + b"\0\1" + b"\xff" * 29)) == [
        ("body byte 0x9", b"\xff\xff", b"\0\1")
    ]


def test_order_and_spelling_alone_are_no_difference_but_are_not_hidden() -> None:
    a = request(b'{"a":1,"b":2}', JSON, (b"X-A", b"1"))
    b = request(b'{"b": 2, "a": 1}', (b"x-a", b"1"), JSON)
    found = diff.requests(a, b)
    assert found.same
    assert {section.name: section.identical for section in found.sections} == {
        "request": True,
        "headers": False,
        "body": False,
    }


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("id", ("body", "id"), True),
        ("id", ("body", "data", "id"), False),
        ("id", ("body", "ID"), False),
        ("body.id", ("body", "id"), True),
        ("data", ("body", "data", "deep", 0), True),
        ("**.timestamp", ("body", "timestamp"), True),
        ("**.timestamp", ("body", "a", 3, "timestamp"), True),
        ("lines[*].id", ("body", "lines", 4, "id"), True),
        ("lines[1].id", ("body", "lines", 4, "id"), False),
        ("*_at", ("body", "created_at"), True),
        ("header.date", ("header", "Date"), True),
        ("header.x-*", ("header", "X-Request-Id", 1), True),
        ("query.t", ("query", "t"), True),
        ("id", ("header", "id"), False),
        ("created", ("response", "body", "created"), True),
        ("response.header.**", ("response", "header", "Content-Type"), True),
        ('"a.b"', ("body", "a.b"), True),
    ],
)
def test_what_is_ignored(pattern: str, path: tuple[str | int, ...], ignored: bool) -> None:
    assert Ignore([f"zzz, {pattern}"])(path) is ignored


def test_what_is_ignored_is_counted() -> None:
    found = diff.requests(
        request(b'{"id":1,"n":1}', JSON), request(b'{"id":2,"n":1}', JSON), ignore=Ignore(["id"])
    )
    assert found.same
    assert [one.where for one in found.ignored] == ["body.id"]


def attempt(status: int, body: bytes, kind: bytes, outcome: Outcome = Outcome.RESPONDED) -> Attempt:
    return Attempt(
        capture="01J", n=1, why=Why.LIVE, target="http://localhost:8000", started_at=0, ms=1.0,
        timing=Timing(), outcome=outcome, status=status, headers=((b"content-type", kind),), body=body,
    )  # fmt: skip


def test_answers_differ_in_status_type_and_body() -> None:
    a = attempt(500, b"Error\n", b"text/html; charset=utf-8")
    b = attempt(200, b'{"ok":true}', b"application/json")
    section = diff.answers(a, b)
    assert [(one.where, one.before, one.after) for one in section.differences] == [
        ("response.status", b"500", b"200"),
        ("response.header.Content-Type", b"text/html", b"application/json"),
        ("response.body line 1", b"Error\n", b'{"ok":true}'),
    ]
    refused = attempt(0, b"", b"", Outcome.REFUSED)
    assert diff.answers(refused, b).differences[0].before == b"refused"
    assert diff.answers(None, b).differences[0].before is None
    assert diff.answers(b, b).identical


def test_only_known_sections_are_compared() -> None:
    with pytest.raises(UsageError, match="'bodies' cannot be compared"):
        diff.requests(request(b""), request(b""), what=["bodies"])
    assert [
        one.name for one in diff.requests(request(b""), request(b""), what=["body"]).sections
    ] == ["body"]


def test_a_unified_diff_shows_json_one_value_a_line() -> None:
    lines = list(
        diff.unified(
            request(b'{"a":1,"b":2}', JSON), request(b'{"a":1,"b":3}', JSON), ("x", "y"), 0
        )
    )
    assert lines[:2] == ["--- x", "+++ y"]
    assert lines[-2:] == ['-  "b": 2', '+  "b": 3']


@given(DOCUMENTS, DOCUMENTS)
def test_json_without_differences_is_equal(a: bytes, b: bytes) -> None:
    if not list(compare.json_values(a, b)):
        assert load(a) == load(b)


@given(DOCUMENTS)
def test_another_layout_is_no_difference(data: bytes) -> None:
    anew = "\n".join(line.text for line in Pretty(data).lines()).encode()
    assert list(compare.json_values(data, anew)) == []


@given(requests(), requests())
def test_differences_are_told_for_any_two_requests(a: Request, b: Request) -> None:
    assert diff.requests(a, a).differences == ()
    assert all(section.identical for section in diff.requests(a, a).sections)
    found = diff.requests(a, b)
    assert all(one.where and one.before != one.after for one in found.differences)
    if a.body != b.body and found.sections[2].how in (How.LINE, How.BYTE):
        assert found.sections[2].differences


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_byte_ranges_are_all_that_differs(a: bytes, b: bytes) -> None:
    for other in (b, bytes(byte ^ (at % 3 == 0) for at, byte in enumerate(a))):
        ranges = compare.byte_ranges(a, other)
        shift = 0
        changes = []
        for start, end_a, end_b in ranges:
            changes.append(Splice(start, end_a, other[start:end_b]))
            shift += end_b - end_a
        assert splice(a, changes) == other


@given(
    st.lists(st.sampled_from([b"a\n", b"b\n", b"\n"])),
    st.lists(st.sampled_from([b"a\n", b"b\n", b"\n"])),
)
def test_line_blocks_are_all_that_differs(a: list[bytes], b: list[bytes]) -> None:
    made: list[bytes] = []
    at = 0
    for i, j, k, m in compare.line_changes(a, b):
        made += [*a[at:i], *b[k:m]]
        at = j
    assert [*made, *a[at:]] == b


def test_two_large_texts_without_likeness_do_not_hang() -> None:
    a, b = ([b"%d\n" % n for n in range(start, start + 50_000)] for start in (0, 100_000))
    assert list(compare.line_changes(a, b)) == [(0, 50_000, 0, 50_000)]
