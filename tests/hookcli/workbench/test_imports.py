"""What is exported and imported again is the same to the byte; what others write is read, or refused."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hookcli.errors import UsageError
from hookcli.wire.headers import end_to_end
from hookcli.wire.http import Request
from hookcli.workbench import export, imports
from hookcli.workbench.imports import curl
from hookcli.workbench.imports.words import Mark, words
from tests.hookcli.workbench.strategies import attempt, item, requests


def exported(form: str, *items: export.Item) -> bytes:
    return export.export(form, items, with_secrets=True, version="1").data


def back(form: str, data: bytes, base: str = "") -> list[imports.Imported]:
    assert imports.detect(data) == form
    return list(imports.read(data, base=base))


@given(st.lists(requests(), min_size=1, max_size=3))
def test_ndjson_comes_back_to_the_byte(several: list[Request]) -> None:
    items = [item(request, attempt(), note="n", tags=("t",)) for request in several]
    for given_, read in zip(items, back("ndjson", exported("ndjson", *items)), strict=True):
        assert read.request == given_.request
        known = given_.capture
        assert (read.origin, read.seq, read.endpoint) == (known.id, known.seq, known.endpoint)
        assert (read.received_at, read.peer) == (known.received_at, known.peer)
        assert (read.note, read.tags) == (known.note, known.tags)


@given(st.lists(requests(), min_size=1, max_size=3))
def test_an_archive_comes_back_to_the_byte(several: list[Request]) -> None:
    items = [item(request, attempt(), http_version="1.0") for request in several]
    for given_, read in zip(items, back("har", exported("har", *items)), strict=True):
        assert read.request == given_.request
        assert (read.http_version, read.received_at) == ("1.0", given_.capture.received_at)


@given(requests())
def test_a_message_comes_back_to_the_byte(request: Request) -> None:
    (read,) = back("http", exported("http", item(request)))
    assert read.request == request


@given(requests())
def test_what_went_over_a_connection_comes_back_to_the_byte(request: Request) -> None:
    assume(not request.method.startswith("#"))
    (read,) = imports.read(exported("raw", item(request)), "http")
    assert read.request.body == request.body
    assert read.request.headers[: len(end_to_end(request.headers))] == end_to_end(request.headers)
    assert (
        read.request.target == (b"" if request.target.startswith(b"/") else b"/") + request.target
    )


def on_wire(target: bytes) -> bytes:
    """No request line is without a slash, and curl lines only know what is in one."""
    return target if target.startswith(b"/") else b"/" + target


def framed(request: Request) -> list[tuple[bytes, bytes]]:
    """What curl carries as it is given; it writes the length and the place of the host itself."""
    return [
        pair
        for pair in end_to_end(request.headers)
        if pair[0].lower() not in (b"content-length", b"host")
    ]


@settings(max_examples=300)
@given(st.lists(requests(), min_size=1, max_size=3))
def test_curl_lines_come_back_to_the_byte(several: list[Request]) -> None:
    data = exported("curl", *(item(request) for request in several))
    base = several[0].url
    for request, read in zip(several, back("curl", data, base), strict=True):
        got = read.request
        assert (got.method, got.body) == (request.method, request.body)
        assert framed(got) == framed(request)
        if request.url == base:
            assert got.url == request.url
            assert on_wire(got.target) == on_wire(request.target)


def test_a_body_in_a_file_comes_back() -> None:
    request = Request(method="POST", url="http://h", target=b"/", headers=(), body=bytes(20_000))
    made = export.export("curl", [item(request)], files=True)
    (read,) = imports.read(made.data, read_file=lambda name: made.files[name])
    assert read.request.body == request.body
    with pytest.raises(UsageError, match="cannot be read from here"):
        list(imports.read(made.data))


def one(line: str, base: str = "") -> Request:
    (read,) = curl.read(line.encode(), base=base)
    return read.request


@pytest.mark.parametrize(
    ("line", "method", "url", "target", "headers", "body"),
    [
        ("curl example.com", "GET", "http://example.com", b"/", (), b""),
        ("curl 'https://h:8/a b?x=1#frag'", "GET", "https://h:8", b"/a b?x=1", (), b""),
        ("curl -sSL -XPUT -o /dev/null http://h/x -m 5", "PUT", "http://h", b"/x", (), b""),
        ("curl -I http://h", "HEAD", "http://h", b"/", (), b""),
        ("curl http://h -d a=1 -d 'b=2 3'", "POST", "http://h", b"/", ((b"Content-Type", b"application/x-www-form-urlencoded"),), b"a=1&b=2 3"),
        ("curl -G http://h/?z -d a=1 --data-urlencode 'q=x y&'", "GET", "http://h", b"/?z&a=1&q=x%20y%26", (), b""),
        ("curl http://h --json '{\"a\":1}'", "POST", "http://h", b"/", ((b"Content-Type", b"application/json"), (b"Accept", b"application/json")), b'{"a":1}'),
        ("curl http://h -H 'A:  b ' -H 'C;' -H 'D:' -H \"E: \\\"x\\$\"", "GET", "http://h", b"/", ((b"A", b"b"), (b"C", b""), (b"E", b'"x$')), b""),
        ("curl -u me:pw -A ua -b 'c=d' -e r http://h", "GET", "http://h", b"/", ((b"Authorization", b"Basic bWU6cHc="), (b"User-Agent", b"ua"), (b"Cookie", b"c=d"), (b"Referer", b"r")), b""),
        ("curl --url http://h \\\n  -X \"POST\" \\\r\n  --data-raw $'@a\\x41\\101\\u00e9\\'\\n'", "POST", "http://h", b"/", ((b"Content-Type", b"application/x-www-form-urlencoded"),), "@aAAé'\n".encode()),
        ("curl http://h --request-target '/a#b'", "GET", "http://h", b"/a#b", (), b""),
        ("# a comment\n\ncurl http://h", "GET", "http://h", b"/", (), b""),
    ],
)  # fmt: skip
def test_a_curl_line_is_read(
    line: str,
    method: str,
    url: str,
    target: bytes,
    headers: tuple[tuple[bytes, bytes], ...],
    body: bytes,
) -> None:
    request = one(line)
    assert (request.method, request.url, request.target, request.body) == (
        method,
        url,
        target,
        body,
    )
    host = (b"Host", url.partition("://")[2].encode())
    length = ((b"Content-Length", b"%d" % len(body)),) if body else ()
    assert request.headers == (host, *headers, *length)


def test_a_url_is_taken_apart_behind_the_endpoint_where_it_is_known() -> None:
    line = "curl https://relay.example/ep/hooks?x"
    assert (one(line).url, one(line).target) == ("https://relay.example", b"/ep/hooks?x")
    known = one(line, base="https://relay.example/ep")
    assert (known.url, known.target) == ("https://relay.example/ep", b"/hooks?x")
    other = one("curl https://relay.example/epic", base="https://relay.example/ep")
    assert (other.url, other.target) == ("https://relay.example", b"/epic")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("curl", "the command has 0 URLs"),
        ("curl http://a http://b", "the command has 2 URLs"),
        ("wget http://h", "does not begin with curl"),
        ("curl http://h -H", "--header has no value"),
        ("curl http://h --frobnicate", "curl's --frobnicate cannot be imported"),
        ("curl http://h -sF a=b", "curl's --form cannot be imported"),
        ("curl http://h -d @f", "the body stands in 'f'"),
        ("curl http://h -d \"$HOME\"", "only a plain command line"),
        ("curl http://h?a=1&b=2", "only a plain command line"),
        ("curl `id`", "only a plain command line"),
        ("curl http://h > x", "only a plain command line"),
        ("curl 'http://h", "a quote is not closed"),
        ("cat x | curl http://h -d @-", "a pipe cannot be read"),
        ("printf '%s' | curl http://h -d @-", "a printf with conversions"),
        ("curl /x", "is no URL"),
        ("curl http://h -H @f", "headers from a file"),
    ],
)  # fmt: skip
def test_a_curl_line_that_cannot_be_read_says_why(line: str, told: str) -> None:
    with pytest.raises(UsageError, match=told.replace("?", r"\?")):
        list(curl.read(line.encode()))


def test_words_are_what_a_shell_makes_of_them() -> None:
    line = b'a\'b c\'"d\\"\\x"\\ e $\'\\t\\0777\' | x\\\ny $ "$"\n#c\nz'
    assert list(words(line)) == [
        Mark.END, b"ab cd\"\\x e", b"\t?7", Mark.PIPE, b"xy", b"$", b"$", Mark.END, Mark.END, b"z",
    ]  # fmt: skip


def test_an_archive_of_a_browser_is_read() -> None:
    entry = {
        "startedDateTime": "2026-01-02T03:04:05.678+01:00",
        "request": {
            "method": "POST",
            "url": "https://h.example/p?q=%20",
            "httpVersion": "h2",
            "headers": [{"name": ":path", "value": "/p"}, {"name": "x", "value": "日"}],
            "postData": {"mimeType": "x", "params": [{"name": "a b", "value": "c&"}]},
        },
    }
    (read,) = back("har", json.dumps({"log": {"entries": [entry]}}, indent=1).encode())
    assert read.request == Request(
        method="POST",
        url="https://h.example",
        target=b"/p?q=%20",
        headers=((b"x", "日".encode()),),
        body=b"a+b=c%26",
    )
    assert (read.http_version, read.received_at) == ("1.1", 1_767_319_445_678_000)


@pytest.mark.parametrize(
    ("form", "data", "told"),
    [
        ("har", b"{", "no HTTP Archive"),
        ("har", b'{"log":{"entries":3}}', "is not a list"),
        ("har", b'{"log":{"entries":[{}]}}', "entry 1 .* request is missing"),
        ("har", b'{"log":{"entries":[{"request":{"method":1,"url":"http://h"}}]}}', "1 is not a string"),
        ("ndjson", b"{}\nx", "line 2 is not JSON"),
        ("ndjson", b"[]", "line 1 is not a record"),
        ("ndjson", b'{"type":"event"}', "path is missing|method is missing|body"),
        ("ndjson", b'{"type":"event","method":"GET","path":"/","headers":[["a"]]}', "line 1 is not a whole event"),
        ("xml", b"", "'xml' cannot be imported"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_says_where(form: str, data: bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        list(imports.read(data, form))


def test_a_body_that_is_not_the_one_recorded_is_refused() -> None:
    request = Request(method="POST", url="http://h", target=b"/", headers=(), body=b"true")
    lines = exported("ndjson", item(request)).replace(b'"body":"true"', b'"body":"false"')
    with pytest.raises(UsageError, match="does not match body_sha256"):
        list(imports.read(lines))


def test_a_foreign_event_needs_only_what_makes_a_request() -> None:
    line = b'{"type":"event","method":"GET","path":"/x","query":"a=1","headers":[],"new":{}}'
    (read,) = imports.read(line + b"\n" + b'{"type":"later"}\n\n')
    assert read.request == Request(method="GET", url="", target=b"/x?a=1", headers=(), body=b"")
    assert replace(read, request=read.request).received_at is None


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["", *imports.FORMATS]))
def test_anything_is_imported_or_refused_in_the_documented_way(data: bytes, form: str) -> None:
    for prefix in (b"", b"curl ", b"curl $'"):
        try:
            list(imports.read(prefix + data, form))
        except UsageError:
            continue


KEYS = [
    "type",
    "log",
    "entries",
    "request",
    "method",
    "url",
    "headers",
    "name",
    "value",
    "path",
    "query",
    "body",
    "body_b64",
    "tags",
    "postData",
    "params",
    "_hookcli",
    "target",
    "received_at",
    "httpVersion",
    "startedDateTime",
    "text",
    "encoding",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("event"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(JSON)
def test_any_json_is_imported_or_refused_in_the_documented_way(value: object) -> None:
    good = {"type": "event", "method": "GET", "path": "/", "headers": []}
    for data, form in (
        (value, "ndjson"),
        (value, "har"),
        ({"log": {"entries": [{"request": value}, value]}}, "har"),
        (good | (value if isinstance(value, dict) else {}), "ndjson"),
    ):
        try:
            list(imports.read(json.dumps(data).encode(), form))
        except UsageError:
            continue
