"""Forms and queries: one field changes, its neighbours keep every escape as it was."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hookcli.workbench import formtext
from hookcli.workbench.splices import Splice, splice

PAIRS = st.lists(st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=5)), max_size=5)
RAW = st.binary(max_size=20) | st.from_regex(rb"[a&=+%2Ff]{0,16}", fullmatch=True)


@given(PAIRS)
def test_fields_are_what_a_parser_sees(pairs: list[tuple[str, str]]) -> None:
    text = urlencode(pairs).encode()
    seen = [
        (field.name, formtext.decode(text[field.start : field.end]).decode())
        for field in formtext.fields(text)
    ]
    assert seen == parse_qsl(text.decode(), keep_blank_values=True) == pairs


@given(RAW, st.binary(max_size=8), st.data())
def test_a_set_field_reads_back_and_the_rest_is_byte_identical(
    text: bytes, value: bytes, data: st.DataObject
) -> None:
    known = list(formtext.fields(text))
    assume(known)
    field = data.draw(st.sampled_from(known))
    after = splice(text, [formtext.setting(text, field, value)])
    changed = next(one for one in formtext.fields(after) if one.name_start == field.name_start)
    assert formtext.decode(after[changed.start : changed.end]) == value
    assert after.startswith(text[: field.start])
    assert after.endswith(text[field.end :])


@given(RAW, st.text(min_size=1, max_size=5), st.binary(max_size=5))
def test_an_added_field_reads_back_and_is_removed_again(
    text: bytes, name: str, value: bytes
) -> None:
    assume(not text.endswith(b"&"))
    after = splice(text, [formtext.adding(text, name, value)])
    last = list(formtext.fields(after))[-1]
    assert (last.name, formtext.decode(after[last.start : last.end])) == (name, value)
    assert splice(after, [formtext.removing(after, last)]) == text


@given(RAW.map(lambda raw: raw.replace(b"&", b"")), st.data(), st.binary(max_size=4))
def test_a_change_of_the_decoded_value_changes_only_its_place(
    raw: bytes, data: st.DataObject, new: bytes
) -> None:
    meant = formtext.decode(raw)
    start = data.draw(st.integers(0, len(meant)))
    end = data.draw(st.integers(start, len(meant)))
    change = Splice(start, end, new)
    encoded = formtext.encode_splices(raw, [change])
    assert formtext.decode(splice(raw, encoded)) == splice(meant, [change])
    kept = formtext.decode(raw[: encoded[0].start])
    assert kept == meant[:start] or meant[len(kept) :].startswith(b"%")  # It would be an escape.
    assert formtext.decode(raw[encoded[0].end :]) == meant[end:]


@given(st.from_regex(rb"[%0-9a]{0,12}", fullmatch=True), st.data())
def test_several_changes_of_one_value_never_make_an_escape_of_a_bare_percent(
    raw: bytes, data: st.DataObject
) -> None:
    meant = formtext.decode(raw)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(meant)), max_size=6)))
    news = st.sampled_from([b"", b"0", b"00", b"%"])
    changes = [
        Splice(start, end, data.draw(news))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    assume(len({one.start for one in changes}) == len(changes))
    encoded = formtext.encode_splices(raw, changes)
    assert formtext.decode(splice(raw, encoded)) == splice(meant, changes)


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        (b"", b"a+b%2F%C3%A9"),
        (b"x%20y", b"a%20b%2F%C3%A9"),
        (b"x%2fy", b"a+b%2f%c3%a9"),
        (b"/x", b"a+b/%C3%A9"),
    ],
)
def test_a_value_is_escaped_as_its_neighbours_are(beside: bytes, expected: bytes) -> None:
    assert formtext.encode("a b/é".encode(), beside) == expected
