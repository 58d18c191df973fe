"""The tab Raw: the bytes as they came, the parts of a form, going to a place, saving."""

import hashlib
from pathlib import Path

from hookcli.tui.hexdump import HexDump, has_controls
from tests.hookcli.tui.rig import capture, driven, put

PHOTO = bytes(range(256)) * 40
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="subject"\r\n\r\nlamp \x1b]0;PWNED\x07\r\n'
    b'--b\r\nContent-Disposition: form-data; name="at"; filename="photo.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n" + PHOTO + b"\r\n--b--\r\n"
)
AT = FORM.index(PHOTO)


def form(folder: Path) -> str:
    made, body = capture(0, FORM, headers=((b"Content-Type", b"multipart/form-data; boundary=b"),))
    put(folder / "captures.db", made, body)
    return made.id


async def test_it_says_what_the_bytes_are(tmp_path: Path) -> None:
    form(tmp_path)
    async with driven(tmp_path) as it:
        await it.press("enter", "6")
        digest = hashlib.sha256(FORM).hexdigest()
        assert f"bytes as received · 10 kB · sha256 {digest[:8]}…" in it.screen
        assert "charset guess: none" in it.screen
        assert "▸ 2 parts" in it.screen
        assert "photo.jpg  image/jpeg  10 kB" in it.screen
        await it.press("H")
        line = next(line for line in it.screen.splitlines() if line.startswith("    2  at"))
        assert line.split() == ["2", "at", "photo.jpg", "image/jpeg", "10", "kB", f"0x{AT:x}"]


async def test_going_to_an_offset_or_a_part(tmp_path: Path) -> None:
    form(tmp_path)
    async with driven(tmp_path) as it:
        await it.press("enter", "6")
        for place in (f"0x{AT:x}", str(AT), "#2"):
            await it.press("g", "0", "enter")
            assert "part 2 of 2" not in it.screen
            await it.press("g", *place, "enter")
            assert f"0x{AT // 16 * 16:x}" in it.screen.splitlines()[-2], place
            assert "part 2 of 2   photo.jpg  image/jpeg  10 kB" in it.screen


async def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    form(tmp_path)
    async with driven(tmp_path) as it:
        await it.press("enter", "6")
        for place in ("0x999999", "#3", "#0", "-1", "there"):
            await it.press("g", *place, "enter")
            assert f"no such place: {place}" in it.screen


async def test_an_offset_leads_to_the_bytes_from_any_view(tmp_path: Path) -> None:
    async with driven(tmp_path, 1) as it:
        await it.press("enter", "6", "v")
        assert "as received · pretty" in it.screen
        await it.press("g")
        await it.type("0x12")
        await it.press("enter")
        assert "bytes as received" in it.screen
        assert it.app.main.detail.raw.body_view.cursor == 1


async def test_control_bytes_are_pointed_at(tmp_path: Path) -> None:
    form(tmp_path)
    async with driven(tmp_path, size=(160, 45)) as it:
        await it.press("enter", "z", "6", "g")
        await it.type(f"0x{FORM.index(27):x}")
        await it.press("enter")
        assert "▲" in it.screen
        assert "PWNED" in it.screen


async def test_the_bytes_are_saved_as_they_are(tmp_path: Path) -> None:
    made = form(tmp_path)
    async with driven(tmp_path) as it:
        await it.press("enter", "6", "b", "enter")
        assert "wrote" in it.screen
        assert (tmp_path / f"{made}.bin").read_bytes() == FORM


async def test_fewer_bytes_a_line_where_it_is_narrow_and_the_place_stays(tmp_path: Path) -> None:
    form(tmp_path)
    async with driven(tmp_path, size=(120, 45)) as it:
        await it.press("6", "tab", "g")
        await it.type("#2")
        await it.press("enter")
        view = it.app.main.detail.raw.body_view
        assert view.here == (AT // 8 * 8, AT // 8 * 8 + 8)
        await it.press("z")
        assert view.here == (AT // 16 * 16, AT // 16 * 16 + 16)
        await it.press("slash")
        await it.type("pwned")
        assert "/ 1 match for" in it.screen


def test_what_a_terminal_obeys() -> None:
    for byte in (0x00, 0x07, 0x1B, 0x7F):
        assert has_controls(b"a" + bytes([byte]))
    assert has_controls("\x9b".encode())
    assert not has_controls(b"plain\ttext\r\n")
    assert not has_controls("grün".encode())


def test_narrow_lines_cover_the_same_bytes() -> None:
    dump = HexDump(bytes(range(100)))
    wide = dump.total
    dump.wrap(50)
    assert (wide, dump.total, dump.path(2)) == (7, 13, "0x10")
    dump.wrap(0)
    assert dump.total == wide
