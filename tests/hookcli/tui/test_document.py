"""Rows and lines, folds, wraps, paths and hits agree with each other."""

import json
import random

import pytest

from hookcli.tui.bodies import charset, document, first_mode, form_lines, kind_of, raw_lines
from hookcli.tui.document import Document, search_pattern
from hookcli.tui.hexdump import HexDump
from hookcli.tui.pretty import json_lines

SAMPLE = {
    "id": "evt_1",
    "data": {"object": {"lines": [{"id": "il_1"}, {"id": "il_2"}], "amount": 5}},
}


def whole(text: str) -> Document:
    made = Document(json_lines(text))
    while made.grow():
        pass
    return made


@pytest.fixture
def sample() -> Document:
    return whole(json.dumps(SAMPLE))


def rows_are_lines(made: Document) -> None:
    """Every row belongs to one line, in order, and the way back is the same."""
    seen = [made.at(row) for row in range(made.rows)]
    assert seen == sorted(seen)
    for row, (line, part) in enumerate(seen):
        assert made.row_of(line) + part == row


def test_a_fold_hides_what_is_inside_and_its_end(sample: Document) -> None:
    before = sample.rows
    data = next(n for n in range(sample.total) if '"data"' in sample.line(n)[1])
    assert sample.toggle(data)
    assert sample.folded(data)
    assert sample.items(data) == 1
    shown = [sample.line(sample.at(row)[0])[1] for row in range(sample.rows)]
    assert shown == ["{", '"id": "evt_1",', '"data": {', "}"]
    rows_are_lines(sample)
    sample.toggle(data)
    assert sample.rows == before


def test_an_inner_fold_survives_folding_and_unfolding_the_outer(sample: Document) -> None:
    outer = next(n for n in range(sample.total) if '"data"' in sample.line(n)[1])
    inner = next(n for n in range(sample.total) if '"lines"' in sample.line(n)[1])
    sample.toggle(inner)
    folded = sample.rows
    sample.toggle(outer)
    sample.toggle(outer)
    assert sample.rows == folded
    rows_are_lines(sample)


def test_a_hidden_line_can_be_revealed(sample: Document) -> None:
    deep = next(n for n in range(sample.total) if "il_2" in sample.line(n)[1])
    sample.toggle(0)
    sample.reveal(deep)
    assert sample.at(sample.row_of(deep))[0] == deep


def test_paths_name_keys_and_places(sample: Document) -> None:
    deep = next(n for n in range(sample.total) if "il_2" in sample.line(n)[1])
    assert sample.path(deep) == "$.data.object.lines[1].id"
    assert sample.path(sample.total - 1) == "$"
    odd = whole('{"a b": {"c": 1}}')
    assert odd.path(2) == '$["a b"].c'


def test_paths_agree_with_the_parsed_value() -> None:
    random.seed(7)
    value = [{"k": [[1, [], {}, {"x": [2, 3]}], 4]} for _ in range(50)]
    made = whole(json.dumps(value))
    for line in range(made.total):
        text = made.line(line)[1].rstrip(",")
        name, _, rest = text.partition(": ")
        scalar = rest or name
        if scalar in ("1", "2", "3", "4"):
            found = eval(
                "value"
                + made.path(line).removeprefix("$").replace(".k", "['k']").replace(".x", "['x']")
            )
            assert found == int(scalar)


def test_wrapping_gives_long_lines_several_rows() -> None:
    made = whole(json.dumps({"a": "x" * 100, "b": 1}))
    made.wrap(40)
    assert made.rows == made.total + 2
    rows_are_lines(made)
    made.wrap(0)
    assert made.rows == made.total


def test_wrapping_and_folding_together() -> None:
    made = whole(json.dumps({"a": {"b": "x" * 100, "c": "y" * 90}, "d": "z" * 80}))
    made.wrap(40)
    open_rows = made.rows
    made.toggle(1)
    rows_are_lines(made)
    made.wrap(60)
    rows_are_lines(made)
    made.toggle(1)
    made.wrap(40)
    assert made.rows == open_rows


def test_many_chunks_keep_rows_and_lines_together() -> None:
    made = whole(json.dumps([{"id": n} for n in range(3000)]))
    for line in random.Random(1).sample(range(made.total), 20):
        made.toggle(line)
    seen = [made.at(row)[0] for row in range(0, made.rows, 7)]
    assert seen == sorted(seen)
    for line in seen:
        assert made.at(made.row_of(line))[0] == line


def test_hits_say_line_and_columns() -> None:
    made = whole(json.dumps([{"name": "Ann"}, {"name": "ann"}, {"name": "Bob"}]))
    hits = [hit for chunk in made.find(search_pattern("ann")) for hit in chunk]
    assert [made.line(line)[1][start:end] for line, start, end in hits] == ["Ann", "ann"]
    assert len([h for c in made.find(search_pattern("Ann")) for h in c]) == 1


def test_labels_count_lines_and_not_their_continuations() -> None:
    made = Document(raw_lines(b"a" * 9000 + b"\nb\nc", "utf-8"))
    while made.grow():
        pass
    assert [made.label(line) for line in range(made.total)] == [1, None, None, 2, 3]


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"", "application/json", "empty"),
        (b' {"a":1}', "text/plain", "json"),
        (b"a=1&b=2", "application/x-www-form-urlencoded", "form"),
        (b"\x00\x01", "application/json", "binary"),
        (b"\xff\xfe\xfd", "", "binary"),
        ("é".encode("latin-1"), "text/plain; charset=ISO-8859-1", "text"),
        (b"x" + "é".encode() * 40000, "text/plain", "text"),
    ],
)
def test_kinds(body: bytes, content_type: str, kind: str) -> None:
    assert kind_of(body, content_type) == kind


@pytest.mark.parametrize(
    "name", ["zlib_codec", "unicode_escape", "idna", "rot13", "nonsense", "utf-99"]
)
def test_only_character_sets_are_taken_from_a_content_type(name: str) -> None:
    assert charset(f"text/plain; charset={name}") == "utf-8"


def test_binary_is_shown_as_hex_first() -> None:
    assert first_mode(b"\x00" * 10, "") == "hex"
    assert first_mode(b"{}", "") == "pretty"


def test_raw_is_the_text_whatever_the_blocks() -> None:
    text = ("zeile é\r\n" * 30000) + "end"
    lines = [line for _, line in raw_lines(text.encode(), "utf-8")]
    assert "\n".join(lines) == text


def test_form_fields_are_decoded() -> None:
    assert [line for _, line in form_lines(b"a=b+c&d=%26&e")] == ["a = b c", "d = &", "e"]


def test_hex_shows_every_byte_and_no_control() -> None:
    dump = HexDump(bytes(range(256)))
    lines = [dump.line(number)[1] for number in range(dump.total)]
    assert bytes.fromhex("".join(line[10:58] for line in lines)) == bytes(range(256))
    assert all(char.isprintable() for line in lines for char in line)
    assert "␛" in lines[1]


def test_hex_finds_text_and_hex() -> None:
    dump = HexDump(b"\x1b]0;PWNED\x07" + b"x" * 40 + b"pwned")
    text = [hit for chunk in dump.find(search_pattern("pwned")) for hit in chunk]
    assert [line for line, _, _ in text] == [0, 3]
    found = [hit for chunk in dump.find(search_pattern("1b 5d 30")) for hit in chunk]
    assert found == [(0, 10, 18)]


def test_a_big_binary_needs_no_preparation() -> None:
    made = document(b"\x00" * 25_000_000, "", "hex")
    assert made.complete
    assert made.line(made.total - 1)[1].startswith("017d783")
