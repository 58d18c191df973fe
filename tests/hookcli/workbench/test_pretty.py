"""The reading view: every value on its line, nothing parsed, nothing lost, whatever comes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.workbench.pretty import Kind, Pretty, fault, finder
from tests.hookcli.workbench.strategies import DOCUMENTS, JSON_VALUES, load


def shown(data: bytes) -> list[str]:
    return ["  " * line.depth + line.text for line in Pretty(data).lines()]


@given(JSON_VALUES, st.booleans())
def test_the_view_is_what_an_indenting_writer_writes(value: object, compact: bool) -> None:
    separators = (",", ":") if compact else None
    data = json.dumps(value, separators=separators).encode()
    assert shown(data) == json.dumps(value, indent=2, ensure_ascii=False).split("\n")


@given(DOCUMENTS)
def test_a_valid_text_has_no_fault_and_keeps_every_number(data: bytes) -> None:
    assert fault(data) is None
    assert load("\n".join(shown(data)).encode()) == load(data)


@given(
    st.text(alphabet='{}[]",:\\ 1a.e-u0tr\n') | st.text() | DOCUMENTS.map(bytes.decode), st.data()
)
def test_there_is_a_fault_exactly_where_a_parser_refuses(text: str, draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, len(text)))
    for data in (text.encode(), text[:cut].encode()):
        try:
            load(data.removeprefix(b"\xef\xbb\xbf"))
        except ValueError:
            assert fault(data) is not None
        else:
            assert fault(data) is None


@given(st.binary() | DOCUMENTS.map(lambda data: data[:-2] + b"!\n x"))
def test_anything_can_be_looked_at(data: bytes) -> None:
    pretty = Pretty(data)
    for line in pretty.lines():
        assert "\n" not in line.text
        pretty.path(line.number)
        pretty.items(line.number)


@given(st.text(alphabet='{}[]",: 1a\n') | DOCUMENTS.map(bytes.decode))
def test_nothing_but_blanks_is_added_or_left_out(text: str) -> None:
    if "\\u" not in text:
        assert "".join("".join(shown(text.encode())).split()) == "".join(text.split())


def test_a_line_knows_its_path_and_what_it_folds() -> None:
    pretty = Pretty(b'{"id":1,"data":{"a.b":[10,{"c":null}],"e":{},"f":[]}}')
    lines = list(pretty.lines())
    by_text = {line.text: line.number for line in lines}
    assert pretty.path(by_text['"data": {']) == ("data",)
    assert pretty.path(by_text["10,"]) == ("data", "a.b", 0)
    assert pretty.path(by_text['"c": null']) == ("data", "a.b", 1, "c")
    assert pretty.path(by_text["],"]) == ("data", "a.b")
    assert pretty.items(by_text['"data": {']) == 3
    assert pretty.items(by_text['"a.b": [']) == 2
    assert pretty.fold_end(by_text['"a.b": [']) == by_text["],"]
    assert pretty.fold_end(by_text['"e": {},']) is None
    assert pretty.fold_end(0) == len(lines) - 1


def test_a_broken_text_is_shown_up_to_its_fault_and_raw_from_there() -> None:
    pretty = Pretty(b'{"a": 1, "b": {"c": tru},\n "d": 2}')
    assert [(line.depth, line.text, line.kind) for line in pretty.lines()] == [
        (0, "{", Kind.OBJECT),
        (1, '"a": 1,', Kind.VALUE),
        (1, '"b": {', Kind.OBJECT),
        (0, '"c": tru},', Kind.RAW),
        (0, ' "d": 2}', Kind.RAW),
    ]
    assert pretty.fault is not None
    assert (pretty.fault.offset, pretty.fault.wanted) == (20, "a value")
    assert pretty.items(0) is None


@pytest.mark.parametrize(
    ("text", "view"),
    [
        (r'"\u65e5\u672c"', '"日本"'),
        (r'"\ud83d\ude00"', '"😀"'),
        (r'"\ud83d"', r'"\ud83d"'),
        (r'"\ufffd"', '"\ufffd"'),
        (r'"\u0022\u005c\u0007"', r'"\u0022\u005c\u0007"'),
        (r'"\\u65e5"', r'"\\u65e5"'),
        (r'"\n\/"', r'"\n\/"'),
    ],
)
def test_escapes_are_resolved_where_that_stays_json(text: str, view: str) -> None:
    assert shown(text.encode()) == [view]


def test_a_long_line_is_cut_where_asked() -> None:
    pretty = Pretty('{"a":"日日日日"}'.encode())
    pretty.grow()
    assert pretty.line(1, limit=9).text == '"a": "日'
    assert pretty.line(1, limit=9).cut
    assert not pretty.line(1, limit=100).cut


@pytest.mark.parametrize("text", ["日本", "a/b", 'x": 1', "é", "\n"])
def test_what_is_shown_can_be_found_however_it_was_sent(text: str) -> None:
    for data in (
        json.dumps({"k": text.removesuffix('": 1')}).encode(),
        json.dumps({"k": text}, ensure_ascii=False).encode(),
        json.dumps({text.removesuffix('": 1'): 1}, separators=(",", ":")).encode(),
    ):
        if text.endswith('": 1') and b'x":1' not in data:
            continue
        if text == "\n":
            continue
        assert finder(text.upper()).search(data), data


def test_five_megabytes_show_their_first_screen_at_once() -> None:
    item = {"id": "il_1", "amount": 2400, "description": "Pro plan", "tags": ["a", "b"]}
    data = json.dumps({"data": [item] * 65_000}).encode()
    assert len(data) > 4_900_000
    pretty = Pretty(data)
    assert not pretty.grow(200)
    assert len(pretty) == 200, "no more than was asked for is worked out"
    while not pretty.grow():
        pass
    assert pretty.items(1) == 65_000


@pytest.mark.parametrize("data", [b"[" * 300_000, b'"' + b'\\"' * 300_000, b'{"a":' * 100_000])
def test_a_hostile_text_costs_no_more_than_its_length(data: bytes) -> None:
    pretty = Pretty(data)
    while not pretty.grow():
        pass
    assert pretty.fault is not None
    assert len(pretty) <= 1001
