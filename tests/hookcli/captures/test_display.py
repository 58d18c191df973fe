"""What strangers sent becomes text that a terminal only shows."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.display import display_text

ANYTHING = st.text(
    st.one_of(
        st.characters(),
        st.characters(max_codepoint=0xFF),
        st.characters(categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs", "Mn")),
        st.sampled_from("\x1b\x9b\u202e\u200b\ufe0f\ufeff\\❤️"),
    )
)

FAMILIES = {
    "clears the screen (CSI)": "\x1b[2J\x1b[H",
    "colours": "\x1b[31;1m",
    "sets the title (OSC 0)": "\x1b]0;PWNED\x07",
    "the same, ended by ST": "\x1b]2;PWNED\x1b\\",
    "writes the clipboard (OSC 52)": "\x1b]52;c;aGk=\x07",
    "a link that lies (OSC 8)": "\x1b]8;;http://evil.test\x1b\\good.test\x1b]8;;\x1b\\",
    "a device control string": "\x1bP1$r0m\x1b\\",
    "an application command": "\x1b_Gf=24;AAAA\x1b\\",
    "a privacy message": "\x1b^x\x1b\\",
    "a start of string": "\x1bXx\x1b\\",
    "8-bit CSI": "\x9b31m",
    "8-bit OSC": "\x9d0;PWNED\x9c",
    "8-bit device control": "\x90x\x9c",
    "full reset": "\x1bc",
    "another character set": "\x1b(0\x0e",
    "asks the terminal to type (DSR, DA)": "\x1b[6n\x1b[c",
    "mouse and bracketed paste": "\x1b[?1003h\x1b[?2004l",
    "overwrites by return and backspace": "bad\rgood\b\b",
    "bell, vertical tab, form feed, NUL, DEL": "\x07\x0b\x0c\x00\x7f",
    "bidi controls": "a\u202eb\u2066c\u2069\u200e\u200f\u061c",
    "zero width, byte order mark, tags": "a\u200bb\u200c\u2060\ufeff\U000e0041\U000e007f",
    "lines of Unicode": "a\u0085b\u2028c\u2029d",
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("around", ["{}", "invoice.paid {} x", "{}日本語", "\\{}", "[/]{}[bold]"])
def test_no_escape_reaches_the_terminal(family: str, around: str) -> None:
    shown = display_text(around.format(FAMILIES[family]))
    assert shown.isprintable()
    assert not [char for char in shown if unicodedata.category(char)[0] in "CZ" and char != " "]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\u202eabc", r"\u202eabc"),
        ("\ud800", r"\ud800"),
        ("\ue000\U000e0041\U0010ffff", r"\ue000\U000e0041\U0010ffff"),
        ("a\xa0b\u3000c", r"a\xa0b\u3000c"),
        ("\u3164\u115f", r"\u3164\u115f"),
        ("a\ufe00\ufe01\ufe02", "a\ufe00" + r"\ufe01\ufe02"),
        (" \ufe0f", r" \ufe0f"),
        ("\ufe0f", r"\ufe0f"),
    ],
)
def test_what_is_not_seen_is_named(text: str, shown: str) -> None:
    assert display_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        r"C:\x1b",
        "[/x] [red]",
        "日本語 한국어",
        "Ünïcödé",
        "e\u0301",
        "❤\ufe0f 🎉",
        "עברית",
    ],
)
def test_what_can_be_seen_stays(text: str) -> None:
    assert display_text(text) == text


@given(ANYTHING)
def test_the_result_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = display_text(text)
    assert shown.isprintable()
    assert display_text(shown) == shown
    shown.encode()  # no surrogate is left


@given(ANYTHING)
def test_every_character_that_was_plainly_visible_is_still_there_in_order(text: str) -> None:
    rest = iter(display_text(text))
    visible = [char for char in text if char.isascii() and char.isprintable()]
    assert all(char in rest for char in visible)


@given(st.text(st.characters(categories=("Cc", "Cf", "Cs", "Co", "Zl", "Zp")), max_size=1))
def test_different_controls_look_different(char: str) -> None:
    shown = display_text(char)
    assert shown.encode().decode("unicode_escape").encode("utf-16", "surrogatepass") == char.encode(
        "utf-16", "surrogatepass"
    )
