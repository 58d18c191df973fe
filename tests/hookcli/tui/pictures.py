"""Makes the pictures of the documentation: `python -m tests.hookcli.tui.pictures docs/pictures`.

The program draws them itself, over the same events, at the same time, in the same sizes: a picture
changes only when the screen does.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hookcli.tunnel import observe
from tests.hookcli.tui import story
from tests.hookcli.tui.rig import Drive, driven, listening

READY = observe.Ready(
    endpoint="ep_tuijzap5jqa3mrithakwq6t3fh",
    url=story.URL,
    targets=(story.TARGET,),
    relay="https://hooks.example.com",
    local=False,
    resume_seq=4680,
    backlog=0,
    retention_s=7 * 86_400,
)
UP = observe.TargetState(target=story.TARGET, state="up", waiting=0)
ALIVE = observe.Alive(round_trip_ms=34.0, clock_ahead_ms=0.0)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture: its size, its theme, and what is done before it is taken."""

    name: str
    does: Callable[[Drive], Awaitable[None]]
    size: tuple[int, int] = (120, 36)
    theme: str = "textual-dark"
    empty: bool = False


async def _live(it: Drive) -> None:
    it.report(READY, ALIVE, UP)
    await it.press("H")
    await it.until(lambda: it.app.main.loaded, "history")


def keys(*pressed: str, text: str = "", shows: str = "") -> Callable[[Drive], Awaitable[None]]:
    """Press these and type that, until something shows."""

    async def do(it: Drive) -> None:
        await _live(it)
        await it.press("k", "k", "k", *pressed)
        await it.type(text)
        await it.until(lambda: shows in it.screen, shows)

    return do


async def _empty(it: Drive) -> None:
    it.report(READY, ALIVE, UP)
    await it.press()


async def _local(it: Drive) -> None:
    local = {
        "local": True,
        "url": "http://127.0.0.1:4747/ep_tuijzap5jqa3mrithakwq6t3fh",
        "relay": "http://127.0.0.1:4747",
    }
    values = {name: getattr(READY, name) for name in READY.__struct_fields__}
    it.report(observe.Ready(**(values | local)))
    it.report(observe.TargetState(target=story.TARGET, state="refused", waiting=0))
    await it.press()


async def _down(it: Drive) -> None:
    await _live(it)
    it.report(
        observe.TargetState(target=story.TARGET, state="refused", waiting=3, next_try_ms=4000)
    )
    await it.press("k")


async def _edit(it: Drive) -> None:
    await _live(it)
    await it.press("k", "k", "k", "e")
    area = it.app.screen.query_one("#edit-body")
    text = area.text.replace('"amount_paid": 0', '"amount_paid": 2400')  # type: ignore[attr-defined]
    area.text = text.replace('"status": "open"', '"status": "paid"')  # type: ignore[attr-defined]
    await it.pilot.pause(0.3)
    it.program.status = 422
    await it.press("ctrl+j")
    it.program.status = 200
    await it.press("ctrl+j")
    await it.pilot.pause(0.3)


PICTURES = (
    Picture(name="main", does=keys(), size=(160, 45)),
    Picture(name="list", does=keys(), size=(80, 24)),
    Picture(name="light", does=keys(), theme="textual-light"),
    Picture(name="detail", does=keys("enter"), size=(80, 24)),
    Picture(name="attempts", does=keys("3"), size=(100, 30)),
    Picture(name="signature", does=keys("k", "k", "4"), size=(100, 30)),
    Picture(name="diff", does=keys("d"), size=(120, 30)),
    Picture(name="hex", does=keys("6"), size=(100, 24)),
    Picture(name="filter", does=keys("slash", text="status:5xx source:str", shows="1 of 30"), size=(100, 24)),
    Picture(name="fault", does=keys("slash", text="status:5xx ms>fast", shows="▲"), size=(80, 24)),
    Picture(name="editor", does=_edit, size=(160, 45)),
    Picture(name="editor-small", does=_edit, size=(80, 24)),
    Picture(name="palette", does=keys("colon", text="resi"), size=(100, 24)),
    Picture(name="help", does=keys("question_mark"), size=(100, 36)),
    Picture(name="stats", does=keys("S"), size=(100, 30)),
    Picture(name="replay", does=keys("R"), size=(100, 24)),
    Picture(name="empty", does=_empty, size=(80, 24), empty=True),
    Picture(name="local", does=_local, size=(80, 24), empty=True),
    Picture(name="down", does=_down, size=(100, 24)),
)  # fmt: skip


def opened(folder: Path, picture: Picture) -> AbstractAsyncContextManager[Drive]:
    """The inspector in front of which a picture is taken."""
    if not picture.empty:
        story.tell(folder / "captures.db")
    return driven(
        folder, size=picture.size, listen=listening(), history=False, theme=picture.theme,
        times="utc", views={"stripe invoices": "source:stripe type:invoice.*"}, target="",
        wall=lambda: story.NOON / 1e6, secrets=lambda scheme: story.SECRETS.get(scheme, ())[:1],
        all_secrets=lambda: [one for each in story.SECRETS.values() for one in each],
    )  # fmt: skip


async def take(picture: Picture) -> str:
    """The picture as SVG."""
    with TemporaryDirectory() as folder:
        async with opened(Path(folder), picture) as it:
            await picture.does(it)
            await it.settle()
            it.app.main.quiet()
            return plain(it.app.export_screenshot(title="hookcli"))


def plain(svg: str) -> str:
    """Without what differs from run to run: the names that tie styles to letters."""
    number = re.search(r"terminal-(\d+)-", svg)
    return svg.replace(number[1], "1") if number else svg


def main(folder: Path, names: list[str]) -> None:
    """Write them all, or those that are named."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        if not names or picture.name in names:
            (folder / f"{picture.name}.svg").write_text(asyncio.run(take(picture)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
