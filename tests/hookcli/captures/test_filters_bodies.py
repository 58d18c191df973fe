"""What filters find inside bodies: JSON, forms, JSON inside forms, and bytes that are nothing."""

from collections.abc import Iterator

import pytest

from hookcli.captures.filters import Subject, parse
from hookcli.wire.headers import Headers
from tests.hookcli.captures.filtering import CASES, FORM, World
from tests.hookcli.captures.made import NOW, capture

ALL = {one.name for one in CASES}
INVOICES = {"paid", "dup"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("filters") / "captures.db")
    yield made
    made.store.close()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # numbers are compared as numbers, also in texts
        ("body.data.object.amount>2399", INVOICES),
        ("body.data.object.amount>2400", set()),
        ("body.data.object.amount=2400.0", INVOICES),
        ("body.data.object.amount:2400", INVOICES),
        ("body.data.object.amount:240", set()),
        ("body.data.object.amount:24*", INVOICES),
        ("body.data.object.amount!=10", ALL - {"failed"}),
        ("body.data.object.tax<=4.50", INVOICES),
        ("body.data.object.total>=24", INVOICES),
        ("body.data.object.total=24", set()),
        ("body.data.object.total=24.00", INVOICES),
        # what is no number is none
        ("body.type>0", set()),
        ("body.data.object.paid>0", set()),
        ("body.data.object.paid=true", INVOICES),
        ("body.data.object.paid:false", set()),
        ("body.data.object.refund=null", INVOICES),
        # texts
        ("body.type=invoice.paid", INVOICES),
        ("body.type:INVOICE", set()),
        ("body.type:invoice.*", INVOICES),
        ("body.type:~^inv", INVOICES),
        # lists and objects
        ("body.tags:red", INVOICES),
        ("body.tags=red", set()),
        ("body.tags[0]=red", INVOICES),
        ("body.tags[1]=red", set()),
        ("body.tags[*]=blue", INVOICES),
        ("body.tags.*=blue", INVOICES),
        ("body.data.object.lines[*].amount>1000", INVOICES),
        ("body.data.object.lines[0].amount>1000", set()),
        ("body.data.object.lines[7].amount>0", set()),
        ('body.data.object."key.with dot"=x', INVOICES),
        ("body.data:il_2", INVOICES),
        ("body.nowhere:*", set()),
        ("body.id:*", {"paid", "failed", "replayed", "mutation", "dup"}),
        # JSON inside texts, forms
        ('body.inner.deep.er:"still waters"', INVOICES),
        ("body.payload.number=17", {"fresh"}),
        ("body.payload.action:open", {"fresh"}),
        ("body.user.name:tom", {"fresh"}),
        ("body.user[name]:tom", {"fresh"}),
        ("body.user:{*}", {"fresh"}),
        ("body.a=2", {"fresh"}),
        ("body.a[1]=2", {"fresh"}),
        ("body.a[0]=2", set()),
        ("body.a[*]>1", {"fresh"}),
        ("body.a:1 body.a:2", {"fresh"}),
        ("body.text:refund", {"slack"}),
        ('body.subject="Hello there"', {"mail"}),
        ("body.envelope.from:maria", {"mail"}),
        # the query
        ("query.page=2", {"paid"}),
        ("query.page>1", {"paid"}),
        ("query.filter.kind:new", {"paid"}),
        ("query.filter[kind]:new", {"paid"}),
        ("query.probe:*", {"timeout"}),
        # the answer
        ("resp.body.error:signature", {"slack"}),
        ("resp.body.ok=true", {"paid", "dup", "mail", "replayed"}),
        ("resp.body:received", set()),
        # bytes
        ("body:evt_8", {"replayed"}),
        ("body:EVT_8", set()),
        ("body:Hello", {"mail"}),
        ("body:hello", {"mail"}),
        ("body:payload=*opened*number", {"fresh"}),
        ("body:unique", set()),
        ("resp.body:unique", {"failed"}),
        ("resp.body:unique*event_id", {"failed"}),
        ('body=""', {"timeout"}),
        (r'resp.body:~"failed: \w+\.event_id$"', {"failed"}),
    ],
)
def test_what_bodies_hold(world: World, text: str, names: set[str]) -> None:
    assert world.names(text) == names


def finds(text: str, body: bytes, *headers: tuple[bytes, bytes], target: bytes = b"/") -> bool:
    """Whether a filter finds its own in a body."""
    given: Headers = headers
    one = capture(1, body, headers=given, target=target)
    return parse(text, now=NOW).matches(Subject(capture=one, body=body))


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("body.a=1", b'\xef\xbb\xbf {"a":1}'),
        ("body.b=1", b'{"a":NaN,"b":1}'),
        ("body.b=1", b'{"a":"\\ud83d","b":1}'),
        ("body.b=1", b'{"a":"\xff","b":1}'),
        ("body.a>9e20", b'{"a":%d}' % 10**30),
        ("body[0].a=1", b'[{"a":1}]'),
        ("body[*].a=2", b'[{"a":1},{"a":2},3]'),
        ("body.ä=1", '{"ä":1}'.encode()),
        ("body.ä=1", b'{"\\u00e4":1}'),
        ("body:ärger", b'{"x":"\\u00e4rger"}'),
        ("body:Ärger", b'{"x":"\\u00c4rger"}'),
        ("body:日本", b'{"x":"\\u65E5\\u672C"}'),
        ("body:日本", '{"x":"日本"}'.encode()),
        ("body:ärger", '{"x":"ÄRGER"}'.encode()),
    ],
)
def test_json_is_read_as_readers_read_it(text: str, body: bytes) -> None:
    assert finds(text, body)
    assert not finds(text, body[:-1] + b"x" if "body:" not in text else b"other")


def test_a_form_may_say_what_it_is_or_say_nothing() -> None:
    assert finds("body.a=1", b"a=1", FORM)
    assert finds("body.a=1", b"a=1")
    assert not finds("body.a=1", b"a=1", (b"Content-Type", b"text/plain"))
    assert finds("body.a=1", b'{"a":1}', FORM)
    assert finds('body."x y"="1 2"', b"x+y=1%202", FORM)
    assert finds("body.items[0].id=7", b"items[0][id]=7", FORM)
    assert finds("body.items.id=7", b"items[][id]=6&items[][id]=7", FORM)
    assert finds('body."a[b]"=1', b"a=2&a[b]=1", FORM)
    assert not finds("body.a=1", b"--xyz", (b"Content-Type", b"multipart/form-data"))


def test_depth_without_end_ends() -> None:
    assert not finds("body.a=1", b"[" * 200_000)
    assert not finds("body.a=1", b'{"a":' * 200_000)
    assert not finds("body.a.b=1", b"a" + b"[a]" * 100_000 + b"=1", FORM)
    assert finds("body.b=1", b"a" + b"[a]" * 100_000 + b"=1&b=1", FORM)
    deep = b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"
    assert not finds("body.a:x", deep)
