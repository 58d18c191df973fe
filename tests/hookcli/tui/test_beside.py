"""Whole bodies beside each other: every line of both is there once, in its order, and what differs is marked."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hookcli.tui.beside import Beside, blocks
from hookcli.tui.paint import Line, length
from tests.hookcli.tui.rig import attempt, capture, driven, put

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "{", "}", "日本"]), max_size=12)


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


@given(TEXTS, TEXTS)
def test_blocks_cover_both_texts_and_say_what_is_the_same(a: list[str], b: list[str]) -> None:
    found = blocks(a, b, beside=True)
    assert [number for block in found for number in block.left] == list(range(len(a)))
    assert [number for block in found for number in block.right] == list(range(len(b)))
    for block in found:
        ours, theirs = [a[n] for n in block.left], [b[n] for n in block.right]
        assert ours == theirs if block.same else ours != theirs


@given(TEXTS, TEXTS, st.sampled_from([60, 80, 100, 161]))
def test_every_row_fits_and_no_line_is_lost(a: list[str], b: list[str], width: int) -> None:
    rows = Beside([], a, b, width, ascii_only=False)
    assert all(length(row) <= width for row in rows)
    assert all(0 <= stop < len(rows) for stop in rows.stops)
    assert bool(rows.stops) == (a != b)
    text = "\n".join(said(row) for row in rows)
    for one in {*a, *b}:
        if width >= 100:
            assert text.count(one) == a.count(one) + b.count(one)
        else:
            assert text.count(one) >= max(a.count(one), b.count(one))


def bodies(folder: Path) -> None:
    for number, amount in ((0, 1900), (6, 2400)):
        body = json.dumps({"id": "x", "lines": list(range(8)), "amount": amount}).encode()
        made, data = capture(number, body)
        put(folder / "captures.db", made, data, attempt(made.id))


async def test_a_shows_them_beside_each_other_and_n_goes_to_what_differs(tmp_path: Path) -> None:
    bodies(tmp_path)
    async with driven(tmp_path, size=(120, 40)) as it:
        await it.press("d", "a")
        lines = it.screen.splitlines()
        both = next(line for line in lines if '"amount": 1900' in line)
        assert both.index('"amount": 1900') < both.index("│") < both.index('"amount": 2400')
        heads = next(line for line in lines if "OTHER" in line)
        assert heads.index("OTHER") < both.index("│") < heads.index("THIS")
        await it.press("n")

        def marked() -> bool:
            return any(
                line.startswith("▌") and '"amount"' in line for line in it.screen.splitlines()
            )

        await it.until(marked, "the mark at what differs")
        it.app.main._load_detail()  # as when an attempt has come
        await it.settle()
        assert marked()
        await it.press("a")
        assert "by path, key order does not count" in it.screen


async def test_where_there_is_no_room_they_stand_upon_each_other(tmp_path: Path) -> None:
    bodies(tmp_path)
    async with driven(tmp_path, size=(80, 40)) as it:
        await it.press("d", "a")
        lines = it.screen.splitlines()
        at = next(n for n, line in enumerate(lines) if '-   "amount": 1900' in line)
        assert '+   "amount": 2400' in lines[at + 1]
        assert sum('"id": "x"' in line for line in lines) == 1


async def test_bytes_are_compared_as_hex(tmp_path: Path) -> None:
    for number, last in ((0, b"\x01"), (6, b"\x02")):
        made, data = capture(number, b"\x00" * 31 + last)
        put(tmp_path / "captures.db", made, data, attempt(made.id))
    async with driven(tmp_path, size=(180, 40)) as it:
        await it.press("d", "a")
        (row,) = (line for line in it.screen.splitlines() if line.count("00000010") == 2)
        assert row.index(" 01  ") < row.index(" 02  ")
