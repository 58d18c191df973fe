"""What strangers sent is shown, never obeyed: one seam, and nobody goes around it."""

import ast
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.style import Style

import hookcli.tui
from hookcli.tui.paint import (
    Piece,
    cut,
    cut_middle,
    fit,
    left,
    right,
    shown,
    spread,
    strip_of,
    width_of,
)
from hookcli.tui.widgets.safe_area import one_to_one
from tests.hookcli.captures.test_display import FAMILIES
from tests.hookcli.tui.rig import JSON, attempt, capture, driven, put

ROOM = Path(hookcli.tui.__path__[0])

HOSTILE = [
    *FAMILIES.values(),
    "[/x]", "[@click=app.quit]go[/]", "[link=https://example.com]x[/link]", "[red]red[/red]",
    "tab\tline\nfeed\rreturn", "\x00\x7f\x85", "\ud800", "👩\u200d👩\u200d👧 family", "e\u0301", "日本語",
]  # fmt: skip
FORBIDDEN = [*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
             *range(0x2066, 0x206A), 0xFEFF]  # fmt: skip


def obeyed(text: str) -> list[str]:
    """Characters that a terminal would act on."""
    return [
        hex(ord(char)) for char in text if ord(char) in FORBIDDEN or 0xD800 <= ord(char) < 0xE000
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_seam_lets_nothing_through(text: str) -> None:
    for made in (shown(text), cut(text, 5), cut_middle(text, 9), left(text, 9), right(text, 9)):
        assert obeyed(made) == []
    assert shown(shown(text)) == shown(text)


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 10_000])
@pytest.mark.parametrize("width", [1, 2, 7, 20])
def test_columns_keep_their_width_whatever_is_in_them(text: str, width: int) -> None:
    assert width_of(left(text, width)) == width
    assert width_of(right(text, width)) == width
    assert width_of(cut(text, width)) <= width
    line = strip_of([Piece(text, ""), Piece("|")], width, lambda role: Style())
    assert sum(width_of(segment.text) for segment in line) == width
    assert obeyed(line.text) == []


def test_what_is_left_out_is_said() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut_middle("/webhooks/stripe/live", 12) == "/webh…e/live"
    assert "".join(p.text for p in fit((Piece("abc"), Piece("defg")), 5)) == "abcd…"
    line = spread((Piece("a long beginning"),), (Piece("end"),), 12)
    assert "".join(piece.text for piece in line) == "a long…  end"


@pytest.mark.parametrize("text", HOSTILE)
def test_the_editor_shows_one_character_for_one(text: str) -> None:
    made = one_to_one(text.replace("\n", "").replace("\t", ""))
    assert len(made) == len(text.replace("\n", "").replace("\t", ""))
    assert obeyed(made) == []


def test_nobody_makes_segments_or_uses_widgets_that_interpret_what_they_show() -> None:
    forbidden = {
        "Static",
        "Label",
        "notify",
        "Markdown",
        "RichLog",
        "Log",
        "DataTable",
        "OptionList",
    }
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            assert name not in forbidden, f"{file.name}:{node.lineno} {name}"
            if name == "Segment":
                assert file.name == "paint.py", f"{file.name}:{node.lineno}"
            assert not any(k.arg in ("language", "border_title") for k in node.keywords), file.name


async def test_markup_is_shown_as_it_was_sent_in_list_detail_and_words(tmp_path: Path) -> None:
    texts = ["".join(HOSTILE[at::11]) for at in range(11)]
    for number, text in enumerate(texts):
        made, body = capture(
            number, f'{{"a": "{text}"}}'.encode("utf-8", "replace"), event_type=text, source=text[:8],
            headers=(*JSON, (b"X-Evil", text.encode("utf-8", "replace").replace(b"\n", b" "))),
            target=b"/" + text.encode("utf-8", "replace"), note=text, tags=(text[:10],),
        )  # fmt: skip
        put(tmp_path / "captures.db", made, body,
            attempt(made.id, 500, body=text.encode("utf-8", "replace"), error=text))  # fmt: skip
    async with driven(tmp_path, size=(160, 45)) as it:
        assert it.app.board.feed.rows == len(texts)
        await it.press("g")
        for _ in texts:
            for tab in "123456":
                await it.press(tab)
                assert obeyed(it.screen.replace("\n", "")) == []
            it.app.say(it.app.main.event_list.row.title if it.app.main.event_list.row else "")
            await it.press("escape", "j")
        with_markup = next(at for at, text in enumerate(reversed(texts)) if "[/x]" in text)
        it.app.main.event_list.go_to(it.app.board.feed.items[with_markup].id)  # type: ignore[union-attr]
        await it.settle()
        assert "[/x]" in it.screen


WIDE = ["日本語のイベント", "👩\u200d👩\u200d👧\u200d👦 family", "🏳\ufe0f\u200d🌈 flag", "e\u0301e\u0301 combining", "a\tb",
        "x" * 10_000, "العربية", "ｆｕｌｌ"]  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), pytest.param((160, 45), marks=pytest.mark.slow)])
async def test_columns_stay_in_line_whatever_is_in_them(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    for number, text in enumerate(WIDE):
        headers = (*JSON, (b"X-Long", text.encode() * 2))
        made, body = capture(number, event_type=text, source=text[:9], headers=headers,
                             target=f"/{text}".encode())  # fmt: skip
        put(tmp_path / "captures.db", made, body, attempt(made.id, 500, error=text))
    async with driven(tmp_path, size=size) as it:
        lines = it.screen.splitlines()
        places = {
            cell_len(line.partition(" 500 ")[0])
            for line in lines
            if line[:3].strip() in ("✗", "▌✗")
        }
        assert len(places) == 1, it.screen
        assert all(cell_len(line) <= size[0] for line in lines)
        for _ in WIDE:
            for tab in "123":
                await it.press(tab)
                assert all(cell_len(line) <= size[0] for line in it.screen.splitlines()), it.screen
            await it.press("escape", "k")
