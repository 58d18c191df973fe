"""Edits on whole requests: the named thing changes, and Content-Length follows."""

import hashlib
import json
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli.errors import UsageError
from hookcli.wire.headers import values
from hookcli.wire.http import Request
from hookcli.workbench import edits
from hookcli.workbench.edits import (
    AddHeader,
    DropHeader,
    Edit,
    SetBody,
    SetHeader,
    SetQuery,
    SetText,
)
from hookcli.workbench.mutate import apply
from tests.hookcli.workbench.strategies import requests

STRIPE = Request(
    method="POST",
    url="https://relay.example/ep",
    target=b"/webhooks/stripe?account=acct_1Q&x=%2f",
    headers=(
        (b"Host", b"relay.example"),
        (b"content-type", b"application/json; charset=utf-8"),
        (b"X-A", b"1"),
        (b"x-a", b"2"),
        (b"Content-Length", b"78"),
    ),
    body=b'{ "id":"evt_1",  "data": {"object": {"amount":  2400.00, "status": "open"}}}\n\n',
)


def body_of(request: Request, *texts: str) -> str:
    return apply(request, [edits.read_set(text) for text in texts]).body.decode()


def form(body: bytes) -> Request:
    kind = (b"Content-Type", b"application/x-www-form-urlencoded")
    return replace(STRIPE, headers=(kind, (b"content-length", b"%d" % len(body))), body=body)


def test_only_the_named_values_change_and_the_length_follows() -> None:
    before = hashlib.sha256(STRIPE.body).digest()
    after = apply(STRIPE, [edits.read_set("data.object.status=paid"), edits.read_set("n:=1.50")])
    assert after.body == (
        b'{ "id":"evt_1",  "data": {"object": {"amount":  2400.00, "status": "paid"}},  "n": 1.50}\n\n'
    )
    assert values(after.headers, b"content-length") == [b"%d" % len(after.body)]
    assert [pair for pair in after.headers if pair[0] != b"Content-Length"] == [
        pair for pair in STRIPE.headers if pair[0] != b"Content-Length"
    ]
    assert hashlib.sha256(STRIPE.body).digest() == before


def test_a_length_that_was_not_there_is_not_invented_and_a_named_one_stays() -> None:
    bare = replace(STRIPE, headers=STRIPE.headers[:-1])
    assert values(apply(bare, [SetBody(body=b"x")]).headers, b"content-length") == []
    named = apply(STRIPE, [SetHeader(name=b"content-length", value=b"3"), SetBody(body=b"x")])
    assert values(named.headers, b"content-length") == [b"3"]


def test_a_header_is_set_where_it_stood_and_spelled_as_it_was() -> None:
    after = apply(STRIPE, [edits.read_header("X-a:  new value ")])
    assert after.headers[2:] == ((b"X-A", b"new value"), (b"Content-Length", b"78"))
    added = apply(STRIPE, [AddHeader(name=b"X-A", value=b"3"), edits.read_header("New: ")])
    assert added.headers == (*STRIPE.headers, (b"X-A", b"3"), (b"New", b""))
    dropped = apply(STRIPE, [edits.read_drop_header("x-A")])
    assert values(dropped.headers, b"x-a") == []


@pytest.mark.parametrize(
    ("edit", "target"),
    [
        (edits.read_path("/other"), b"/other?account=acct_1Q&x=%2f"),
        (edits.read_path("/a b/é?"), b"/a%20b/%C3%A9?"),
        (edits.read_query("account=x/y z"), b"/webhooks/stripe?account=x%2fy+z&x=%2f"),
        (edits.read_query("new=1"), b"/webhooks/stripe?account=acct_1Q&x=%2f&new=1"),
    ],
)
def test_path_and_query_change_apart(edit: Edit, target: bytes) -> None:
    assert apply(STRIPE, [edit]).target == target


def test_a_query_field_is_there_once_afterwards() -> None:
    request = replace(STRIPE, target=b"?a=1&b=2&a=3&&a")
    assert apply(request, [SetQuery(name="a", value="9")]).target == b"?a=9&b=2&"


def test_the_method_changes() -> None:
    assert apply(STRIPE, [edits.read_method("PaTCH")]).method == "PaTCH"


def test_a_form_field_changes() -> None:
    request = form(b"From=%2B1555&Body=Hi+there&user%5Bname%5D=x&a=1&a=2")
    assert body_of(request, "Body=Bye now") == (
        "From=%2B1555&Body=Bye+now&user%5Bname%5D=x&a=1&a=2"
    )
    assert body_of(request, "user[name]:=7").endswith("user%5Bname%5D=7&a=1&a=2")
    assert body_of(request, "a[1]=9", 'New:="a b"').endswith("a=1&a=9&New=a+b")
    assert apply(request, [edits.read_unset("Body")]).body == (
        b"From=%2B1555&user%5Bname%5D=x&a=1&a=2"
    )
    with pytest.raises(UsageError, match="the form has 2 fields a"):
        body_of(request, "a=3")


def test_json_inside_a_form_field_changes_in_place() -> None:
    payload = '{"action": "opened",  "number": 1.0, "title": "a+b c/é"}'
    request = form(urlencode({"payload": payload, "x": "1"}).encode())
    after = apply(
        request, [edits.read_set("payload.action=closed"), edits.read_unset("payload.number")]
    )
    assert parse_qs(after.body.decode())["payload"] == ['{"action": "closed",  "title": "a+b c/é"}']
    assert after.body == request.body.replace(b"opened", b"closed").replace(
        b"%22number%22%3A+1.0%2C+", b""
    )
    assert values(after.headers, b"content-length") == [b"%d" % len(after.body)]


@pytest.mark.parametrize(
    ("edit", "message", "why", "hint"),
    [
        (
            edits.read_set("data.objct.status=x"),
            "no data.objct in the body",
            "data has object",
            "data.object.status",
        ),
        (edits.read_unset("data.object.ammount"), "no data.object.ammount in the body", "data.object has amount, status", "data.object.amount"),
        (edits.read_unset("zzz"), "no zzz in the body", "the body has id, data", None),
        (edits.read_set("id.x.y=1"), "no id.x in the body", "id holds no keys", None),
        (edits.read_drop_header("Hots"), "no Hots among the headers", "there are Host, content-type, X-A, x-a, Content-Length", "Host"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named_with_the_nearest_that_is(
    edit: Edit, message: str, why: str, hint: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        apply(STRIPE, [edit])
    assert (caught.value.message, caught.value.why, caught.value.hint) == (message, (why,), hint)


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        (((b"Content-Type", b"text/xml"),), b"<a/>", "the body is text/xml"),
        ((), b"\xff\x00", "the body is binary"),
        ((), b"", "the body is empty"),
        (((b"Content-Encoding", b"gzip"),), b"{}", "the body is encoded"),
        ((), b'{"a": }', "the body is not JSON: a value is wanted at byte 6"),
    ],
)
def test_a_body_without_paths_says_so(
    headers: tuple[tuple[bytes, bytes], ...], body: bytes, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        apply(replace(STRIPE, headers=headers, body=body), [SetText(path=("a",), text="")])


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (edits.read_set, "a:=NaN"),
        (edits.read_set, "a:={"),
        (edits.read_set, "a"),
        (edits.read_header, "no colon"),
        (edits.read_header, "b ad: x"),
        (edits.read_header, "A: x\r\nB: y"),
        (edits.read_drop_header, "a b"),
        (edits.read_method, "GE T"),
        (edits.read_path, "x"),
        (edits.read_query, "x"),
    ],
)
def test_what_cannot_be_an_edit_is_refused(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(UsageError):
        read(text)


@given(requests(), st.text(max_size=4), st.text(max_size=4))
def test_any_request_takes_an_edit_or_says_why_not(request: Request, key: str, value: str) -> None:
    try:
        after = apply(request, [SetText(path=(key,), text=value)])
    except UsageError:
        return
    assert (after.method, after.target) == (request.method, request.target)
    assert json.loads(after.body.decode("utf-8-sig"), strict=False) is not None


@given(requests(), st.sampled_from(["A", "Content-Type"]))
def test_a_header_added_and_dropped_leaves_no_trace(request: Request, name: str) -> None:
    raw = name.encode()
    if not values(request.headers, raw.lower()):
        added = apply(request, [SetHeader(name=raw, value=b"x")])
        assert apply(added, [DropHeader(name=raw)]) == request
