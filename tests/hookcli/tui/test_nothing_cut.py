"""No text is cut without a sign of it, and no hint at all: every screen, in every size, with long content."""

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widget import Widget

from hookcli.tui.actions import ACTIONS, shown_key
from tests.hookcli.tui import walk
from tests.hookcli.tui.rig import JSON, READY, Drive, attempt, capture, driven, listening, put

SIZES = [(60, 15), (80, 24), (120, 40), (300, 80)]
EACH = [pytest.param(size, marks=() if size == (60, 15) else pytest.mark.slow) for size in SIZES]
"""The narrowest in the default tier, the others in the slow one."""


def long(tag: str, words: int = 90) -> str:
    """`tag000tag001tag002…`: where a piece of it stands in the whole can be told from any piece."""
    return "".join(f"{tag}{number:03d}" for number in range(words))


TAGS = {
    tag: long(tag) for tag in ("evt", "pth", "qry", "hnm", "hvl", "key", "val", "err", "tag", "nte", "ept", "url", "trg")
}  # fmt: skip
"""A text for each thing that a stranger or a user names."""
BODY = json.dumps(
    {"id": "evt_1", "amount": 12, TAGS["key"]: 1, "long": TAGS["val"], "deep": [{"a": TAGS["val"]}]}
).encode()
ANSWER = json.dumps({"error": TAGS["err"]}).encode()
NAMED = replace(
    READY, name=TAGS["ept"], url=f"https://hooks.example.com/{TAGS['url']}",
    targets=(f"http://localhost:8000/{TAGS['trg']}",),
)  # fmt: skip


def fill(path: Path) -> None:
    """A dozen captures of which everything is long."""
    for number in range(12):
        made, body = capture(
            number, BODY, event_type=TAGS["evt"], target=f"/{TAGS['pth']}?q={TAGS['qry']}".encode(),
            headers=(*JSON, (TAGS["hnm"].encode(), TAGS["hvl"].encode())),
            note=TAGS["nte"], tags=(TAGS["tag"],),
        )  # fmt: skip
        tries = [attempt(made.id, 500, n=n, body=ANSWER, error=TAGS["err"]) for n in (1, 2)]
        put(path, made, body, *tries)


def silently_cut(it: Drive) -> list[str]:
    """Pieces of long texts that end, or begin, without a sign that something is left out."""
    rows = on_top(it)
    found: list[str] = []
    for y, line in enumerate(rows):
        for tag, whole in TAGS.items():
            for piece in _pieces(line, tag, whole):
                start, end = piece
                text = line[start:end]
                after, before = line[end : end + 1], line[start - 1 : start]
                ends = (
                    whole.endswith(text)
                    or after == "…"
                    or _goes_on(it, rows, y, start, whole, text)
                )
                begins = (
                    whole.startswith(text)
                    or before == "…"
                    or _went_on(it, rows, y, start, whole, text)
                )
                if not (ends and begins):
                    found.append(f"{y}: {line}")
    return found


def on_top(it: Drive) -> list[str]:
    """The rows of the screen; where a box is open, what is in it alone."""
    rows = [strip.text for strip in it.app.screen._compositor.render_strips()]
    box = next(iter(it.app.screen.query(".box")), None)
    if box is None:
        return rows
    inner = box.content_region
    return [
        line[inner.x : inner.right] if inner.y <= y < inner.bottom else ""
        for y, line in enumerate(rows)
    ]


def _pieces(line: str, tag: str, whole: str) -> list[tuple[int, int]]:
    """Where a long text, or a part of it, stands in a line."""
    found: list[tuple[int, int]] = []
    at = 0
    while match := re.compile(rf"{tag}\d\d\d").search(line, at):
        offset = whole.find(match[0])
        start, end = match.start(), match.end()
        while end < len(line) and whole.startswith(line[start : end + 1], offset):
            end += 1
        while offset and start and whole.startswith(line[start - 1 : end], offset - 1):
            start, offset = start - 1, offset - 1
        found.append((start, end))
        at = end
    return found


def _scrolls(it: Drive, x: int, y: int) -> Widget | None:
    widget, _ = it.app.screen.get_widget_at(x, y)
    return widget if widget.max_scroll_y else None


def _goes_on(it: Drive, rows: list[str], y: int, x: int, whole: str, text: str) -> bool:
    """Whether the next row has the rest, or is out of sight until somebody scrolls."""
    rest = whole[whole.find(text) + len(text) :][:3]
    if y + 1 < len(rows) and rest in rows[y + 1]:
        return True
    view = _scrolls(it, x, y)
    return view is not None and y == view.content_region.bottom - 1


def _went_on(it: Drive, rows: list[str], y: int, x: int, whole: str, text: str) -> bool:
    """Whether the row above has what comes before."""
    before = whole[: whole.find(text)][-3:]
    if y and before in rows[y - 1]:
        return True
    view = _scrolls(it, x, y)
    return view is not None and y == view.content_region.y and view.scroll_offset.y > 0


def sticking_out(it: Drive) -> list[str]:
    """Widgets of which a part is outside of what they are in."""
    screen = it.app.screen
    return [
        f"{widget!r} {widget.region} in {screen.region}"
        for widget in screen.query("*")
        if widget.display and widget.region.area and not widget.is_scrollable
        and all(node.display for node in widget.ancestors if isinstance(node, Widget))
        and not screen.region.contains_region(widget.region)
    ]  # fmt: skip


LABELS = {
    f"{shown_key(key)} {word}"
    for action in ACTIONS
    for key in action.keys.split(",")
    for word in (action.short, "more")
    if word
}


def broken_hints(it: Drive) -> list[str]:
    """What stands at the bottom as a hint and is no whole one."""
    last = it.screen.split("\n")[-1].strip()
    said = " ".join(line.text for line in it.app.board.log)
    if not last or last in said or last.startswith(("╰", "enter runs")):
        return []
    return [part for part in re.split(r"\s{2,}", last) if part not in LABELS]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_cut_without_a_sign_and_no_hint_at_all(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    fill(tmp_path / "captures.db")
    wrong: dict[str, list[str]] = {}
    async with driven(
        tmp_path, size=size, listen=listening(), views={TAGS["tag"]: "status:5xx"}
    ) as it:
        async for name in walk.through(it, NAMED):
            if found := silently_cut(it) + sticking_out(it) + broken_hints(it):
                wrong[name] = found
    assert wrong == {}, "\n".join(
        f"{name}\n  " + "\n  ".join(lines) for name, lines in wrong.items()
    )


@pytest.mark.parametrize("size", EACH)
@pytest.mark.parametrize("local", [False, True], ids=["live", "local"])
async def test_the_empty_screens_cut_nothing_without_a_sign(
    tmp_path: Path, size: tuple[int, int], local: bool
) -> None:
    ready = replace(NAMED, local=local)
    async with driven(tmp_path, size=size, listen=listening()) as it:
        for report in (
            ready,
            replace(walk.UP, target=ready.targets[0]),
            *walk.troubles(ready).values(),
        ):
            assert silently_cut(it) + sticking_out(it) + broken_hints(it) == [], it.screen
            if it.app.main.showing == "empty":
                it.report(report)
                await it.settle()
