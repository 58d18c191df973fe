"""JSON for reading: nothing is parsed, nothing is lost, and depth costs nothing."""

import itertools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.tui.pretty import CLOSER, CONTINUED, DEPTH, MAX_DEPTH, MAX_LINE, json_lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1, 2]))
def test_says_the_same_as_the_json_it_was_made_of(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert json.loads("\n".join(line for _, line in json_lines(text, escapes=True))) == value


def test_is_indented_as_people_do() -> None:
    lines = list(json_lines('{"a":1,"b":[],"c":{"d":[1,{"e":"x"}]}}'))
    assert ["  " * (depth & DEPTH) + text for depth, text in lines] == [
        "{", '  "a": 1,', '  "b": [],', '  "c": {', '    "d": [', "      1,", "      {",
        '        "e": "x"', "      }", "    ]", "  }", "}",
    ]  # fmt: skip
    assert [bool(depth & CLOSER) for depth, _ in lines][-4:] == [True] * 4


def test_numbers_key_order_and_repeated_keys_stay_as_sent() -> None:
    text = "\n".join(line for _, line in json_lines('{"z":1.50,"a":1E+2,"z":-0}'))
    assert text == '{\n"z": 1.50,\n"a": 1E+2,\n"z": -0\n}'


def test_escapes_of_printable_characters_are_shown_as_the_character() -> None:
    sent = r'{"a":"\u65e5 \ud83d\ude00 \u001b \u0022 \ud83d"}'
    assert list(json_lines(sent))[1][1] == r'"a": "日 😀 \u001b \u0022 \ud83d"'


@pytest.mark.parametrize("text", ['{"a": ', '{"a" 1]', "nonsense", '"unclosed', "}}}", ""])
def test_what_is_not_json_is_shown_to_its_end(text: str) -> None:
    shown = "".join(line for _, line in json_lines(text))
    assert "".join(shown.split()) == "".join(text.split())


def test_several_documents_follow_each_other() -> None:
    assert [line for _, line in json_lines('{"a":1}\n{"b":2}')].count("}") == 2


@pytest.mark.parametrize("text", ["[" * 5_000_000, '"' + "a" * 5_000_000, '{"a":' * 300_000])
def test_a_body_that_is_all_depth_or_one_line_stays_readable(text: str) -> None:
    begin = time.perf_counter()
    lines = list(json_lines(text))
    assert time.perf_counter() - begin < 3
    assert "".join(line.replace(": ", ":") for _, line in lines) == text
    assert max(len(line) for _, line in lines) <= MAX_LINE
    assert max(depth & DEPTH for depth, _ in lines) <= MAX_DEPTH


@pytest.mark.parametrize("length", [1, 65_535, 65_536, 65_537, 200_000])
@pytest.mark.parametrize("filled", ["x", '\\"', "\\\\", "\\u65e5", "日", '\\"' + "x" * 70_000])
def test_a_string_of_any_length_is_one_line_that_goes_on(length: int, filled: str) -> None:
    value = (filled * (length // len(filled) + 1))[: length - length % len(filled)]
    found = list(json_lines(f'{{"a": "{value}", "b": "{value}"}}', escapes=True))
    text = "".join(text for _, text in found)
    assert text == f'{{"a": "{value}","b": "{value}"}}'
    begun = [depth & ~CONTINUED for depth, _ in found if not depth & CONTINUED]
    assert begun == [0, 1, 1, 0 | CLOSER]
    assert all(len(text) <= MAX_LINE for _, text in found)


@pytest.mark.parametrize("end", ["", "\\", '\\"', "x\ny"])
def test_a_long_string_that_never_ends_is_shown_to_its_end(end: str) -> None:
    text = '["' + "x" * 150_000 + end
    shown = "".join(line for _, line in json_lines(text))
    blanks = str.maketrans("", "", " \n")
    assert shown.translate(blanks) == text.translate(blanks)


def test_brackets_below_the_deepest_level_find_back() -> None:
    text = "[" * 70 + "1" + "]" * 70 + ""
    lines = list(json_lines(text))
    assert "".join(line for _, line in lines) == text
    assert lines[-1] == (CLOSER, "]")


def test_the_first_screen_does_not_wait_for_the_rest() -> None:
    text = json.dumps([{"id": number, "values": [1, 2, 3]} for number in range(80_000)])
    begin = time.perf_counter()
    assert len(list(itertools.islice(json_lines(text), 200))) == 200
    assert time.perf_counter() - begin < 0.1


def test_long_lines_are_broken_and_marked() -> None:
    lines = list(json_lines('"' + "x" * 9000 + '"'))
    assert [bool(depth & CONTINUED) for depth, _ in lines] == [False, True, True]
