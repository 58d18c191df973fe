"""Regular expressions: the automaton says what `re` says, and no text keeps either busy."""

import re
import time
from importlib import import_module
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hookcli.captures.filters.automaton import Automaton
from hookcli.captures.filters.regex import Pattern, flags_of

PARSER: Any = import_module("re._parser")

ATOMS = st.sampled_from(
    ["a", "b", "A", "_", " ", r"\n", ".", r"\d", r"\w", r"\W", r"\s", r"\S", "[ab]", "[^a]", "[a-c]",
     "[^\\d\n]", r"[\w-]", "é", "ß", "^", "$", r"\b", r"\B", r"\A", r"\Z", "1", r"\."]
)  # fmt: skip
REPEATS = st.sampled_from(["*", "+", "?", "*?", "+?", "{2}", "{1,3}", "{,2}", "{2,}", "{0}"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.tuples(inner, inner).map("|".join).map("(?:{})".format),
        st.tuples(inner, REPEATS).map(lambda two: f"({two[0]}){two[1]}"),
        st.tuples(st.sampled_from(["(?i:{})", "(?s:{})", "(?m:{})", "(?-i:{})", "(?P<x>{})"]), inner).map(
            lambda two: two[0].format(two[1])
        ),
    )  # fmt: skip


PATTERNS = st.recursive(ATOMS, _larger, max_leaves=10)
TEXTS = st.text(alphabet="abAB1_ .\n-éÉß", max_size=14)
FLAGS = st.sampled_from([0, re.IGNORECASE, re.MULTILINE, re.DOTALL, re.ASCII, re.I | re.M | re.S])


@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=6), FLAGS)
@example(r"\ba+$", ["a\n", "ba\n\n", "b a", ""], 0)
@example("(a*)*b", ["aaaa", "aab"], 0)
@example("a{0}b?$", ["\n", ""], re.MULTILINE)
def test_the_automaton_says_what_re_says(text: str, values: list[str], flags: int) -> None:
    try:
        compiled = re.compile(text, flags)
    except re.error:  # one group name, twice
        return
    automaton = Automaton(PARSER.parse(text, flags), compiled.flags)
    for value in values:
        # Of nothing, `\B` has no answer that all versions of `re` share.
        if value or r"\B" not in text:
            assert automaton.found(value) == (compiled.search(value) is not None), (text, value)
            assert automaton.found(value) == (compiled.search(value) is not None), "kept states"


@given(PATTERNS, TEXTS)
def test_a_pattern_says_what_re_says_however_it_is_searched(text: str, value: str) -> None:
    try:
        compiled = re.compile(text, flags_of(text))
    except re.error:
        return
    if value or r"\B" not in text:
        assert Pattern(text).found(value) == (compiled.search(value) is not None)


A, SPACES = "a" * 2_000_000, " " * 2_000_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(a+)+b", A + "xb"),
        ("(a|aa)+$", A + "!"),
        ("a(a|a?)+b", A + "xb"),
        ("aa*a*a*a*a*b", A + "xb"),
        (r"\w+@\w+\.com", A + " .com @"),
        (r"\s+$", SPACES + "x"),
        (r"^(\s+)*x", SPACES + "ax"),
        ("a.*b.*c", "c\n" + A + "\nb"),
        ("a.*a.*a.*xb", "xb\n" + A),
        ("(x+x+)+y", "x" * 2_000_000 + "zy"),
        ("a?" * 30 + "a" * 30 + "b", A + "xb"),
        ("ca{0,500}b", "ca" + A + "b"),
        ("a{500}b", A + "xb"),
        ("(?:a{20}){20}b", A + "xb"),
        ("(.*)*(.*)*(.*)*x=", "=\n" + A),
        ('"([^"\\\\]|\\\\.)*"x', '"' + "\\\\" * 1_000_000 + 'x"'),
    ],
)
def test_what_makes_re_hang_takes_one_look_at_each_character(text: str, value: str) -> None:
    began = time.process_time()
    assert not Pattern(text).found(value)
    assert time.process_time() - began < 3


def test_many_states_are_forgotten_rather_than_kept() -> None:
    pattern = Pattern("(a|b)*a(a|b){12}c")
    value = "".join("ab"[(n * n // 7) % 2] for n in range(60_000))
    assert not pattern.found(value)
    assert pattern.found(value + "a" + "b" * 12 + "c")


def test_a_pattern_that_is_quick_is_given_to_re() -> None:
    for text in (r'"amount":\s*\d+', "evt_.", r"(in|out)voice", "word.word", r"\w+_failed"):
        assert Pattern(text).steps(3000, 1) <= 20_000_000


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("integrity", "IntegrityError", True),
        ("Integrity", "integrityerror", False),
        (r"\S+\D", "ab", True),
        (r"\Sb", "AB", True),
        ("(?P<Name>ab)", "AB", True),
        ("(?i)Ab", "aB", True),
        ("(?x) a b # c", "ab", True),
        ("straße", "STRASSE straße", True),
        ("k", "\u212a", True),
    ],
)
def test_case_is_kept_only_where_a_letter_is_a_capital(text: str, value: str, found: bool) -> None:
    assert Pattern(text).found(value) is found
