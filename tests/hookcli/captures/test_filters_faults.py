"""Wrong filters: the place of the fault and what is wanted there; and that there is no other error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.filters import FIELDS, Filter, FilterError, parse
from tests.hookcli.captures.made import NOW

STATUS = "a status is wanted here: 200, 5xx, err, wait"
TERM = "a word or a field is wanted here: refund, status:5xx"


@pytest.mark.parametrize(
    ("text", "position", "wanted"),
    [
        ("status:5xx ms>fast", 14, "a number or a duration is wanted here: 250, 250ms, 1.5s"),
        ("status:", 7, STATUS),
        ("status:6xx", 7, STATUS),
        ("a status>=5xx", 10, STATUS),
        ("size>1TB", 5, "a number or a size is wanted here: 512, 10kB, 1MiB"),
        ("since:3", 6, "a time is wanted here: 10m, 2h, today, 2026-01-31, 2026-01-31T14:30Z"),
        ("since:2026-02-30", 6, "a time is wanted here"),
        ("until:0001-01-01T00:00+14:00", 6, "a time is wanted here"),
        ("attempts>1.5", 9, "a whole number is wanted here: 2"),
        ("sig:good", 4, "one of ok, bad, stale, none, unknown, new is wanted here"),
        ("is:late is:odd", 11, "one of failed, replay, mutation"),
        ("reply:never", 6, "what the sender was told is wanted here"),
        ("type:", 5, "a value is wanted here"),
        ("type:~", 6, "a regular expression is wanted here"),
        ("body.a>x", 7, "a number is wanted here: 12, 2.5"),
        ("body.:x", 5, "a path is wanted here: data.object.amount, lines[0].id, lines[*].id"),
        ("body.a..b:x", 6, "a path is wanted here"),
        ("body.a[-1]:x", 6, "a path is wanted here"),
        ("header.:x", 7, "a header's name is wanted here: header.content-type"),
        ("header[0]:x", 6, "a header's name is wanted here"),
        # operators
        ("source>a", 6, ":, =, != or :~ is wanted here, behind source"),
        ("ms:~5", 2, ":, =, !=, <, <=, > or >= is wanted here, behind ms"),
        ("since>1h", 5, ": or = is wanted here, behind since"),
        # fields
        ("a sorce:x", 2, "a field is wanted here, such as source, since"),
        ("resp.boddy:x", 0, "a field is wanted here, such as resp.body"),
        ("qqqq:x", 0, "a field is wanted here, none is called qqqq; in quotes"),
        ("-x" * 30 + ":y", 1, "a field is wanted here"),
        # regular expressions, at their place
        ("body:~a(b", 7, "a regular expression is wanted here: missing ), unterminated"),
        ('body:~"a b[" c', 10, "a regular expression is wanted here: unterminated character set"),
        ('body:~"\\"\\"*+[" c', 13, "a regular expression is wanted here: unterminated"),
        ("~bq *", 4, "a regular expression is wanted here: nothing to repeat"),
        ("type:~(?=a)", 6, "a regular expression is wanted here: look-around"),
        (r"type:~(a)\1", 6, "a regular expression is wanted here: look-around and back references"),
        ("type:~(a{500}){500}", 6, "a regular expression is wanted here: this one is too large"),
        # the whole
        ("(a", 2, "a ) is wanted here"),
        ("a )", 2, "no ( is open that this one could close"),
        ("()", 1, TERM),
        ("a or", 4, TERM),
        ("or a", 0, TERM),
        ("a and or b", 6, TERM),
        ("not", 3, TERM),
        ("a | ) b", 4, TERM),
        ('a "b', 2, 'a closing " is wanted for this one'),
        ('type:"b', 5, 'a closing " is wanted for this one'),
        ("a - b", 2, "what is left out follows the minus at once: -is:replay"),
        ("-", 0, "what is left out follows the minus at once"),
        ("~", 0, "one of ~b ~bq ~bs ~c ~comment ~e ~h ~hq ~hs ~m ~marked ~replay ~t ~u is wanted"),
        ("a ~zz x", 2, "one of ~b"),
        ("~bq", 3, "a word is wanted here, behind ~bq"),
        ("(~u )", 4, "a word is wanted here, behind ~u"),
        ("~c abc", 3, STATUS),
        ("(" * 51 + "a" + ")" * 51, 50, "at most 50 parentheses within another are wanted"),
        ("a " * 201, 400, "a filter of at most 200 terms is wanted"),
    ],
)
def test_a_fault_is_pointed_at(text: str, position: int, wanted: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text, now=NOW)
    assert caught.value.wanted.startswith(wanted)
    assert caught.value.position == position
    assert str(caught.value) == caught.value.wanted


def test_what_is_largest_is_understood() -> None:
    deep = "(" * 50 + " or ".join(["a"] * 200) + ")" * 50
    assert parse(deep, now=NOW).where()
    assert parse("not " * 5000 + "a", now=NOW).where() == parse("a", now=NOW).where()


FRAGMENTS = st.sampled_from(
    [*FIELDS, ":", ":~", "=", "!=", ">", "<=", "(", ")", '"', "-", "!", "&", "|", "~b ", "~c ", " ",
     " or ", " and ", " not ", "a", "1", "5xx", "1h", "10kB", "*", "?", "\\", "[", "]", "{1,3}", "+",
     ".", "today", "bad", "failed", "(a+)+", "[0]", "[*]", "é", "\ud800", "\x00", "99999999999999999999"]
)  # fmt: skip


@given(st.text(max_size=60) | st.lists(FRAGMENTS, max_size=14).map("".join), st.integers())
def test_whatever_is_typed_is_a_filter_or_a_fault_inside_the_text(text: str, now: int) -> None:
    found, fault = attempted(text, now)
    if fault is not None:
        assert 0 <= fault.position <= len(text)
        assert fault.wanted
        assert found is None
    else:
        assert found is not None
        where, values = found.where()
        assert where.count("?") == len(values)


def attempted(text: str, now: int) -> tuple[Filter | None, FilterError | None]:
    """The filter or the fault."""
    try:
        return parse(text, now=now), None
    except FilterError as error:
        return None, error
